"""Asks how often papers are cited: newest papers first, a batch and a transaction at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from foundation.clock import Clock, SystemClock
from foundation.errors import SourceError, StoreError
from workflow.harvesting import run_state
from workflow.reports import IngestReport, RunState

if TYPE_CHECKING:
    from db.engine import Store
    from foundation.settings import Settings

MAX_AGE_DAYS = 30  # counts grow slowly; a store of 10,000 papers is asked for in 20 requests
_SLICE = "citations"


def count_citations(
    store: Store,
    settings: Settings,
    *,
    max_papers: int | None = None,
    progress: Callable[[int], None] | None = None,
    clock: Clock | None = None,
) -> IngestReport:
    """Ask for the citations of every paper that was not counted in the last 30 days.

    Args:
        store: The open store.
        settings: `citations` says who is asked, and with which key.
        max_papers: Stop after so many; None means no limit.
        progress: Called with the number of papers done since the last call.
        clock: Time; tests pass their own.

    Returns:
        What became of it: `fetched` papers were asked for, `new` were counted for the first time;
        papers that the service does not know are counted as skipped.
    """
    from db.citations import due_for_counting, keep_counts
    from db.harvests import begin_run, finish_run
    from harvester.enrichment import BATCH_IDS, SCHEMES, SemanticScholar, parse

    clock = clock or SystemClock()
    service = SemanticScholar()
    counts: Counter[str] = Counter()
    unknown = 0
    state: RunState = "complete"
    reason = ""
    began = clock.now().replace(microsecond=0)
    before = began - timedelta(days=MAX_AGE_DAYS)
    client = service.client(settings, clock=clock)
    with store.write() as session:
        run = begin_run(session, service.name, _SLICE, at=began)
    try:
        while True:
            left = BATCH_IDS if max_papers is None else min(BATCH_IDS, max_papers - counts["fetched"])
            if left <= 0:
                state, reason = "partial", f"stopped after {max_papers} papers, as asked"
                break
            with store.read() as session:
                names = due_for_counting(session, service.name, SCHEMES, before=before, limit=left)
            if not names:
                break
            told = parse(service.fetch(names, client), len(names))
            with store.write() as session:
                kept = keep_counts(
                    session,
                    service.name,
                    list(zip(names, told, strict=True)),
                    at=clock.now().replace(microsecond=0),
                )
            counts.update(fetched=len(names), new=kept.new, updated=kept.updated, unchanged=kept.unchanged)
            unknown += kept.unknown
            if progress is not None:
                progress(len(names))
    except SourceError as error:
        state, reason = run_state(error), str(error)
    except StoreError as error:
        state, reason = "partial", str(error)
    with store.write() as session:
        finish_run(
            session, run, state=state, reason=reason, counts=counts, at=clock.now().replace(microsecond=0)
        )
    return IngestReport(
        name=service.name,
        state=state,
        reason=reason,
        fetched=counts["fetched"],
        new=counts["new"],
        updated=counts["updated"],
        unchanged=counts["unchanged"],
        skipped=(("papers unknown to the service", unknown),) if unknown else (),
    )
