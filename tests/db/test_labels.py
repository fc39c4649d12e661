from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, text

from db.labels import (
    NewLabel,
    add_labels,
    begin_classifier_run,
    count_papers_to_label,
    current_assignment_id,
    current_labels,
    finish_classifier_run,
    has_classifier_run,
    papers_to_label,
    retract_label,
)
from db.papers import store_page
from db.tables import LABEL_CELL, PAPER
from foundation.errors import RefusedInputError

DAY = timedelta(days=1)
DATA, MODEL = ("training/data", 0.9), ("training/model", 0.8)


@pytest.fixture
def filled(store, record, page, now):
    with store.write() as session:
        store_page(
            session,
            page(*(record("arxiv", f"2303.{n:05}", f"2303.{n:05}") for n in range(1, 6))),
            at=now,
        )
    return store


def model_run(store, at, papers, *, digest="d1", cell=DATA, taxonomy_version="1.0") -> int:
    with store.write() as session:
        run = begin_classifier_run(
            session, method="model", name="m", digest=digest, taxonomy_version=taxonomy_version, at=at
        )
        labels = [NewLabel(paper, "labelled", 0.9, cells=(cell,), by="m") for paper in papers]
        add_labels(session, run, labels, taxonomy_version=taxonomy_version, at=at)
        finish_classifier_run(session, run, at=at)
    return run


def person(store, at, paper, cell=MODEL, taxonomy_version="1.0") -> None:
    with store.write() as session:
        label = NewLabel(paper, "labelled", 1.0, cells=(cell,), method="person", by="me")
        add_labels(session, None, [label], taxonomy_version=taxonomy_version, at=at)


def current(store, **options) -> dict[int, tuple[str, str]]:
    """Method and primary cell by paper, asked for in three ways that must agree."""
    label = current_labels(taxonomy_version="1.0", **options).subquery()
    primary = (LABEL_CELL.c.assignment_id == label.c.assignment_id) & (LABEL_CELL.c.position == 0)
    best = current_assignment_id(PAPER.c.id, taxonomy_version="1.0", **options)
    with store.read() as session:
        connection = session.connection()
        found = {
            paper: (method, cell)
            for paper, method, cell in connection.execute(
                select(label.c.paper_id, label.c.method, LABEL_CELL.c.cell).join(LABEL_CELL, primary)
            )
        }
        outer = select(PAPER.c.id, label.c.assignment_id).outerjoin(label, label.c.paper_id == PAPER.c.id)
        scalar = select(PAPER.c.id, best)
        by_join = dict(connection.execute(outer).all())
        assert by_join == dict(connection.execute(scalar).all())
        assert {paper for paper, assignment in by_join.items() if assignment is not None} == set(found)
    return found


def test_the_newest_model_label_is_current(filled, now) -> None:
    model_run(filled, now, [1, 2])
    model_run(filled, now + DAY, [2], digest="d2", cell=MODEL)
    assert current(filled) == {1: ("model", "training/data"), 2: ("model", "training/model")}


def test_a_person_outranks_every_later_run(filled, now) -> None:
    model_run(filled, now, [1])
    person(filled, now + DAY, 1)
    model_run(filled, now + 2 * DAY, [1], digest="d2")
    assert current(filled) == {1: ("person", "training/model")}
    with filled.read() as session:
        assert session.connection().scalar(text("SELECT count(*) FROM label_assignment")) == 3


def test_a_label_taken_back_gives_way_and_history_remembers(filled, now) -> None:
    model_run(filled, now, [1])
    person(filled, now + DAY, 1)
    with filled.write() as session:
        assert retract_label(session, 2, by="me", at=now + 2 * DAY)
        assert not retract_label(session, 2, by="me", at=now + 3 * DAY)
        with pytest.raises(RefusedInputError, match="no such label"):
            retract_label(session, 99, by="me", at=now)
    assert current(filled) == {1: ("model", "training/data")}
    assert current(filled, as_of=now) == {1: ("model", "training/data")}
    assert current(filled, as_of=now + DAY) == {1: ("person", "training/model")}
    assert current(filled, as_of=now + 2 * DAY) == {1: ("model", "training/data")}
    assert current(filled, as_of=now - DAY) == {}


def test_a_model_s_labels_on_another_taxonomy_do_not_count(filled, now) -> None:
    model_run(filled, now, [1], taxonomy_version="0.9")
    assert current(filled) == {}


def test_what_a_person_said_counts_on_every_version(filled, now) -> None:
    person(filled, now, 1, taxonomy_version="0.9")
    model_run(filled, now + DAY, [1, 2])
    assert current(filled) == {1: ("person", "training/model"), 2: ("model", "training/data")}
    person(filled, now + 2 * DAY, 1, cell=DATA, taxonomy_version="1.0")
    assert current(filled)[1] == ("person", "training/data")
    assert current(filled, as_of=now + DAY)[1] == ("person", "training/model")


def test_everything_of_a_label_is_kept_in_order(filled, now) -> None:
    with filled.write() as session:
        run = begin_classifier_run(
            session, method="model", name="m", digest="d", taxonomy_version="1.0", at=now
        )
        labels = [
            NewLabel(
                paper,
                "labelled",
                0.5 + paper / 100,
                cells=((f"training/c{paper}", 0.9), ("training/z", 0.1)),
                topics=((f"t{paper}", 0.7),),
                evidence=({"text": "Sätze", "cell": "training/z", "weight": 1.5},),
                by=f"m{paper}",
            )
            for paper in (3, 1, 5, 2)
        ]
        assert add_labels(session, run, labels, taxonomy_version="1.0", at=now) == 4
    with filled.read() as session:
        rows = session.connection().execute(
            text(
                "SELECT a.paper_id, a.by, c.cell, t.topic FROM label_assignment a "
                "JOIN label_cell c ON c.assignment_id = a.id AND c.position = 0 "
                "JOIN label_topic t ON t.assignment_id = a.id ORDER BY a.paper_id"
            )
        )
        assert [tuple(row) for row in rows] == [(n, f"m{n}", f"training/c{n}", f"t{n}") for n in (1, 2, 3, 5)]


def test_a_run_that_was_killed_goes_on(filled, now) -> None:
    with filled.write() as session:
        run = begin_classifier_run(
            session, method="model", name="m", digest="d1", taxonomy_version="1.0", at=now
        )
    label = NewLabel(1, "labelled", 0.9, cells=(DATA,), by="m")
    for expected in (1, 0):
        with filled.write() as session:
            assert add_labels(session, run, [label, label], taxonomy_version="1.0", at=now) == expected
    with filled.read() as session:
        assert session.connection().scalar(text("SELECT papers FROM classifier_run")) == 1
        assert not has_classifier_run(session, method="model", digest="d1", taxonomy_version="1.0")
    with filled.write() as session:
        finish_classifier_run(session, run, at=now)
    with filled.read() as session:
        assert has_classifier_run(session, method="model", digest="d1", taxonomy_version="1.0")
        assert not has_classifier_run(session, method="model", digest="d2", taxonomy_version="1.0")


@pytest.mark.parametrize(
    ("label", "in_run", "message"),
    [
        (NewLabel(1, "labelled", 1.0), True, "needs a cell"),
        (NewLabel(1, "not-relevant", 0.0, cells=(DATA,)), True, "stands in no cell"),
        (NewLabel(1, "maybe", 1.0, cells=(DATA,)), True, "no such verdict"),
        (NewLabel(1, "labelled", 1.0, cells=(DATA, DATA)), True, "twice"),
        (NewLabel(1, "labelled", 1.0, cells=(DATA,), method="oracle"), True, "comes from"),
        (NewLabel(1, "labelled", 1.0, cells=(DATA,), method="person"), True, "has no run"),
        (NewLabel(1, "labelled", 1.0, cells=(DATA,)), False, "has no run"),
        (NewLabel(77, "labelled", 1.0, cells=(DATA,)), True, "not in the store"),
    ],
)
def test_a_label_that_contradicts_itself_is_refused(filled, now, label, in_run, message) -> None:
    with pytest.raises(RefusedInputError, match=message), filled.write() as session:
        run = begin_classifier_run(
            session, method="model", name="m", digest="d", taxonomy_version="1.0", at=now
        )
        add_labels(session, run if in_run else None, [label], taxonomy_version="1.0", at=now)


def to_label(store, digest, **options) -> list[int]:
    found: list[int] = []
    while True:
        with store.read() as session:
            batch = papers_to_label(
                session,
                digest=digest,
                taxonomy_version="1.0",
                after_paper_id=found[-1] if found else 0,
                limit=2,
                **options,
            )
        if not batch:
            break
        found += [row.paper_id for row in batch]
    with store.read() as session:
        assert count_papers_to_label(session, digest=digest, taxonomy_version="1.0", **options) == len(found)
    return found


def test_what_is_new_or_changed_is_to_be_labelled(filled, record, page, now) -> None:
    assert to_label(filled, "d1") == [1, 2, 3, 4, 5]
    model_run(filled, now, [1, 2, 4])
    person(filled, now, 3)
    assert to_label(filled, "d1") == [3, 5]  # what a person said is not what the model says
    assert to_label(filled, "d2") == [1, 2, 3, 4, 5]
    assert to_label(filled, "d1", everything=True) == [1, 2, 3, 4, 5]
    changed = record("arxiv", "2303.00004", "2303.00004", text="New words.", retrieved_at=now + DAY)
    venue = record("arxiv", "2303.00002", "2303.00002", venue="ACL", retrieved_at=now + DAY)
    with filled.write() as session:
        store_page(session, page(changed, venue), at=now + DAY)
    assert to_label(filled, "d1") == [3, 4, 5]  # another venue is not another text


def test_a_text_that_changed_while_it_was_read_stays_stale(filled, record, page, now) -> None:
    with filled.read() as session:
        (row,) = papers_to_label(session, digest="d1", taxonomy_version="1.0", limit=1)
    with filled.write() as session:
        changed = record("arxiv", "2303.00001", "2303.00001", text="New words.", retrieved_at=now + DAY)
        store_page(session, page(changed), at=now + DAY)
    with filled.write() as session:
        run = begin_classifier_run(
            session, method="model", name="m", digest="d1", taxonomy_version="1.0", at=now
        )
        label = NewLabel(1, "labelled", 0.9, cells=(DATA,), by="m", text_revision=row.text_revision)
        add_labels(session, run, [label], taxonomy_version="1.0", at=now)
    assert to_label(filled, "d1")[0] == 1


def test_the_current_label_is_found_by_index_whichever_way_it_is_joined(sqlite_store, now) -> None:
    label = current_labels(taxonomy_version="1.0", as_of=now).subquery()
    query = select(PAPER.c.id, label.c.verdict).outerjoin(label, label.c.paper_id == PAPER.c.id)
    compiled = str(query.compile(sqlite_store.engine, compile_kwargs={"literal_binds": True}))
    with sqlite_store.write() as session:
        row = {"title": "t", "title_key": "t", "authors_text": "", "source": "s", "text_revision": 1}
        session.connection().execute(
            insert(PAPER), [{**row, "key": str(n), "first_seen": now, "updated_at": now} for n in range(50)]
        )
    with sqlite_store.read() as session:
        plan = [step[3] for step in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}")]
    on_labels = [step for step in plan if "label_assignment" in step or "candidate" in step]
    assert len(on_labels) == 2
    assert all("paper_id=?" in step for step in on_labels)
