"""Lists of papers from the columns in memory: any page of any order without sorting in the database."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlmodel import Session

from db.search import search_papers
from landscape.column_counts import ColumnSort, members, ordered
from landscape.columns import METHODS, VERDICTS, PaperColumns
from landscape.reading import paper_rows
from landscape.types import PaperPage, PaperRow
from taxonomy.models import Taxonomy

if TYPE_CHECKING:
    from landscape.columns import Integers, Mask

HITS_RANKED = 5_000  # best matches that stand in order of the match; nobody reads beyond
# A word on more than a fifth of a large store tells its papers apart no better than their dates do, and
# ranking them took half of such a search's time (405 ms at 100,000 papers).
COMMON_PAPERS = 20_000
COMMON_SHARE = 0.2


@dataclass(frozen=True)
class ListQuery:
    """Which papers a list holds, in which order.

    Attributes:
        cell: Only papers whose primary cell it is.
        topic: Only papers that bear it.
        without_topic: Of the cell, only papers that bear none of its topics.
        only: Row ids that alone may stand in it (a reading list, a tag), or None for all.
        sort: Order.
        words: Words whose best matches come first where the order is `score`; empty for none.
    """

    cell: str | None = None
    topic: str | None = None
    without_topic: bool = False
    only: tuple[int, ...] | None = None
    sort: ColumnSort = "score"
    words: str = ""


def list_order(
    session: Session,
    columns: PaperColumns,
    mask: Mask,
    query: ListQuery,
    title_rank: Integers | None = None,
) -> Integers:
    """Every paper of a list, in order.

    Args:
        session: Open session, for the keyword index.
        columns: All papers.
        mask: Which of them pass the filter.
        query: What is listed.
        title_rank: Rank by alphabet, for `title`.

    Returns:
        Indexes of papers; best match first where words are asked for, newest first where these words are
        too common to tell papers apart.
    """
    import numpy as np

    found = members(columns, mask, cell=query.cell, topic=query.topic, without_topic=query.without_topic)
    if query.cell is not None or query.topic is not None:
        found = found[columns.cell[found] >= 0]
    if query.only is not None:
        allowed = np.zeros(len(columns), dtype=bool)
        allowed[columns.places_of(query.only)] = True
        found = found[allowed[found]]
    if query.sort != "score" or not query.words.strip():
        return ordered(columns, found, query.sort, topic=query.topic, title_rank=title_rank)
    if len(found) > max(COMMON_PAPERS, COMMON_SHARE * len(columns)):
        return ordered(columns, found, "date")
    hits = search_papers(session, query.words, limit=HITS_RANKED)
    rank = np.full(len(columns), HITS_RANKED, dtype=np.int64)
    places = columns.places_of(hit.paper_id for hit in hits)
    rank[places] = np.arange(len(places))
    by_date = ordered(columns, found, "date")
    return by_date[np.argsort(rank[by_date], kind="stable")]


def list_page(
    session: Session,
    taxonomy: Taxonomy,
    columns: PaperColumns,
    order: Integers,
    *,
    limit: int | None,
    offset: int = 0,
) -> PaperPage:
    """One page of a list.

    Args:
        session: Open session.
        taxonomy: The grid in force.
        columns: All papers.
        order: Indexes of the whole list, from `list_order`.
        limit: Rows at most; None for all.
        offset: Rows to leave out from the beginning.

    Returns:
        The rows, and how long the list is. Papers that left the store meanwhile are left out.
    """
    chosen = order[offset:] if limit is None else order[offset : offset + limit]
    return PaperPage(rows=rows_at(session, taxonomy, columns, chosen.tolist()), total=len(order))


@dataclass(frozen=True)
class _Found:
    """What `paper_rows` asks of a row."""

    paper_id: int
    assignment_id: int | None
    verdict: str | None
    method: str | None
    score: float | None


def rows_at(
    session: Session, taxonomy: Taxonomy, columns: PaperColumns, indexes: Sequence[int]
) -> tuple[PaperRow, ...]:
    """Papers as lists show them.

    Args:
        session: Open session.
        taxonomy: The grid in force.
        columns: All papers.
        indexes: Where they stand in the columns, in the order wanted.

    Returns:
        One row a paper that the store still holds.
    """
    found = []
    for index in indexes:
        method = METHODS[columns.method[index]]
        score = float(columns.score[index])
        found.append(
            _Found(
                paper_id=int(columns.paper_id[index]),
                assignment_id=int(columns.assignment[index]) or None,
                verdict=VERDICTS[columns.verdict[index]] or None,
                method=method or None,
                score=None if math.isnan(score) else score,
            )
        )
    return paper_rows(session, taxonomy, found)
