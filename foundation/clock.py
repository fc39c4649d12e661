"""Time as the project uses it: aware, UTC, injectable."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where time comes from. Tests pass their own so that nothing waits."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that no one can set back; only differences mean anything."""
        ...

    def sleep(self, duration_seconds: float) -> None:
        """Wait for `duration_seconds`."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some fixed moment, the same one for every process since boot."""
        return time.monotonic()

    def sleep(self, duration_seconds: float) -> None:
        """Wait for `duration_seconds`."""
        if duration_seconds > 0:
            time.sleep(duration_seconds)


def utc_now() -> datetime:
    """The present moment, aware, in UTC, to the second (what the store keeps)."""
    return datetime.now(UTC).replace(microsecond=0)


def as_utc(moment: datetime) -> datetime:
    """Read a moment as UTC.

    Args:
        moment: Aware or naive; naive is taken to be UTC, as SQLite gives it back.

    Returns:
        The same moment, aware, in UTC.
    """
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
