"""Any id: read by its scheme, its URL or its looks; ranked, and led back to a page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, get_args
from urllib.parse import quote

from papers.draft import ExternalIdDraft, IdScheme
from papers.ids.archives import as_arxiv, parse_arxiv_id, parse_doi, parse_s2_id, parse_title_id, parse_url_id
from papers.ids.reading import ExternalIdError, refusal
from papers.ids.venues import (
    parse_acl_id,
    parse_iclr_id,
    parse_neurips_id,
    parse_openreview_id,
    parse_pmlr_id,
)

# Which id names a paper in links and labels. arXiv first: it is there earliest, so the name
# seldom changes; then the publishers' own ids; then what others assign.
SCHEME_ORDER: Final[tuple[IdScheme, ...]] = (
    "arxiv", "acl", "pmlr", "neurips", "iclr", "openreview", "doi", "s2", "url", "title",
)  # fmt: skip

_PARSERS: dict[str, Callable[[str], ExternalIdDraft]] = {
    "arxiv": parse_arxiv_id,
    "acl": parse_acl_id,
    "pmlr": parse_pmlr_id,
    "neurips": parse_neurips_id,
    "iclr": parse_iclr_id,
    "openreview": parse_openreview_id,
    "doi": parse_doi,
    "s2": parse_s2_id,
    "url": parse_url_id,
    "title": parse_title_id,
}
# What a bare text may be; OpenReview's ids look like any word and need their scheme or URL.
_BARE = (parse_arxiv_id, parse_doi, parse_acl_id, parse_pmlr_id)
_RANK = {scheme: rank for rank, scheme in enumerate(SCHEME_ORDER)}
if set(_RANK) != set(get_args(IdScheme)) or set(_RANK) != set(_PARSERS):
    raise AssertionError("every id scheme needs a rank and a parser")


def parse_external_id(text: str) -> ExternalIdDraft:
    """Read any id.

    That is `scheme:value`, the URL of a known site or any other, or a bare arXiv id, DOI, ACL or PMLR id.
    arXiv's own DOIs (`10.48550/arXiv.…`) are read as arXiv ids, so that they link.

    Args:
        text: The id as someone wrote it.

    Returns:
        Canonical id.

    Raises:
        ExternalIdError: It is none of these.
    """
    bare = text.strip()
    scheme, colon, rest = bare.partition(":")
    scheme = scheme.strip().lower()
    if colon and scheme in _PARSERS:
        return as_arxiv(_PARSERS[scheme](rest.strip()))
    if scheme in ("http", "https") and colon:
        return _parse_url(bare)
    for parse in (parse_arxiv_id,) if scheme == "oai" else _BARE:
        try:
            return as_arxiv(parse(bare))
        except ExternalIdError:
            continue
    raise refusal(
        text, "an id of a paper", "arxiv:2303.01248, doi:10.…, acl:2023.acl-long.1 or a link to its page"
    )


def external_id_url(scheme: str, value: str) -> str | None:
    """Where an id leads.

    Args:
        scheme: One of the schemes.
        value: Canonical value.

    Returns:
        An https URL (http where the id itself is one), or None for a value that is no id of the
        scheme: what comes out can stand in a link.
    """
    parser = _PARSERS.get(scheme)
    if parser is None:
        return None
    try:
        value = parser(value).value
    except ExternalIdError:
        return None
    match scheme:
        case "arxiv":
            return f"https://arxiv.org/abs/{value}"
        case "doi":
            return f"https://doi.org/{quote(value, safe='/:;()._-')}"
        case "acl":
            return f"https://aclanthology.org/{value}/"
        case "openreview":
            return f"https://openreview.net/forum?id={value}"
        case "pmlr":
            return f"https://proceedings.mlr.press/{value}.html"
        case "neurips":
            year, _, digits = value.partition("/")
            return f"https://proceedings.neurips.cc/paper_files/paper/{year}/hash/{digits}-Abstract.html"
        case "iclr":
            year, _, digits = value.partition("/")
            return (
                f"https://proceedings.iclr.cc/paper_files/paper/{year}/hash/{digits}-Abstract-Conference.html"
            )
        case "s2":
            corpus = value.removeprefix("CorpusId:")
            place = f"CorpusID:{corpus}" if corpus != value else value
            return f"https://api.semanticscholar.org/{place}"
        case "title":
            return None  # it names a work, and leads nowhere
        case _:
            return value


def sort_ids(ids: Iterable[ExternalIdDraft]) -> list[ExternalIdDraft]:
    """Ids with the best name first: by `SCHEME_ORDER`, then by value."""
    return sorted(ids, key=lambda name: (_RANK[name.scheme], name.value, name.version or 0))


def best_key(ids: Iterable[ExternalIdDraft]) -> str:
    """The `scheme:value` that names a paper in links, labels and exports.

    Args:
        ids: All its ids.

    Returns:
        The key of the first id by `SCHEME_ORDER`, then by value; independent of their order.

    Raises:
        ExternalIdError: There is none.
    """
    ordered = sort_ids(ids)
    if not ordered:
        raise ExternalIdError("a paper without any id cannot be named", hint="Give it a DOI, an id or a URL.")
    return ordered[0].key


def _parse_url(url: str) -> ExternalIdDraft:
    for parse in (
        parse_arxiv_id, parse_doi, parse_acl_id, parse_openreview_id, parse_pmlr_id, parse_neurips_id,
        parse_iclr_id, parse_s2_id, parse_url_id,
    ):  # fmt: skip
        try:
            return as_arxiv(parse(url))
        except ExternalIdError:
            continue
    raise refusal(url, "a link to a paper", "https://arxiv.org/abs/2303.01248")
