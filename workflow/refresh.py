"""Harvest, classify, snapshot, in order: what keeps the landscape current.

One refresh at a time for a store, whichever machine it runs on: the lease that says so is renewed while
the process lives and expires by itself when it does not.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from foundation.clock import Clock, SystemClock
from foundation.errors import LandscapeError, StoreError
from workflow.reports import GRAVITY, IngestReport, RunState

if TYPE_CHECKING:
    from db.engine import Store
    from db.snapshots import StoredSnapshot
    from foundation.settings import Settings
    from harvester.source import HarvestRequest
    from workflow.alerts import AlertCount
    from workflow.classifying import ClassifyReport
    from workflow.vectors import VectorReport

logger = logging.getLogger(__name__)

REFRESH_LEASE = "refresh"  # stands beside the sources' own leases, and is no source
HEARTBEAT_SECONDS = 240.0  # a lease lasts 15 minutes: three heartbeats may fail


@dataclass(frozen=True)
class RefreshReport:
    """What a refresh did.

    Attributes:
        harvests: One report a source.
        found_venues: Venue-years whose papers were met for the first time: `acl-2026`.
        classified: What was labelled; None where that step failed.
        snapshot: What was saved; None where that step failed.
        alerts: Saved searches with news.
        vectors: What was embedded behind the rest; None where that was not asked for, or failed.
        problems: Steps that failed, in one line each.
    """

    harvests: tuple[IngestReport, ...]
    found_venues: tuple[str, ...] = ()
    classified: ClassifyReport | None = None
    snapshot: StoredSnapshot | None = None
    alerts: tuple[AlertCount, ...] = ()
    vectors: VectorReport | None = None
    problems: tuple[tuple[str, str, int], ...] = field(default=())

    @property
    def exit_code(self) -> int:
        """Exit code of the gravest step: failed, suspect, partial, complete."""
        from workflow.reports import exit_code

        codes = [exit_code(self.harvests), *(code for _, _, code in self.problems)]
        return next((code for code in (2, 4, 3) if code in codes), 0)

    @property
    def state(self) -> RunState:
        """The gravest state of all steps."""
        from workflow.reports import EXIT_CODES

        return next(state for state in GRAVITY if EXIT_CODES[state] == self.exit_code)

    def lines(self) -> list[str]:
        """One line a step."""
        lines = [f"harvest: {report.line()}" for report in self.harvests] or ["harvest: nothing was due"]
        lines += [f"found: {venue} is out" for venue in self.found_venues]
        if self.classified is not None:
            lines.append(f"classify: {self.classified.line()}")
        if self.snapshot is not None:
            lines.append(
                f"snapshot: {self.snapshot.id}, {self.snapshot.papers} papers, "
                f"{self.snapshot.relevant} on the chart"
            )
        for alert in self.alerts:
            lines.append(
                f"search {alert.name!r}: {alert.problem}"
                if alert.problem
                else f"search {alert.name!r}: {alert.papers} new"
            )
        if self.vectors is not None:
            lines.append(f"vectors: {self.vectors.line()}")
        return lines + [f"{step}: failed — {reason}" for step, reason, _ in self.problems]

    def as_json(self) -> dict[str, Any]:
        """Plain data for `refresh --json`."""
        return {
            "state": self.state,
            "harvests": list(self.harvests),
            "found_venues": self.found_venues,
            "classified": self.classified,
            "snapshot": self.snapshot,
            "alerts": self.alerts,
            "vectors": self.vectors,
            "problems": [{"step": step, "reason": reason} for step, reason, _ in self.problems],
        }


def refresh(
    store: Store,
    settings: Settings,
    names: Sequence[str] = (),
    requests: Mapping[str, HarvestRequest] | None = None,
    *,
    reason: str = "refresh",
    vectors: bool = False,
    progress: Callable[[int], None] | None = None,
    clock: Clock | None = None,
) -> RefreshReport:
    """Harvest, classify, snapshot. A step that fails does not stop the next.

    The caller holds the lease (`refreshing`).

    Args:
        store: The open store.
        settings: Sources and classifier.
        names: Sources to ask; empty means every enabled one.
        requests: What to ask a source for, by name; a plain harvest where none is given.
        reason: Why, for the snapshot.
        vectors: Whether sentence vectors and the map are brought up to date last, which may take long.
        progress: Called with the number of papers done since the last call.
        clock: Time; tests pass their own.

    Returns:
        What every step came to.

    Raises:
        ConfigurationError: A source does not exist, or none is enabled.
    """
    from harvester.source import HarvestRequest
    from taxonomy.loader import load_taxonomy
    from workflow.alerts import collect_alerts
    from workflow.classifying import classify_store
    from workflow.harvesting import chosen_sources, harvest
    from workflow.snapshots import save_snapshot
    from workflow.vectors import fill_vectors

    clock = clock or SystemClock()
    taxonomy = load_taxonomy()
    sources = [source.name for source in chosen_sources(settings, names, HarvestRequest())]
    before = _held_volumes(store)
    reports: list[IngestReport] = []
    for name in sources:
        asked = (requests or {}).get(name, HarvestRequest())
        reports += harvest(store, settings, [name], asked, progress=progress, clock=clock)
    problems: list[tuple[str, str, int]] = []

    def tried(step: str, work: Callable[[], Any]) -> Any:
        try:
            return work()
        except LandscapeError as error:
            problems.append((step, str(error), error.exit_code))
            return None

    found = tried("found", lambda: venue_names(_held_volumes(store) - before))
    classified = tried("classify", lambda: classify_store(store, settings, progress=progress, clock=clock))
    at = clock.now().replace(microsecond=0)
    snapshot = tried("snapshot", lambda: save_snapshot(store, taxonomy, reason=reason, at=at))
    alerts = tried("search", lambda: collect_alerts(store, taxonomy, at=at))
    filled = None
    if vectors:
        filled = tried("vectors", lambda: fill_vectors(store, settings, progress=progress))
    return RefreshReport(
        tuple(reports), found or (), classified, snapshot, alerts or (), filled, tuple(problems)
    )


@contextmanager
def refreshing(store: Store, clock: Clock | None = None) -> Iterator[str]:
    """Hold the right to refresh the store, renewed while the block runs.

    Args:
        store: The open store.
        clock: Time; tests pass their own.

    Yields:
        The holder's name.

    Raises:
        LeaseHeldError: Another refresh of this store is running, here or on another machine.
        StoreError: The store is locked, full or damaged.
    """
    from db.harvests import acquire_lease, release_lease
    from workflow.leases import holder_name, take_lease

    clock = clock or SystemClock()
    holder = holder_name(clock)
    take_lease(store, REFRESH_LEASE, holder, at=_now(clock))
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(HEARTBEAT_SECONDS):
            try:
                with store.write() as session:
                    acquire_lease(session, REFRESH_LEASE, holder, at=_now(clock))
            except LandscapeError as error:  # the next beat may do better; the lease lasts for three
                logger.warning("the refresh lease could not be renewed: %s", error)

    heart = threading.Thread(target=beat, name="refresh-lease", daemon=True)
    heart.start()
    try:
        yield holder
    finally:
        ended.set()
        heart.join()
        try:
            with store.write() as session:
                release_lease(session, REFRESH_LEASE, holder, at=_now(clock))
        except StoreError as error:
            # Nobody is kept out for long: the lease of an ended process is taken over, or expires.
            logger.warning("the refresh lease could not be given back: %s", error)


def _held_volumes(store: Store) -> frozenset[tuple[str, str]]:
    """Source and volume of every harvest that ended complete with papers."""
    from sqlalchemy import select

    from db.tables import HARVEST_RUN

    run = HARVEST_RUN.c
    query = select(run.source, run.slice_key).where(run.state == "complete", run.fetched > 0).distinct()
    with store.read() as session:
        return frozenset((source, key) for source, key in session.execute(query))


def venue_names(volumes: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Venue-years that lie in volumes; days of arXiv have no such name.

    Args:
        volumes: Source and volume.

    Returns:
        Ids such as `acl-2026`, sorted.
    """
    from harvester.venues import venues

    names = []
    for source, volume in volumes:
        for venue in venues(source):
            year = next((year for year in _years(volume) if venue.volume_of(year) == volume), None)
            known = next((each for each in venue.years if venue.volume_of(each) == volume), year)
            if known is not None:
                names.append(f"{venue.id}-{known}")
    return tuple(sorted(names))


def _years(volume: str) -> list[int]:
    """Years that a volume's name tells."""
    import re

    return [int(year) for year in re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", volume)]


def _now(clock: Clock) -> datetime:
    return clock.now().replace(microsecond=0)
