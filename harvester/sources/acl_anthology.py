"""ACL Anthology: one XML file a collection, read from the Anthology's own repository.

Present and old ids (`2023.acl-long.1`, `P19-1001`), present and old schema. What the parser does
not know is kept in the text and counted, never fatal: the Anthology's schema moves several times
a year (elements `sig`, `pwccode`, comments and `openreview` attributes all came unannounced).
"""

from __future__ import annotations

import re
from calendar import month_abbr
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from lxml import etree
from pydantic import ValidationError

from foundation.errors import ConfigurationError
from harvester import venues
from harvester.http import XML_MEDIA_TYPES, HttpResponse, NotFoundError, PoliteClient
from harvester.rejects import reject
from harvester.source import (
    FACT_NOTHING,
    FileFormat,
    HarvestRequest,
    HarvestSlice,
    WirePage,
    nothing_page,
)
from harvester.xml import canonical, element_children, full_text, parse_xml, root_hint
from papers.draft import AuthorDraft, ExternalIdDraft, PaperDraft
from papers.ids import ExternalIdError, parse_doi
from papers.record import ParsedPage, ParsedRecord, RejectedRecord, WireRecord
from papers.text import clean_text, latex_to_text

PARSER_VERSION = 1
DEFAULT_YEARS = 3  # a plain harvest looks at this year and the two before
_DEFAULT_REF = "master"
_ROOTS = frozenset({"collection"})
_WHAT = "the Anthology collection"
_MEDIA_TYPE = "application/xml"

_MARKUP = frozenset({"fixed-case", "tex-math", "b", "i", "url"})
_SPECIAL = {"tex-math": lambda text: latex_to_text(f"${text}$") if text.strip() else ""}
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
_COLLECTION = re.compile(r"\d{4}\.[a-z0-9_]+|[A-Z]\d\d")
_ORCID = re.compile(r"(?:https?://orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dX])", re.IGNORECASE)
_OTHER_MATTER = {"frontmatter": "front matter", "backmatter": "back matter"}
_ENGLISH = frozenset({"en", "eng"})
_MONTHS = {name.lower(): number for number, name in enumerate(month_abbr) if name}
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


class AnthologyFile:
    """A collection file, as in the Anthology's `data/xml`."""

    name = "Anthology XML"

    def recognises(self, file_name: str, head: bytes) -> bool:
        """Whether the root element is `<collection id=…>`."""
        root, attributes = root_hint(head)
        return root == "collection" and b"id=" in attributes

    def pages(self, file_name: str, payload: bytes, retrieved_at: datetime) -> Iterator[WirePage]:
        """The file is one page."""
        root = parse_xml(payload, _ROOTS, what=_WHAT)
        key = root.get("id") or file_name
        yield WirePage(
            "acl_anthology", key, file_name, f"file:{file_name}", retrieved_at, _MEDIA_TYPE, payload
        )


class AclAnthology:
    """The ACL Anthology, collection by collection."""

    name = "acl_anthology"
    label = "ACL Anthology"
    operator = "github-raw"
    delay_seconds = 1.0  # no rule is published; one request a second, some 30 requests a harvest
    default_base_url = "https://raw.githubusercontent.com"
    enabled_by_default = True
    redirect_hosts: tuple[str, ...] = ()
    file_formats: tuple[FileFormat, ...] = (AnthologyFile(),)
    parser_version = PARSER_VERSION

    def plan(self, request: HarvestRequest, done: Mapping[str, str], today: date) -> list[HarvestSlice]:
        """One slice a collection.

        Collections are asked for again even when done, since papers are corrected for years; a
        validator makes that cheap.

        Args:
            request: Venue ids of the Anthology, or none for all venues of the last three years.
            done: Not used: nothing in the Anthology is ever final.
            today: The present day, UTC.

        Returns:
            Slices, oldest year first.

        Raises:
            ConfigurationError: A venue id is unknown.
        """
        if request.venues:
            chosen = [
                edition
                for venue_id in request.venues
                for edition in venues.editions(venue_id, latest_year=today.year + 1)
                if edition.venue.source == self.name
            ]
            asked_by_name = True
        else:
            first = today.year - DEFAULT_YEARS + 1 if request.from_date is None else request.from_date.year
            last = today.year if request.until_date is None else request.until_date.year
            chosen = list(venues.recent_editions(self.name, first_year=first, last_year=last))
            asked_by_name = False
        slices: dict[str, HarvestSlice] = {}
        for edition in chosen:
            optional = not edition.known and not asked_by_name
            slices.setdefault(
                edition.volume,
                HarvestSlice(self.name, edition.volume, volume=edition.volume, optional=optional),
            )
        return list(slices.values())

    def fetch(self, piece: HarvestSlice, position: str | None, client: PoliteClient) -> WirePage:
        """Ask for a collection.

        Args:
            piece: A slice of `plan`.
            position: Not used: a collection is one page.
            client: The polite client.

        Returns:
            The page; without a body where nothing changed since `piece.etag`, or where an optional
            collection is not there yet.

        Raises:
            SourceError: No usable answer.
        """
        collection = piece.volume or ""
        if not _COLLECTION.fullmatch(collection):
            raise ConfigurationError("not a collection of the Anthology", slice=piece.key)
        path = f"/acl-org/acl-anthology/{client.ref or _DEFAULT_REF}/data/xml/{collection}.xml"
        try:
            response = client.get(path, media_types=XML_MEDIA_TYPES, etag=piece.etag, check=_check)
        except NotFoundError as error:
            if not piece.optional:
                error.hint = "Its papers may not be published yet; or set the reference that has them."
                raise
            facts, url, when = {FACT_NOTHING: "not published yet"}, client.base_url + path, client.clock.now()
            return WirePage(self.name, piece.key, f"{collection}.xml", url, when, "", b"", None, facts)
        return WirePage(
            source=self.name,
            slice_key=piece.key,
            position=f"{collection}.xml",
            url=response.url,
            retrieved_at=response.retrieved_at,
            media_type=response.media_type or _MEDIA_TYPE,
            payload=response.body,
            etag=response.etag or piece.etag,
            facts={FACT_NOTHING: "not modified"} if response.not_modified else {},
        )

    def parse(self, page: WirePage) -> ParsedPage:
        """Read a collection. Pure.

        Args:
            page: A whole collection file, or one rejected record's payload.

        Returns:
            Drafts and rejects; front matter, back matter and events are counted as skipped.

        Raises:
            DamagedPageError: It is no whole, well-formed collection.
        """
        nothing = nothing_page(page)
        if nothing is not None:
            return nothing
        return _Reader(page).read()


def _check(response: HttpResponse) -> None:
    parse_xml(response.body, _ROOTS, what=_WHAT)


class _FaultError(Exception):
    """Why a record cannot be read."""

    def __init__(self, reason: str, field: str, value: str = "") -> None:
        super().__init__(reason)
        self.reason, self.field, self.value = reason, field, value


class _Reader:
    """Reads one page; holds the counts while doing so."""

    def __init__(self, page: WirePage) -> None:
        self.page = page
        self.records: list[ParsedRecord] = []
        self.rejects: list[RejectedRecord] = []
        self.skipped: Counter[str] = Counter()
        self.unknown: Counter[str] = Counter()

    def read(self) -> ParsedPage:
        root = parse_xml(self.page.payload, _ROOTS, what=_WHAT)
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
            media_type=_MEDIA_TYPE,
            payload=payload,
        )
        try:
            draft = self._draft(volume, element, source_id)
        except _FaultError as fault:
            self.rejects.append(reject(wire, fault.reason, fault.field, fault.value))
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            value = str(first.get("input", ""))
            self.rejects.append(reject(wire, f"the record does not fit: {first['msg']}", place, value))
        else:
            self.records.append(ParsedRecord(draft=draft, wire=wire))

    def _draft(self, volume: _Volume, element: etree._Element, source_id: str) -> PaperDraft:
        if not source_id:
            raise _FaultError("the record has no readable id", "id", element.get("id", ""))
        if volume.fault is not None:
            raise _FaultError(*volume.fault)
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
            raise _FaultError("the record has no title", "title")
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
        return AuthorDraft(
            name=f"{given} {family}".strip(),
            given=given,
            family=family,
            orcid=found[1].upper() if found else None,
        )


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
