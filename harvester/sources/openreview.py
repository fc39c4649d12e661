"""OpenReview: accepted papers of a venue, page by page, with a login.

Since summer 2026 the API answers 403 `ChallengeRequiredError` to callers without a login, and counts
the requests of those with one. So the source is off by default, pages hold 1,000 notes (the API's
maximum), one after another, and a used-up quota ends the run as partial, to be gone on with.

The end of a list is proven: each page begins with the last note of the page before, and in all there
are as many different notes as the API says. A list that changes while it is read is read anew, twice
at most.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from pydantic import SecretStr

from foundation.errors import (
    ConfigurationError,
    SourceError,
    SuspectAnswerError,
    TerminalSourceError,
    TransientSourceError,
)
from harvester.http import JSON_MEDIA_TYPES, BusyError, HttpResponse, PoliteClient, Refusal
from harvester.http import retry_after_seconds as read_retry_after
from harvester.json_page import parse_json
from harvester.source import (
    FACT_NOTHING,
    FileFormat,
    HarvestRequest,
    HarvestSlice,
    WirePage,
    nothing_page,
)
from harvester.sources.openreview_note import MEDIA_TYPE, read_note
from harvester.sources.openreview_position import OpenReviewPosition, mark
from harvester.sources.openreview_venues import Group, group_of, groups, recent_groups
from harvester.venues import editions
from harvester.xml import DamagedPageError
from papers.record import ParsedPage, ParsedRecord, RejectedRecord

PARSER_VERSION = 1
PAGE_NOTES = 1_000  # default and maximum of the API (docs.openreview.net, "Notes")
DEFAULT_YEARS = 2  # a plain harvest looks at this year and the one before
_RESTARTS = 2
_API_1 = "https://api.openreview.net"
_WHAT = "OpenReview's answer"
_HTML = "text/html"
_PAUSE = re.compile(r"try again in (?:(\d{1,4}) minutes?)?(?:\s*and\s*)?(?:(\d{1,6}) seconds?)?", re.I)
_LOGIN_HINT = (
    "Set LANDSCAPE_SOURCES__OPENREVIEW__USERNAME and __PASSWORD (a free account), or __TOKEN, in the "
    "environment."
)


class OpenReviewFile:
    """A saved answer of `/notes`."""

    name = "OpenReview notes"

    def recognises(self, file_name: str, head: bytes) -> bool:
        """Whether it is a JSON object with a list of notes."""
        return (
            re.match(rb'(?:\xef\xbb\xbf)?\s*\{\s*(?:"count"\s*:\s*\d+\s*,\s*)?"notes"\s*:\s*\[', head)
            is not None
        )

    def pages(self, file_name: str, payload: bytes, retrieved_at: datetime) -> Iterator[WirePage]:
        """The file is one page."""
        _read(payload)
        yield WirePage(
            "openreview",
            file_name,
            f"file {file_name}",
            f"file:{file_name}",
            retrieved_at,
            MEDIA_TYPE,
            payload,
        )


class OpenReview:
    """OpenReview, venue by venue."""

    name = "openreview"
    label = "OpenReview"
    operator = "openreview"
    delay_seconds = 2.0  # no rate is published; quotas seen were 98 to 144 requests in half an hour
    default_base_url = "https://api2.openreview.net"
    enabled_by_default = False
    redirect_hosts: tuple[str, ...] = ()
    file_formats: tuple[FileFormat, ...] = (OpenReviewFile(),)
    parser_version = PARSER_VERSION

    def plan(self, request: HarvestRequest, done: Mapping[str, str], today: date) -> list[HarvestSlice]:
        """One slice a venue and year.

        Args:
            request: Venue ids such as `iclr-2025`, or none for all venues of the last two years.
            done: Watermark by slice key. A conference that was read whole after its year had ended
                is not read again unless it is named.
            today: The present day, UTC.

        Returns:
            Slices, oldest year first.

        Raises:
            ConfigurationError: A venue id is unknown.
        """
        if request.venues:
            wanted: list[Group] = []
            for venue_id in request.venues:
                found = groups(venue_id, latest_year=today.year + 1)
                if not found:
                    editions(venue_id, latest_year=today.year + 1)  # another source's, or unknown to all
                wanted += found
        else:
            first = today.year - DEFAULT_YEARS + 1 if request.from_date is None else request.from_date.year
            last = today.year if request.until_date is None else request.until_date.year
            wanted = [
                group
                for group in recent_groups(first_year=first, last_year=last)
                if group.year is None or done.get(group.group, "") <= f"{group.year}-12-31"
            ]
        named = bool(request.venues)
        return [
            HarvestSlice(self.name, group.group, volume=group.group, optional=not group.known and not named)
            for group in dict.fromkeys(wanted)
        ]

    def fetch(self, piece: HarvestSlice, position: str | None, client: PoliteClient) -> WirePage:
        """Ask for one page of notes, after a login where one is set and needed.

        Args:
            piece: A slice of `plan`.
            position: An `OpenReviewPosition` in text, or None.
            client: The polite client.

        Returns:
            The page; without a body where an optional venue has no papers yet.

        Raises:
            SourceError: No usable answer.
        """
        group = group_of(piece.volume or "")
        if group is None:
            raise ConfigurationError("not a venue on OpenReview", slice=piece.key)
        place = OpenReviewPosition() if position is None else OpenReviewPosition.from_text(position)
        headers = _authorised(client)
        if group.api == 1 and client.base_url == self.default_base_url:
            client = replace(client, base_url=_API_1)  # one login serves both
        params = {
            "content.venueid": group.group, "limit": str(PAGE_NOTES), "offset": str(place.offset),
        }  # fmt: skip
        response = client.get(
            "/notes",
            params,
            media_types=(*JSON_MEDIA_TYPES, _HTML),
            headers=headers,
            check=lambda response: _check(response, place, optional=piece.optional),
            refusal=_refusal,
        )
        _, total = _read(response.body)
        facts = {"venueid": group.group}
        if total == 0 and piece.optional:
            facts = {FACT_NOTHING: "not published yet"}
        return WirePage(
            source=self.name,
            slice_key=piece.key,
            position=place.text,
            url=response.url,
            retrieved_at=response.retrieved_at,
            media_type=MEDIA_TYPE,
            payload=b"" if FACT_NOTHING in facts else response.body,
            facts=facts,
        )

    def parse(self, page: WirePage) -> ParsedPage:
        """Read a page. Pure.

        Args:
            page: Notes: fetched, a file's bytes, or one rejected record's payload.

        Returns:
            Drafts of accepted papers, rejects, counts of the others, and the next position.

        Raises:
            DamagedPageError: It is no list of notes.
        """
        nothing = nothing_page(page)
        if nothing is not None:
            return nothing
        notes, total = _read(page.payload)
        skipped: Counter[str] = Counter()
        records: dict[str, ParsedRecord] = {}
        rejects: list[RejectedRecord] = []
        for number, note in enumerate(notes, start=1):
            read = read_note(page, note, number, skipped)
            if isinstance(read, RejectedRecord):
                rejects.append(read)
            elif read is not None:
                records[read.draft.source_id] = read
        group = group_of(page.facts.get("venueid", ""))
        return ParsedPage(
            records=tuple(records.values()),
            rejects=tuple(rejects),
            skipped=dict(skipped),
            # API 1 counts the papers that were not accepted too.
            total=total if group is not None and group.api == 2 else None,
            next_position=_next_position(page, notes, total) if page.position.startswith("{") else None,
            parser_version=PARSER_VERSION,
        )


def _authorised(client: PoliteClient) -> dict[str, str]:
    """The header that proves the login; logs in once a client.

    Without any login set the API is asked all the same: what it says then is its own affair, and
    a mirror may ask for none.
    """
    account = client.account
    if account.token is None and account.username is not None and account.password is not None:
        answer = client.post(
            "/login",
            {"id": account.username.get_secret_value(), "password": account.password.get_secret_value()},
            refusal=_login_refusal,
        )
        told = parse_json(answer.body, what="OpenReview's answer to the login")
        token = told.get("token") if isinstance(told, dict) else None
        if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
            raise TerminalSourceError(
                "OpenReview's login did not end with a token",
                hint="If the account asks for a second factor, log in in a browser and set "
                "LANDSCAPE_SOURCES__OPENREVIEW__TOKEN.",
            )
        account.token = SecretStr(token)
    if account.token is None:
        return {}
    return {"Authorization": f"Bearer {account.token.get_secret_value().removeprefix('Bearer ')}"}


def _login_refusal(refusal: Refusal) -> SourceError | None:
    """What a refused login means. The API's own words are left out: they may repeat what was sent."""
    if refusal.status in (400, 401, 404):
        return TerminalSourceError(
            "OpenReview does not accept the login",
            hint="Check LANDSCAPE_SOURCES__OPENREVIEW__USERNAME and __PASSWORD.",
        )
    return _refusal(refusal)


def _refusal(refusal: Refusal) -> SourceError | None:
    """OpenReview's own words where it refuses: `{"name", "message", "status", "details"}`."""
    try:
        told = parse_json(refusal.body, what=_WHAT)
    except DamagedPageError:
        told = None
    name = str(told.get("name", "")) if isinstance(told, dict) else ""
    message = str(told.get("message", "")) if isinstance(told, dict) else ""
    if refusal.status == 429:
        pause = _PAUSE.search(message)
        minutes, seconds = (int(part or 0) for part in pause.groups()) if pause else (0, 0)
        asked = float(minutes * 60 + seconds) or read_retry_after(
            refusal.headers.get("retry-after"), refusal.now
        )
        busy = BusyError(
            "OpenReview's quota of requests is used up",
            hint=f"Run the harvest again in {round((asked or 1800) / 60) or 1} minutes: it goes on where it "
            "stopped.",
        )
        busy.retry_after_seconds = asked
        return busy
    if refusal.status in (401, 403):
        challenge = "challenge" in (name + message).lower()
        return TerminalSourceError(
            "OpenReview answers logged-in callers alone (ChallengeRequired)"
            if challenge
            else "OpenReview refuses to answer, or the login has expired",
            hint=_LOGIN_HINT,
        )
    return None


def _check(response: HttpResponse, place: OpenReviewPosition, *, optional: bool) -> None:
    """Whether an answer can be the page that was asked for.

    Raises:
        TerminalSourceError: It is a page that wants to see a browser.
        SuspectAnswerError: Nothing where there must be something.
        TransientSourceError: Damaged, or empty before the end.
    """
    if response.media_type == _HTML:
        raise TerminalSourceError("OpenReview wants to see a browser (ChallengeRequired)", hint=_LOGIN_HINT)
    notes, total = _read(response.body)
    if total is None:
        raise DamagedPageError(f"{_WHAT} does not say how many notes there are")
    if total == 0 and not optional:
        raise SuspectAnswerError(
            "OpenReview finds no accepted paper of this venue",
            hint="Its decisions may not be out yet; try again later.",
        )
    if not notes and place.offset < total:
        raise TransientSourceError("OpenReview answered with an empty page", offset=place.offset, total=total)


def _read(payload: bytes) -> tuple[list[Any], int | None]:
    told = parse_json(payload, what=_WHAT)
    notes = told.get("notes") if isinstance(told, dict) else None
    if not isinstance(told, dict) or not isinstance(notes, list):
        raise DamagedPageError(f"{_WHAT} holds no list of notes")
    total = told.get("count")
    if total is not None and (isinstance(total, bool) or not isinstance(total, int) or total < 0):
        raise DamagedPageError(f"{_WHAT} has a count that is no number", value=total)
    return notes, total


def _next_position(page: WirePage, notes: list[Any], total: int | None) -> str | None:
    """Where to go on; None once every note was seen.

    Raises:
        SuspectAnswerError: The page before once more, or a list that keeps changing.
    """
    place = OpenReviewPosition.from_text(page.position)
    marks = [
        mark(str(note.get("id")))
        if isinstance(note, dict) and note.get("id")
        else mark(f"{place.offset} {at}")
        for at, note in enumerate(notes)
    ]
    if len(marks) > 1 and place.seen.issuperset(marks):
        raise SuspectAnswerError(
            "OpenReview answered with notes that it gave before", offset=place.offset, total=total
        )
    seen = place.seen.union(marks)
    reached = place.offset + len(notes)
    shifted = bool(place.last) and marks[:1] != [place.last]
    changed = shifted or (place.total is not None and total != place.total)
    if not changed and reached < (total or 0):
        return replace(place, offset=reached - 1, total=total, seen=seen, last=marks[-1]).text
    if not changed and len(seen) == total:
        return None
    if place.restarts >= _RESTARTS:
        raise SuspectAnswerError(
            "OpenReview's list keeps changing while it is read",
            hint="What was read is stored; run the harvest again later.",
            seen=len(seen),
            total=total,
            before=place.total,
        )
    return OpenReviewPosition(restarts=place.restarts + 1).text
