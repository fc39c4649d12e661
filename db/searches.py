"""Saved searches, and the papers that each has found: every one is news once.

A paper is known by all its ids, so that one that is joined with another, or renamed, is not found again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, insert, select, update
from sqlmodel import Session

from db.tables import EXTERNAL_ID, PAPER, SAVED_SEARCH, SEEN_PAPER, chunks
from foundation.errors import RefusedInputError
from papers.text import clean_text

LONGEST_NAME: Final = 100


@dataclass(frozen=True)
class SearchRow:
    """A saved search.

    Attributes:
        id: Its number.
        name: As its owner calls it; no two alike.
        criteria: What is looked for, as plain data (`landscape.saved_search` gives it meaning).
        created_at: When it was saved.
    """

    id: int
    name: str
    criteria: dict[str, Any]
    created_at: datetime


def save_search(session: Session, name: str, criteria: Mapping[str, Any], *, at: datetime) -> SearchRow:
    """Keep a search.

    Args:
        session: A session of `Store.write`.
        name: One line; no two alike.
        criteria: What is looked for.
        at: The present moment.

    Returns:
        The search.

    Raises:
        RefusedInputError: The name is empty, too long, or taken.
    """
    name = clean_text(name)
    if not name or len(name) > LONGEST_NAME:
        raise RefusedInputError("a search needs a name", hint=f"At most {LONGEST_NAME} characters")
    connection = session.connection()
    if find_search(session, name) is not None:
        raise RefusedInputError("a search of that name is saved already", hint="Choose another", name=name)
    statement = insert(SAVED_SEARCH).returning(SAVED_SEARCH.c.id)
    number = connection.execute(statement, {"name": name, "criteria": dict(criteria), "created_at": at})
    return SearchRow(int(number.scalar_one()), name, dict(criteria), at)


def list_searches(session: Session) -> list[SearchRow]:
    """Saved searches, by name."""
    rows = session.connection().execute(select(SAVED_SEARCH).order_by(SAVED_SEARCH.c.name))
    return [SearchRow(row.id, row.name, row.criteria, row.created_at) for row in rows]


def find_search(session: Session, name: str) -> SearchRow | None:
    """The search of that name, or None."""
    return next((row for row in list_searches(session) if row.name == clean_text(name)), None)


def delete_search(session: Session, name: str) -> bool:
    """Forget a search and what it has found.

    Args:
        session: A session of `Store.write`.
        name: Its name.

    Returns:
        Whether there was one.
    """
    found = find_search(session, name)
    if found is None:
        return False
    session.connection().execute(delete(SEEN_PAPER).where(SEEN_PAPER.c.search_id == found.id))
    session.connection().execute(delete(SAVED_SEARCH).where(SAVED_SEARCH.c.id == found.id))
    return True


def mark_found(session: Session, search_id: int, papers: Sequence[int], *, at: datetime | None) -> list[int]:
    """Note what a search finds now; say what of it was never found before.

    Args:
        session: A session of `Store.write`.
        search_id: The search.
        papers: Row ids of all papers that match.
        at: The present moment; None where the search is new, and nothing of it is news.

    Returns:
        Row ids of papers that no former call noted under any of their ids, in the order given.
    """
    connection = session.connection()
    keys = _keys(session, papers)
    seen: set[str] = set()
    for piece in chunks({key for group in keys.values() for key in group}):
        seen.update(
            connection.execute(
                select(SEEN_PAPER.c.paper_key).where(
                    SEEN_PAPER.c.search_id == search_id, SEEN_PAPER.c.paper_key.in_(piece)
                )
            ).scalars()
        )
    news: list[int] = []
    rows: dict[str, dict[str, Any]] = {}
    for paper in papers:
        fresh = [key for key in keys[paper] if key not in seen]
        is_news = len(fresh) == len(keys[paper])
        if is_news:
            news.append(paper)
        seen.update(fresh)
        for position, key in enumerate(fresh):  # a new name of a known paper is noted, and is no news
            rows[key] = {
                "search_id": search_id, "paper_key": key, "is_main": is_news and position == 0,
                "found_at": at if is_news else None, "shown_at": None,
            }  # fmt: skip
    if rows:
        connection.execute(insert(SEEN_PAPER), list(rows.values()))
    return [] if at is None else news


def found_papers(
    session: Session,
    search_id: int,
    *,
    after: datetime | None = None,
    until: datetime | None = None,
    unshown_only: bool = False,
    limit: int | None = None,
) -> list[tuple[int, datetime]]:
    """Papers that were news to a search, newest first.

    Args:
        session: A session.
        search_id: The search.
        after: Found after this moment; None for all.
        until: Found up to this moment, inclusive.
        unshown_only: Only what is still new to the reader.
        limit: At most so many.

    Returns:
        Row ids of papers with the moment each was found; a paper that two of its former selves found
        stands once, with the earlier moment.
    """
    columns = SEEN_PAPER.c
    query = select(columns.paper_key, columns.found_at).where(
        columns.search_id == search_id, columns.is_main, columns.found_at.is_not(None)
    )
    if after is not None:
        query = query.where(columns.found_at > after)
    if until is not None:
        query = query.where(columns.found_at <= until)
    if unshown_only:
        query = query.where(columns.shown_at.is_(None))
    rows = session.connection().execute(query.order_by(columns.found_at, columns.paper_key)).all()
    papers = _papers(session, [key for key, _ in rows])
    found: dict[int, datetime] = {}
    for key, at in rows:
        if key in papers:
            found.setdefault(papers[key], at)
    newest = sorted(found.items(), key=lambda item: (item[1], item[0]), reverse=True)
    return newest if limit is None else newest[:limit]


def mark_shown(session: Session, search_id: int, *, at: datetime) -> int:
    """Note that the reader has seen all that a search found: it is new to them no more.

    Args:
        session: A session of `Store.write`.
        search_id: The search.
        at: The present moment.

    Returns:
        How many papers were new.
    """
    columns = SEEN_PAPER.c
    done = session.connection().execute(
        update(SEEN_PAPER)
        .where(
            columns.search_id == search_id,
            columns.is_main,
            columns.found_at.is_not(None),
            columns.shown_at.is_(None),
        )
        .values(shown_at=at)
    )
    return int(done.rowcount)


def _keys(session: Session, papers: Iterable[int]) -> dict[int, list[str]]:
    """Every id of each paper, the one that it goes by first."""
    connection = session.connection()
    keys: dict[int, list[str]] = defaultdict(list)
    for piece in chunks(papers):
        for paper, key in connection.execute(select(PAPER.c.id, PAPER.c.key).where(PAPER.c.id.in_(piece))):
            keys[paper].append(key)
        named = select(EXTERNAL_ID.c.paper_id, EXTERNAL_ID.c.scheme, EXTERNAL_ID.c.value).where(
            EXTERNAL_ID.c.paper_id.in_(piece)
        )
        for paper, scheme, value in connection.execute(named.order_by(EXTERNAL_ID.c.id)):
            if (key := f"{scheme}:{value}") not in keys[paper]:
                keys[paper].append(key)
    return keys


def _papers(session: Session, keys: Sequence[str]) -> dict[str, int]:
    """Row id of the paper that bears each id now."""
    from db.papers import find_paper_ids

    return find_paper_ids(session, keys)
