"""What the schedule remembers: when each source ran and is due, and who asked for a harvest now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import insert, select, update
from sqlmodel import Session

from db.harvests import GRAVITY, RunState
from db.tables import HARVEST_REQUEST, SCHEDULE_STATE
from foundation.errors import RefusedInputError
from papers.text import clean_text

SHOWN_REQUESTS: Final = 20


@dataclass(frozen=True)
class SourceSchedule:
    """Where one source stands in the schedule; see `db.models.ScheduleState`."""

    source: str
    next_due: datetime
    last_started: datetime | None = None
    last_finished: datetime | None = None
    state: str = "never"
    reason: str = ""
    failures: int = 0
    missed: int = 0


@dataclass(frozen=True)
class HarvestWish:
    """Someone's request for a harvest now; see `db.models.HarvestRequestRow`."""

    id: int
    requested_at: datetime
    requested_by: str
    sources: tuple[str, ...]
    taken_at: datetime | None
    taken_by: str
    finished_at: datetime | None
    state: str
    reason: str


def schedule_states(session: Session) -> dict[str, SourceSchedule]:
    """Every source that the schedule has met, by name."""
    rows = session.connection().execute(select(SCHEDULE_STATE).order_by(SCHEDULE_STATE.c.source))
    return {row["source"]: SourceSchedule(**row) for row in rows.mappings()}


def put_schedule_state(session: Session, state: SourceSchedule) -> None:
    """Remember where a source stands.

    Args:
        session: A session of `Store.write`.
        state: What to remember.
    """
    values = {**vars(state), "reason": clean_text(state.reason)}
    connection = session.connection()
    columns = SCHEDULE_STATE.c
    known = connection.execute(select(columns.source).where(columns.source == state.source)).first()
    if known is None:
        connection.execute(insert(SCHEDULE_STATE), values)
    else:
        connection.execute(update(SCHEDULE_STATE).where(columns.source == state.source).values(values))


def request_harvest(session: Session, *, by: str, at: datetime, sources: Iterable[str] = ()) -> HarvestWish:
    """Ask for a harvest now: a scheduler, or `landscape schedule run --once`, takes it.

    A request that still waits is not doubled: the button may be pressed as often as one likes.

    Args:
        session: A session of `Store.write`.
        by: Who asks.
        at: The present moment.
        sources: Names; empty means every enabled source.

    Returns:
        The request that waits.
    """
    names = sorted(set(sources))
    connection = session.connection()
    for wish in _wishes(session, HARVEST_REQUEST.c.state == "waiting"):
        if sorted(wish.sources) == names:
            return wish
    connection.execute(
        insert(HARVEST_REQUEST),
        {
            "requested_at": at, "requested_by": clean_text(by), "sources": names, "taken_by": "",
            "state": "waiting", "reason": "",
        },
    )  # fmt: skip
    return _wishes(session, HARVEST_REQUEST.c.state == "waiting")[-1]


def list_requests(session: Session, *, limit: int = SHOWN_REQUESTS) -> list[HarvestWish]:
    """The latest requests, newest first."""
    return _wishes(session)[::-1][:limit]


def waiting_requests(session: Session) -> list[HarvestWish]:
    """Requests that nobody has taken, oldest first."""
    return _wishes(session, HARVEST_REQUEST.c.state == "waiting")


def take_requests(session: Session, *, by: str, at: datetime) -> list[HarvestWish]:
    """Take every request that waits, and those whose taker never finished.

    To be called by the holder of the refresh lease alone, so that no one is at work on them.

    Args:
        session: A session of `Store.write`.
        by: Who takes them.
        at: The present moment.

    Returns:
        Requests, oldest first.
    """
    columns = HARVEST_REQUEST.c
    taken = _wishes(session, columns.state.in_(("waiting", "running")))
    for wish in taken:
        session.connection().execute(
            update(HARVEST_REQUEST)
            .where(columns.id == wish.id)
            .values(state="running", taken_at=at, taken_by=by)
        )
    return taken


def finish_request(session: Session, number: int, *, state: RunState, reason: str, at: datetime) -> None:
    """Note how a request ended.

    Args:
        session: A session of `Store.write`.
        number: The request.
        state: complete, partial, suspect or failed.
        reason: Why it did not end complete.
        at: The present moment.

    Raises:
        RefusedInputError: The state is no ending.
    """
    if state not in GRAVITY or state == "running":
        raise RefusedInputError("a request cannot end like that", state=state)
    session.connection().execute(
        update(HARVEST_REQUEST)
        .where(HARVEST_REQUEST.c.id == number)
        .values(state=state, reason=clean_text(reason), finished_at=at)
    )


def cancel_request(session: Session, number: int, *, by: str, at: datetime) -> bool:
    """Take a request back, as long as nobody has taken it.

    Args:
        session: A session of `Store.write`.
        number: The request.
        by: Who takes it back.
        at: The present moment.

    Returns:
        Whether it was still waiting; one that is under way goes on.
    """
    changed = session.connection().execute(
        update(HARVEST_REQUEST)
        .where(HARVEST_REQUEST.c.id == number, HARVEST_REQUEST.c.state == "waiting")
        .values(state="cancelled", reason=clean_text(f"taken back by {by}"), finished_at=at)
    )
    return bool(changed.rowcount)


def _wishes(session: Session, *conditions: object) -> list[HarvestWish]:
    query = select(HARVEST_REQUEST).where(*conditions).order_by(HARVEST_REQUEST.c.id)  # type: ignore[arg-type]
    return [
        HarvestWish(**{**row, "sources": tuple(row["sources"])})
        for row in session.connection().execute(query).mappings()
    ]
