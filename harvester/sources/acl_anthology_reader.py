"""One Anthology collection: every paper of every volume, read into drafts.

What the reader does not know is kept in the text and counted, never fatal: the Anthology's schema
moves several times a year (elements `sig`, `pwccode`, comments and `openreview` attributes all
came unannounced).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from lxml import etree
from pydantic import ValidationError

from harvester import venues
from harvester.rejects import RecordFaultError, reject_for
from harvester.source import WirePage
from harvester.xml import canonical, element_children, full_text, parse_xml
from papers.draft import AuthorDraft, ExternalIdDraft, PaperDraft
from papers.ids import ExternalIdError, parse_doi
from papers.record import ParsedPage, ParsedRecord, RejectedRecord, WireRecord
from papers.text import clean_text, latex_to_text

PARSER_VERSION = 1
MEDIA_TYPE = "application/xml"
WHAT = "the Anthology collection"
ROOTS = frozenset({"collection"})
_MARKUP = frozenset({"fixed-case", "tex-math", "b", "i", "url"})


@lru_cache(maxsize=4_096)  # `n`, `k` and `\sim` stand in every other paper
def _formula(text: str) -> str:
    return latex_to_text(f"${text}$") if text.strip() else ""


_SPECIAL: dict[str, Callable[[str], str]] = {"tex-math": _formula}
# Children of <paper>, <meta> and <author> that are read or knowingly left out (schema.rnc).
_PAPER = frozenset(
    {
        *("abstract", "attachment", "author", "award", "bibkey", "doi", "editor", "erratum", "issue"),
        *("journal", "language", "mrf", "note", "pages", "pwccode", "pwcdataset", "removed"),
        *("retracted", "revision", "title", "url", "video"),
    }
)
_META = frozenset(
    {
        *("address", "booktitle", "doi", "editor", "isbn", "journal-issue", "journal-title"),
        *("journal-volume", "month", "publisher", "shortbooktitle", "url", "venue", "year"),
    }
)
_AUTHOR = frozenset(
    {"affiliation", "first", "google-scholar", "last", "orcid", "semantic-scholar", "variant"}
)
_META_KEPT = ("booktitle", "month", "year", "venue", "journal-title")  # what a draft is read from

_NEW_COLLECTION = re.compile(r"(?P<year>\d{4})\.(?P<slug>[a-z0-9_]+)")
_OLD_COLLECTION = re.compile(r"[A-Z]\d\d")
_ORCID = re.compile(r"(?:https?://orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dX])", re.IGNORECASE)
_OTHER_MATTER = {"frontmatter": "front matter", "backmatter": "back matter"}
_ENGLISH = frozenset({"en", "eng"})
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
_MONTH = re.compile(r"[a-z]{3,9}|\d{1,2}")
_OLD_SLUGS = {
    "P": "acl", "D": "emnlp", "N": "naacl", "E": "eacl", "Q": "tacl", "J": "cl", "K": "conll",
    "C": "coling", "I": "ijcnlp", "L": "lrec",
}  # fmt: skip


@dataclass(frozen=True)
class _Volume:
    """What a volume says about each of its papers."""

    collection: str
    id: str
    name: str
    venue: str | None
    year: int | None
    published: date | None
    container_title: str | None
    licence: str | None
    fault: tuple[str, str, str] | None  # reason, field, value: true of every paper in it
    opening: bytes  # canonical XML that a paper's own needs around it to be read alone
    closing: bytes


class CollectionReader:
    """Reads one page; holds the counts while doing so.

    Args:
        page: A whole collection file, or one record's payload.
    """

    def __init__(self, page: WirePage) -> None:
        self.page = page
        self.records: list[ParsedRecord] = []
        self.rejects: list[RejectedRecord] = []
        self.skipped: Counter[str] = Counter()
        self.unknown: Counter[str] = Counter()

    def read(self) -> ParsedPage:
        """Read the page.

        Returns:
            Drafts, rejects and counts.

        Raises:
            DamagedPageError: It is no whole, well-formed collection.
        """
        root = parse_xml(self.page.payload, ROOTS, what=WHAT)
        collection = root.get("id", "").strip()
        for child in element_children(root):
            if child.tag == "volume":
                self._read_volume(collection, child)
            elif child.tag == "event":
                self.skipped["event"] += 1
            else:
                self.unknown[str(child.tag)] += 1
        return ParsedPage(
            records=tuple(self.records),
            rejects=tuple(self.rejects),
            skipped=dict(self.skipped),
            unknown_elements=dict(self.unknown),
            parser_version=PARSER_VERSION,
        )

    def _read_volume(self, collection: str, element: etree._Element) -> None:
        volume = self._volume(collection, element)
        number = 0
        for child in element_children(element):
            if child.tag == "paper":
                number += 1
                kind = _OTHER_MATTER.get(child.get("type", ""))
                if kind is None and child.get("id") == "0":
                    kind = "front matter"  # how the old schema numbered it
                if kind is None:
                    self._read_paper(volume, child, number)
                else:
                    self.skipped[kind] += 1
            elif child.tag == "frontmatter":
                self.skipped["front matter"] += 1
            elif child.tag != "meta":
                self.unknown[str(child.tag)] += 1

    def _volume(self, collection: str, element: etree._Element) -> _Volume:
        identity = element.get("id", "").strip()
        meta = element.find("meta")
        kept = etree.Element("meta")
        values: dict[str, str] = {}
        tags: list[str] = []
        for child in () if meta is None else element_children(meta):
            name = str(child.tag)
            if name not in _META:
                self.unknown[name] += 1
            elif name == "venue":
                tags.append(clean_text(child.text or "").lower())
            elif name in _META_KEPT:
                values[name] = clean_text(full_text(child, _MARKUP, self.unknown, _SPECIAL))
            if name in _META_KEPT:
                etree.SubElement(kept, name).text = tags[-1] if name == "venue" else values[name]
        slug = _slug(collection)
        tag = slug if slug in tags or not tags else next((tag for tag in tags if tag in _names()), tags[0])
        year, fault = _year(values.get("year", ""), collection)
        shell = etree.Element("collection", id=collection)
        frame = etree.SubElement(shell, "volume", id=identity)
        frame.append(kept)
        etree.SubElement(frame, "paper")
        opening, _, closing = canonical(shell).partition(b"<paper></paper>")
        return _Volume(
            collection=collection,
            id=identity,
            name=f"{collection}-{identity}",
            venue=(_names().get(tag) or tag.upper()) if tag else None,
            year=year,
            published=_published(values.get("month", ""), year),
            container_title=values.get("booktitle") or values.get("journal-title"),
            licence=venues.licence_of(tag, year),
            fault=fault,
            opening=opening,
            closing=closing,
        )

    def _read_paper(self, volume: _Volume, element: etree._Element, number: int) -> None:
        page = self.page
        payload = volume.opening + canonical(element) + volume.closing
        source_id = _full_id(volume, element.get("id", "").strip())
        wire = WireRecord(
            source=page.source,
            source_id=source_id or f"{volume.name}.paper[{number}]",
            url=page.url,
            retrieved_at=page.retrieved_at,
            media_type=MEDIA_TYPE,
            payload=payload,
        )
        try:
            draft = self._draft(volume, element, source_id)
        except (RecordFaultError, ValidationError) as error:
            self.rejects.append(reject_for(wire, error))
        else:
            self.records.append(ParsedRecord(draft=draft, wire=wire))

    def _draft(self, volume: _Volume, element: etree._Element, source_id: str) -> PaperDraft:
        if not source_id:
            raise RecordFaultError("the record has no readable id", "id", element.get("id", ""))
        if volume.fault is not None:
            raise RecordFaultError(*volume.fault)
        values: dict[str, str] = {}
        authors: list[AuthorDraft] = []
        title, abstract, retracted = "", "", None
        for child in element:
            name = child.tag
            if name == "author":
                author = self._author(child)
                if author is not None:
                    authors.append(author)
            elif name == "title":
                title = full_text(child, _MARKUP, self.unknown, _SPECIAL)
            elif name == "abstract":
                abstract = full_text(child, _MARKUP, self.unknown, _SPECIAL)
            elif name in ("retracted", "removed"):
                retracted = _retraction(child)
            elif name not in _PAPER:
                if isinstance(name, str):
                    self.unknown[name] += 1
            elif child.text and name in ("doi", "bibkey", "pages", "language"):
                values[name] = child.text.strip()
        if not title.strip():
            raise RecordFaultError("the record has no title", "title")
        ids = [ExternalIdDraft(scheme="acl", value=source_id)]
        if values.get("doi"):
            try:
                ids.append(parse_doi(values["doi"]))
            except ExternalIdError:
                self.skipped["DOI that is none"] += 1
        language = values.get("language", "").lower()
        return PaperDraft(
            source=self.page.source,
            source_id=source_id,
            title=title,
            abstract=abstract,
            authors=tuple(authors),
            external_ids=tuple(ids),
            venue=volume.venue,
            container_title=volume.container_title,
            volume_id=volume.name,
            year=volume.year,
            published=volume.published,
            pages=values.get("pages"),
            url=f"https://aclanthology.org/{source_id}/",
            licence=volume.licence,
            bibtex_key=values.get("bibkey"),
            language=None if not language or language in _ENGLISH else language,
            retracted=retracted,
        )

    def _author(self, element: etree._Element) -> AuthorDraft | None:
        given, family, orcid = "", "", element.get("orcid", "")
        for child in element:
            name = child.tag
            if name == "first":
                given = (child.text or "").strip()
            elif name == "last":
                family = (child.text or "").strip()
            elif name == "orcid":
                orcid = child.text or ""
            elif name not in _AUTHOR and isinstance(name, str):
                self.unknown[name] += 1
        if not given and not family:
            self.skipped["author without a name"] += 1
            return None
        found = _ORCID.fullmatch(orcid.strip()) if orcid else None
        return _author_draft(given, family, found[1].upper() if found else None)


@lru_cache(maxsize=50_000)  # some 15 MB; half of a year's authors stand on two papers or more
def _author_draft(given: str, family: str, orcid: str | None) -> AuthorDraft:
    return AuthorDraft(name=f"{given} {family}".strip(), given=given, family=family, orcid=orcid)


def _names() -> dict[str, str]:
    return venues.anthology_names()


def _slug(collection: str) -> str:
    """The venue tag that a collection's own name stands for."""
    new = _NEW_COLLECTION.fullmatch(collection)
    if new is not None:
        return new["slug"]
    return _OLD_SLUGS.get(collection[:1], "") if _OLD_COLLECTION.fullmatch(collection) else ""


def _year(text: str, collection: str) -> tuple[int | None, tuple[str, str, str] | None]:
    """The year of a volume: as stated, else the collection's own; a stated one must be a year."""
    if text:
        if text.isascii() and text.isdecimal() and 1900 <= int(text) <= 2200:
            return int(text), None
        return None, ("the volume's year is none", "year", text)
    new = _NEW_COLLECTION.fullmatch(collection)
    return (int(new["year"]) if new else None), None


def _published(month: str, year: int | None) -> date | None:
    """The first day of the month of publication; None where no month is stated."""
    found = _MONTH.search(month.lower())
    if year is None or found is None:
        return None
    number = int(found[0]) if found[0].isdecimal() else _MONTHS.get(found[0][:3], 0)
    return date(year, number, 1) if 1 <= number <= 12 else None


def _full_id(volume: _Volume, paper: str) -> str:
    """The Anthology id of a paper; empty where collection, volume or paper make none.

    Old ids have four digits behind the hyphen: volume and paper share them by the rule of the
    Anthology's own `build_id` (two and two for workshops, C69 and D19 from volume 5 on; else one
    and three).
    """
    if not paper.isascii() or not paper.isdecimal():
        return ""
    if _NEW_COLLECTION.fullmatch(volume.collection):
        return f"{volume.name}.{int(paper)}" if re.fullmatch(r"[a-z0-9_]+", volume.id) else ""
    if not _OLD_COLLECTION.fullmatch(volume.collection) or not volume.id.isdecimal():
        return ""
    number, collection = int(volume.id), volume.collection
    two_and_two = collection[0] == "W" or collection == "C69" or (collection == "D19" and number >= 5)
    return (
        f"{collection}-{number:02d}{int(paper):02d}"
        if two_and_two
        else f"{collection}-{number}{int(paper):03d}"
    )


def _retraction(element: etree._Element) -> str:
    """Why and when, in one line; never empty."""
    reason = clean_text("".join(str(piece) for piece in element.itertext()))
    when = clean_text(element.get("date", ""))
    return f"{element.tag} {when}".strip() + (f": {reason}" if reason else "")
