"""One paper of the Proceedings of Machine Learning Research: a post, or an entry of a volume's BibTeX."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from harvester import bibtex, venues
from harvester.front_matter import read_front_matter
from harvester.rejects import RecordFaultError
from papers.draft import AuthorDraft, ExternalIdDraft, PaperDraft
from papers.ids import ExternalIdError, external_id_url, parse_openreview_id, parse_pmlr_id
from papers.text import clean_text, latex_to_text

SITE = "https://proceedings.mlr.press"
_VOLUME = re.compile(r"(?P<kind>[vr]?)(?P<number>[1-9]\d{0,3})", re.IGNORECASE | re.ASCII)
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ].*)?")
_PAGES = re.compile(r"(?P<first>[^\s–-]+)\s*[–-]+\s*(?P<last>[^\s–-]+)")


def draft_of_post(source: str, content: bytes, skipped: Counter[str]) -> PaperDraft:
    """Read a post, `_posts/2023-07-03-aamand23a.md`.

    Args:
        source: Name of the source.
        content: The post's bytes.
        skipped: Counts what was left out (an OpenReview id that is none).

    Returns:
        The draft.

    Raises:
        RecordFaultError: The post cannot be read.
        pydantic.ValidationError: It makes no draft.
    """
    values = read_front_matter(content)
    volume = volume_name(_text(values, "volume"))
    try:
        identity = parse_pmlr_id(f"{volume}/{_text(values, 'id')}")
    except ExternalIdError as error:
        raise RecordFaultError("the post has no readable id", "id", _text(values, "id")) from error
    # The title of the page is the one that is mended; tex_title stays what the authors sent.
    title = latex_to_text(_text(values, "title")) or latex_to_text(_text(values, "tex_title"))
    ids = [identity]
    forum = _text(values, "openreview")
    if forum:
        try:
            ids.append(parse_openreview_id(forum))
        except ExternalIdError:
            skipped["OpenReview id that is none"] += 1
    return _draft(
        source,
        identity.value,
        title,
        tuple(_authors(values, skipped)),
        tuple(ids),
        volume=volume,
        abstract=latex_to_text(_text(values, "abstract")),
        container_title=latex_to_text(_text(values, "container-title")),
        published=_day(_text(values, "date"), "date"),
        pages=_page_range(_text(values, "firstpage"), _text(values, "lastpage"), _text(values, "page")),
        bibtex_key=f"pmlr-{identity.value.replace('/', '-')}",
    )


def draft_of_entry(source: str, volume_entry: bibtex.Entry, entry: bibtex.Entry) -> PaperDraft:
    """Read an entry of a volume's BibTeX.

    The volume's own file does not hold the ids that the site gives its papers: made from the citation
    keys they would be wrong for one in a hundred (5 of the 496 of volume 206), and a wrong id joins
    two papers. Such an entry is known by the volume's page and its key.

    Args:
        source: Name of the source.
        volume_entry: The volume's `@Proceedings`.
        entry: The paper's `@InProceedings`.

    Returns:
        The draft.

    Raises:
        RecordFaultError: The entry cannot be read.
        pydantic.ValidationError: It makes no draft.
    """
    if entry.fault:
        raise RecordFaultError(f"the entry cannot be read: {entry.fault}", "entry", entry.text)
    values = entry.fields
    volume = volume_name(values.get("volume") or volume_entry.fields.get("volume", ""))
    identity = _identity_of_entry(volume, entry)
    authors = []
    for name in bibtex.split_names(values.get("author", "")):
        given, family, suffix = (latex_to_text(part) for part in (name.given, name.family, name.suffix))
        full = " ".join(part for part in (given, family, suffix) if part)
        if full:
            authors.append(AuthorDraft(name=full, given=given or None, family=family or None))
    pages = _PAGES.fullmatch(values.get("pages", ""))
    return _draft(
        source,
        f"{volume}/bibtex:{entry.key}" if identity.scheme == "url" else identity.value,
        latex_to_text(values.get("title", "")),
        tuple(authors),
        (identity,),
        volume=volume,
        abstract=latex_to_text(values.get("abstract", "")),
        container_title=latex_to_text(values.get("booktitle") or volume_entry.fields.get("booktitle", "")),
        published=_day(volume_entry.fields.get("published", ""), "published"),
        pages=f"{pages['first']}-{pages['last']}" if pages else values.get("pages"),
        bibtex_key=entry.key,
    )


def volume_name(text: str) -> str:
    """`206`, `v206` or `R5` as the site names the volume.

    Raises:
        RecordFaultError: It is no volume.
    """
    found = _VOLUME.fullmatch(text.strip())
    if found is None:
        raise RecordFaultError("the record has no readable volume", "volume", text)
    return f"{found['kind'].lower() or 'v'}{found['number']}"


def _draft(
    source: str,
    source_id: str,
    title: str,
    authors: tuple[AuthorDraft, ...],
    ids: tuple[ExternalIdDraft, ...],
    *,
    volume: str,
    abstract: str,
    container_title: str,
    published: date | None,
    pages: str | None,
    bibtex_key: str,
) -> PaperDraft:
    if not title:
        raise RecordFaultError("the record has no title", "title")
    if not authors:
        raise RecordFaultError("the record has no author", "author")
    edition = venues.edition_of("pmlr", volume)
    year = published.year if published else (edition.year if edition else None)
    return PaperDraft(
        source=source,
        source_id=source_id,
        title=title,
        abstract=abstract,
        authors=authors,
        external_ids=ids,
        venue=edition.venue.name if edition else None,
        container_title=container_title,
        volume_id=volume,
        year=year,
        published=published,
        pages=pages,
        url=external_id_url(ids[0].scheme, ids[0].value),
        bibtex_key=bibtex_key,
    )


def _identity_of_entry(volume: str, entry: bibtex.Entry) -> ExternalIdDraft:
    for text in (entry.fields.get("url", ""), entry.key.removeprefix("pmlr-").replace("-", "/", 1)):
        if text.startswith(("http", f"{volume}/")):
            try:
                return parse_pmlr_id(text)
            except ExternalIdError:
                continue
    return ExternalIdDraft(scheme="url", value=f"{SITE}/{volume}/?bibtex={entry.key}")


def _authors(values: Mapping[str, Any], skipped: Counter[str]) -> list[AuthorDraft]:
    listed = values.get("author", [])
    if not isinstance(listed, list):
        raise RecordFaultError("the authors are no list", "author", str(listed))
    authors: list[AuthorDraft] = []
    for entry in listed:
        if not isinstance(entry, dict):
            raise RecordFaultError("an author is no mapping", "author", str(entry))
        given, prefix, family, suffix = (
            latex_to_text(_text(entry, key)) for key in ("given", "prefix", "family", "suffix")
        )
        family = f"{prefix} {family}".strip()
        name = " ".join(part for part in (given, family, suffix) if part)
        if not name:
            skipped["author without a name"] += 1
            continue
        authors.append(AuthorDraft(name=name, given=given or None, family=family or None))
    return authors


def _text(values: Mapping[str, Any], key: str) -> str:
    value = values.get(key, "")
    if not isinstance(value, str):
        raise RecordFaultError(f"{key} is no text", key, str(value))
    return clean_text(value)


def _day(text: str, field: str) -> date | None:
    if not text:
        return None
    found = _DAY.fullmatch(text)
    try:
        return date.fromisoformat(found[1] if found else text)
    except ValueError as error:
        raise RecordFaultError(f"{field} is no date", field, text) from error


def _page_range(first: str, last: str, page: str) -> str | None:
    if first and last:
        return first if first == last else f"{first}-{last}"
    return page or first or None
