"""One entry of an arXiv feed: strictly read into the `arxiv` package's result, then into a draft."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lxml import etree
from pydantic import ValidationError

from foundation.clock import as_utc
from harvester.rejects import RecordFaultError, reject, reject_for
from harvester.source import WirePage
from harvester.sources.arxiv_fields import METADATA_LICENCE, doi_ids, withdrawal
from harvester.xml import canonical, element_children, full_text, local_name
from papers.draft import AuthorDraft, ExternalIdDraft, PaperDraft
from papers.ids import ExternalIdError, parse_arxiv_id
from papers.record import ParsedRecord, RejectedRecord, WireRecord
from papers.text import clean_text, latex_to_text

if TYPE_CHECKING:
    import arxiv

ATOM = "{http://www.w3.org/2005/Atom}"
ARXIV = "{http://arxiv.org/schemas/atom}"
MEDIA_TYPE = "application/atom+xml"
_ENTRY = frozenset(
    {
        *("affiliation", "author", "category", "comment", "contributor", "doi", "id", "journal_ref"),
        *("license", "link", "primary_category", "published", "rights", "summary", "title", "updated"),
    }
)
_NO_MOMENT = datetime.min.replace(tzinfo=UTC)  # as the `arxiv` package marks a date not stated


def read_entry(
    page: WirePage, entry: etree._Element, number: int, unknown: Counter[str], skipped: Counter[str]
) -> ParsedRecord | RejectedRecord:
    """Read one entry.

    Args:
        page: The page it stands on.
        entry: The `<entry>` element.
        number: Its place on the page, from 1, for an entry without an id.
        unknown: Counts elements that are not known.
        skipped: Counts what was left out (a DOI that is none).

    Returns:
        The draft beside its bytes, or the reject.
    """
    identity: ExternalIdDraft | None = None
    id_text = (entry.findtext(f"{ATOM}id") or "").strip()
    try:
        identity = parse_arxiv_id(id_text)
    except ExternalIdError:
        source_id = f"entry[{number}]"
    else:
        source_id = identity.value
    wire = WireRecord(
        source=page.source,
        source_id=source_id,
        url=page.url,
        retrieved_at=page.retrieved_at,
        media_type=MEDIA_TYPE,
        payload=b'<feed xmlns="http://www.w3.org/2005/Atom">' + canonical(entry) + b"</feed>",
    )
    if identity is None:
        return reject(wire, "the entry has no readable id", "id", id_text)
    try:
        result = _result(entry, id_text, unknown)
        return ParsedRecord(draft=_draft(page.source, identity, result, entry, skipped), wire=wire)
    except (RecordFaultError, ValidationError) as error:
        return reject_for(wire, error)


def _result(entry: etree._Element, id_text: str, unknown: Counter[str]) -> arxiv.Result:
    """An entry as the `arxiv` package would hold it, read strictly."""
    import arxiv

    values: dict[str, str] = {}
    authors: list[arxiv.Result.Author] = []
    categories: list[str] = []
    links: list[arxiv.Result.Link] = []
    primary = ""
    for child in element_children(entry):
        name = local_name(child)
        if name not in _ENTRY:
            unknown[name] += 1
        elif name == "author":
            author = child.findtext(f"{ATOM}name") or ""
            affiliations = [node.text or "" for node in child.findall(f"{ARXIV}affiliation")]
            authors.append(arxiv.Result.Author(latex_to_text(author), affiliations))
        elif name == "category":
            categories.append(clean_text(child.get("term", "")))
        elif name == "primary_category":
            primary = clean_text(child.get("term", ""))
        elif name == "link":
            links.append(
                arxiv.Result.Link(
                    child.get("href", ""), child.get("title"), child.get("rel", ""), child.get("type")
                )
            )
        else:
            values.setdefault(name, full_text(child, frozenset(), unknown))
    published = _moment(values, "published")
    if published is None:
        raise RecordFaultError("the entry has no date of publication", "published")
    return arxiv.Result(
        entry_id=id_text,
        updated=_moment(values, "updated") or _NO_MOMENT,
        published=published,
        title=latex_to_text(values.get("title", "")),
        authors=authors,
        summary=latex_to_text(values.get("summary", "")),
        comment=latex_to_text(values.get("comment", "")),
        journal_ref=latex_to_text(values.get("journal_ref", "")),
        doi=clean_text(values.get("doi", "")),
        primary_category=primary,
        categories=categories,
        links=links,
    )


def _moment(values: Mapping[str, str], name: str) -> datetime | None:
    text = values.get(name, "").strip()
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return as_utc(moment) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise RecordFaultError(f"{name} is no date", name, text) from error


def _draft(
    source: str, identity: ExternalIdDraft, result: arxiv.Result, entry: etree._Element, skipped: Counter[str]
) -> PaperDraft:
    if not result.title:
        raise RecordFaultError("the entry has no title", "title")
    authors = [AuthorDraft(name=author.name) for author in result.authors if author.name]
    if not authors:
        raise RecordFaultError("the entry has no author", "author")
    ids = [identity, *doi_ids(result.doi or "", skipped)]
    comment = result.comment or None
    ordered = dict.fromkeys(name for name in (result.primary_category, *result.categories) if name)
    return PaperDraft(
        source=source,
        source_id=identity.value,
        source_version=identity.version,
        title=result.title,
        abstract=result.summary,
        authors=tuple(authors),
        external_ids=tuple(ids),
        venue="arXiv",
        container_title=result.journal_ref,
        year=result.published.year,
        published=result.published.date(),
        updated=None if result.updated == _NO_MOMENT else result.updated,
        source_categories=tuple(ordered),
        comment=comment,
        url=f"https://arxiv.org/abs/{identity.value}",
        licence=_licence(entry),
        retracted=withdrawal(comment),
    )


def _licence(entry: etree._Element) -> str:
    """The paper's own licence where the entry names one, else that of all arXiv metadata."""
    stated = entry.findtext(f"{ARXIV}license") or entry.findtext(f"{ATOM}rights") or ""
    for link in entry.findall(f"{ATOM}link"):
        if link.get("rel") == "license":
            stated = stated or link.get("href", "")
    return clean_text(stated)[:300] or METADATA_LICENCE
