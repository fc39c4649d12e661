"""One OAI-PMH record of arXiv into a draft: formats `arXiv`, `arXivRaw` and the old `oai_dc`.

The header's datestamp says when arXiv last touched the record, not when the paper was submitted: the
day of publication is `<created>`, the date of version 1, or the first `dc:date`. Elements are known by
their local names: some files carry the metadata without its own namespace.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from email.utils import parsedate_to_datetime

from lxml import etree
from pydantic import ValidationError

from harvester.oai import MEDIA_TYPE, read_day
from harvester.rejects import RecordFaultError, reject, reject_for
from harvester.source import WirePage
from harvester.sources.arxiv_fields import METADATA_LICENCE, doi_ids, withdrawal
from harvester.xml import canonical, element_children, full_text, local_name
from papers.draft import AuthorDraft, ExternalIdDraft, PaperDraft
from papers.ids import ExternalIdError, parse_arxiv_id
from papers.record import ParsedRecord, RejectedRecord, WireRecord
from papers.text import clean_text, latex_to_text

DELETED_TITLE = "(deleted)"  # a tombstone has no title of its own; the store never shows this one
_ARXIV = frozenset(
    {
        *("abstract", "acm-class", "authors", "categories", "comments", "created", "doi", "id"),
        *("journal-ref", "license", "msc-class", "proxy", "report-no", "submitter", "title", "updated"),
        "version",
    }
)
_AUTHOR = frozenset({"affiliation", "forenames", "keyname", "suffix"})
_VERSION = re.compile(r"v([1-9]\d{0,3})")
_COMMENT = re.compile(r"Comments?:\s*", re.IGNORECASE)
_PARENTHESIS = re.compile(r"\([^()]*\)")
_NAME_BREAK = re.compile(r"\s*[,;]\s*(?:and\s+)?|\s+and\s+|\s+&\s+")
_SUFFIXES = frozenset({"jr", "jr.", "sr", "sr.", "ii", "iii", "iv"})
_LETTER = re.compile(r"[^\W\d_]")


@dataclass
class _Fields:
    """A record's metadata, whatever its format."""

    id: str = ""
    version: int | None = None
    title: str = ""
    abstract: str = ""
    authors: list[AuthorDraft] = field(default_factory=list)
    published: date | None = None
    categories: tuple[str, ...] = ()
    comment: str = ""
    journal: str = ""
    doi: str = ""
    licence: str = ""


def read_header(record: etree._Element) -> tuple[str, date | None]:
    """Identifier and datestamp of a record; empty or None where it states none."""
    header = _child(record, "header")
    if header is None:
        return "", None
    return _text_of(header, "identifier"), read_day(_text_of(header, "datestamp"))


def read_record(
    page: WirePage, record: etree._Element, number: int, unknown: Counter[str], skipped: Counter[str]
) -> ParsedRecord | RejectedRecord:
    """Read one record.

    Args:
        page: The page it stands on.
        record: The `<record>` element.
        number: Its place on the page, from 1, for a record without an identifier.
        unknown: Counts elements that are not known.
        skipped: Counts what was left out (a DOI that is none).

    Returns:
        The draft beside its bytes (of a deleted record a tombstone), or the reject.
    """
    identifier, datestamp = read_header(record)
    identity: ExternalIdDraft | None = None
    try:
        identity = parse_arxiv_id(identifier)
    except ExternalIdError:
        source_id = f"record[{number}]"
    else:
        source_id = identity.value
    wire = WireRecord(
        source=page.source,
        source_id=source_id,
        url=page.url,
        retrieved_at=page.retrieved_at,
        media_type=MEDIA_TYPE,
        payload=canonical(record),
    )
    if identity is None:
        return reject(wire, "the record has no readable identifier", "identifier", identifier)
    try:
        if datestamp is None:
            raise RecordFaultError("the record has no readable datestamp", "datestamp")
        header = _child(record, "header")
        if header is not None and header.get("status") == "deleted":
            return ParsedRecord(_tombstone(page.source, identity, datestamp), wire, deleted=True)
        fields = _read_metadata(record, unknown, skipped)
        return ParsedRecord(_draft(page.source, identity, fields, datestamp, skipped), wire)
    except (RecordFaultError, ValidationError) as error:
        return reject_for(wire, error)


def split_names(text: str) -> list[str]:
    """The names in arXivRaw's one line of authors, `A. Uthor (1), B. Other and C. Third ((1) Somewhere)`.

    Args:
        text: The line, LaTeX already read.

    Returns:
        Names in order; affiliations in parentheses are left out, `Jr.` and its like stay with
        their name.
    """
    for _ in range(4):  # parentheses within parentheses
        text, found = _PARENTHESIS.subn(" ", text)
        if not found:
            break
    names: list[str] = []
    for piece in _NAME_BREAK.split(text):
        name = clean_text(piece)
        if name.lower() in _SUFFIXES and names:
            names[-1] += f" {name}"
        elif _LETTER.search(name):
            names.append(name)
    return names


def _tombstone(source: str, identity: ExternalIdDraft, datestamp: date) -> PaperDraft:
    return PaperDraft(
        source=source,
        source_id=identity.value,
        title=DELETED_TITLE,
        external_ids=(ExternalIdDraft(scheme="arxiv", value=identity.value),),
        updated=datetime.combine(datestamp, time(), UTC),
    )


def _draft(
    source: str, identity: ExternalIdDraft, fields: _Fields, datestamp: date, skipped: Counter[str]
) -> PaperDraft:
    if fields.id:
        try:
            own = parse_arxiv_id(fields.id).value
        except ExternalIdError as error:
            raise RecordFaultError("the record's id is none", "id", fields.id) from error
        if own != identity.value:
            raise RecordFaultError("the record's id is not that of its header", "id", fields.id)
    if not fields.title:
        raise RecordFaultError("the record has no title", "title")
    if not fields.authors:
        raise RecordFaultError("the record has no author", "authors")
    if fields.published is None:
        raise RecordFaultError("the record has no date of its first version", "created")
    comment = fields.comment or None
    return PaperDraft(
        source=source,
        source_id=identity.value,
        source_version=fields.version,
        title=fields.title,
        abstract=fields.abstract,
        authors=tuple(fields.authors),
        external_ids=(
            ExternalIdDraft(scheme="arxiv", value=identity.value, version=fields.version),
            *doi_ids(fields.doi, skipped),
        ),
        venue="arXiv",
        container_title=fields.journal,
        year=fields.published.year,
        published=fields.published,
        updated=datetime.combine(datestamp, time(), UTC),
        source_categories=tuple(dict.fromkeys(fields.categories)),
        comment=comment,
        url=f"https://arxiv.org/abs/{identity.value}",
        licence=fields.licence[:300] or METADATA_LICENCE,
        retracted=withdrawal(comment),
    )


def _read_metadata(record: etree._Element, unknown: Counter[str], skipped: Counter[str]) -> _Fields:
    metadata = _child(record, "metadata")
    inner = None if metadata is None else next(element_children(metadata), None)
    if inner is None:
        raise RecordFaultError("the record has no metadata", "metadata")
    match local_name(inner):
        case "arXiv" | "arXivRaw":
            return _read_arxiv(inner, unknown, skipped)
        case "dc":
            return _read_dublin_core(inner, unknown)
        case other:
            raise RecordFaultError("the record is in a format that is not read", "metadata", other)


def _read_arxiv(inner: etree._Element, unknown: Counter[str], skipped: Counter[str]) -> _Fields:
    fields = _Fields()
    values: dict[str, str] = {}
    versions: dict[int, str] = {}
    for child in element_children(inner):
        name = local_name(child)
        if name not in _ARXIV:
            unknown[name] += 1
        elif name == "version":
            found = _VERSION.fullmatch(child.get("version", ""))
            if found is None:
                raise RecordFaultError("a version has no number", "version", child.get("version", ""))
            versions[int(found[1])] = _text_of(child, "date")
        elif name == "authors" and len(child):
            fields.authors = _authors(child, unknown, skipped)
        else:
            values.setdefault(name, full_text(child, frozenset(), unknown))
    if not fields.authors:
        names = split_names(latex_to_text(values.get("authors", "")))
        fields.authors = [AuthorDraft(name=name) for name in names]
    fields.id = clean_text(values.get("id", ""))
    fields.title = latex_to_text(values.get("title", ""))
    fields.abstract = latex_to_text(values.get("abstract", ""))
    fields.comment = latex_to_text(values.get("comments", ""))
    fields.journal = latex_to_text(values.get("journal-ref", ""))
    fields.doi = values.get("doi", "")
    fields.licence = clean_text(values.get("license", ""))
    fields.categories = tuple(values.get("categories", "").split())
    if versions:
        fields.version = max(versions)
        fields.published = _mail_day(versions[min(versions)]) if 1 in versions else None
    elif values.get("created", "").strip():
        fields.published = read_day(values["created"])
        if fields.published is None:
            raise RecordFaultError("created is no date", "created", values["created"].strip())
    return fields


def _read_dublin_core(inner: etree._Element, unknown: Counter[str]) -> _Fields:
    fields = _Fields()
    values: dict[str, list[str]] = {
        name: []
        for name in ("creator", "date", "description", "identifier", "rights", "subject", "title", "type")
    }
    for child in element_children(inner):
        name = local_name(child)
        if name in values:
            values[name].append(full_text(child, frozenset(), unknown).strip())
        else:
            unknown[name] += 1
    fields.title = latex_to_text(next(iter(values["title"]), ""))
    for text in values["creator"]:
        family, _, given = latex_to_text(text).partition(", ")
        if _LETTER.search(family):
            name = f"{given} {family}".strip()
            fields.authors.append(AuthorDraft(name=name, given=given or None, family=family))
    for text in values["description"]:
        comment = _COMMENT.match(text)
        if comment is not None:
            fields.comment = fields.comment or latex_to_text(text[comment.end() :])
        elif not fields.abstract:
            fields.abstract = latex_to_text(text)
    for text in values["identifier"]:
        if text.lower().startswith("doi:"):
            fields.doi = f"{fields.doi} {text}".strip()
        elif text.lower().startswith(("http://", "https://")):
            fields.id = fields.id or text
        else:
            fields.journal = fields.journal or latex_to_text(text)
    fields.licence = clean_text(next(iter(values["rights"]), ""))
    if values["date"]:
        days = [(read_day(text), text) for text in values["date"]]
        wrong = next((text for day, text in days if day is None), None)
        if wrong is not None:
            raise RecordFaultError("date is no date", "date", wrong)
        fields.published = min(day for day, _ in days if day is not None)
    return fields


def _authors(element: etree._Element, unknown: Counter[str], skipped: Counter[str]) -> list[AuthorDraft]:
    authors: list[AuthorDraft] = []
    for child in element_children(element):
        if local_name(child) != "author":
            unknown[local_name(child)] += 1
            continue
        values: dict[str, str] = {}
        for part in element_children(child):
            name = local_name(part)
            if name in _AUTHOR:
                values.setdefault(name, latex_to_text(full_text(part, frozenset(), unknown)))
            else:
                unknown[name] += 1
        family = " ".join(filter(None, (values.get("keyname"), values.get("suffix"))))
        given = values.get("forenames", "")
        if not _LETTER.search(family + given):  # the ":" behind a collaboration's name
            skipped["author without a name"] += 1
            continue
        authors.append(AuthorDraft(name=f"{given} {family}".strip(), given=given, family=family))
    return authors


def _mail_day(text: str) -> date:
    """The day in `Mon, 22 Oct 2018 22:41:50 GMT`."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise RecordFaultError("the date of version 1 is none", "version", text) from error
    return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)).date()


def _child(element: etree._Element, name: str) -> etree._Element | None:
    return next((child for child in element_children(element) if local_name(child) == name), None)


def _text_of(element: etree._Element, name: str) -> str:
    found = _child(element, name)
    return "" if found is None else clean_text(found.text or "")
