"""Whether the store keeps itself current: what a monitor asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlmodel import Session

from db.schedule import schedule_states, waiting_requests
from db.snapshots import list_snapshots
from harvester.schedule import HarvestSchedule

HealthState = Literal["off", "healthy", "late", "failing"]
# 0 where all is well or nobody asked for a schedule; else as for harvests: 3 go on, 2 look at it.
HEALTH_EXIT_CODES: dict[HealthState, int] = {"off": 0, "healthy": 0, "late": 3, "failing": 2}
GRACE = timedelta(hours=6)  # a run in progress, a bad hour and the jitter together
FAILURES = 3  # in a row, for states that pass by themselves


@dataclass(frozen=True)
class SourceHealth:
    """One source in the schedule.

    Attributes:
        source: Its name.
        state: healthy, late or failing.
        reason: Why, where it is not healthy.
        next_due: When it is asked next.
        last_finished: When it was last asked, or None.
        missed: Runs that never started before the last one.
    """

    source: str
    state: HealthState
    reason: str
    next_due: datetime
    last_finished: datetime | None
    missed: int


@dataclass(frozen=True)
class Health:
    """The schedule as a whole.

    Attributes:
        state: The gravest of the sources'; off where nothing was ever scheduled.
        reasons: One line for each source that is not healthy.
        sources: Enabled sources that the schedule has met.
        last_snapshot: When the newest snapshot was taken, or None.
        requests_waiting: Requests for a harvest that nobody has taken.
    """

    state: HealthState
    reasons: tuple[str, ...]
    sources: tuple[SourceHealth, ...]
    last_snapshot: datetime | None
    requests_waiting: int

    @property
    def exit_code(self) -> int:
        """What a monitor's command ends with."""
        return HEALTH_EXIT_CODES[self.state]

    def as_json(self) -> dict[str, Any]:
        """Plain data for `status --json`."""
        return {
            "state": self.state,
            "exit_code": self.exit_code,
            "reasons": list(self.reasons),
            "last_snapshot": self.last_snapshot.isoformat() if self.last_snapshot else None,
            "requests_waiting": self.requests_waiting,
            "sources": {
                each.source: {
                    "state": each.state,
                    "reason": each.reason,
                    "next_due": each.next_due.isoformat(),
                    "last_finished": each.last_finished.isoformat() if each.last_finished else None,
                    "missed": each.missed,
                }
                for each in self.sources
            },
        }


def take_health(session: Session, schedule: HarvestSchedule, enabled: Iterable[str], now: datetime) -> Health:
    """Judge the schedule.

    Args:
        session: Open session.
        schedule: Cadences.
        enabled: Sources that a plain harvest asks.
        now: The present moment.

    Returns:
        Its health.
    """
    states = schedule_states(session)
    sources = []
    for name in sorted(set(enabled) & set(states)):
        known = states[name]
        overdue = now - known.next_due
        state: HealthState = "healthy"
        reason = ""
        if known.state == "failed" or known.failures >= FAILURES:
            state, reason = "failing", f"{known.failures or 1} times in a row: {known.reason or known.state}"
        elif overdue > max(schedule.cadence(name).period, GRACE):
            state, reason = "late", f"due since {known.next_due.isoformat()}: no scheduler is running"
        sources.append(SourceHealth(name, state, reason, known.next_due, known.last_finished, known.missed))
    newest = list_snapshots(session, limit=1)
    gravest: HealthState = "off"
    ranked: tuple[HealthState, ...] = ("healthy", "late", "failing")
    for candidate in ranked:
        if any(each.state == candidate for each in sources):
            gravest = candidate
    return Health(
        state=gravest,
        reasons=tuple(f"{each.source}: {each.reason}" for each in sources if each.reason),
        sources=tuple(sources),
        last_snapshot=newest[0].as_of if newest else None,
        requests_waiting=len(waiting_requests(session)),
    )
