"""What is known and how fresh it is: the figures behind `landscape status`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from db.tables import CLASSIFIER_RUN, HARVEST_RUN, REJECTED, SOURCE_RECORD
from foundation.settings import SOURCE_NAMES
from landscape.grid import newest_classifier, take_snapshot
from taxonomy.models import Taxonomy

# Gravest first, as exit codes rank them; a run that is under way tells less than one that ended.
STATES = ("failed", "suspect", "partial", "running", "complete", "never")


@dataclass(frozen=True)
class SourceStatus:
    """How far one source has been harvested.

    Attributes:
        name: Source name.
        state: Gravest state among the newest run of each of its slices; `never` without a run.
        reason: Why, in the words of that run; "" where all is well.
        last_complete: When a run last ended complete, or None.
        papers: Papers of which this source holds a record.
    """

    name: str
    state: str
    reason: str
    last_complete: datetime | None
    papers: int


@dataclass(frozen=True)
class StatusReport:
    """The store in figures.

    Attributes:
        papers: Papers in the store.
        classified: Papers that bear a label in force.
        relevant: Papers on the subject.
        unassigned: Relevant papers whose cell is in doubt.
        rejected: Records that could not be read and wait to be tried again.
        duplicates_linked: Source records (versions of one counted once) beyond the first of
            their paper: each is a duplicate that was joined instead of kept twice.
        taxonomy_version: Version of the grid in force.
        topics: Topics of the grid.
        cells: Cells of the grid.
        classifier: Name and digest of the newest model run, or None.
        sources: By name: every source that can be harvested and every one that gave papers.
    """

    papers: int
    classified: int
    relevant: int
    unassigned: int
    rejected: int
    duplicates_linked: int
    taxonomy_version: str
    topics: int
    cells: int
    classifier: str | None
    sources: tuple[SourceStatus, ...]

    def as_json(self) -> dict[str, Any]:
        """The report as `status --json` prints it: plain data, times in ISO 8601."""
        plain = {name: value for name, value in vars(self).items() if name != "sources"}
        plain["sources"] = {
            source.name: {
                "state": source.state,
                "reason": source.reason,
                "last_complete": source.last_complete.isoformat() if source.last_complete else None,
                "papers": source.papers,
            }
            for source in self.sources
        }
        return plain


def take_status(session: Session, taxonomy: Taxonomy) -> StatusReport:
    """Read the store's figures.

    Args:
        session: Open session.
        taxonomy: The grid in force.

    Returns:
        The report.
    """
    snapshot = take_snapshot(session, taxonomy)
    record, rejected = SOURCE_RECORD.c, REJECTED
    told = (
        select(record.source, record.source_id, record.paper_id)
        .where(record.deleted.is_(False))
        .distinct()
        .subquery("told")
    )
    told_by_source = {
        source: (papers, records)
        for source, papers, records in session.execute(
            select(told.c.source, func.count(told.c.paper_id.distinct()), func.count()).group_by(
                told.c.source
            )
        )
    }
    told_papers = session.execute(select(func.count(told.c.paper_id.distinct()))).scalar_one()
    return StatusReport(
        papers=snapshot.papers,
        classified=snapshot.classified,
        relevant=snapshot.relevant,
        unassigned=snapshot.unsure,
        rejected=session.execute(
            select(func.count()).select_from(rejected).where(rejected.c.resolved_at.is_(None))
        ).scalar_one(),
        duplicates_linked=sum(records for _, records in told_by_source.values()) - told_papers,
        taxonomy_version=taxonomy.version,
        topics=len(taxonomy.topics),
        cells=len(taxonomy.cells),
        classifier=newest_classifier(session),
        sources=_sources(session, {name: papers for name, (papers, _) in told_by_source.items()}),
    )


def _sources(session: Session, papers: dict[str, int]) -> tuple[SourceStatus, ...]:
    states = _newest_runs(session)
    run = HARVEST_RUN.c
    complete: dict[str, datetime] = dict(
        session.execute(
            select(run.source, func.max(run.finished_at)).where(run.state == "complete").group_by(run.source)
        ).all()
    )
    placed = session.execute(
        select(func.max(CLASSIFIER_RUN.c.finished_at)).where(CLASSIFIER_RUN.c.method == "library")
    ).scalar_one()
    if placed is not None and "library" not in states:
        # The starter library is loaded, not harvested: its own run stands for it.
        states["library"], complete["library"] = ("complete", ""), placed
    names = [*SOURCE_NAMES, *sorted((states.keys() | papers.keys()) - set(SOURCE_NAMES))]
    return tuple(
        SourceStatus(name, *states.get(name, ("never", "")), complete.get(name), papers.get(name, 0))
        for name in names
    )


def _newest_runs(session: Session) -> dict[str, tuple[str, str]]:
    """State and reason of each source: the gravest among the newest runs of its slices."""
    run = HARVEST_RUN.c
    newest = select(func.max(run.id)).group_by(run.source, run.slice_key)
    found: dict[str, tuple[str, str]] = {}
    for row in session.execute(
        select(run.source, run.state, run.reason).where(run.id.in_(newest)).order_by(run.id)
    ):
        known = found.get(row.source)
        if known is None or _gravity(row.state) <= _gravity(known[0]):
            found[row.source] = (row.state, row.reason)
    return found


def _gravity(state: str) -> int:
    return STATES.index(state) if state in STATES else 0
