"""Proceedings sites of NeurIPS and ICLR: an index a year, and a page for each paper.

An index says which papers there are; it is read when a slice begins or is taken up. Then each paper's
page is one page of the harvest, in the order of the sorted list, so that a harvest of hours can be
stopped at any of them. A layout that changes shows as fields that are no longer found: under 98 % of
titles, authors or abstracts the source has changed, which is not the papers' fault.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import ClassVar, Literal

from pydantic import ValidationError

from foundation.errors import ConfigurationError, SuspectAnswerError
from harvester.html import html_hint, parse_html
from harvester.http import HttpResponse, NotFoundError, PoliteClient
from harvester.rejects import RecordFaultError, reject, reject_for
from harvester.source import (
    FACT_NOTHING,
    FACT_RESTARTED,
    FileFormat,
    HarvestRequest,
    HarvestSlice,
    WirePage,
    nothing_page,
)
from harvester.sources.proceedings_page import Index, Listed, draft_of_paper, read_index, read_paper
from harvester.sources.proceedings_position import PaperPosition
from harvester.volumes import plan_volumes
from papers.record import ParsedPage, ParsedRecord, RejectedRecord, WireRecord

PARSER_VERSION = 1
DEFAULT_YEARS = 2  # a plain harvest looks at this year and the one before
MEDIA_TYPE = "text/html"
HTML_MEDIA_TYPES = ("text/html", "application/xhtml+xml")
COVERAGE = 0.98  # of papers with title, authors and abstract; less is a change of layout
_EARLY = 5  # so many lost, and most of those read: no need to wait for the share of the whole
_PARTS_LIMIT = 20  # indexes of one year; NeurIPS 2025 has one a track
_FACT_ABSENT = "absent"
_YEAR = re.compile(r"[12]\d{3}")


@dataclass(frozen=True)
class _Listing:
    """The papers of a year, by path."""

    papers: tuple[Listed, ...]

    @property
    def mark(self) -> str:
        return sha256("\n".join(paper.path for paper in self.papers).encode()).hexdigest()[:12]


class ProceedingsFile:
    """A saved page of one paper.

    Args:
        source: Name of the source.
        label: Its name as shown.
        signs: What tells the site's pages from others'.
    """

    def __init__(self, source: str, label: str, signs: tuple[bytes, ...]) -> None:
        self.name = f"{label} page"
        self._source = source
        self._signs = signs

    def recognises(self, file_name: str, head: bytes) -> bool:
        """Whether it is HTML that speaks of the site."""
        return html_hint(head) and any(sign in head for sign in self._signs)

    def pages(self, file_name: str, payload: bytes, retrieved_at: datetime) -> Iterator[WirePage]:
        """The file is one page."""
        parse_html(payload, what="the page of a paper")
        yield WirePage(
            self._source,
            file_name,
            f"file {file_name}",
            f"file:{file_name}",
            retrieved_at,
            MEDIA_TYPE,
            payload,
        )


class ProceedingsSite:
    """One proceedings site; see `neurips.py` and `iclr.py`."""

    name: ClassVar[Literal["neurips", "iclr"]]
    label: ClassVar[str]
    default_base_url: ClassVar[str]
    file_formats: ClassVar[tuple[FileFormat, ...]]
    operator = "proceedings"  # one engine, and by all signs one operator: they share a gate
    delay_seconds = 1.0  # no rule is published
    enabled_by_default = False  # a request a paper: an hour and more for a year
    redirect_hosts: tuple[str, ...] = ()
    parser_version = PARSER_VERSION

    def __init__(self) -> None:
        self._listings: dict[tuple[str, str], _Listing] = {}  # by base URL and year

    def plan(self, request: HarvestRequest, done: Mapping[str, str], today: date) -> list[HarvestSlice]:
        """One slice a year; a year that is done costs one request for its index.

        Args:
            request: Venue ids, or none for this year and the one before.
            done: Not used.
            today: The present day, UTC.

        Returns:
            Slices, oldest year first.

        Raises:
            ConfigurationError: A venue id is unknown.
        """
        return plan_volumes(self.name, request, today, default_years=DEFAULT_YEARS)

    def fetch(self, piece: HarvestSlice, position: str | None, client: PoliteClient) -> WirePage:
        """Ask for the page of one paper, and for the index where it is not known.

        Args:
            piece: A slice of `plan`.
            position: Which paper, or None.
            client: The polite client.

        Returns:
            The page; without a body where the year's index is the one that is done.

        Raises:
            SourceError: No usable answer.
        """
        year = piece.volume or ""
        if not _YEAR.fullmatch(year):
            raise ConfigurationError("not a year of proceedings", slice=piece.key)
        key = (client.base_url, year)
        listing = None if position is None else self._listings.get(key)
        if listing is None:
            try:
                listing = self._list(year, client, optional=piece.optional)
            except NotFoundError as error:
                if not piece.optional:
                    error.hint = "Its proceedings may not be published yet."
                    raise
                return self._nothing(piece, client, "not published yet", piece.etag)
            if not listing.papers:
                return self._nothing(piece, client, "not published yet", piece.etag)
            self._listings[key] = listing
        etag = f"list-{listing.mark}"
        facts: dict[str, str] = {}
        place = PaperPosition(0, len(listing.papers), listing.mark)
        if position is None and piece.etag == etag:
            return self._nothing(piece, client, "not modified", etag)
        if position is not None:
            stored = PaperPosition.from_text(position)
            if (stored.list, stored.of) == (place.list, place.of) and stored.paper < stored.of:
                place = stored
            else:
                facts[FACT_RESTARTED] = "the index lists other papers than before"
        listed = listing.papers[place.paper]
        url, when, payload = client.base_url + listed.path, client.clock.now(), b""
        try:
            response = client.get(listed.path, media_types=HTML_MEDIA_TYPES, check=_check_paper)
            url, when, payload = response.url, response.retrieved_at, response.body
        except NotFoundError:
            facts[_FACT_ABSENT] = listed.title or listed.path
        return WirePage(
            source=self.name,
            slice_key=piece.key,
            position=place.text,
            url=url,
            retrieved_at=when,
            media_type=MEDIA_TYPE,
            payload=payload,
            etag=etag,
            facts=facts,
        )

    def _list(self, year: str, client: PoliteClient, *, optional: bool) -> _Listing:
        """Every paper of a year; none where the year may not be there yet.

        Raises:
            SuspectAnswerError: An index lists none, or another number than it says.
        """
        try:
            index = _index(client, f"/paper/{year}")
        except NotFoundError:
            index = _index(client, f"/paper_files/paper/{year}")
        papers = {paper.path: paper for paper in index.papers if paper.year == year}
        if not papers:
            for path in index.parts[:_PARTS_LIMIT]:
                papers |= {paper.path: paper for paper in _index(client, path).papers if paper.year == year}
        if not papers and not optional:
            raise SuspectAnswerError(
                "source-changed: the index lists no paper",
                hint="Nothing was stored. The site may have changed its pages.",
                year=year,
                parts=len(index.parts),
            )
        return _Listing(tuple(papers[path] for path in sorted(papers)))

    def _nothing(self, piece: HarvestSlice, client: PoliteClient, why: str, etag: str | None) -> WirePage:
        url, now = f"{client.base_url}/paper/{piece.volume}", client.clock.now()
        return WirePage(self.name, piece.key, "index", url, now, "", b"", etag, {FACT_NOTHING: why})

    def parse(self, page: WirePage) -> ParsedPage:
        """Read the page of one paper. Pure.

        Args:
            page: A paper's page.

        Returns:
            One draft or one reject, and the next position.

        Raises:
            DamagedPageError: It is no whole HTML page.
            SuspectAnswerError: Too many papers lack what every page should have.
        """
        nothing = nothing_page(page)
        if nothing is not None:
            return nothing
        skipped: Counter[str] = Counter()
        read = self._read(page, skipped)
        lost = not isinstance(read, ParsedRecord) or (
            read.draft.abstract is None and not skipped["no abstract, as the page says"]
        )
        following, total = None, None
        if PaperPosition.is_one(page.position):
            place = PaperPosition.from_text(page.position)
            total = place.of
            place = replace(place, paper=place.paper + 1, lost=place.lost + lost)
            _check_coverage(place, page)
            following = place.text if place.paper < place.of else None
        return ParsedPage(
            records=(read,) if isinstance(read, ParsedRecord) else (),
            rejects=() if isinstance(read, ParsedRecord) else (read,),
            skipped={kind: count for kind, count in skipped.items() if count},
            total=total,
            next_position=following,
            parser_version=PARSER_VERSION,
        )

    def _read(self, page: WirePage, skipped: Counter[str]) -> ParsedRecord | RejectedRecord:
        wire = WireRecord(
            source=page.source,
            source_id=page.url.rpartition("/")[2] or page.position,
            url=page.url,
            retrieved_at=page.retrieved_at,
            media_type=MEDIA_TYPE,
            payload=page.payload,
        )
        if _FACT_ABSENT in page.facts:
            return reject(
                wire, "the page that the index lists is not there", "page", page.facts[_FACT_ABSENT]
            )
        try:
            paper = read_paper(page.payload, page.url)
            wire = replace(wire, source_id=f"{paper.year}/{paper.digits}")
            draft = draft_of_paper(self.name, self.label, self.default_base_url, paper, skipped)
        except (RecordFaultError, ValidationError) as error:
            return reject_for(wire, error)
        return ParsedRecord(draft, wire)


def _index(client: PoliteClient, path: str) -> Index:
    index = read_index(client.get(path, media_types=HTML_MEDIA_TYPES, check=_check_index).body)
    if index.papers and (index.stated or 0) > len(index.papers):
        raise SuspectAnswerError(
            "source-changed: the index lists fewer papers than it says",
            hint="Nothing was stored. Run the harvest again later.",
            path=path,
            stated=index.stated,
            listed=len(index.papers),
        )
    return index


def _check_index(response: HttpResponse) -> None:
    read_index(response.body)


def _check_paper(response: HttpResponse) -> None:
    parse_html(response.body, what="the page of a paper")


def _check_coverage(place: PaperPosition, page: WirePage) -> None:
    """Whether at least 98 % of the papers can still have all that a page should have.

    Raises:
        SuspectAnswerError: They cannot.
    """
    too_many = place.lost > (1 - COVERAGE) * place.of
    at_once = place.lost >= _EARLY and place.lost * 2 > place.paper
    if too_many or at_once:
        raise SuspectAnswerError(
            "source-changed: too many pages without title, authors or abstract",
            hint="The site may have changed its pages; papers read so far are stored.",
            url=page.url,
            lost=place.lost,
            read=place.paper,
            of=place.of,
        )
