"""Many records of one work made into one: pure, and independent of the order they came in.

Rules, each by field:

* Facts of publication (title, authors, venue, container, volume, pages, year, day, URL, citation
  key, licence) come from the best-ranked source that states them: proceedings over OpenReview
  over preprint over imported file over the starter library.
* Within one source the newest version of a record speaks (version, then the source's own time
  of change, then content, so that a tie is broken the same way everywhere).
* The abstract is the longest that any source but the library states; the library's stands in
  only where there is no other.
* Ids are united, each with the highest version seen. Subject terms are united.
* A retraction stated by any source counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from papers.draft import ExternalIdDraft, PaperDraft
from papers.ids import as_arxiv, sort_ids

LIBRARY_SOURCE = "library"
LIST_SOURCE = "reading_list"

# Lower speaks first. What is not named here is an imported file.
_SOURCE_RANK = {
    "acl_anthology": 0,
    "pmlr": 0,
    "neurips": 0,
    "iclr": 0,
    "openreview": 1,
    "arxiv": 2,
    "arxiv_oai": 2,
    LIBRARY_SOURCE: 9,
    LIST_SOURCE: 10,  # lists shorten and retype
}
_IMPORTED_RANK = 3
_NEVER = datetime.min.replace(tzinfo=UTC)

Value = TypeVar("Value")


def source_rank(source: str) -> int:
    """How early a source speaks for facts of publication; lower is earlier."""
    return _SOURCE_RANK.get(source, _IMPORTED_RANK)


def merge_drafts(drafts: Sequence[PaperDraft]) -> PaperDraft:
    """Make one draft of all that is known of a work.

    Args:
        drafts: Records of one work, at least one, in any order; superseded versions may be
            among them.

    Returns:
        The best of each field by the module's rules. `source`, `source_id` and
        `source_version` are those of the record that gives the title. The same set of drafts
        gives the same result in any order and any number of repeats.

    Raises:
        ValueError: There is no draft.
    """
    if not drafts:
        raise ValueError("nothing to merge")
    if len(drafts) == 1:
        only = drafts[0]
        ids = merge_ids(only.external_ids)
        return only if ids == only.external_ids else only.model_copy(update={"external_ids": ids})
    ordered = _speakers(drafts)
    first = ordered[0]
    return first.model_copy(
        update={
            "abstract": _abstract(ordered),
            "authors": _first(ordered, lambda draft: draft.authors) or (),
            "external_ids": merge_ids(name for draft in drafts for name in draft.external_ids),
            "venue": _first(ordered, lambda draft: draft.venue),
            "container_title": _first(ordered, lambda draft: draft.container_title),
            "volume_id": _first(ordered, lambda draft: draft.volume_id),
            "year": _first(ordered, lambda draft: draft.year),
            "published": _first(ordered, lambda draft: draft.published),
            "updated": max((draft.updated for draft in ordered if draft.updated), default=None),
            "pages": _first(ordered, lambda draft: draft.pages),
            "source_categories": tuple(
                dict.fromkeys(term for draft in ordered for term in draft.source_categories)
            ),
            "comment": _first(ordered, lambda draft: draft.comment),
            "url": _first(ordered, lambda draft: draft.url),
            "licence": _first(ordered, lambda draft: draft.licence),
            "bibtex_key": _first(ordered, lambda draft: draft.bibtex_key),
            "language": _first(ordered, lambda draft: draft.language),
            "retracted": _first(ordered, lambda draft: draft.retracted),
        }
    )


def merge_ids(ids: Iterable[ExternalIdDraft]) -> tuple[ExternalIdDraft, ...]:
    """Unite ids: each name once, with the highest version seen, best name first.

    Args:
        ids: Ids in any order; arXiv's own DOIs count as arXiv ids.

    Returns:
        Sorted ids.
    """
    names = [as_arxiv(name) for name in ids]
    if len(names) < 2:
        return tuple(names)
    found: dict[str, ExternalIdDraft] = {}
    for name in names:
        known = found.get(name.key)
        if known is None or (name.version or 0) > (known.version or 0):
            found[name.key] = name
    return tuple(sort_ids(found.values()))


def _speakers(drafts: Sequence[PaperDraft]) -> list[PaperDraft]:
    """The newest draft of every record, best-ranked source first."""
    newest: dict[tuple[str, str], tuple[tuple[int, datetime, str], PaperDraft]] = {}
    for draft in drafts:
        record = (draft.source, draft.source_id)
        age = (draft.source_version or 0, draft.updated or _NEVER, draft.model_dump_json())
        if record not in newest or age > newest[record][0]:
            newest[record] = (age, draft)
    aged = [(draft, age) for age, draft in newest.values()]
    # Two records of one rank (the two doors of arXiv): the one that changed last speaks first.
    aged.sort(key=lambda pair: (pair[1][1], pair[1][0], pair[0].source, pair[0].source_id), reverse=True)
    aged.sort(key=lambda pair: source_rank(pair[0].source))
    return [draft for draft, _ in aged]


def _first(ordered: Iterable[PaperDraft], field: Callable[[PaperDraft], Value | None]) -> Value | None:
    return next((value for draft in ordered if (value := field(draft))), None)


def _abstract(ordered: Sequence[PaperDraft]) -> str | None:
    others = [draft.abstract for draft in ordered if draft.abstract and draft.source != LIBRARY_SOURCE]
    if others:
        return max(others, key=len)  # max keeps the first of equals, so the better source wins a tie
    return _first(ordered, lambda draft: draft.abstract)
