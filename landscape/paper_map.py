"""The map: where papers stand by likeness of their texts, which of them are drawn, and what lies where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlmodel import Session

from db.discovery import StoredSubTopic, sub_topic_papers, sub_topics
from db.tables import PAPER, chunks
from db.vectors import load_map

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from landscape.columns import Integers, Mask, PaperColumns

MOST_DRAWN = 20_000  # points that a browser still moves smoothly
TITLE_CHARACTERS = 90
MOST_AREAS = 24
# Names nearer to each other than this share of the map's width would lie over each other.
AREAS_APART = (0.11, 0.045)
CORE_SHARE = 0.6  # of a group's papers that must lie within its middle, or it is no area
CORE_RADIUS = 0.08  # of the map's width


@dataclass(frozen=True)
class PaperMap:
    """Papers of the landscape that have a place. Arrays are of shape `(n_papers,)`.

    Attributes:
        index: Where each stands in the columns.
        x: Coordinate without unit.
        y: Coordinate without unit.
        row: Position of its row of the grid.
    """

    index: Integers
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    row: Integers

    def __len__(self) -> int:
        return len(self.index)


@dataclass(frozen=True)
class Area:
    """A group of like papers that lies together on the map.

    Attributes:
        group: Its row id.
        name: Its first phrase.
        x: Middle.
        y: Middle.
        n_papers: Papers of the group.
    """

    group: int
    name: str
    x: float
    y: float
    n_papers: int


def load_paper_map(session: Session, columns: PaperColumns) -> PaperMap:
    """Read the places of papers that stand on the landscape.

    Args:
        session: Open session.
        columns: All papers.

    Returns:
        The map; empty where none was laid out yet. Papers off the subject are not on it.
    """
    import numpy as np

    places = {place.paper_id: place for place in load_map(session)}
    pipelines = list(dict.fromkeys(cell.partition("/")[0] for cell in columns.cell_ids))
    row_of_cell = np.array(
        [pipelines.index(cell.partition("/")[0]) for cell in columns.cell_ids], dtype=np.int64
    )
    on_grid = (columns.cell >= 0) & (columns.cell < len(columns.cell_ids))
    index = np.array(
        [each for each in np.flatnonzero(on_grid).tolist() if int(columns.paper_id[each]) in places],
        dtype=np.int64,
    )
    found = [places[int(columns.paper_id[each])] for each in index]
    return PaperMap(
        index=index,
        x=np.array([place.x for place in found], dtype=float),
        y=np.array([place.y for place in found], dtype=float),
        row=row_of_cell[columns.cell[index]] if len(index) else np.empty(0, dtype=np.int64),
    )


def drawn(found: PaperMap, mask: Mask, limit: int = MOST_DRAWN) -> tuple[Integers, Integers]:
    """Which papers are drawn: those that pass a filter, the others behind them as room allows.

    Args:
        found: The map.
        mask: Which papers of the columns pass.
        limit: Points at most.

    Returns:
        Positions on the map of what passes and of what lies behind; where there are too many, an even
        sample that is the same each time.
    """
    import numpy as np

    passing = mask[found.index]
    front, behind = np.flatnonzero(passing), np.flatnonzero(~passing)
    front = _thinned(front, limit)
    return front, _thinned(behind, limit - len(front))


def _thinned(positions: Integers, limit: int) -> Integers:
    import numpy as np

    if len(positions) <= limit:
        return positions
    if limit <= 0:
        return positions[:0]
    return positions[np.linspace(0, len(positions) - 1, limit).astype(np.int64)]


def inside(found: PaperMap, outline: Sequence[tuple[float, float]]) -> NDArray[np.bool_]:
    """Which papers lie inside an outline that a reader drew.

    Args:
        found: The map.
        outline: Corners in order, three at least; the last is joined to the first.

    Returns:
        Booleans, shape `(n_papers,)`, by the even-odd rule.
    """
    import numpy as np

    within = np.zeros(len(found), dtype=bool)
    corners = list(outline)
    for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if y1 == y2:
            continue
        crosses = (found.y < y1) != (found.y < y2)
        within ^= crosses & (found.x < (x2 - x1) * (found.y - y1) / (y2 - y1) + x1)
    return within


def members_of(session: Session, columns: PaperColumns, found: PaperMap, group: int) -> Integers:
    """Positions on the map of a group's papers, most typical first; none for an unknown group."""
    import numpy as np

    places = columns.places_of(sub_topic_papers(session, group))
    if not len(found) or not len(places):
        return np.empty(0, dtype=np.int64)
    position = np.minimum(np.searchsorted(found.index, places), len(found) - 1)  # indexes rise
    own: Integers = position[found.index[position] == places]
    return own


def areas(session: Session, columns: PaperColumns, found: PaperMap) -> tuple[Area, ...]:
    """Groups of like papers that lie together, the largest first, none over another.

    Args:
        session: Open session.
        columns: All papers.
        found: The map.

    Returns:
        At most `MOST_AREAS`; none before the first discovery.
    """
    import numpy as np

    if not len(found):
        return ()
    width = max(float(np.ptp(found.x)), 1e-9)
    height = max(float(np.ptp(found.y)), 1e-9)
    kept: list[Area] = []
    names: set[str] = set()
    for group in sorted(sub_topics(session), key=lambda group: (-group.n_papers, group.id)):
        if len(kept) == MOST_AREAS:
            break
        name = area_name(group)
        if group.phrases[:1] and group.phrases[0][0] in names:
            continue  # the same subject in another cell
        own = members_of(session, columns, found, group.id)
        if len(own) < 3:
            continue
        x, y = float(np.median(found.x[own])), float(np.median(found.y[own]))
        near = np.hypot(found.x[own] - x, found.y[own] - y) <= CORE_RADIUS * max(width, height)
        if near.mean() < CORE_SHARE:
            continue
        if any(
            abs(other.x - x) / width < AREAS_APART[0] and abs(other.y - y) / height < AREAS_APART[1]
            for other in kept
        ):
            continue
        names.update(phrase for phrase, _ in group.phrases[:2])
        kept.append(Area(group.id, name, x, y, group.n_papers))
    return tuple(kept)


def area_name(group: StoredSubTopic) -> str:
    """The first two phrases of a group, or one where it is long."""
    phrases = [phrase for phrase, _ in group.phrases[:2]]
    both = ", ".join(phrases)
    return both if len(both) <= 32 or not phrases else phrases[0]


def titles_of(session: Session, columns: PaperColumns, indexes: Sequence[int]) -> Mapping[int, str]:
    """Titles, cut to what a hint can show, by index into the columns."""
    titles: dict[int, str] = {}
    place_of = {int(columns.paper_id[index]): index for index in indexes}
    for piece in chunks(place_of):
        query = select(PAPER.c.id, PAPER.c.title).where(PAPER.c.id.in_(piece))
        for paper, title in session.connection().execute(query):
            short = title if len(title) <= TITLE_CHARACTERS else f"{title[: TITLE_CHARACTERS - 1].rstrip()}…"
            titles[place_of[paper]] = short
    return titles
