"""What readers keep beside papers: tags, notes, reading lists.

A paper is named by one of its ids (`scheme:value`): when two works turn out to be one, or one to be
two, ids go with their records, and what was kept goes with the ids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlmodel import Session

from db.papers import find_paper_ids
from db.tables import EXTERNAL_ID, PAPER, PAPER_NOTE, PAPER_TAG, READING_LIST, READING_LIST_PAPER, chunks
from foundation.errors import RefusedInputError
from papers.text import clean_text

TAG_LIMIT, NAME_LIMIT, NOTE_LIMIT = 60, 120, 5_000  # characters
LIST_PAPERS_LIMIT = 10_000


@dataclass(frozen=True)
class Note:
    """A note.

    Attributes:
        id: Row id.
        text: What was written.
        by: Who wrote it.
        at: When.
    """

    id: int
    text: str
    by: str
    at: datetime


@dataclass(frozen=True)
class ListSummary:
    """A reading list.

    Attributes:
        id: Row id.
        name: As its maker named it.
        by: Who made it.
        created_at: When.
        n_papers: Papers on it.
    """

    id: int
    name: str
    by: str
    created_at: datetime
    n_papers: int


@dataclass(frozen=True)
class Shelf:
    """What is kept beside one paper.

    Attributes:
        tags: By alphabet.
        notes: Oldest first.
        lists: Reading lists that it stands on, by name.
    """

    tags: tuple[str, ...]
    notes: tuple[Note, ...]
    lists: tuple[ListSummary, ...]


def add_tag(session: Session, paper_key: str, tag: str, *, by: str, at: datetime) -> bool:
    """Tag a paper.

    Args:
        session: A session of `Store.write`.
        paper_key: An id of it.
        tag: The word or words; kept in lower case.
        by: Who.
        at: The present moment.

    Returns:
        Whether it was new.

    Raises:
        RefusedInputError: No paper has the id, or the tag is empty or too long.
    """
    names = _names(session, paper_key)
    word = _text(tag, TAG_LIMIT, "a tag").lower()
    columns = PAPER_TAG.c
    known = select(columns.tag).where(columns.paper_key.in_(names), columns.tag == word)
    if session.execute(known).first() is not None:
        return False
    session.connection().execute(
        insert(PAPER_TAG), {"paper_key": names[0], "tag": word, "by": clean_text(by), "at": at}
    )
    return True


def remove_tag(session: Session, paper_key: str, tag: str) -> bool:
    """Take a tag away.

    Args:
        session: A session of `Store.write`.
        paper_key: An id of the paper.
        tag: As it is shown.

    Returns:
        Whether it was there.
    """
    columns = PAPER_TAG.c
    statement = delete(PAPER_TAG).where(
        columns.paper_key.in_(_names(session, paper_key)), columns.tag == tag.strip().lower()
    )
    return bool(session.connection().execute(statement).rowcount)


def known_tags(session: Session) -> tuple[tuple[str, int], ...]:
    """Every tag with its number of papers, most first."""
    statement = select(PAPER_TAG.c.tag, func.count()).group_by(PAPER_TAG.c.tag)
    found = [(tag, count) for tag, count in session.execute(statement)]
    return tuple(sorted(found, key=lambda pair: (-pair[1], pair[0])))


def add_note(session: Session, paper_key: str, text: str, *, by: str, at: datetime) -> int:
    """Write a note beside a paper.

    Args:
        session: A session of `Store.write`.
        paper_key: An id of it.
        text: The note.
        by: Who.
        at: The present moment.

    Returns:
        The note's row id.

    Raises:
        RefusedInputError: No paper has the id, or the note is empty or too long.
    """
    values = {
        "paper_key": _names(session, paper_key)[0],
        "text": _text(text, NOTE_LIMIT, "a note", lines=True),
        "by": clean_text(by),
        "at": at,
    }
    statement = insert(PAPER_NOTE).returning(PAPER_NOTE.c.id)
    return int(session.connection().execute(statement, values).scalar_one())


def remove_note(session: Session, note_id: int) -> bool:
    """Throw a note away.

    Args:
        session: A session of `Store.write`.
        note_id: Its row id.

    Returns:
        Whether it was there.
    """
    statement = delete(PAPER_NOTE).where(PAPER_NOTE.c.id == note_id)
    return bool(session.connection().execute(statement).rowcount)


def make_list(session: Session, name: str, *, by: str, at: datetime) -> int:
    """Make a reading list, or find the one of that name.

    Args:
        session: A session of `Store.write`.
        name: Its name.
        by: Who.
        at: The present moment.

    Returns:
        Its row id.

    Raises:
        RefusedInputError: The name is empty or too long.
    """
    wanted = _text(name, NAME_LIMIT, "a reading list's name")
    known = session.execute(select(READING_LIST.c.id).where(READING_LIST.c.name == wanted)).scalar()
    if known is not None:
        return int(known)
    statement = insert(READING_LIST).returning(READING_LIST.c.id)
    values = {"name": wanted, "by": clean_text(by), "created_at": at}
    return int(session.connection().execute(statement, values).scalar_one())


def remove_list(session: Session, list_id: int) -> bool:
    """Throw a reading list away; its papers stay in the store.

    Args:
        session: A session of `Store.write`.
        list_id: Its row id.

    Returns:
        Whether it was there.
    """
    connection = session.connection()
    connection.execute(delete(READING_LIST_PAPER).where(READING_LIST_PAPER.c.list_id == list_id))
    return bool(connection.execute(delete(READING_LIST).where(READING_LIST.c.id == list_id)).rowcount)


def add_to_list(session: Session, list_id: int, paper_keys: Iterable[str], *, at: datetime) -> int:
    """Put papers on a reading list.

    Args:
        session: A session of `Store.write`.
        list_id: Row id of the list.
        paper_keys: An id of each paper; ids that no paper has are passed over.
        at: The present moment.

    Returns:
        How many were new to it.

    Raises:
        RefusedInputError: There is no such list, or it would grow beyond `LIST_PAPERS_LIMIT`.
    """
    if session.execute(select(READING_LIST.c.id).where(READING_LIST.c.id == list_id)).first() is None:
        raise RefusedInputError("there is no such reading list", list=list_id)
    there = set(list_paper_ids(session, list_id))
    wanted = find_paper_ids(session, list(paper_keys))
    fresh: dict[int, str] = {}
    for key, paper in wanted.items():
        if paper not in there:
            fresh.setdefault(paper, key)
    if len(there) + len(fresh) > LIST_PAPERS_LIMIT:
        raise RefusedInputError(
            "a reading list has an end", hint="Begin another one.", most=LIST_PAPERS_LIMIT, list=list_id
        )
    if fresh:
        keys = _main_keys(session, list(fresh))
        rows = [{"list_id": list_id, "paper_key": keys[paper], "added_at": at} for paper in fresh]
        session.connection().execute(insert(READING_LIST_PAPER), rows)
    return len(fresh)


def remove_from_list(session: Session, list_id: int, paper_key: str) -> bool:
    """Take a paper off a reading list.

    Args:
        session: A session of `Store.write`.
        list_id: Row id of the list.
        paper_key: An id of the paper.

    Returns:
        Whether it was on it.
    """
    columns = READING_LIST_PAPER.c
    statement = delete(READING_LIST_PAPER).where(
        columns.list_id == list_id, columns.paper_key.in_(_names(session, paper_key))
    )
    return bool(session.connection().execute(statement).rowcount)


def reading_lists(session: Session) -> tuple[ListSummary, ...]:
    """Every reading list, by name."""
    columns, papers = READING_LIST.c, READING_LIST_PAPER.c
    count = func.count(papers.paper_key)
    statement = (
        select(columns.id, columns.name, columns.by, columns.created_at, count)
        .select_from(READING_LIST)
        .outerjoin(READING_LIST_PAPER, papers.list_id == columns.id)
        .group_by(columns.id, columns.name, columns.by, columns.created_at)
        .order_by(columns.name)
    )
    return tuple(ListSummary(*row) for row in session.execute(statement))


def list_paper_ids(session: Session, list_id: int) -> list[int]:
    """Row ids of the papers on a reading list, oldest first; a paper that was joined stands once."""
    columns = READING_LIST_PAPER.c
    keys = list(
        session.execute(
            select(columns.paper_key)
            .where(columns.list_id == list_id)
            .order_by(columns.added_at, columns.paper_key)
        ).scalars()
    )
    found = find_paper_ids(session, keys)
    return list(dict.fromkeys(found[key] for key in keys if key in found))


def tagged_paper_ids(session: Session, tag: str) -> list[int]:
    """Row ids of the papers that bear a tag, newest first."""
    columns = PAPER_TAG.c
    keys = list(
        session.execute(
            select(columns.paper_key).where(columns.tag == tag.strip().lower()).order_by(columns.at.desc())
        ).scalars()
    )
    found = find_paper_ids(session, keys)
    return list(dict.fromkeys(found[key] for key in keys if key in found))


def shelf_of(session: Session, paper_key: str) -> Shelf:
    """What is kept beside a paper.

    Args:
        session: Open session.
        paper_key: An id of it.

    Returns:
        Tags, notes and lists; none where no paper has the id.
    """
    try:
        names = _names(session, paper_key)
    except RefusedInputError:
        return Shelf((), (), ())
    tags = session.execute(select(PAPER_TAG.c.tag).where(PAPER_TAG.c.paper_key.in_(names)).distinct())
    note = PAPER_NOTE.c
    notes = session.execute(
        select(note.id, note.text, note.by, note.at).where(note.paper_key.in_(names)).order_by(note.id)
    )
    on = select(READING_LIST_PAPER.c.list_id).where(READING_LIST_PAPER.c.paper_key.in_(names))
    lists = set(session.execute(on).scalars())
    return Shelf(
        tags=tuple(sorted(tags.scalars())),
        notes=tuple(Note(*row) for row in notes),
        lists=tuple(each for each in reading_lists(session) if each.id in lists),
    )


def tag_counts(session: Session, paper_ids: Sequence[int]) -> Counter[str]:
    """How often tags stand among some papers."""
    counts: Counter[str] = Counter()
    keys = [key for names in _all_names(session, paper_ids).values() for key in names]
    for piece in chunks(keys):
        counts.update(
            session.execute(select(PAPER_TAG.c.tag).where(PAPER_TAG.c.paper_key.in_(piece))).scalars()
        )
    return counts


def _names(session: Session, paper_key: str) -> list[str]:
    """Every id of the paper that bears an id, the one it is shown by first."""
    found = find_paper_ids(session, [paper_key]).get(paper_key)
    if found is None:
        raise RefusedInputError("no paper in the store has this id", id=paper_key)
    main = _main_keys(session, [found])[found]
    return list(dict.fromkeys([main, *_all_names(session, [found]).get(found, ())]))


def _main_keys(session: Session, paper_ids: Sequence[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for piece in chunks(paper_ids):
        rows: Any = session.execute(select(PAPER.c.id, PAPER.c.key).where(PAPER.c.id.in_(piece)))
        found.update(rows.all())
    return found


def _all_names(session: Session, paper_ids: Sequence[int]) -> dict[int, list[str]]:
    name = EXTERNAL_ID.c
    found: dict[int, list[str]] = {}
    for piece in chunks(paper_ids):
        rows = session.execute(
            select(name.paper_id, name.scheme, name.value).where(name.paper_id.in_(piece)).order_by(name.id)
        )
        for paper, scheme, value in rows:
            found.setdefault(paper, []).append(f"{scheme}:{value}")
    return found


def _text(text: str, limit: int, what: str, *, lines: bool = False) -> str:
    clean = (
        "\n".join(clean_text(line) for line in text.strip().splitlines()).strip()
        if lines
        else clean_text(text)
    )
    if not clean:
        raise RefusedInputError(f"{what} needs a letter or more")
    if len(clean) > limit:
        raise RefusedInputError(f"{what} has at most {limit:,} characters", characters=len(clean))
    return clean
