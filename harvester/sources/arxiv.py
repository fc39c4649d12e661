"""arXiv's query API: closed windows of submission dates, read page by page.

Queries and results take the `arxiv` package's types (`Search`, `SortCriterion`, `Result`); bytes
are fetched by our own client and read strictly, since the package reads damaged pages as good.

A slice is a week of one category. Its cursor (`ArxivPosition`) walks through windows of under
1,000 results, since the manual asks to refine queries beyond that; a window that turns out larger is
narrowed before it is read. The end of a window is proven by count, never by sort order: the API
has served years-old papers first under `sortBy=submittedDate`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from lxml import etree
from pydantic import ValidationError

from foundation.clock import as_utc
from foundation.errors import (
    ConfigurationError,
    SuspectAnswerError,
    TerminalSourceError,
    TransientSourceError,
)
from harvester.http import XML_MEDIA_TYPES, BadRequestError, HttpResponse, PoliteClient
from harvester.rejects import reject
from harvester.source import FileFormat, HarvestRequest, HarvestSlice, WirePage, nothing_page
from harvester.sources.arxiv_position import ArxivPosition
from harvester.sources.arxiv_windows import plan_windows
from harvester.xml import (
    DamagedPageError,
    canonical,
    element_children,
    full_text,
    local_name,
    parse_xml,
    root_hint,
)
from papers.draft import AuthorDraft, ExternalIdDraft, PaperDraft
from papers.ids import ExternalIdError, as_arxiv, parse_arxiv_id, parse_doi
from papers.record import ParsedPage, ParsedRecord, RejectedRecord, WireRecord
from papers.text import clean_text, latex_to_text

if TYPE_CHECKING:
    import arxiv

PARSER_VERSION = 1
PAGE_RECORDS = 100
WINDOW_RECORDS = 1_000  # "refine queries which return more than 1,000 results", user manual 3.1.1.2
QUERY_RECORDS = 30_000  # the API answers 400 beyond, same place
DEFAULT_CATEGORIES = ("cs.CL",)
# Categories that take papers every working day: no paper on one is the API's fault, not a fact.
BUSY_CATEGORIES = frozenset(
    {"cs.AI", "cs.CL", "cs.CR", "cs.CV", "cs.HC", "cs.IR", "cs.LG", "cs.RO", "cs.SE", "stat.ML"}
)
_INDEX_LAG_DAYS = 2  # a paper is announced, hence found, a day or two after its submission
_RESTARTS = 2

_ATOM = "{http://www.w3.org/2005/Atom}"
_ARXIV = "{http://arxiv.org/schemas/atom}"
_OPENSEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"
_ROOTS = frozenset({f"{_ATOM}feed"})
_WHAT = "the arXiv feed"
_MEDIA_TYPE = "application/atom+xml"
_ENTRY = frozenset(
    {
        *("affiliation", "author", "category", "comment", "contributor", "doi", "id", "journal_ref"),
        *("license", "link", "primary_category", "published", "rights", "summary", "title", "updated"),
    }
)
_FEED = frozenset(
    {"author", "generator", "id", "itemsPerPage", "link", "startIndex", "title", "totalResults", "updated"}
)
_CATEGORY = re.compile(r"[a-z-]+(?:\.[A-Za-z-]{2,10})?")
_ERROR_ID = re.compile(r"/api/errors(?:#|$)")
_WITHDRAWN = re.compile(
    r"(?:this (?:paper|article|submission|manuscript|work) )?(?:has been |is )?withdrawn\b", re.IGNORECASE
)
_NO_MOMENT = datetime.min.replace(tzinfo=UTC)  # as the `arxiv` package marks a date not stated
_METADATA_LICENCE = "CC0 1.0 (metadata)"  # arXiv API terms of use: metadata, abstracts included


class ArxivQueryError(BadRequestError):
    """arXiv answered with its `Error` entry: it does not understand the query."""


@dataclass(frozen=True)
class _Feed:
    """A feed that was read whole."""

    root: etree._Element
    entries: tuple[etree._Element, ...]
    total: int | None
    start: int | None

    @property
    def mark(self) -> str:
        """What tells one page of entries from another, whatever the envelope says."""
        ids = "\n".join((entry.findtext(f"{_ATOM}id") or "").strip() for entry in self.entries)
        return sha256(ids.encode()).hexdigest()[:12] if self.entries else ""


class ArxivAtomFile:
    """A saved answer of the query API."""

    name = "arXiv Atom"

    def recognises(self, file_name: str, head: bytes) -> bool:
        """Whether the root is an Atom feed that speaks of arXiv."""
        root, attributes = root_hint(head)
        return root == "feed" and b"w3.org/2005/Atom" in attributes and b"arxiv.org" in head

    def pages(self, file_name: str, payload: bytes, retrieved_at: datetime) -> Iterator[WirePage]:
        """The file is one page."""
        _read_feed(payload)
        yield WirePage(
            "arxiv", file_name, f"file {file_name}", f"file:{file_name}", retrieved_at, _MEDIA_TYPE, payload
        )


class ArxivApi:
    """arXiv by its query API: by category and submission date, or by a query."""

    name = "arxiv"
    label = "arXiv"
    operator = "arxiv"  # shared with OAI-PMH: one connection over all of arXiv's interfaces
    delay_seconds = 3.0  # API terms of use: one request every three seconds
    default_base_url = "https://export.arxiv.org"
    enabled_by_default = True
    redirect_hosts: tuple[str, ...] = ()
    file_formats: tuple[FileFormat, ...] = (ArxivAtomFile(),)
    parser_version = PARSER_VERSION

    def plan(self, request: HarvestRequest, done: Mapping[str, str], today: date) -> list[HarvestSlice]:
        """Weeks of each category that are not proven complete, oldest first.

        Args:
            request: Categories (default cs.CL), days, and perhaps a query.
            done: Watermark by slice key of what is proven complete.
            today: The present day, UTC.

        Returns:
            Slices; for a query one slice, over all time or over the days asked for.

        Raises:
            ConfigurationError: A category is none, or the days are in the wrong order.
        """
        for category in request.categories:
            if not _CATEGORY.fullmatch(category):
                raise ConfigurationError(
                    f"{category!r} is no arXiv category", hint="Categories look like cs.CL or hep-th."
                )
        if request.query is not None:
            return [self._query_slice(request, today)]
        return [
            HarvestSlice(
                self.name, f"{category} {first}..{last}", category=category, from_date=first, until_date=last
            )
            for category in request.categories or DEFAULT_CATEGORIES
            for first, last in plan_windows(category, request.from_date, request.until_date, done, today)
        ]

    def _query_slice(self, request: HarvestRequest, today: date) -> HarvestSlice:
        query = " ".join((request.query or "").split())
        if not query:
            raise ConfigurationError(
                "the query is empty", hint='Ask for something, such as all:"language model".'
            )
        if request.categories:
            query = f"({query}) AND ({' OR '.join(f'cat:{name}' for name in request.categories)})"
        first, last = request.from_date, request.until_date
        if first is not None or last is not None:
            first, last = first or date(1991, 8, 14), last or today  # arXiv's first day
            if first > last:
                raise ConfigurationError("the first day is after the last", from_date=first, until_date=last)
        days = "" if first is None else f" {first}..{last}"
        return HarvestSlice(self.name, f"query {query}{days}", from_date=first, until_date=last, query=query)

    def fetch(self, piece: HarvestSlice, position: str | None, client: PoliteClient) -> WirePage:
        """Ask for one page of the window at `position`; narrow the window if it holds too much.

        Args:
            piece: A slice of `plan`.
            position: An `ArxivPosition` in text, or None.
            client: The polite client.

        Returns:
            The page; its position says which window was asked in the end.

        Raises:
            ArxivQueryError: arXiv does not understand the query.
            SuspectAnswerError: Another page than asked for, an odd zero, a total that will not rest.
            TransientSourceError: Damaged or empty pages, and whatever the client raises.
        """
        place = ArxivPosition.beginning(piece) if position is None else ArxivPosition.from_text(position)
        wider: tuple[ArxivPosition, int] | None = None
        while True:
            response = self._ask(piece, place, client)
            total = _read_feed(response.body).total or 0
            if place.start > 0 or place.whole or total < WINDOW_RECORDS:
                break
            if wider is not None and total >= wider[1]:
                # A narrower window that matches as much: narrowing does not help, so the wider one
                # is read as it is.
                place = replace(wider[0], whole=True)
                continue
            narrower = place.narrowed(WINDOW_RECORDS / total)
            if narrower is None:
                break
            wider, place = (place, total), narrower
        if total == 0 and place.start == 0:
            self._second_opinion(piece, place, client)
        return WirePage(
            source=self.name,
            slice_key=piece.key,
            position=place.text,
            url=response.url,
            retrieved_at=response.retrieved_at,
            media_type=response.media_type or _MEDIA_TYPE,
            payload=response.body,
            etag=response.etag,
        )

    def _ask(self, piece: HarvestSlice, place: ArxivPosition, client: PoliteClient) -> HttpResponse:
        query = _query_text(piece, place)

        def check(response: HttpResponse) -> None:
            _check_page(_read_feed(response.body), piece, place, client.clock.now().date())

        try:
            return client.get(
                "/api/query",
                query_params(query, start=place.start),
                media_types=XML_MEDIA_TYPES,
                check=check,
            )
        except ArxivQueryError as error:
            error.facts["query"] = query
            raise
        except BadRequestError as error:
            raise _explained(error, query) from error

    def _second_opinion(self, piece: HarvestSlice, place: ArxivPosition, client: PoliteClient) -> None:
        """Nothing found: believe it only if the category as a whole holds something.

        Raises:
            SuspectAnswerError: It does not.
        """
        if piece.category is None:
            return
        control = f"cat:{piece.category}"
        response = client.get(
            "/api/query",
            query_params(control, start=0, max_results=1),
            media_types=XML_MEDIA_TYPES,
            check=_check_total,
        )
        if not _read_feed(response.body).total:
            raise SuspectAnswerError(
                "arXiv finds no paper at all in this category",
                hint="Check the category's name; if it is right, try again later.",
                category=piece.category,
                window=place.text,
            )

    def parse(self, page: WirePage) -> ParsedPage:
        """Read a page. Pure.

        Args:
            page: A feed: fetched, a file's bytes, or one rejected record's payload.

        Returns:
            Drafts, rejects, and the next position.

        Raises:
            DamagedPageError: It is no whole, well-formed feed.
            ArxivQueryError: It is arXiv's error feed.
        """
        nothing = nothing_page(page)
        if nothing is not None:
            return nothing
        feed = _read_feed(page.payload)
        unknown: Counter[str] = Counter()
        skipped: Counter[str] = Counter()
        for child in element_children(feed.root):
            if child.tag != f"{_ATOM}entry" and local_name(child) not in _FEED:
                unknown[local_name(child)] += 1
        records: list[ParsedRecord] = []
        rejects: list[RejectedRecord] = []
        for number, entry in enumerate(feed.entries, start=1):
            read = _read_entry(page, entry, number, unknown, skipped)
            if isinstance(read, ParsedRecord):
                records.append(read)
            else:
                rejects.append(read)
        place = ArxivPosition.from_text(page.position) if ArxivPosition.is_one(page.position) else None
        return ParsedPage(
            records=tuple(records),
            rejects=tuple(rejects),
            skipped=dict(skipped),
            unknown_elements=dict(unknown),
            total=feed.total,
            next_position=None if place is None else _next_position(place, feed, page.retrieved_at.date()),
            parser_version=PARSER_VERSION,
        )


def query_params(query: str, *, start: int, max_results: int = PAGE_RECORDS) -> dict[str, str]:
    """The parameters of one request, oldest submission first so that pages do not shift.

    Args:
        query: In arXiv's query language.
        start: First result, from 0.
        max_results: Results a page.

    Returns:
        Parameters by name.
    """
    import arxiv

    search = arxiv.Search(
        query=query, sort_by=arxiv.SortCriterion.SubmittedDate, sort_order=arxiv.SortOrder.Ascending
    )
    return {
        "search_query": search.query,
        "sortBy": search.sort_by.value,
        "sortOrder": search.sort_order.value,
        "start": str(start),
        "max_results": str(max_results),
    }


def _query_text(piece: HarvestSlice, place: ArxivPosition) -> str:
    parts = [f"cat:{piece.category}" if piece.query is None else piece.query]
    if place.first is not None and place.last is not None:
        if piece.query is not None:
            parts = [f"({piece.query})"]
        parts.append(f"submittedDate:[{place.first:%Y%m%d%H%M} TO {place.last:%Y%m%d%H%M}]")
    return " AND ".join(parts)


def _read_feed(payload: bytes) -> _Feed:
    """A feed, whole; arXiv's error feed is raised as what it is."""
    root = parse_xml(payload, _ROOTS, what=_WHAT)
    entries = tuple(root.findall(f"{_ATOM}entry"))
    for entry in entries:
        identity = (entry.findtext(f"{_ATOM}id") or "").strip()
        if _ERROR_ID.search(identity):
            reason = clean_text(entry.findtext(f"{_ATOM}summary") or identity)
            raise ArxivQueryError(
                f"arXiv does not understand the query: {reason}",
                hint="Mend the query or the categories; trying again does not help.",
            )
    return _Feed(root, entries, _count(root, "totalResults"), _count(root, "startIndex"))


def _count(root: etree._Element, name: str) -> int | None:
    text = (root.findtext(f"{_OPENSEARCH}{name}") or "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 12:
        raise DamagedPageError(f"{_WHAT} has a {name} that is no number", value=text)
    return int(text)


def _require_total(feed: _Feed) -> int:
    if feed.total is None:
        raise DamagedPageError(f"{_WHAT} does not say how many results there are")
    return feed.total


def _check_total(response: HttpResponse) -> None:
    _require_total(_read_feed(response.body))


def _check_page(feed: _Feed, piece: HarvestSlice, place: ArxivPosition, today: date) -> None:
    """Whether a well-formed page can be the one that was asked for.

    Raises:
        SuspectAnswerError: It cannot, or its numbers contradict those of the pages before.
        TransientSourceError: It is empty where it cannot be.
    """
    total = _require_total(feed)
    if feed.start is not None and feed.start != place.start:
        raise SuspectAnswerError(
            "arXiv answered with another page than was asked for", asked=place.start, answered=feed.start
        )
    if total == 0 and place.total:
        raise SuspectAnswerError("arXiv finds nothing where it found papers before", before=place.total)
    if place.total is not None and total != place.total:
        dated, shrunk = place.first is not None, total < place.total * 0.99
        if (dated and place.restarts_on(today) >= _RESTARTS) or (not dated and shrunk):
            raise SuspectAnswerError(
                "the number of results keeps changing while they are read",
                hint="Run the harvest again later.",
                before=place.total,
                now=total,
            )
    if not feed.entries and place.start < total:
        raise TransientSourceError("arXiv answered with an empty page", start=place.start, total=total)
    if feed.entries and place.start > 0 and feed.mark == place.mark:
        raise SuspectAnswerError("arXiv answered with the page before once more", start=place.start)
    if (
        total == 0
        and piece.category in BUSY_CATEGORIES
        and place.has_working_day(today - timedelta(_INDEX_LAG_DAYS))
    ):
        raise SuspectAnswerError(
            "arXiv finds no paper in a busy category on a working day", category=piece.category
        )


def _next_position(place: ArxivPosition, feed: _Feed, today: date) -> str | None:
    """Where to go on; the end is reached by count alone.

    Raises:
        TerminalSourceError: There is more than the API gives.
    """
    total = _require_total(feed)
    if place.total is not None and total != place.total and place.first is not None:
        # Something came or went while the window was read: positions have shifted. Read it anew.
        return place.restarted(today).text
    reached = place.start + len(feed.entries)
    if reached >= total:
        following = place.following()
        return None if following is None else following.text
    if reached + PAGE_RECORDS > QUERY_RECORDS:
        raise TerminalSourceError(
            f"the query matches {total} papers; arXiv gives {QUERY_RECORDS} of them at most",
            hint="Ask for fewer at a time: add days or categories.",
        )
    return replace(place, start=reached, total=total, mark=feed.mark).text


def _explained(error: BadRequestError, query: str) -> ArxivQueryError:
    """The reason that arXiv gives for a 400, where its body holds one."""
    explained = ArxivQueryError(error.message, hint=error.hint, **{**error.facts, "query": query})
    try:
        _read_feed(error.body)
    except ArxivQueryError as told:
        explained = ArxivQueryError(told.message, hint=told.hint, **{**error.facts, "query": query})
    except DamagedPageError:
        pass  # a 400 without arXiv's feed: the status says enough
    explained.body = error.body
    return explained


class _FaultError(Exception):
    def __init__(self, reason: str, field: str, value: str = "") -> None:
        super().__init__(reason)
        self.reason, self.field, self.value = reason, field, value


def _read_entry(
    page: WirePage, entry: etree._Element, number: int, unknown: Counter[str], skipped: Counter[str]
) -> ParsedRecord | RejectedRecord:
    identity: ExternalIdDraft | None = None
    id_text = (entry.findtext(f"{_ATOM}id") or "").strip()
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
        media_type=_MEDIA_TYPE,
        payload=b'<feed xmlns="http://www.w3.org/2005/Atom">' + canonical(entry) + b"</feed>",
    )
    if identity is None:
        return reject(wire, "the entry has no readable id", "id", id_text)
    try:
        result = _result(entry, id_text, unknown)
        return ParsedRecord(draft=_draft(page.source, identity, result, entry, skipped), wire=wire)
    except _FaultError as fault:
        return reject(wire, fault.reason, fault.field, fault.value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        return reject(wire, f"the entry does not fit: {first['msg']}", place, str(first.get("input", "")))


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
            author = child.findtext(f"{_ATOM}name") or ""
            affiliations = [node.text or "" for node in child.findall(f"{_ARXIV}affiliation")]
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
        raise _FaultError("the entry has no date of publication", "published")
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
        raise _FaultError(f"{name} is no date", name, text) from error


def _draft(
    source: str, identity: ExternalIdDraft, result: arxiv.Result, entry: etree._Element, skipped: Counter[str]
) -> PaperDraft:
    if not result.title:
        raise _FaultError("the entry has no title", "title")
    authors = [AuthorDraft(name=author.name) for author in result.authors if author.name]
    if not authors:
        raise _FaultError("the entry has no author", "author")
    ids = [identity]
    for text in (result.doi or "").split():
        try:
            doi = as_arxiv(parse_doi(text))
        except ExternalIdError:
            skipped["DOI that is none"] += 1
        else:
            if doi.scheme == "doi":
                ids.append(doi)
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
        retracted=comment if comment and _WITHDRAWN.match(comment) else None,
    )


def _licence(entry: etree._Element) -> str:
    """The paper's own licence where the entry names one, else that of all arXiv metadata."""
    stated = entry.findtext(f"{_ARXIV}license") or entry.findtext(f"{_ATOM}rights") or ""
    for link in entry.findall(f"{_ATOM}link"):
        if link.get("rel") == "license":
            stated = stated or link.get("href", "")
    return clean_text(stated)[:300] or _METADATA_LICENCE
