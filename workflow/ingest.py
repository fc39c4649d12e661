"""Imports raw source files: the same parsing, storing and linking as a harvest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from foundation.clock import utc_now
from foundation.errors import LandscapeError, RefusedInputError, SourceError
from foundation.memory import collection_paused
from workflow.reports import IngestReport, RejectLine, RunState

if TYPE_CHECKING:
    from db.engine import Store
    from papers.record import ParsedPage

SHOWN_REJECTS = 50  # the rest is in the store: landscape doctor lists them


def reject_lines(page: ParsedPage) -> tuple[RejectLine, ...]:
    """The page's rejects as short lines."""
    return tuple(
        RejectLine(reject.wire.source_id, reject.reason, reject.field, reject.value[:120])
        for reject in page.rejects
    )


def import_file(store: Store, path: Path, progress: Callable[[int], None] | None = None) -> IngestReport:
    """Import one raw source file. A file that cannot be read changes nothing.

    Args:
        store: The open store.
        path: The file, also .gz.
        progress: Called with the number of records done.

    Returns:
        What became of it; state `failed` with the reason where the file was refused.
    """
    from db.harvests import begin_run, finish_run
    from db.links import store_and_link
    from harvester.files import read_import_file

    counts: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    rejects: list[RejectLine] = []
    state: RunState = "complete"
    reason = ""
    try:
        source, pages = read_import_file(path)
        with collection_paused():
            parsed_pages = [source.parse(page) for page in pages]
    except (RefusedInputError, SourceError) as error:
        return IngestReport(path.name, "failed", str(error))
    with store.write() as session:
        run = begin_run(session, source.name, f"file {path.name}", at=utc_now())
    for parsed in parsed_pages:
        try:
            with store.write() as session:
                stored = store_and_link(session, parsed, at=utc_now())
        except LandscapeError as error:
            state, reason = "partial", str(error)
            break
        counts.update(
            fetched=len(parsed.records) + len(parsed.rejects),
            new=stored.new,
            updated=stored.updated,
            unchanged=stored.unchanged,
            rejected=stored.rejected,
            linked=stored.linked,
        )
        skipped.update(parsed.skipped)
        rejects += reject_lines(parsed)
        if progress is not None:
            progress(len(parsed.records))
    with store.write() as session:
        finish_run(session, run, state=state, reason=reason, counts=counts, at=utc_now())
    return IngestReport(
        name=path.name,
        state=state,
        reason=reason,
        fetched=counts["fetched"],
        new=counts["new"],
        updated=counts["updated"],
        unchanged=counts["unchanged"],
        rejected=counts["rejected"],
        linked=counts["linked"],
        skipped=tuple(sorted(skipped.items())),
        rejects=tuple(rejects[:SHOWN_REJECTS]),
    )
