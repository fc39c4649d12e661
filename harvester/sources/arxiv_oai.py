"""arXiv by OAI-PMH: whole sets, and what changed in them since the last complete run.

The right door for bulk: some 1,300 records a page, one list a set. A list has no count (arXiv states no
completeListSize), so its end is proven by a whole, well-formed page without a resumption token. The
next run asks from the day of this one's first answer, by arXiv's own clock, less an overlap: arXiv asks
harvesters to do so, and never to set `until`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime

from foundation.errors import SuspectAnswerError, TransientSourceError
from harvester.http import (
    XML_MEDIA_TYPES,
    BadRequestError,
    HttpResponse,
    NotFoundError,
    PoliteClient,
    Refusal,
)
from harvester.oai import (
    MEDIA_TYPE,
    BadTokenError,
    Identity,
    NothingMatchesError,
    OaiAnswer,
    OaiRequestError,
    read_answer,
    read_identity,
)
from harvester.source import (
    FACT_NOTHING,
    FACT_RESTARTED,
    FACT_WATERMARK,
    FileFormat,
    HarvestRequest,
    HarvestSlice,
    WirePage,
    nothing_page,
)
from harvester.sources.arxiv_oai_position import OaiPosition
from harvester.sources.arxiv_oai_record import read_header, read_record
from harvester.sources.arxiv_oai_windows import DEFAULT_FORMAT, EARLIEST, plan_windows
from harvester.xml import DamagedPageError, root_hint
from papers.record import ParsedPage, ParsedRecord, RejectedRecord

PARSER_VERSION = 1
_DEFAULT_IDENTITY = Identity(EARLIEST, "YYYY-MM-DD", "")
_PATH = "/oai"


class ArxivOaiFile:
    """A saved answer of OAI-PMH, or one record of it."""

    name = "arXiv OAI-PMH"

    def recognises(self, file_name: str, head: bytes) -> bool:
        """Whether the root is OAI-PMH or a record, and the file speaks of arXiv."""
        root, _ = root_hint(head)
        return root in ("OAI-PMH", "record") and b"oai:arXiv.org:" in head

    def pages(self, file_name: str, payload: bytes, retrieved_at: datetime) -> Iterator[WirePage]:
        """The file is one page."""
        read_answer(payload)
        yield WirePage(
            "arxiv_oai",
            file_name,
            f"file {file_name}",
            f"file:{file_name}",
            retrieved_at,
            MEDIA_TYPE,
            payload,
        )


class ArxivOai:
    """arXiv by OAI-PMH, set by set."""

    name = "arxiv_oai"
    label = "arXiv (OAI-PMH)"
    operator = "arxiv"  # shared with the query API: one connection over all of arXiv's interfaces
    delay_seconds = 3.0  # API terms of use: one request every three seconds
    default_base_url = "https://oaipmh.arxiv.org"
    enabled_by_default = False  # the query API brings the same papers, and needs no whole set first
    redirect_hosts: tuple[str, ...] = ()
    file_formats: tuple[FileFormat, ...] = (ArxivOaiFile(),)
    parser_version = PARSER_VERSION

    def __init__(self) -> None:
        self._identities: dict[str, Identity] = {}  # by base URL; asked once a process

    def plan(self, request: HarvestRequest, done: Mapping[str, str], today: date) -> list[HarvestSlice]:
        """One slice a set: what changed since it was last complete, or all of it.

        Args:
            request: Categories (default cs.CL); days of change, not of submission; a query
                `metadataPrefix=arXivRaw` for records with their versions.
            done: Watermark by slice key: the day from which the next run has to ask.
            today: The present day, UTC.

        Returns:
            Slices, open-ended unless a last day is asked for.

        Raises:
            ConfigurationError: A category or the query is none, or the days are in the wrong order.
        """
        return [
            HarvestSlice(
                self.name, window.key, category=window.set, from_date=window.first, until_date=window.until,
                query=window.format,
            )
            for window in plan_windows(request, done, today)
        ]  # fmt: skip

    def fetch(self, piece: HarvestSlice, position: str | None, client: PoliteClient) -> WirePage:
        """Ask for one page of the list; begin it anew where its token is lost.

        Args:
            piece: A slice of `plan`.
            position: An `OaiPosition` in text, or None.
            client: The polite client.

        Returns:
            The page; its position says from where it was asked in the end.

        Raises:
            OaiRequestError: arXiv does not accept the request.
            NothingMatchesError: Nothing in the middle of a list.
            SuspectAnswerError: A zero that cannot be, or a list that goes round in a circle.
            TransientSourceError: Damaged pages, and whatever the client raises.
        """
        facts: dict[str, str] = {}
        place = OaiPosition.beginning(piece) if position is None else OaiPosition.from_text(position)
        if position is None and place.first is None:
            identity = self._identity(client)
            place = OaiPosition(first=identity.earliest, until=piece.until_date)
            facts["deleted_record"] = identity.deleted_record
        while True:
            try:
                response = self._ask(piece, place, client)
                break
            except BadTokenError:
                place = place.restarted(client.clock.now().date())
                facts[FACT_RESTARTED] = place.day
            except NothingMatchesError:
                return self._nothing(piece, place, client, facts)
        answer = read_answer(response.body)
        if not answer.records and not answer.token:
            # Not what the protocol has a last page look like: believed when said twice.
            answer = read_answer(self._ask(piece, place, client).body)
            if answer.records or answer.token:
                raise TransientSourceError("arXiv gives two answers to one question", url=response.url)
            if not place.token:
                raise SuspectAnswerError("arXiv answers with a list without records", url=response.url)
        facts[FACT_WATERMARK] = (place.begun or _answer_day(answer, response)).isoformat()
        return WirePage(
            source=self.name,
            slice_key=piece.key,
            position=place.text,
            url=response.url,
            retrieved_at=response.retrieved_at,
            media_type=response.media_type or MEDIA_TYPE,
            payload=response.body,
            facts=facts,
        )

    def _ask(self, piece: HarvestSlice, place: OaiPosition, client: PoliteClient) -> HttpResponse:
        if place.token:
            arguments = {"resumptionToken": place.token}  # an exclusive argument, protocol 3.5
        else:
            arguments = {"metadataPrefix": piece.query or DEFAULT_FORMAT, "set": piece.category or ""}
            if place.first is not None:
                arguments["from"] = place.first.isoformat()
            if place.until is not None:
                arguments["until"] = place.until.isoformat()
        told: list[BadTokenError | NothingMatchesError] = []

        def check(response: HttpResponse) -> None:
            try:
                answer = read_answer(response.body)
            except (BadTokenError, NothingMatchesError) as error:
                told.append(error)  # an answer, and no reason to ask once more
                return
            if answer.response_date is None:
                raise DamagedPageError("arXiv answers with a bare record")

        response = client.get(
            _PATH,
            {"verb": "ListRecords", **arguments},
            media_types=XML_MEDIA_TYPES,
            check=check,
            refusal=_read_refusal,
        )
        if told:
            raise told[0]
        return response

    def _nothing(
        self, piece: HarvestSlice, place: OaiPosition, client: PoliteClient, facts: dict[str, str]
    ) -> WirePage:
        """`noRecordsMatch` to the first question of a window: proven, unless the whole set is asked for.

        Raises:
            NothingMatchesError: In the middle of a list, or behind its lost beginning.
            SuspectAnswerError: A set that holds nothing at all.
        """
        now = client.clock.now()
        if place.token or place.last is not None or place.begun is not None:
            raise NothingMatchesError(
                "arXiv finds nothing where it found records before",
                hint="Run the harvest again later; what was found is stored.",
                window=place.text,
            )
        if piece.from_date is None:
            raise SuspectAnswerError(
                "arXiv holds no record at all in this set",
                hint="Check the category's name; if it is right, try again later.",
                set=piece.category,
            )
        facts |= {FACT_NOTHING: "nothing changed", FACT_WATERMARK: now.date().isoformat()}
        url = client.base_url + _PATH
        return WirePage(self.name, piece.key, place.text, url, now, "", b"", None, facts)

    def _identity(self, client: PoliteClient) -> Identity:
        """What arXiv says of itself; its documented values where it says nothing."""
        known = self._identities.get(client.base_url)
        if known is None:
            try:
                response = client.get(
                    _PATH,
                    {"verb": "Identify"},
                    media_types=XML_MEDIA_TYPES,
                    check=lambda response: _check_identity(response.body),
                )
                known = read_identity(response.body) or _DEFAULT_IDENTITY
            except (NotFoundError, BadRequestError):
                known = _DEFAULT_IDENTITY
            self._identities[client.base_url] = known
        return known

    def parse(self, page: WirePage) -> ParsedPage:
        """Read a page. Pure.

        Args:
            page: An answer to ListRecords or GetRecord, or one bare record.

        Returns:
            Drafts, tombstones and rejects, and the next position.

        Raises:
            DamagedPageError: It is no whole, well-formed answer.
            OaiRequestError: It is an error of the protocol.
            SuspectAnswerError: The list goes round in a circle.
            TransientSourceError: Too many pages without a record.
        """
        nothing = nothing_page(page)
        if nothing is not None:
            return nothing
        answer = read_answer(page.payload)
        unknown: Counter[str] = Counter(answer.unknown)
        skipped: Counter[str] = Counter()
        records: list[ParsedRecord] = []
        rejects: list[RejectedRecord] = []
        for number, record in enumerate(answer.records, start=1):
            read = read_record(page, record, number, unknown, skipped)
            if isinstance(read, ParsedRecord):
                records.append(read)
            else:
                rejects.append(read)
        following = None
        if answer.token and OaiPosition.is_one(page.position):
            place = OaiPosition.from_text(page.position)
            day = page.retrieved_at.date() if answer.response_date is None else answer.response_date.date()
            following = place.following(answer.token, map(read_header, answer.records), day).text
        return ParsedPage(
            records=tuple(records),
            rejects=tuple(rejects),
            skipped=dict(skipped),
            unknown_elements=dict(unknown),
            total=answer.total,
            next_position=following,
            parser_version=PARSER_VERSION,
        )


def _answer_day(answer: OaiAnswer, response: HttpResponse) -> date:
    return (answer.response_date or response.retrieved_at).date()


def _check_identity(body: bytes) -> None:
    read_identity(body)


def _read_refusal(refusal: Refusal) -> OaiRequestError | None:
    """The protocol's own error in the body of a 400 or its like."""
    if not 400 <= refusal.status < 500 or refusal.status in (403, 429):
        return None
    try:
        read_answer(refusal.body)
    except OaiRequestError as error:
        return error
    except (DamagedPageError, BadTokenError, NothingMatchesError):
        return None
    return None
