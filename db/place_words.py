"""What the papers of each cell and topic speak of, as the newest discovery found it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, insert, select
from sqlmodel import Session

from db.tables import DISCOVERY_RUN, PAPER, PLACE_WORDS, chunks


@dataclass(frozen=True)
class WordsOfYear:
    """What the papers of one year speak of; heaviest first."""

    year: int
    papers: int
    words: tuple[str, ...]


@dataclass(frozen=True)
class WordsOfPlace:
    """What the papers of a cell or topic speak of.

    Attributes:
        place: Id of the cell or topic.
        n_papers: Papers that stood there when the words were found.
        words: Words and pairs of words with their c-TF-IDF weight, heaviest first.
        typical: Row ids of its most typical papers, most typical first.
        years: Words year by year, earliest first.
    """

    place: str
    n_papers: int
    words: tuple[tuple[str, float], ...]
    typical: tuple[int, ...]
    years: tuple[WordsOfYear, ...] = ()


def store_place_words(session: Session, run: int, found: Sequence[WordsOfPlace]) -> None:
    """Keep the words of a discovery.

    Args:
        session: A session of `Store.write`.
        run: Id of the discovery, as `db.discovery.store_discovery` gave it.
        found: One a place; typical papers that have gone meanwhile are left out.
    """
    connection = session.connection()
    there: set[int] = set()
    for piece in chunks({paper for each in found for paper in each.typical}):
        there.update(connection.execute(select(PAPER.c.id).where(PAPER.c.id.in_(piece))).scalars())
    rows = [
        {
            "run_id": run,
            "place": each.place,
            "n_papers": each.n_papers,
            "words": [[word, weight] for word, weight in each.words],
            "typical": [paper for paper in each.typical if paper in there],
            "years": [asdict(year) for year in each.years],
        }
        for each in found
    ]
    if rows:
        connection.execute(insert(PLACE_WORDS), rows)


def words_of_place(session: Session, place: str) -> WordsOfPlace | None:
    """Words of a cell or topic by the newest discovery, or None where it has none."""
    newest = select(func.max(DISCOVERY_RUN.c.id)).scalar_subquery()
    columns = PLACE_WORDS.c
    query = select(columns.n_papers, columns.words, columns.typical, columns.years)
    row = session.connection().execute(query.where(columns.run_id == newest, columns.place == place)).first()
    if row is None:
        return None
    n_papers, words, typical, years = row
    return WordsOfPlace(place, n_papers, _pairs(words), tuple(typical), _years(years))


def _pairs(rows: Iterable[Sequence[Any]]) -> tuple[tuple[str, float], ...]:
    return tuple((str(word), float(weight)) for word, weight in rows)


def _years(rows: Iterable[dict[str, Any]]) -> tuple[WordsOfYear, ...]:
    return tuple(WordsOfYear(int(row["year"]), int(row["papers"]), tuple(row["words"])) for row in rows)
