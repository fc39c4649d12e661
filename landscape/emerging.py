"""What the newest discovery found: emerging topics with their evidence, and the sub-topics of a cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from db.discovery import StoredSubTopic, latest_discovery, sub_topic_papers, sub_topics
from db.tables import PAPER
from landscape.reading import paper_rows
from landscape.selection import papers_with_labels
from landscape.types import EVERYTHING, PaperRow
from taxonomy.models import Taxonomy

EXAMPLES = 3


@dataclass(frozen=True)
class GroupView:
    """A group of like papers, as people see it.

    Attributes:
        group: Its words and measures.
        papers: Its most typical papers, most typical first.
    """

    group: StoredSubTopic
    papers: tuple[PaperRow, ...]


@dataclass(frozen=True)
class DiscoveryView:
    """The newest discovery.

    Attributes:
        at: When it was made.
        papers: Relevant papers that were grouped.
        taxonomy_version: The grid whose cells were looked into.
        outdated: Whether another version of the grid is in force now.
        groups: The groups asked for, cell by cell in the order of the grid.
    """

    at: datetime
    papers: int
    taxonomy_version: str
    outdated: bool
    groups: tuple[GroupView, ...]


def emerging_topics(
    session: Session, taxonomy: Taxonomy, *, cell: str | None = None, examples: int = EXAMPLES
) -> DiscoveryView | None:
    """Groups that no topic of the grid holds.

    Args:
        session: Open session.
        taxonomy: The grid in force.
        cell: Of this cell alone; None for all.
        examples: Papers shown of each.

    Returns:
        Groups by cell, best first; None where nothing was discovered yet.
    """
    return _view(session, taxonomy, sub_topics(session, cell=cell, proposed=True), examples)


def cell_sub_topics(
    session: Session, taxonomy: Taxonomy, cell: str, *, examples: int = EXAMPLES
) -> DiscoveryView | None:
    """All groups of like papers inside a cell, held by a topic or not, the largest first.

    Args:
        session: Open session.
        taxonomy: The grid in force.
        cell: The cell.
        examples: Papers shown of each.

    Returns:
        The groups; None where nothing was discovered yet.
    """
    groups = sorted(sub_topics(session, cell=cell), key=lambda group: (-group.n_papers, group.id))
    return _view(session, taxonomy, groups, examples)


def group_rows(
    session: Session, taxonomy: Taxonomy, group: StoredSubTopic, *, limit: int | None = None
) -> tuple[PaperRow, ...]:
    """Papers of a group as lists show them, most typical first.

    Args:
        session: Open session.
        taxonomy: The grid in force.
        group: The group.
        limit: Papers at most; None for all.

    Returns:
        One row a paper that the store still holds.
    """
    wanted = sub_topic_papers(session, group.id, limit=limit)
    place = {paper: number for number, paper in enumerate(wanted)}
    query = papers_with_labels(session, taxonomy, chosen=EVERYTHING).where(PAPER.c.id.in_(wanted))
    found = sorted(session.execute(query).all(), key=lambda row: place[row.paper_id])
    return paper_rows(session, taxonomy, found)


def _view(
    session: Session, taxonomy: Taxonomy, groups: Sequence[StoredSubTopic], examples: int
) -> DiscoveryView | None:
    run = latest_discovery(session)
    if run is None:
        return None
    order = {cell: number for number, cell in enumerate(taxonomy.cells)}
    shown = sorted(groups, key=lambda group: order.get(group.cell, len(order)))  # stable: the order stays
    shown = [group for group in shown if group.cell in order]
    return DiscoveryView(
        at=run.at,
        papers=run.papers,
        taxonomy_version=run.taxonomy_version,
        outdated=run.taxonomy_version != taxonomy.version,
        groups=tuple(
            GroupView(group, group_rows(session, taxonomy, group, limit=examples) if examples else ())
            for group in shown
        ),
    )
