"""Drives the sources: plan, fetch, parse, store, one page and one write transaction at a time.

Rows, cursor and page digest are committed together, so a harvest that is stopped at any moment
goes on where it was, with nothing lost and nothing doubled. Only a slice whose end was proven is
`complete` and moves its watermark.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from foundation.clock import Clock, SystemClock, utc_now
from foundation.errors import (
    ConfigurationError,
    SourceError,
    StoreError,
    SuspectAnswerError,
    TransientSourceError,
)
from foundation.memory import collection_paused
from workflow.ingest import SHOWN_REJECTS, reject_lines
from workflow.leases import holder_name, take_lease
from workflow.reports import GRAVITY, IngestReport, RejectLine, RunState

if TYPE_CHECKING:
    from datetime import datetime

    from db.engine import Store
    from foundation.settings import Settings
    from harvester.http import PoliteClient
    from harvester.source import HarvestRequest, HarvestSlice, Source, WirePage


@dataclass
class _Tally:
    """What a source's harvest has come to so far."""

    state: RunState = "complete"
    reason: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    rejects: list[RejectLine] = field(default_factory=list)

    def worsen(self, state: RunState, reason: str) -> None:
        """Keep the gravest state and its reason."""
        if GRAVITY.index(state) < GRAVITY.index(self.state):
            self.state, self.reason = state, reason

    def report(self, name: str) -> IngestReport:
        """The tally as a report."""
        counted = ("fetched", "new", "updated", "unchanged", "rejected", "linked")
        return IngestReport(
            name=name,
            state=self.state,
            reason=self.reason,
            skipped=tuple(sorted(self.skipped.items())),
            rejects=tuple(self.rejects[:SHOWN_REJECTS]),
            **{name: self.counts[name] for name in counted},
        )


def chosen_sources(settings: Settings, names: Sequence[str], request: HarvestRequest) -> list[Source]:
    """The sources that a harvest asks.

    Args:
        settings: Which sources are enabled.
        names: Asked for by name; these run whether enabled or not.
        request: A venue without a source name chooses the sources that hold it.

    Returns:
        Sources in the order of the registry.

    Raises:
        ConfigurationError: There is no such source, or none is enabled.
    """
    from harvester import registry
    from harvester.venues import editions

    if names:
        return [registry.get(name) for name in dict.fromkeys(names)]
    if request.venues:
        next_year = utc_now().year + 1
        wanted = {
            edition.venue.source
            for venue in request.venues
            for edition in editions(venue, latest_year=next_year)
        }
        return [source for source in registry.sources() if source.name in wanted]
    if request.categories or request.query:
        return [registry.get("arxiv")]
    chosen = []
    for source in registry.sources():
        enabled = settings.source(source.name).enabled
        if source.enabled_by_default if enabled is None else enabled:
            chosen.append(source)
    if not chosen:
        raise ConfigurationError("no source is enabled", hint="Name one, or enable one in landscape.toml.")
    return chosen


def run_state(error: SourceError) -> RunState:
    """The state in which an error leaves a run."""
    if isinstance(error, SuspectAnswerError):
        return "suspect"
    return "partial" if isinstance(error, TransientSourceError) else "failed"


def harvest(
    store: Store,
    settings: Settings,
    names: Sequence[str],
    request: HarvestRequest,
    *,
    progress: Callable[[int], None] | None = None,
    clock: Clock | None = None,
) -> list[IngestReport]:
    """Harvest sources one after another; one that fails does not stop the others.

    Args:
        store: The open store.
        settings: Contact, base URLs, delays.
        names: Source names; empty means every enabled source.
        request: What is asked for.
        progress: Called with the number of records stored since the last call.
        clock: Time; tests pass their own.

    Returns:
        One report a source.

    Raises:
        ConfigurationError: A source or venue does not exist.
    """
    clock = clock or SystemClock()
    return [
        _harvest_source(store, settings, source, request, progress, clock)
        for source in chosen_sources(settings, names, request)
    ]


def _harvest_source(
    store: Store,
    settings: Settings,
    source: Source,
    request: HarvestRequest,
    progress: Callable[[int], None] | None,
    clock: Clock,
) -> IngestReport:
    from db.harvests import LeaseHeldError, release_lease, watermarks
    from harvester.http import PoliteClient

    tally = _Tally()
    holder = holder_name(clock)
    try:
        take_lease(store, source.name, holder, at=_now(clock))
    except (LeaseHeldError, StoreError) as error:
        tally.worsen("partial", str(error))
        return tally.report(source.name)
    try:
        with store.read() as session:
            done = watermarks(session, source.name)
        client = PoliteClient.for_source(source, settings, clock=clock)
        for piece in source.plan(request, done, clock.now().date()):
            left = None if request.max_records is None else request.max_records - tally.counts["fetched"]
            if left is not None and left <= 0:
                tally.worsen("partial", f"stopped after {request.max_records} records, as asked")
                break
            if _harvest_slice(store, source, client, piece, tally, left, progress, holder, clock):
                break  # a block or a refusal: asking on would be rude and useless
    except SourceError as error:
        tally.worsen(run_state(error), str(error))
    except StoreError as error:
        tally.worsen("partial", str(error))
    finally:
        try:
            with store.write() as session:
                release_lease(session, source.name, holder, at=_now(clock))
        except StoreError as error:
            # Nobody is kept out: the lease of a process that has ended is taken over, or expires.
            tally.worsen("partial", str(error))
    return tally.report(source.name)


def _harvest_slice(
    store: Store,
    source: Source,
    client: PoliteClient,
    piece: HarvestSlice,
    tally: _Tally,
    records_left: int | None,
    progress: Callable[[int], None] | None,
    holder: str,
    clock: Clock,
) -> bool:
    """Harvest one slice, page by page; True where the source refuses to be asked any further."""
    from db.harvests import acquire_lease, begin_run, count_page, finish_run, get_cursor, move_cursor
    from db.links import store_and_link
    from harvester.http import NotFoundError
    from harvester.source import FACT_RESTARTED

    with store.write() as session:
        cursor = get_cursor(session, source.name, piece.key)
        run = begin_run(session, source.name, piece.key, at=_now(clock))
    resuming = cursor is not None and not cursor.complete
    position = cursor.position if cursor is not None and resuming else None
    last_digest = cursor.page_digest if cursor is not None and resuming and position is not None else ""
    if cursor is not None and cursor.complete:
        piece = replace(piece, etag=_usable_etag(cursor.etag, source.parser_version))
    state: RunState = "complete"
    reason = ""
    refused = False
    fetched = 0
    try:
        while True:
            page = source.fetch(piece, position, client)
            digest = hashlib.sha256(page.payload).hexdigest()
            if page.payload and digest == last_digest and FACT_RESTARTED not in page.facts:
                raise SuspectAnswerError(
                    "the source sent the same page twice",
                    hint="Run the harvest again later; nothing was stored twice.",
                    url=page.url,
                    position=page.position,
                )
            with collection_paused():
                parsed = source.parse(page)
            ended = parsed.next_position is None
            with collection_paused(), store.write() as session:
                stored = store_and_link(session, parsed, at=_now(clock))
                count_page(session, run, stored, expected=parsed.total)
                move_cursor(
                    session,
                    source.name,
                    piece.key,
                    position=parsed.next_position,
                    page_digest=digest if page.payload else "",
                    complete=ended,
                    watermark=_watermark(piece, page) if ended else None,
                    etag=_kept_etag(page.etag, source.parser_version) if ended else None,
                    at=_now(clock),
                )
                acquire_lease(session, source.name, holder, at=_now(clock))
            tally.counts.update(
                fetched=stored.total,
                new=stored.new,
                updated=stored.updated,
                unchanged=stored.unchanged,
                rejected=stored.rejected,
                linked=stored.linked,
            )
            tally.skipped.update(parsed.skipped)
            tally.rejects += reject_lines(parsed)
            fetched += stored.total
            if progress is not None:
                progress(len(parsed.records))
            if ended:
                break
            position, last_digest = parsed.next_position, digest
            if records_left is not None and fetched >= records_left:
                state, reason = "partial", "stopped after as many records as asked; run again to go on"
                break
    except SourceError as error:
        state, reason = run_state(error), str(error)
        # A volume that was renamed or taken away says nothing of the others.
        refused = state == "failed" and not isinstance(error, NotFoundError)
    except StoreError as error:
        state, reason = "partial", str(error)
    tally.worsen(state, reason)
    with store.write() as session:
        finish_run(session, run, state=state, reason=reason, at=_now(clock))
    return refused


def _watermark(piece: HarvestSlice, page: WirePage) -> str:
    """What says that the slice is proven complete: its last day, what the source says, or today."""
    from harvester.source import FACT_WATERMARK

    if piece.until_date is not None:
        return piece.until_date.isoformat()
    return page.facts.get(FACT_WATERMARK) or page.retrieved_at.date().isoformat()


def _kept_etag(etag: str | None, parser_version: int) -> str | None:
    """A validator as the cursor keeps it: only the parser that read the answer may rely on it."""
    return None if etag is None else f"{parser_version} {etag}"


def _usable_etag(kept: str | None, parser_version: int) -> str | None:
    """The validator, where the same parser read the answer that it stands for."""
    version, _, etag = (kept or "").partition(" ")
    return etag if etag and version == str(parser_version) else None


def _now(clock: Clock) -> datetime:
    return clock.now().replace(microsecond=0)
