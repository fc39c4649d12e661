"""Runs what is due and nothing else: one pass, or pass after pass for as long as the process lives.

When a source is due is kept in the store, so that restarts, several hosts and cron all see the same
clock. However many runs were missed, one catches up.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from foundation.clock import Clock, SystemClock
from foundation.errors import LandscapeError
from workflow.refresh import RefreshReport, refresh, refreshing
from workflow.reports import GRAVITY, IngestReport, RunState

if TYPE_CHECKING:
    from db.engine import Store
    from db.schedule import HarvestWish, SourceSchedule
    from foundation.settings import Settings
    from harvester.schedule import HarvestSchedule, SourceCadence
    from harvester.source import HarvestRequest

logger = logging.getLogger(__name__)

TICK_SECONDS = 60
# After an outage the source is asked again after an hour, then after two, four ... up to its cadence.
RETRY = timedelta(hours=1)
# While a run is under way its source is due again after this, should the process die.
CRASH_RETRY = timedelta(hours=1)


@dataclass(frozen=True)
class PlannedSource:
    """One source as the schedule sees it.

    Attributes:
        name: Source name.
        cadence: How often it is asked.
        next_due: When it is asked next; now, for one that never was.
        state: State of the last scheduled run; `never` without one.
        reason: Why it was not complete.
        last_finished: When the last scheduled run ended, or None.
        missed: Runs that never started before the last one.
        venues: Venue-years that the next run asks for; none for sources that go by days.
    """

    name: str
    cadence: SourceCadence
    next_due: datetime
    state: str
    reason: str
    last_finished: datetime | None
    missed: int
    venues: tuple[str, ...]


@dataclass(frozen=True)
class Pass:
    """What one pass came to.

    Attributes:
        report: What was done; None where nothing was due.
        due: Sources that the schedule asked.
        requests: Requests of people that were taken.
        missed: Runs that were missed before, by source: one run made up for all of them.
    """

    report: RefreshReport | None
    due: tuple[str, ...] = ()
    requests: tuple[int, ...] = ()
    missed: tuple[tuple[str, int], ...] = ()


def enabled_sources(settings: Settings) -> tuple[str, ...]:
    """Sources that a plain harvest asks; none where none is enabled."""
    from harvester import registry

    return registry.enabled(settings)


def planned_sources(store: Store, settings: Settings, *, now: datetime) -> list[PlannedSource]:
    """Every enabled source with what the schedule knows of it.

    Args:
        store: The open store.
        settings: Which sources are enabled; an own schedule file.
        now: The present moment.

    Returns:
        Sources in the order in which they are asked.
    """
    from db.schedule import schedule_states
    from harvester.schedule import load_schedule

    schedule = load_schedule(settings.home)
    with store.read() as session:
        states = schedule_states(session)
    planned = []
    for name in enabled_sources(settings):
        cadence, known = schedule.cadence(name), states.get(name)
        request = _request(store, schedule, name, now)
        planned.append(
            PlannedSource(
                name=name,
                cadence=cadence,
                next_due=known.next_due if known else cadence.good_moment(now),
                state=known.state if known else "never",
                reason=known.reason if known else "",
                last_finished=known.last_finished if known else None,
                missed=known.missed if known else 0,
                venues=request.venues if request else (),
            )
        )
    return planned


def run_due(
    store: Store,
    settings: Settings,
    *,
    clock: Clock | None = None,
    jitter: Callable[[], float] = random.random,
    vectors: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Pass:
    """Ask every source that is due, and whatever people asked for; classify; snapshot.

    Args:
        store: The open store.
        settings: Which sources are enabled; an own schedule file.
        clock: Time; tests pass their own.
        jitter: Gives a number from 0 to 1 for each source's next run.
        vectors: Whether sentence vectors and the map are brought up to date last.
        progress: Called with the number of papers done since the last call.

    Returns:
        What was done.

    Raises:
        LeaseHeldError: Another refresh of this store is running.
    """
    from db.schedule import finish_request, take_requests
    from harvester.schedule import load_schedule

    clock = clock or SystemClock()
    if not _anything_to_do(store, settings, clock):
        return Pass(None)
    schedule = load_schedule(settings.home)
    with refreshing(store, clock) as holder:
        now = _now(clock)  # looked at again: who held the lease before may have done it all
        due = [each for each in planned_sources(store, settings, now=now) if _is_due(each, now)]
        with store.write() as session:
            wishes = take_requests(session, by=holder, at=now)
        names = _names(due, wishes, settings)
        if not names:
            return Pass(None)
        missed = {each.name: each.cadence.missed(each.next_due, now) for each in due if each.state != "never"}
        _begin(store, names, missed, now)
        requests = {name: _request(store, schedule, name, now) for name in names}
        asked = [name for name in names if requests[name] is not None]
        report = _refresh(store, settings, asked, requests, vectors, progress, clock)
        _end(store, schedule, names, report, now, _now(clock), jitter)
        state, reason = _gravest(report)
        with store.write() as session:
            for wish in wishes:
                finish_request(session, wish.id, state=state, reason=reason, at=_now(clock))
    return Pass(
        report,
        tuple(each.name for each in due),
        tuple(wish.id for wish in wishes),
        tuple((name, count) for name, count in missed.items() if count),
    )


def run_forever(
    store: Store,
    settings: Settings,
    *,
    tell: Callable[[str], None],
    tick_seconds: float = TICK_SECONDS,
    passes: int | None = None,
) -> None:
    """Look every minute whether anything is due, until the process is told to end.

    APScheduler keeps the beat and merges beats that were missed (a laptop that slept); the work itself is
    done in the calling thread, so that an interrupt stops it at once, as it stops any harvest.

    Args:
        store: The open store.
        settings: Which sources are enabled.
        tell: Takes one line at a time.
        tick_seconds: Seconds between two looks.
        passes: Stop after so many looks; None means never.
    """
    import threading

    from apscheduler.schedulers.background import BackgroundScheduler

    from db.harvests import LeaseHeldError

    beat = threading.Event()
    beat.set()
    scheduler = BackgroundScheduler(timezone="UTC", daemon=True)
    scheduler.add_job(
        beat.set, "interval", seconds=tick_seconds, coalesce=True, max_instances=1, misfire_grace_time=None
    )
    scheduler.start()
    try:
        while passes is None or passes > 0:
            beat.wait()
            beat.clear()
            passes = None if passes is None else passes - 1
            try:
                done = run_due(store, settings, vectors=True)
            except LeaseHeldError as error:
                logger.info("%s", error)
            except LandscapeError as error:  # the next look may find the store free again
                tell(f"{_now(SystemClock()):%Y-%m-%d %H:%M} {error}")
            else:
                for line in pass_lines(done):
                    tell(f"{_now(SystemClock()):%Y-%m-%d %H:%M} {line}")
    finally:
        scheduler.shutdown(wait=False)


def pass_lines(done: Pass) -> list[str]:
    """What a pass did, one line a step; none where nothing was due."""
    if done.report is None:
        return []
    lines = [f"{name}: {count} runs were missed; this one makes up for them" for name, count in done.missed]
    return lines + done.report.lines()


def _anything_to_do(store: Store, settings: Settings, clock: Clock) -> bool:
    from db.schedule import waiting_requests

    now = _now(clock)
    if any(_is_due(each, now) for each in planned_sources(store, settings, now=now)):
        return True
    with store.read() as session:
        return bool(waiting_requests(session))


def _is_due(planned: PlannedSource, now: datetime) -> bool:
    return planned.next_due <= now and planned.cadence.good_moment(now) == now


def _names(due: Iterable[PlannedSource], wishes: Iterable[HarvestWish], settings: Settings) -> list[str]:
    """Sources to ask, in the order of the registry."""
    from harvester import registry

    wanted = {each.name for each in due}
    for wish in wishes:
        wanted.update(wish.sources or enabled_sources(settings))
    return [name for name in registry.names() if name in wanted]


def _request(store: Store, schedule: HarvestSchedule, name: str, now: datetime) -> HarvestRequest | None:
    """What a source is asked for; None where no venue of it is due."""
    from harvester.source import HarvestRequest
    from harvester.venues import venues

    if name == "openreview" or not venues(name):  # goes by days, or plans by itself
        return HarvestRequest()
    editions = schedule.editions_due(name, now.date(), _last_complete(store, name))
    return HarvestRequest(venues=tuple(each.id for each in editions), probe=True) if editions else None


def _last_complete(store: Store, source: str) -> dict[str, date]:
    """Day of the last complete run of each volume that ever gave papers."""
    from sqlalchemy import func, select

    from db.tables import HARVEST_RUN

    run = HARVEST_RUN.c
    query = (
        select(run.slice_key, func.max(run.finished_at), func.max(run.fetched))
        .where(run.source == source, run.state == "complete")
        .group_by(run.slice_key)
    )
    with store.read() as session:
        return {key: at.date() for key, at, fetched in session.execute(query) if fetched and at}


def _begin(store: Store, names: Iterable[str], missed: dict[str, int], now: datetime) -> None:
    from db.schedule import SourceSchedule, put_schedule_state, schedule_states

    with store.write() as session:
        states = schedule_states(session)
        for name in names:
            known = states.get(name) or SourceSchedule(name, now)
            put_schedule_state(
                session,
                replace(
                    known,
                    next_due=now + CRASH_RETRY,
                    last_started=now,
                    state="running",
                    missed=missed.get(name, 0),
                ),
            )


def _refresh(
    store: Store,
    settings: Settings,
    names: list[str],
    requests: dict[str, HarvestRequest | None],
    vectors: bool,
    progress: Callable[[int], None] | None,
    clock: Clock,
) -> RefreshReport:
    if not names:
        return RefreshReport(())
    asked = {name: request for name, request in requests.items() if request is not None}
    return refresh(
        store, settings, names, asked, reason="schedule", vectors=vectors, progress=progress, clock=clock
    )


def _end(
    store: Store,
    schedule: HarvestSchedule,
    names: Iterable[str],
    report: RefreshReport,
    began: datetime,
    now: datetime,
    jitter: Callable[[], float],
) -> None:
    from db.schedule import put_schedule_state, schedule_states

    outcomes = {each.name: each for each in report.harvests}
    with store.write() as session:
        states = schedule_states(session)
        for name in names:
            outcome = outcomes.get(name) or IngestReport(name, "complete")
            put_schedule_state(
                session,
                _after(states[name], outcome, schedule.cadence(name), began, now, jitter()),
            )


def _after(
    known: SourceSchedule,
    outcome: IngestReport,
    cadence: SourceCadence,
    began: datetime,
    now: datetime,
    jitter: float,
) -> SourceSchedule:
    """A source's state after a run: outages are tried again soon, refusals at the usual time."""
    failures = 0 if outcome.state == "complete" else known.failures + 1
    next_due = cadence.next_run(began, jitter)
    if outcome.state in ("partial", "suspect"):
        soon = now + RETRY * 2 ** min(failures - 1, 10)
        next_due = min(next_due, cadence.good_moment(soon))
    return replace(
        known,
        next_due=max(next_due, now),
        last_finished=now,
        state=outcome.state,
        reason=outcome.reason,
        failures=failures,
    )


def _gravest(report: RefreshReport) -> tuple[RunState, str]:
    reasons = [each.reason for each in report.harvests if each.reason]
    reasons += [reason for _, reason, _ in report.problems]
    return next(state for state in GRAVITY if state == report.state), "; ".join(reasons)


def _now(clock: Clock) -> datetime:
    return clock.now().replace(microsecond=0)
