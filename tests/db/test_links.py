from __future__ import annotations

import shutil
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from db.backup import check_store
from db.engine import Store, open_store
from db.hashing import content_hash
from db.labels import NewLabel, add_labels, begin_classifier_run, count_papers_to_label
from db.links import (
    link,
    link_duplicates,
    link_history,
    store_and_link,
    suspected_duplicates,
    unlink,
)
from db.migrate import upgrade
from db.papers import PageCounts, find_paper, iter_source_records, paper_counts, store_page
from db.regroup import Regrouped
from db.search import search_papers
from db.units import lookalikes
from foundation.errors import RefusedInputError
from papers.matching import RULE_VERSION

TITLE = "Counting Sheep with Small Language Models"
SHEEP = (
    "We ask whether small language models count sheep as shepherds do. Over nine pastures and three"
    " breeds they miss every seventh lamb, and we trace the loss to the heads that attend to fences."
)
GOATS = (
    "Goats climb. A corpus of forty thousand sentences about goats shows that large models confuse"
    " slopes with ladders, which a week of tuning on mountain diaries mends for good."
)
AUTHORS = ("Ada One", "Bo Two", "Cy Three")
LATER = timedelta(hours=1)


@pytest.fixture
def preprint(record):
    return record(
        "arxiv",
        "2303.00001",
        "2303.00001v1",
        version=1,
        title=TITLE,
        abstract=SHEEP,
        authors=AUTHORS,
        year=2023,
    )


@pytest.fixture
def paper(record):
    return record(
        "acl_anthology", "2023.x-1.1", "2023.x-1.1", title=TITLE, abstract=SHEEP, authors=AUTHORS, year=2023,
        venue="ACL",
    )  # fmt: skip


@pytest.fixture
def stranger(record):
    return record(
        "acl_anthology", "2023.x-1.2", "2023.x-1.2", title="Goats on Ladders", abstract=GOATS,
        authors=("Di Four", "Ed Five"), year=2023,
    )  # fmt: skip


def put(store, page, at) -> PageCounts:
    with store.write() as session:
        return store_and_link(session, page, at=at)


def state(store) -> tuple[str, int]:
    with store.read() as session:
        return content_hash(session), paper_counts(session).papers


def rows(store, query: str) -> list[tuple[object, ...]]:
    with store.read() as session:
        return [tuple(row) for row in session.connection().execute(text(query))]


def test_two_records_of_one_work_become_one_paper(store, page, preprint, paper, stranger, now) -> None:
    assert put(store, page(preprint), now) == PageCounts(new=1)
    assert put(store, page(paper, stranger), now + LATER) == PageCounts(new=1, linked=1)
    with store.read() as session:
        counts = paper_counts(session)
        assert (counts.papers, counts.records, counts.duplicates_linked) == (2, 3, 1)
        found = find_paper(session, "arxiv:2303.00001")
        assert found is not None and found.id is not None
        assert (found.venue, found.key, found.first_seen) == ("ACL", "arxiv:2303.00001", now)
        assert find_paper(session, "2023.x-1.1") == found
        sources = [row.source for row in iter_source_records(session, found.id)]
        assert sources == ["acl_anthology", "arxiv"]
        (step,) = link_history(session)
        assert (step.decision, step.method, step.by) == ("same", "rule", f"rule {RULE_VERSION}")
        assert "one title, authors agree" in step.reason
        assert link_history(session, "2023.x-1.1") == [step]
        assert link_history(session, "2023.x-1.2") == link_history(session, "2312.99999") == []
    assert check_store(store) == [] if store.is_sqlite else True


def test_a_store_with_keys_of_the_older_kind_compares_all_its_records_anew(
    store, page, preprint, now
) -> None:
    """An older key does not say that it is of a sketch: one triple in common counted as much as a title."""
    put(store, page(preprint), now)
    before = rows(store, "SELECT key, record_id FROM match_key ORDER BY key")
    with store.write() as session:
        session.connection().execute(text("UPDATE match_key SET key = key + 2"))
        session.connection().execute(text("DROP TABLE place_words"))
        session.connection().execute(text("UPDATE alembic_version SET version_num = '0007'"))
    upgrade(store)
    assert rows(store, "SELECT key FROM match_key") == []
    with store.write() as session:
        assert link_duplicates(session, at=now) == Regrouped()
    assert rows(store, "SELECT key, record_id FROM match_key ORDER BY key") == before


def test_one_triple_of_words_brings_nobody_together(store, page, record, now) -> None:
    """One key of a sketch in common is no reason to compare; two are. See papers.blocking."""
    words = SHEEP.split()
    one = record("a", "1", "https://example.org/1", title="First words", abstract=SHEEP, authors=())
    near = record(
        "b", "2", "https://example.org/2", title="Second thing", abstract=" ".join(words[:24]), authors=()
    )
    far = record("c", "3", "https://example.org/3", title="Third place", abstract=GOATS, authors=())
    put(store, page(one, near, far), now)
    found = {frozenset(row) for row in rows(
        store,
        "SELECT a.record_id, b.record_id FROM match_key a JOIN match_key b"
        " ON a.key = b.key AND a.record_id < b.record_id",
    )}  # fmt: skip
    assert len(found) == 1, "the two that share most of an abstract"
    with store.read() as session:
        numbers = rows(store, "SELECT id FROM source_record ORDER BY id")
        shared = lookalikes(session.connection(), [number for (number,) in numbers])
    assert sorted(shared) == sorted(min(found))
    with store.write() as session:  # all but one of the keys that they share
        _, *others = rows(store, "SELECT key FROM match_key GROUP BY key HAVING count(*) > 1 ORDER BY key")
        assert others
        for (key,) in others:
            session.connection().execute(text("DELETE FROM match_key WHERE key = :key"), {"key": key})
    with store.read() as session:
        assert lookalikes(session.connection(), [number for (number,) in numbers]) == {}


def test_both_in_one_page_and_the_same_page_again(store, page, preprint, paper, now) -> None:
    assert put(store, page(preprint, paper), now) == PageCounts(new=1, linked=1)
    before = state(store)
    assert put(store, page(preprint, paper), now + LATER) == PageCounts(unchanged=2)
    assert state(store) == before
    with store.write() as session:
        assert link_duplicates(session, at=now) == Regrouped()


def test_papers_of_one_volume_are_never_joined(store, page, paper, record, now) -> None:
    twin = record(
        "acl_anthology", "2023.x-1.9", "2023.x-1.9", title=TITLE, abstract=SHEEP, authors=AUTHORS, year=2023
    )
    assert put(store, page(paper, twin), now) == PageCounts(new=2)
    assert state(store)[1] == 2


def test_a_volumes_bibtex_and_its_posts_are_the_same_papers(store, page, record, now) -> None:
    """A volume's own BibTeX lacks the site's ids: importing it beside the posts doubled 496 papers."""
    said = {"title": TITLE, "abstract": SHEEP, "authors": AUTHORS, "year": 2023}
    entry = record("pmlr", "v206/bibtex:one23", "https://proceedings.mlr.press/v206/#one23", **said)
    post = record("pmlr", "v206/one23a", "pmlr:v206/one23a", **said)
    assert put(store, page(entry), now).new == 1
    assert put(store, page(post), now).linked == 1
    assert len(rows(store, "SELECT id FROM paper")) == 1


def test_two_posts_of_one_title_are_two_papers(store, page, record, now) -> None:
    said = {"title": TITLE, "abstract": SHEEP, "authors": AUTHORS, "year": 2023}
    posts = [record("pmlr", f"v206/one23{end}", f"pmlr:v206/one23{end}", **said) for end in "ab"]
    put(store, page(*posts), now)
    assert len(rows(store, "SELECT id FROM paper")) == 2, "the site gave them two ids"


def test_a_preprint_of_two_twins_joins_neither_and_is_suspected(
    store, page, preprint, paper, record, now
) -> None:
    twin = record(
        "acl_anthology", "2023.x-1.9", "2023.x-1.9", title=TITLE, abstract=SHEEP, authors=AUTHORS, year=2023
    )
    put(store, page(preprint, paper), now)
    assert state(store)[1] == 1
    assert put(store, page(twin), now + LATER) == PageCounts(new=1)
    assert state(store)[1] == 3
    with store.read() as session:
        suspects = suspected_duplicates(session)
        assert {(each.a_key, each.b_key) for each in suspects} == {
            ("arxiv:2303.00001", "acl:2023.x-1.1"),
            ("arxiv:2303.00001", "acl:2023.x-1.9"),
        }
        assert all("speaks against it" in each.reason for each in suspects)
        assert suspected_duplicates(session, limit=1) == suspects[:1]
        assert [row.decision for row in link_history(session)] == ["same", "different"]


def test_taking_a_link_back_restores_both_papers(store, page, preprint, paper, now) -> None:
    put(store, page(preprint), now)
    with store.write() as session:
        store_page(session, page(paper), at=now + LATER)
    before = state(store)
    papers = rows(store, "SELECT id, key, title, first_seen, authors_text FROM paper ORDER BY id")
    with store.write() as session:
        assert link_duplicates(session, at=now + LATER) == Regrouped(joined=1)
    joined = state(store)
    assert joined != before
    with store.write() as session:
        done = unlink(
            session, "arxiv:2303.00001", "acl:2023.x-1.1", by="me", at=now + LATER, reason="two works"
        )
        assert done == Regrouped(parted=1)
    assert state(store) == before
    assert rows(store, "SELECT id, key, title, first_seen, authors_text FROM paper ORDER BY id") == papers
    assert check_store(store) == [] if store.is_sqlite else True
    with store.read() as session:
        assert [(row.decision, row.method) for row in link_history(session)] == [
            ("same", "rule"),
            ("different", "person"),
        ]
    with store.write() as session:
        assert link(session, "arxiv:2303.00001", "2023.x-1.1", by="me", at=now + LATER) == Regrouped(joined=1)
    assert state(store) == joined


def test_a_persons_different_is_never_overridden(store, page, preprint, paper, record, now) -> None:
    put(store, page(preprint, paper), now)
    with store.write() as session:
        unlink(session, "2303.00001", "2023.x-1.1", by="me", at=now)
    apart = state(store)
    again = record(
        "arxiv", "2303.00001", "2303.00001v2", version=2, title=TITLE, abstract=SHEEP, authors=AUTHORS,
        year=2023, retrieved_at=now + LATER,
    )  # fmt: skip
    assert put(store, page(again), now + LATER) == PageCounts(updated=1)
    assert state(store)[1] == apart[1] == 2
    with store.read() as session:
        assert suspected_duplicates(session) == []


def test_a_persons_same_joins_what_the_rule_keeps_apart(store, page, preprint, stranger, now) -> None:
    put(store, page(preprint, stranger), now)
    with store.write() as session:
        assert link(session, "2023.x-1.2", "2303.00001", by="me", at=now, reason="seen") == Regrouped(
            joined=1
        )
        (row,) = link_history(session)
        assert (row.method, row.by, row.reason, row.decision) == ("person", "me", "seen", "same")
    assert state(store)[1] == 1
    put(store, page(preprint, stranger), now + LATER)
    assert state(store)[1] == 1
    with store.write() as session:
        assert unlink(session, "2023.x-1.2", "2303.00001", by="me", at=now) == Regrouped(parted=1)
    assert state(store)[1] == 2


def test_what_a_person_said_before_the_link_is_remembered_when_records_come(
    store, page, preprint, paper, now
) -> None:
    put(store, page(preprint), now)
    with store.write() as session:
        store_page(session, page(paper), at=now)
        assert unlink(session, "2303.00001", "2023.x-1.1", by="me", at=now) == Regrouped()
    with store.write() as session:
        assert link_duplicates(session, at=now) == Regrouped()
    assert state(store)[1] == 2


def test_labels_come_along_and_go_back(store, page, preprint, paper, now) -> None:
    put(store, page(preprint), now)
    with store.write() as session:
        store_page(session, page(paper), at=now)
        for key, who in (("2303.00001", "ada"), ("2023.x-1.1", "bo")):
            found = find_paper(session, key)
            assert found is not None and found.id is not None
            label = NewLabel(found.id, "not-relevant", 0.0, method="person", by=who)
            add_labels(session, None, [label], taxonomy_version="1", at=now)
    before = state(store)
    query = (
        "SELECT paper.key, label_assignment.by FROM label_assignment"
        " JOIN paper ON paper.id = paper_id ORDER BY label_assignment.id"
    )
    apart = rows(store, query)
    with store.write() as session:
        link_duplicates(session, at=now)
    assert [who for _, who in rows(store, query)] == ["ada", "bo"]
    assert len({key for key, _ in rows(store, query)}) == 1
    with store.write() as session:
        unlink(session, "2303.00001", "2023.x-1.1", by="me", at=now)
    assert rows(store, query) == apart
    assert state(store) == before


def test_a_joined_paper_is_read_again_by_the_classifier(store, page, preprint, paper, now) -> None:
    put(store, page(preprint), now)
    with store.write() as session:
        found = find_paper(session, "2303.00001")
        assert found is not None and found.id is not None
        run = begin_classifier_run(
            session, method="model", name="m", digest="d", taxonomy_version="1", at=now
        )
        label = NewLabel(found.id, "not-relevant", 0.0, method="model", by="m")
        add_labels(session, run, [label], taxonomy_version="1", at=now)
    put(store, page(paper), now + LATER)
    with store.read() as session:
        assert count_papers_to_label(session, digest="d", taxonomy_version="1") == 1


def test_search_finds_what_was_joined_and_parted(store, page, preprint, paper, now) -> None:
    put(store, page(preprint, paper), now)
    with store.read() as session:
        assert len(search_papers(session, "counting sheep")) == 1
    with store.write() as session:
        unlink(session, "2303.00001", "2023.x-1.1", by="me", at=now)
    with store.read() as session:
        assert len(search_papers(session, "counting sheep")) == 2


@pytest.mark.parametrize("make", [link, unlink])
def test_ids_that_lead_nowhere_or_to_one_record_are_refused(store, page, preprint, record, now, make) -> None:
    both = record("acl_anthology", "2023.x-1.1", "2023.x-1.1", "2303.00001", title=TITLE)
    put(store, page(preprint, both), now)
    before = state(store)
    with store.write() as session:
        with pytest.raises(RefusedInputError, match="no paper has this id"):
            make(session, "2303.00001", "2312.99999", by="me", at=now)
        with pytest.raises(RefusedInputError, match="an id joins"):
            make(session, "2303.00001", "2023.x-1.1", by="me", at=now)
    assert state(store) == before


def test_an_id_that_joins_records_parts_them_from_what_no_longer_fits(
    store, page, preprint, paper, record, now
) -> None:
    put(store, page(preprint, paper), now)
    assert state(store)[1] == 1
    # A list says that the preprint is another paper of the volume: then it is not this one.
    other = record(
        "my.bib", "key", "2303.00001", "2023.x-1.5", title="Goats on Ladders", abstract=GOATS,
        authors=("Di Four", "Ed Five"),
    )  # fmt: skip
    put(store, page(other), now + LATER)
    with store.read() as session:
        first, second = find_paper(session, "2303.00001"), find_paper(session, "2023.x-1.1")
        assert first is not None and second is not None
        assert first.id != second.id
        assert find_paper(session, "2023.x-1.5") == first
        assert second.key == "acl:2023.x-1.1"


def test_a_draft_that_is_read_anew_is_compared_anew(store, page, preprint, paper, record, now) -> None:
    put(store, page(record("acl_anthology", "2023.x-1.1", "2023.x-1.1", text="bytes", title="Misread")), now)
    put(store, page(preprint), now)
    assert state(store)[1] == 2
    reread = record(
        "acl_anthology", "2023.x-1.1", "2023.x-1.1", text="bytes", title="Misread",
    )  # fmt: skip
    mended = type(reread)(paper.draft, reread.wire)
    put(store, page(mended, parser_version=2), now + LATER)
    assert state(store)[1] == 1


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory) -> Path:
    """A store without papers, to be copied: a schema takes longer to make than all else here."""
    path = tmp_path_factory.mktemp("empty") / "store.db"
    open_store(f"sqlite:///{path}").dispose()
    return path


def copied(empty_file: Path, path: Path) -> Store:
    shutil.copyfile(empty_file, path)
    return open_store(f"sqlite:///{path}")


def test_every_order_and_portion_makes_the_same_store(
    tmp_path, empty_file, page, preprint, paper, stranger, record, now
) -> None:
    version = record(
        "arxiv", "2303.00001", "2303.00001v2", version=2, abstract=SHEEP, authors=AUTHORS, year=2023,
        title="How Well Do Small Language Models Count Sheep?",
    )  # fmt: skip
    hashes = set()
    for number, order in enumerate(permutations([preprint, paper, stranger, version])):
        for portions in [([order], [order[:2], order[2:]], [[each] for each in order])[number % 3]]:
            store = copied(empty_file, tmp_path / f"{number}.db")
            for portion in portions:
                put(store, page(*portion), now)
            hashes.add(state(store))
            store.dispose()
    assert len(hashes) == 1
    assert hashes.pop()[1] == 2


WORDS = ["sheep", "goats", "lambs", "fences", "models", "count", "climb", "slopes"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_records_in_any_order_make_the_same_store(
    tmp_path_factory, empty_file, record, page, now, data
) -> None:
    titles = [
        "Counting Sheep by Night",
        "Counting Sheep by Day",
        "Goats: A Survey of Ladders",
        "Goats: Slopes Only",
    ]
    pool = []
    for number in range(data.draw(st.integers(2, 6))):
        source, scheme = data.draw(
            st.sampled_from(
                [
                    ("arxiv", "2303.0000{}"),
                    ("acl_anthology", "2023.x-1.{}"),
                    ("my.bib", "https://a.example/{}"),
                ]
            )
        )
        named = scheme.format(number + 1)
        ids = [named, *data.draw(st.lists(st.sampled_from(["10.1234/a", "10.1234/b"]), max_size=1))]
        said = " ".join(data.draw(st.lists(st.sampled_from(WORDS), min_size=4, max_size=4)))
        pool.append(
            record(
                source, named, *ids, title=data.draw(st.sampled_from(titles)), year=2023,
                abstract=data.draw(st.sampled_from([SHEEP, GOATS, said])),
                authors=data.draw(st.sampled_from([AUTHORS, ("Di Four", "Ed Five"), ()])),
            )
        )  # fmt: skip
    hashes = set()
    for order in (pool, data.draw(st.permutations(pool))):
        store = copied(empty_file, tmp_path_factory.mktemp("order") / "store.db")
        at = data.draw(st.integers(1, len(order)))
        for portion in (order[:at], order[at:]):
            put(store, page(*portion), now)
        assert check_store(store) == []
        hashes.add(state(store))
        store.dispose()
    assert len(hashes) == 1
