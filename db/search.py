"""Keyword search over title, abstract and authors: any input is words, none is syntax.

A paper matches when it holds every word, in any order; words joined by a sign (`pre-training`,
`cs.CL`, `title:foo`) must stand side by side. Case, diacritics and word endings (Porter's stemmer)
do not matter. SQLite's FTS5 and PostgreSQL's tsvector are fed so that both find the same papers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, literal_column, select, text
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session

from db.models import Paper

WORDS_LIMIT = 64  # more than anyone means; a pasted megabyte costs no more than this
_QUERY_LIMIT_CHARACTERS = 10_000
_WORD = re.compile(r"[^\W_]+")  # runs of letters and digits, what both indexes call a word

# A word of the title says most about a paper, then its authors' names. The order of the index's
# columns is title, abstract, authors.
_BM25 = "bm25(paper_fts, 10.0, 1.0, 5.0)"


@dataclass(frozen=True)
class SearchHit:
    """A paper that was found.

    Attributes:
        paper_id: Row id of the paper.
        rank: How well it fits, higher is better; comparable within one search alone.
    """

    paper_id: int
    rank: float


def query_phrases(query: str) -> list[list[str]]:
    """What a query asks for.

    Args:
        query: Anything a person can type or paste.

    Returns:
        Phrases, each a list of words that must stand side by side; a single word mostly. Empty
        when the query holds no letter or digit.
    """
    folded = unicodedata.normalize("NFKD", query[:_QUERY_LIMIT_CHARACTERS]).casefold()
    bare = "".join(character for character in folded if not unicodedata.combining(character))
    phrases: list[list[str]] = []
    left = WORDS_LIMIT
    for piece in bare.split():
        words = _WORD.findall(piece)[:left]
        left -= len(words)
        if words and words not in phrases:
            phrases.append(words)
    return phrases


def matching_paper_ids(session: Session, words: str) -> Select[Any]:
    """The papers that match, as a subquery: `where(Paper.id.in_(matching_paper_ids(...)))`.

    Args:
        session: Tells which database is asked.
        words: The query.

    Returns:
        A select of one column `paper_id`; of no rows when the query holds no word.
    """
    phrases = query_phrases(words)
    if not phrases:
        return select(_paper_id()).where(text("1 = 0"))
    if _on_sqlite(session):
        return (
            select(literal_column("paper_fts.rowid", _integer()).label("paper_id"))
            .select_from(text("paper_fts"))
            .where(text("paper_fts MATCH :fts_query").bindparams(fts_query=_fts5(phrases)))
        )
    return select(_paper_id()).where(_vector().op("@@", is_comparison=True)(_tsquery(phrases)))


def search_papers(session: Session, query: str, *, limit: int = 50, offset: int = 0) -> list[SearchHit]:
    """Search, best first.

    Args:
        session: A session.
        query: What a person typed; nothing in it can raise or change the query.
        limit: At most so many hits.
        offset: Skip so many.

    Returns:
        Hits by falling rank, newest row first among equals; empty when the query holds no word.
    """
    phrases = query_phrases(query)
    if not phrases:
        return []
    if _on_sqlite(session):
        rows = session.connection().execute(
            text(
                f"SELECT rowid, -{_BM25} AS fit FROM paper_fts WHERE paper_fts MATCH :fts_query "  # noqa: S608  (constants)
                "ORDER BY fit DESC, rowid DESC LIMIT :limit OFFSET :offset"
            ),
            {"fts_query": _fts5(phrases), "limit": limit, "offset": offset},
        )
    else:
        asked = _tsquery(phrases)
        fit = func.ts_rank(_vector(), asked).label("fit")
        rows = session.connection().execute(
            select(_paper_id(), fit)
            .where(_vector().op("@@", is_comparison=True)(asked))
            .order_by(fit.desc(), literal_column("paper_id").desc())
            .limit(limit)
            .offset(offset)
        )
    return [SearchHit(int(paper_id), float(fit)) for paper_id, fit in rows]


def search_any(session: Session, words: Sequence[str], *, limit: int = 50) -> list[SearchHit]:
    """Papers that hold any of some words, those that hold most and rarest first.

    Args:
        session: A session.
        words: Words; anything in them but letters and digits is passed over.
        limit: At most so many hits.

    Returns:
        Hits by falling rank, newest row first among equals.
    """
    phrases = query_phrases(" ".join(words))
    if not phrases:
        return []
    if _on_sqlite(session):
        rows = session.connection().execute(
            text(
                f"SELECT rowid, -{_BM25} AS fit FROM paper_fts WHERE paper_fts MATCH :fts_query "  # noqa: S608  (constants)
                "ORDER BY fit DESC, rowid DESC LIMIT :limit"
            ),
            {"fts_query": _fts5(phrases, " OR "), "limit": limit},
        )
    else:
        asked = _tsquery(phrases, "||")
        fit = func.ts_rank(_vector(), asked).label("fit")
        rows = session.connection().execute(
            select(_paper_id(), fit)
            .where(_vector().op("@@", is_comparison=True)(asked))
            .order_by(fit.desc(), literal_column("paper_id").desc())
            .limit(limit)
        )
    return [SearchHit(int(paper_id), float(fit)) for paper_id, fit in rows]


def _on_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _fts5(phrases: list[list[str]], joined_by: str = " ") -> str:
    """Phrases in FTS5's syntax; quoted, and without a quote in any word."""
    return joined_by.join('"' + " ".join(words) + '"' for words in phrases)


def _tsquery(phrases: list[list[str]], joined_by: str = "&&") -> ColumnElement[Any]:
    asked: ColumnElement[Any] | None = None
    for words in phrases:
        phrase = func.phraseto_tsquery(literal_column("'landscape'::regconfig"), " ".join(words))
        asked = phrase if asked is None else asked.op(joined_by)(phrase)
    if asked is None:
        raise ValueError("no words")
    return asked


def _vector() -> ColumnElement[Any]:
    columns = Paper.__table__.c  # type: ignore[attr-defined]
    return func.landscape_search(columns.title, columns.abstract, columns.authors_text)


def _paper_id() -> ColumnElement[int]:
    column: ColumnElement[int] = Paper.__table__.c.id  # type: ignore[attr-defined]
    return column.label("paper_id")


def _integer() -> Any:
    from sqlalchemy import Integer

    return Integer()
