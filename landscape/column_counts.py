"""Counts, orders and newest papers from the columns of `landscape.columns`. Pure arithmetic.

Everything here says what `landscape.grid` and `landscape.reading` say of the same papers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from foundation.clock import utc_now
from landscape.columns import (
    MODEL_CODE,
    NO_DAY,
    NOT_RELEVANT_CODE,
    UNSURE_CODE,
    PaperColumns,
)
from landscape.grid import GROWTH_LEAST_PAPERS, year_earlier
from landscape.types import EVERYTHING, GridCell, LandscapeFilter, LandscapeSnapshot, TopicCount
from taxonomy.models import Taxonomy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from landscape.columns import Integers, Mask

ColumnSort = Literal["score", "date", "title", "citations"]
NEWEST_SHOWN = 3


@dataclass(frozen=True)
class _Tallies:
    """Counts by code: all, of the last 12 months, of the 12 before."""

    n_papers: Integers
    n_last: Integers
    n_before: Integers

    def growth(self, code: int) -> float | None:
        last, before = int(self.n_last[code]), int(self.n_before[code])
        return None if min(last, before) < GROWTH_LEAST_PAPERS else last / before


def count_columns(
    columns: PaperColumns,
    taxonomy: Taxonomy,
    mask: Mask,
    *,
    filter: LandscapeFilter = EVERYTHING,  # noqa: A002
    now: datetime | None = None,
) -> LandscapeSnapshot:
    """Count the landscape of some papers.

    Args:
        columns: All papers.
        taxonomy: The grid that the columns were read for.
        mask: Which papers count, shape `(n_papers,)`.
        filter: Said of the snapshot: what made the mask.
        now: The present moment.

    Returns:
        What `landscape.grid.take_snapshot` says under the same filter.
    """
    import numpy as np

    moment = columns.as_of or now or utc_now()
    last, before = _growth_years(columns, moment)
    placed = mask & (columns.cell >= 0)
    labelled = mask & (columns.assignment > 0)
    n_cells, n_topics = len(columns.cell_ids), len(columns.topic_ids)
    cells = _tallies(columns.cell[placed], n_cells, last[placed], before[placed])
    bearers = columns.borne[mask[columns.borne[:, 0]]]
    topics = _tallies(bearers[:, 1], n_topics, last[bearers[:, 0]], before[bearers[:, 0]])
    further = columns.further[mask[columns.further[:, 0]]]
    n_further = np.bincount(further[:, 1], minlength=n_cells)
    topic_cell = _cell_of_topics(columns)
    with_topic = np.zeros(len(columns), dtype=bool)
    own = columns.cell[bearers[:, 0]] == topic_cell[bearers[:, 1]]
    with_topic[bearers[own, 0]] = True
    n_with_topic = np.bincount(columns.cell[placed & with_topic], minlength=n_cells)
    relevant = int(placed.sum())
    topic_code = {name: code for code, name in enumerate(columns.topic_ids)}

    def share(count: int) -> float:
        return count / relevant if relevant else 0.0

    found = []
    for code, cell in enumerate(columns.cell_ids):
        pipeline, _, component = cell.partition("/")
        count = int(cells.n_papers[code])
        found.append(
            GridCell(
                id=cell,
                pipeline=pipeline,
                component=component,
                n_papers=count,
                n_any=count + int(n_further[code]),
                n_without_topic=count - int(n_with_topic[code]),
                share=share(count),
                growth=cells.growth(code),
                topics=tuple(
                    TopicCount(
                        id=topic.id,
                        label=topic.label,
                        n_papers=int(topics.n_papers[topic_code[topic.id]]),
                        share=share(int(topics.n_papers[topic_code[topic.id]])),
                        growth=topics.growth(topic_code[topic.id]),
                    )
                    for topic in taxonomy.topics_by_cell[cell]
                ),
            )
        )
    return LandscapeSnapshot(
        as_of=moment,
        taxonomy_version=taxonomy.version,
        title=taxonomy.title,
        classifier=columns.classifier,
        papers=int(mask.sum()),
        classified=int(labelled.sum()),
        relevant=relevant,
        unsure=int((labelled & (columns.verdict == UNSURE_CODE)).sum()),
        not_relevant=int((labelled & (columns.verdict == NOT_RELEVANT_CODE)).sum()),
        by_source=_by_source(columns, mask),
        by_year=_by_year(columns, mask),
        cells=tuple(found),
        filter=filter,
    )


def members(
    columns: PaperColumns,
    mask: Mask,
    *,
    cell: str | None = None,
    topic: str | None = None,
    without_topic: bool = False,
) -> Integers:
    """Papers of a cell (by primary cell) or a topic.

    Args:
        columns: All papers.
        mask: Which papers count.
        cell: Cell id, or None.
        topic: Topic id in force, or None.
        without_topic: Of a cell, only papers that bear none of its topics.

    Returns:
        Indexes, rising; all that count where neither is given.
    """
    import numpy as np

    kept = mask.copy()
    if cell is not None:
        kept &= columns.cell == _code(columns.cell_ids, cell)
        if without_topic:
            code = _code(columns.cell_ids, cell)
            own = _cell_of_topics(columns)[columns.borne[:, 1]] == code
            kept[columns.borne[own, 0]] = False
    if topic is not None:
        bears = np.zeros(len(columns), dtype=bool)
        bears[columns.borne[columns.borne[:, 1] == _code(columns.topic_ids, topic), 0]] = True
        kept &= bears
    return np.flatnonzero(kept)


def ordered(
    columns: PaperColumns,
    papers: Integers,
    sort: ColumnSort,
    *,
    topic: str | None = None,
    title_rank: Integers | None = None,
) -> Integers:
    """Papers in the order of a list, as `landscape.reading.list_papers` puts them.

    Args:
        columns: All papers.
        papers: Indexes.
        sort: By confidence (people and library first), date, title or citations.
        topic: Topic id, whose own scores then decide; None for all.
        title_rank: Rank by alphabet, shape `(n_papers,)`; needed for `title`.

    Returns:
        The same indexes, first paper first.
    """
    import numpy as np

    day, year = columns.day[papers], columns.year[papers]
    newest: list[NDArray[np.float64] | Integers] = [papers, -year, -day, day == NO_DAY]  # least first
    if sort == "title" and title_rank is not None:
        return papers[np.lexsort([papers, title_rank[papers]])]
    if sort == "date":
        return papers[np.lexsort(newest)]
    if sort == "citations":
        return papers[np.lexsort([*newest, -columns.citations[papers]])]
    method = columns.method[papers]
    authority = np.where(method == MODEL_CODE, 1, np.where(method == 0, 2, 0))
    score = columns.score[papers]
    keys = [*newest, -np.nan_to_num(score, nan=0.0), np.isnan(score)]
    if topic is not None:
        best, place = np.zeros(len(columns)), np.zeros(len(columns), dtype=np.int64)
        rows = columns.borne[:, 1] == _code(columns.topic_ids, topic)
        best[columns.borne[rows, 0]] = columns.borne_score[rows]
        place[columns.borne[rows, 0]] = columns.borne_position[rows]
        keys += [place[papers], -best[papers]]
    return papers[np.lexsort([*keys, authority])]


def newest_by_place(
    columns: PaperColumns, mask: Mask, limit: int = NEWEST_SHOWN
) -> dict[str, tuple[int, ...]]:
    """Newest papers of every cell and topic.

    Args:
        columns: All papers.
        mask: Which papers count.
        limit: How many of each.

    Returns:
        Row ids by cell and topic id, newest first; papers without a day come last.
    """
    import numpy as np

    counted = np.flatnonzero(mask & (columns.cell >= 0))
    order = ordered(columns, counted, "date")
    rank = np.full(len(columns), len(columns), dtype=np.int64)
    rank[order] = np.arange(len(order))
    found: dict[str, tuple[int, ...]] = {}
    bearers = columns.borne[mask[columns.borne[:, 0]]]
    for names, papers, codes in (
        (columns.cell_ids, counted, columns.cell[counted]),
        (columns.topic_ids, bearers[:, 0], bearers[:, 1]),
    ):
        by_rank = np.lexsort([rank[papers], codes])
        starts = np.searchsorted(codes[by_rank], np.arange(len(names) + 1))
        for code, name in enumerate(names):
            chosen = papers[by_rank[starts[code] : min(starts[code] + limit, starts[code + 1])]]
            found[name] = tuple(columns.paper_id[chosen].tolist())
    return found


def shared_topics(columns: PaperColumns, mask: Mask, place: str, limit: int) -> tuple[tuple[str, int], ...]:
    """Topics that papers of a cell or topic bear beside it: its neighbours in the literature.

    Args:
        columns: All papers.
        mask: Which papers count.
        place: Cell or topic id.
        limit: How many at most.

    Returns:
        Topic ids with the number of shared papers, most first. Of a cell's own topics none is named.
    """
    import numpy as np

    is_topic = place in columns.topic_ids
    inside = members(columns, mask, topic=place) if is_topic else members(columns, mask, cell=place)
    here = np.zeros(len(columns), dtype=bool)
    here[inside] = True
    counts = np.bincount(columns.borne[here[columns.borne[:, 0]], 1], minlength=len(columns.topic_ids))
    named = [
        (name, int(counts[code]))
        for code, name in enumerate(columns.topic_ids)
        if counts[code] and name != place and (is_topic or name.rpartition("/")[0] != place)
    ]
    return tuple(sorted(named, key=lambda pair: (-pair[1], pair[0]))[:limit])


def _code(names: Sequence[str], name: str) -> int:
    return names.index(name) if name in names else -2  # -1 means "none": no paper must match


def _cell_of_topics(columns: PaperColumns) -> Integers:
    import numpy as np

    codes = {name: code for code, name in enumerate(columns.cell_ids)}
    return np.array([codes[topic.rpartition("/")[0]] for topic in columns.topic_ids], dtype=np.int64)


def _tallies(codes: Integers, n_codes: int, last: Mask, before: Mask) -> _Tallies:
    import numpy as np

    return _Tallies(
        np.bincount(codes, minlength=n_codes),
        np.bincount(codes[last], minlength=n_codes),
        np.bincount(codes[before], minlength=n_codes),
    )


def _growth_years(columns: PaperColumns, moment: datetime) -> tuple[Mask, Mask]:
    """Papers of the last 12 months and of the 12 before, of sources that were harvested in both."""
    import numpy as np

    today = moment.date()
    last_from = year_earlier(today)
    before_from = year_earlier(last_from)
    day = columns.day
    last = (day > last_from.toordinal()) & (day <= today.toordinal())
    before = (day > before_from.toordinal()) & (day <= last_from.toordinal())
    n_sources = len(columns.sources)
    least = np.minimum(
        np.bincount(columns.source[last], minlength=n_sources),
        np.bincount(columns.source[before], minlength=n_sources),
    )
    comparable = (least >= GROWTH_LEAST_PAPERS)[columns.source] if n_sources else np.zeros(0, dtype=bool)
    return last & comparable, before & comparable


def _by_source(columns: PaperColumns, mask: Mask) -> tuple[tuple[str, int], ...]:
    import numpy as np

    counts = np.bincount(columns.source[mask], minlength=len(columns.sources))
    named = [(name, int(counts[code])) for code, name in enumerate(columns.sources) if counts[code]]
    return tuple(sorted(named, key=lambda item: (-item[1], item[0])))


def _by_year(columns: PaperColumns, mask: Mask) -> tuple[tuple[int | None, int], ...]:
    import numpy as np

    years, counts = np.unique(columns.year[mask], return_counts=True)
    named = [(int(year) or None, int(count)) for year, count in zip(years, counts, strict=True)]
    return tuple(sorted(named, key=lambda item: (item[0] is None, item[0] or 0)))
