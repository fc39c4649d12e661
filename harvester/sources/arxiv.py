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
from datetime import date, datetime, timedelta
from hashlib import sha256

from lxml import etree

from foundation.errors import (
    ConfigurationError,
    SuspectAnswerError,
    TerminalSourceError,
    TransientSourceError,
)
from harvester.http import XML_MEDIA_TYPES, BadRequestError, HttpResponse, PoliteClient
from harvester.source import FileFormat, HarvestRequest, HarvestSlice, WirePage, nothing_page
from harvester.sources.arxiv_entry import ATOM, MEDIA_TYPE, read_entry
from harvester.sources.arxiv_position import ArxivPosition
from harvester.sources.arxiv_windows import held_weeks, plan_windows
from harvester.xml import (
    DamagedPageError,
    element_children,
    local_name,
    parse_xml,
    root_hint,
)
from papers.record import ParsedPage, ParsedRecord, RejectedRecord
from papers.text import clean_text

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

_OPENSEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"
_ROOTS = frozenset({f"{ATOM}feed"})
_WHAT = "the arXiv feed"
_FEED = frozenset(
    {"author", "generator", "id", "itemsPerPage", "link", "startIndex", "title", "totalResults", "updated"}
)
_CATEGORY = re.compile(r"[a-z-]+(?:\.[A-Za-z-]{2,10})?")
_ERROR_ID = re.compile(r"/api/errors(?:#|$)")


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
        ids = "\n".join((entry.findtext(f"{ATOM}id") or "").strip() for entry in self.entries)
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
            "arxiv", file_name, f"file {file_name}", f"file:{file_name}", retrieved_at, MEDIA_TYPE, payload
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
        """Weeks of each category that are not proven complete, oldest first; then those to read once more.

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
        slices = []
        for category in request.categories or DEFAULT_CATEGORIES:
            wanted = [
                (f"{category} {first}..{last}", first, last)
                for first, last in plan_windows(category, request.from_date, request.until_date, done, today)
            ]
            if request.from_date is None and request.until_date is None:
                wanted += held_weeks(category, done, today)
            slices += [
                HarvestSlice(self.name, key, category=category, from_date=first, until_date=last)
                for key, first, last in wanted
            ]
        return slices

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
            media_type=response.media_type or MEDIA_TYPE,
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
            if child.tag != f"{ATOM}entry" and local_name(child) not in _FEED:
                unknown[local_name(child)] += 1
        records: list[ParsedRecord] = []
        rejects: list[RejectedRecord] = []
        for number, entry in enumerate(feed.entries, start=1):
            read = read_entry(page, entry, number, unknown, skipped)
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
    entries = tuple(root.findall(f"{ATOM}entry"))
    for entry in entries:
        identity = (entry.findtext(f"{ATOM}id") or "").strip()
        if _ERROR_ID.search(identity):
            reason = clean_text(entry.findtext(f"{ATOM}summary") or identity)
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
