"""Where a slice of the arXiv query API stands: which window of dates, which page of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import parse_qsl, urlencode

from foundation.errors import ConfigurationError
from harvester.source import HarvestSlice

_MINUTE = timedelta(minutes=1)  # the precision of submittedDate
_FORMAT = "%Y%m%d%H%M"
_TEXT = re.compile(r"start=\d{1,9}(?:&[a-z_]+=[0-9a-f]{1,12})*")


@dataclass(frozen=True)
class ArxivPosition:
    """A cursor in text form, `start=100&first=202401010000&last=…`.

    Attributes:
        start: First result of the page, from 0.
        first: First minute of the window, inclusive; None for a query without dates.
        last: Last minute of the window, inclusive.
        end: Last minute of the slice, inclusive; windows follow one another up to it.
        total: What the page before said matches; None on a window's first page.
        mark: What the page before held, to know it again.
        restarts: How often this window was read anew on `day` because its total changed.
        day: Day of the last restart, `YYYYMMDD`, UTC: another day has all its restarts again.
        whole: The window is read although it holds too much: narrowing it did not help.
    """

    start: int = 0
    first: datetime | None = None
    last: datetime | None = None
    end: datetime | None = None
    total: int | None = None
    mark: str = ""
    restarts: int = 0
    day: str = ""
    whole: bool = False

    @classmethod
    def beginning(cls, piece: HarvestSlice) -> ArxivPosition:
        """The first page of the first window: the whole slice."""
        if piece.from_date is None or piece.until_date is None:
            return cls()
        first = datetime.combine(piece.from_date, time(0, 0), UTC)
        last = datetime.combine(piece.until_date, time(23, 59), UTC)
        return cls(first=first, last=last, end=last)

    @staticmethod
    def is_one(text: str) -> bool:
        """Whether a text is a position at all, rather than the name of a file."""
        return _TEXT.fullmatch(text) is not None

    @classmethod
    def from_text(cls, text: str) -> ArxivPosition:
        """Read a position.

        Raises:
            ConfigurationError: It is none.
        """
        values = dict(parse_qsl(text)) if cls.is_one(text) else {}
        try:
            return cls(
                start=int(values["start"]),
                first=_minute(values.get("first")),
                last=_minute(values.get("last")),
                end=_minute(values.get("end")),
                total=int(values["total"]) if "total" in values else None,
                mark=values.get("mark", ""),
                restarts=int(values.get("restarts", "0")),
                day=values.get("day", ""),
                whole=values.get("whole") == "1",
            )
        except (KeyError, ValueError) as error:
            raise ConfigurationError(
                "the stored position of the arXiv harvest cannot be read",
                hint="Start the slice from the beginning.",
                position=text,
            ) from error

    @property
    def text(self) -> str:
        """The position in the form in which the store keeps it."""
        values = {
            "start": str(self.start),
            "first": self.first and self.first.strftime(_FORMAT),
            "last": self.last and self.last.strftime(_FORMAT),
            "end": self.end and self.end.strftime(_FORMAT),
            "total": None if self.total is None else str(self.total),
            "mark": self.mark,
            "restarts": str(self.restarts) if self.restarts else None,
            "day": self.day,
            "whole": "1" if self.whole else None,
        }
        return urlencode({name: value for name, value in values.items() if value})

    def narrowed(self, share: float) -> ArxivPosition | None:
        """A narrower window with the same beginning.

        Args:
            share: Which share of the window should fit, 0 to 1; at most half is taken, and a
                fifth less than the share, since days differ.

        Returns:
            The window, or None where it has no dates or is a single minute.
        """
        if self.first is None or self.last is None or self.last <= self.first:
            return None
        minutes = int((self.last - self.first) / _MINUTE) + 1
        kept = max(1, int(minutes * min(0.5, share * 0.8)))
        return replace(self, last=self.first + (kept - 1) * _MINUTE)

    def following(self) -> ArxivPosition | None:
        """The window after this one, as wide at most; None after the slice's end."""
        if self.first is None or self.last is None or self.end is None or self.last >= self.end:
            return None
        width = self.last - self.first
        first = self.last + _MINUTE
        return ArxivPosition(first=first, last=min(first + width, self.end), end=self.end)

    def restarts_on(self, today: date) -> int:
        """How often this window was read anew on a day."""
        return self.restarts if self.day == f"{today:%Y%m%d}" else 0

    def restarted(self, today: date) -> ArxivPosition:
        """The first page of the same window, once more."""
        restarts, day = self.restarts_on(today) + 1, f"{today:%Y%m%d}"
        return replace(self, start=0, total=None, mark="", restarts=restarts, day=day)

    def has_working_day(self, until: date) -> bool:
        """Whether the window holds a whole Monday to Friday, no later than `until`."""
        if self.first is None or self.last is None:
            return False
        day = self.first.date() if self.first.time() == time(0, 0) else self.first.date() + timedelta(1)
        last = self.last.date() if self.last.time() >= time(23, 59) else self.last.date() - timedelta(1)
        last = min(last, until)
        # Any seven days hold five working days: no need to look further.
        return any(
            (day + timedelta(offset)).weekday() < 5 for offset in range(7) if day + timedelta(offset) <= last
        )


def _minute(text: str | None) -> datetime | None:
    return None if text is None else datetime.strptime(text, _FORMAT).replace(tzinfo=UTC)
