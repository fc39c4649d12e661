"""Where a harvest of an OAI-PMH list of arXiv stands: its next token, and how to begin anew without it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from urllib.parse import parse_qsl, urlencode

from foundation.errors import ConfigurationError, SuspectAnswerError, TransientSourceError
from harvester.oai import TOKEN_LIMIT_CHARACTERS
from harvester.source import HarvestSlice

EMPTY_PAGES = 3  # so many pages in a row without a record: the list goes nowhere
RESTARTS = 3  # a token lives a day; losing it oftener on one day is the server's trouble
_TEXT = re.compile(rf"oai=1(?:&[a-z]+=[^&\s]{{1,{TOKEN_LIMIT_CHARACTERS * 12}}})*")  # %-escaped UTF-8


@dataclass(frozen=True)
class OaiPosition:
    """A cursor in text form, `oai=1&from=2024-01-01&token=…`.

    Attributes:
        token: The resumption token to hand back; empty for the first page of the list.
        first: First datestamp asked for; None for everything.
        until: Last datestamp asked for; None in an open-ended window.
        begun: Day of the list's first answer by arXiv's clock: what the next run starts from.
        last: Greatest datestamp on the pages so far.
        falling: A datestamp was smaller than one before it, so `last` says nothing of the rest.
        pages: Pages since the list was begun.
        empty: Pages in a row without a record.
        mark: Hash of the page before, to know it again.
        seen: Hashes of one earlier token and one earlier page, to know a circle by.
        restarts: How often the list was begun anew on `day` because its token was lost.
        day: Day of the last restart, `YYYYMMDD`, UTC.
    """

    token: str = ""
    first: date | None = None
    until: date | None = None
    begun: date | None = None
    last: date | None = None
    falling: bool = False
    pages: int = 0
    empty: int = 0
    mark: str = ""
    seen: tuple[str, str] = ("", "")
    restarts: int = 0
    day: str = ""

    @classmethod
    def beginning(cls, piece: HarvestSlice) -> OaiPosition:
        """The first page of a slice."""
        return cls(first=piece.from_date, until=piece.until_date)

    @staticmethod
    def is_one(text: str) -> bool:
        """Whether a text is a position at all, rather than the name of a file."""
        return _TEXT.fullmatch(text) is not None

    @classmethod
    def from_text(cls, text: str) -> OaiPosition:
        """Read a position.

        Raises:
            ConfigurationError: It is none.
        """
        values = dict(parse_qsl(text)) if cls.is_one(text) else {}
        try:
            if values.pop("oai", "") != "1":
                raise ValueError("no position")
            return cls(
                token=values.get("token", ""),
                first=_day(values.get("from")),
                until=_day(values.get("until")),
                begun=_day(values.get("begun")),
                last=_day(values.get("last")),
                falling=values.get("falling") == "1",
                pages=int(values.get("pages", "0")),
                empty=int(values.get("empty", "0")),
                mark=values.get("mark", ""),
                seen=(values.get("seentoken", ""), values.get("seenpage", "")),
                restarts=int(values.get("restarts", "0")),
                day=values.get("day", ""),
            )
        except ValueError as error:
            raise ConfigurationError(
                "the stored position of the arXiv OAI-PMH harvest cannot be read",
                hint="Start the slice from the beginning.",
                position=text,
            ) from error

    @property
    def text(self) -> str:
        """The position in the form in which the store keeps it."""
        values = {
            "oai": "1",
            "from": self.first and self.first.isoformat(),
            "until": self.until and self.until.isoformat(),
            "begun": self.begun and self.begun.isoformat(),
            "last": self.last and self.last.isoformat(),
            "falling": "1" if self.falling else None,
            "pages": str(self.pages) if self.pages else None,
            "empty": str(self.empty) if self.empty else None,
            "mark": self.mark,
            "seentoken": self.seen[0],
            "seenpage": self.seen[1],
            "restarts": str(self.restarts) if self.restarts else None,
            "day": self.day,
            "token": self.token,
        }
        return urlencode({name: value for name, value in values.items() if value})

    def following(self, token: str, headers: Iterable[tuple[str, date | None]], today: date) -> OaiPosition:
        """The next page.

        A list that goes round in a circle is found by Brent's method: one earlier token and page
        are remembered, newer ones at each power of two, so that a circle of any length is met.

        Args:
            token: The token on this page; not empty.
            headers: Identifier and datestamp of every record on this page.
            today: Day of this answer.

        Returns:
            The position behind this page.

        Raises:
            SuspectAnswerError: The token or the page was there before.
            TransientSourceError: Too many pages in a row without a record.
        """
        known = list(headers)
        page = _mark("\n".join(f"{name} {day}" for name, day in known)) if known else ""
        asked = _mark(token)
        if token == self.token or asked == self.seen[0]:
            raise SuspectAnswerError("the server hands out a resumption token once more", token=token)
        if page and page in (self.mark, self.seen[1]):
            raise SuspectAnswerError("the server sends a page of the list once more", pages=self.pages + 1)
        empty = 0 if known else self.empty + 1
        if empty >= EMPTY_PAGES:
            raise TransientSourceError(
                "the list goes on page after page without a record",
                hint="Run the harvest again later: it goes on where it stopped.",
                pages=empty,
            )
        last, falling = self.last, self.falling
        for _, day in known:
            if day is None:
                falling = True
            elif last is None or day >= last:
                last = day
            else:
                falling = True
        pages = self.pages + 1
        remember = pages & (pages - 1) == 0
        return replace(
            self,
            token=token,
            begun=self.begun or today,
            last=last,
            falling=falling,
            pages=pages,
            empty=empty,
            mark=page,
            seen=(asked, page or self.seen[1]) if remember else self.seen,
        )

    def restarted(self, today: date) -> OaiPosition:
        """The first page of the rest of the list, once the token is lost.

        From the last datestamp stored where datestamps only rose so far, else from the list's
        beginning; records that come again change nothing.

        Raises:
            TransientSourceError: It was begun anew too often today.
        """
        day = f"{today:%Y%m%d}"
        restarts = (self.restarts if self.day == day else 0) + 1
        if restarts > RESTARTS:
            raise TransientSourceError(
                "the server keeps forgetting its resumption tokens",
                hint="Run the harvest again tomorrow: it goes on where it stopped.",
                restarts=restarts - 1,
            )
        first = self.first if self.falling or self.last is None else self.last
        return OaiPosition(first=first, until=self.until, begun=self.begun, restarts=restarts, day=day)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _mark(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
