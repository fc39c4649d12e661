"""Papers like a paper: those that share its rarest words, its topics first among equals."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlmodel import Session

from db.search import search_any
from landscape.columns import PaperColumns
from landscape.papers import rows_at
from landscape.types import PaperDetail, PaperRow
from taxonomy.models import Taxonomy

CANDIDATES = 60
ABSTRACT_WORDS = 8  # rarest words of the abstract that join those of the title
SAME_TOPIC, SAME_CELL = 0.25, 0.1  # added to a match of 1: a shared place decides among near equals
_WORD = re.compile(r"[a-z][a-z0-9-]{3,}")
# On most papers of the store; they only cost time. Shorter words are never asked for.
_EVERYWHERE = frozenset(
    """
    ability about achieve across additionally aims also although among analysis approach approaches based
    been being benchmark better between both capabilities challenges code compared context data dataset
    datasets demonstrate different each effective effectiveness efficient even evaluate evaluation
    existing experiment experiments extensive first framework from furthermore generate generated
    generation have however human important improve improved improvement improvements improves including
    information input into introduce issue knowledge language languages large largely learning leading
    limited llms many method methods model modeling models more most multiple natural neural novel only
    order other over paper performance performances points potential present pre-trained pretrained
    problem process propose proposed provide quality research results same series show shown shows
    significant significantly some specific state-of-the-art still strong studies study such system
    systems task tasks than that their them then there these they this those three through time towards
    train trained training transformer understanding used using various well were what when where which
    while will with without work works
    """.split()  # noqa: SIM905 -- a page of words, not of quotes
)


def similar_papers(
    session: Session, taxonomy: Taxonomy, columns: PaperColumns, paper: PaperDetail, *, limit: int = 6
) -> tuple[PaperRow, ...]:
    """Find papers like one.

    Args:
        session: Open session.
        taxonomy: The grid in force.
        columns: All papers.
        paper: The paper.
        limit: How many at most.

    Returns:
        Rows, most alike first, without the paper itself.
    """
    words = telling_words(paper.row.title, paper.abstract or "")
    hits = search_any(session, words, limit=CANDIDATES)
    indexes = columns.places_of(hit.paper_id for hit in hits).tolist()
    fits = {hit.paper_id: hit.rank for hit in hits}
    rows = rows_at(session, taxonomy, columns, indexes)
    by_key = dict(zip(_keys(columns, indexes), rows, strict=False)) if len(rows) == len(indexes) else {}
    best = max(fits.values(), default=1.0) or 1.0
    topics, cells = set(paper.row.topics), set(paper.row.cells)

    def fit(item: tuple[int, PaperRow]) -> float:
        number, row = item
        alike = fits[number] / best
        alike += SAME_TOPIC * bool(topics & set(row.topics)) + SAME_CELL * bool(cells & set(row.cells))
        return -alike

    others = [item for item in by_key.items() if item[1].id != paper.row.id]
    return tuple(row for _, row in sorted(others, key=fit)[:limit])


def telling_words(title: str, abstract: str) -> list[str]:
    """Words that tell a paper from others.

    Args:
        title: Its title.
        abstract: Its abstract, or "".

    Returns:
        Words of the title, and the abstract's words that stand there more than once, none that
        stands on most papers.
    """
    found = list(_words(title))
    counts: dict[str, int] = {}
    for word in _words(abstract):
        counts[word] = counts.get(word, 0) + 1
    often = sorted((word for word, count in counts.items() if count > 1), key=lambda word: -counts[word])
    return list(dict.fromkeys([*found, *often[:ABSTRACT_WORDS]]))


def _words(text: str) -> Iterable[str]:
    return (word for word in _WORD.findall(text.lower()) if word not in _EVERYWHERE)


def _keys(columns: PaperColumns, indexes: list[int]) -> list[int]:
    return [int(columns.paper_id[index]) for index in indexes]
