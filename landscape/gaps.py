"""Thin and empty cells: is the field thin there, or does the harvest not look there?

The curated library is a probe: its papers were chosen by hand for every cell, whatever sources are
harvested. Where a harvest meets the library's papers of a cell as often as those of other cells, a
thin cell is thin in the field; where it meets clearly fewer of them, the harvest is blind there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from statistics import median
from typing import Literal

from sqlalchemy import func, select
from sqlmodel import Session

from db.tables import LABEL, LABEL_CELL, PAPER, SOURCE_RECORD
from landscape.placements import load_placements
from landscape.significance import wilson_interval
from papers.merging import LIBRARY_SOURCE
from taxonomy.models import Taxonomy

THIN_SHARE = 0.25  # of the median cell
LEAST_PROBES = 5  # library papers of a cell, below which nothing can be told from them
BLIND_RATIO = 0.5  # a cell is unseen where less than half the usual share of its known papers was met
SHOWN_VENUES = 3

GapKind = Literal["empty", "thin", "blind", "unknown"]


@dataclass(frozen=True)
class CellGap:
    """A cell with few papers, or one that the harvest hardly sees.

    Attributes:
        cell: Cell id.
        label: As shown.
        kind: empty or thin: few papers, though the harvest looks there; blind: the harvest misses
            the cell's known papers; unknown: few papers, and too few known ones to tell why.
        n_harvested: Papers of the cell that a harvest or import brought.
        n_usual: Papers of the median cell.
        n_known: Papers of the library with this primary cell.
        n_met: Of these, met by a harvest or import.
        low: Lower bound of the share met (Wilson, 95 %).
        high: Upper bound.
        venues: Venues and years of known papers that were not met, most first.
    """

    cell: str
    label: str
    kind: GapKind
    n_harvested: int
    n_usual: float
    n_known: int
    n_met: int
    low: float
    high: float
    venues: tuple[tuple[str, int], ...]

    def line(self) -> str:
        """One line for people."""
        few = f"{self.n_harvested} papers, the median cell has {self.n_usual:g}"
        met = f"{self.n_met} of {self.n_known} known papers met"
        if self.kind == "blind":
            where = ", ".join(f"{venue} ({count})" for venue, count in self.venues)
            return f"{self.label}: blind spot of the harvest: {met}; not met at {where}"
        if self.kind == "unknown":
            return f"{self.label}: {few}; too few known papers to tell why"
        word = "empty" if self.kind == "empty" else "thin in what was harvested"
        return f"{self.label}: {word}: {few}; no blind spot ({met})"


def take_gaps(session: Session, taxonomy: Taxonomy) -> tuple[CellGap, ...]:
    """Find thin, empty and unseen cells.

    Args:
        session: Open session.
        taxonomy: The grid in force.

    Returns:
        Gaps, row by row; none where nothing was harvested beside the library.
    """
    harvested = _harvested_papers(session)
    placements = load_placements(session, taxonomy)
    counts = Counter(each.cells[0] for key, each in placements.items() if each.relevant and key in harvested)
    if not counts:
        return ()
    known = _library_cells(session)
    met: Counter[str] = Counter()
    probes: Counter[str] = Counter()
    unseen: dict[str, Counter[str]] = defaultdict(Counter)
    for key, cell in known.items():
        if key not in placements:
            continue
        probes[cell] += 1
        if key in harvested:
            met[cell] += 1
        else:
            unseen[cell][placements[key].venue or "no venue"] += 1
    usual = median(counts[cell] for cell in taxonomy.cells)
    overall = sum(met.values()) / sum(probes.values()) if probes else 0.0
    gaps = []
    for cell in taxonomy.cells:
        low, high = wilson_interval(met[cell], probes[cell])
        tellable = probes[cell] >= LEAST_PROBES
        few = counts[cell] < THIN_SHARE * usual or not counts[cell]
        kind: GapKind | None = None
        if tellable and high < overall and met[cell] < BLIND_RATIO * overall * probes[cell]:
            kind = "blind"
        elif few and not tellable:
            kind = "unknown"
        elif few:
            kind = "thin" if counts[cell] else "empty"
        if kind is not None:
            gaps.append(
                CellGap(
                    cell=cell,
                    label=taxonomy.cell_label(cell),
                    kind=kind,
                    n_harvested=counts[cell],
                    n_usual=usual,
                    n_known=probes[cell],
                    n_met=met[cell],
                    low=low,
                    high=high,
                    venues=tuple(unseen[cell].most_common(SHOWN_VENUES)),
                )
            )
    return tuple(gaps)


def _harvested_papers(session: Session) -> set[int]:
    """Papers that some source beside the library told of."""
    record = SOURCE_RECORD.c
    return set(
        session.execute(
            select(record.paper_id)
            .distinct()
            .where(record.source != LIBRARY_SOURCE, record.deleted.is_(False))
        ).scalars()
    )


def _library_cells(session: Session) -> dict[int, str]:
    """Primary cell that the library gives, by paper; its newest word where it gave several."""
    newest = select(func.max(LABEL.c.id)).where(LABEL.c.method == "library").group_by(LABEL.c.paper_id)
    statement = (
        select(LABEL.c.paper_id, LABEL_CELL.c.cell)
        .join(LABEL_CELL, LABEL_CELL.c.assignment_id == LABEL.c.id)
        .join(PAPER, PAPER.c.id == LABEL.c.paper_id)
        .where(LABEL.c.id.in_(newest), LABEL_CELL.c.position == 0)
    )
    return dict(session.execute(statement).all())
