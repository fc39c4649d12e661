"""Groups of like papers as the store keeps them, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from db.discovery import (
    NewSubTopic,
    accepted_groups,
    latest_discovery,
    mark_accepted,
    store_discovery,
    sub_topic_papers,
    sub_topics,
    sub_topics_of_paper,
)
from db.papers import find_paper_ids, store_page

CELL, OTHER = "training/data", "inference/model"
IDS = tuple(f"arxiv:2303.0000{number}" for number in range(1, 5))


@pytest.fixture
def papers(store, record, page, now) -> list[int]:
    with store.write() as session:
        records = [
            record(
                "arxiv", name.removeprefix("arxiv:"), name.removeprefix("arxiv:"), title=f"Invented {name}"
            )
            for name in IDS
        ]
        store_page(session, page(*records), at=now)
        return [find_paper_ids(session, [name])[name] for name in IDS]


def group(slug: str, papers: list[int], **fields) -> NewSubTopic:
    found = NewSubTopic(
        cell=CELL, slug=f"{CELL}/{slug}", name=slug, phrases=((slug, 0.5), ("two words", 0.25)),
        paper_ids=tuple(papers), coherence=0.1, tightness=0.8, growth=2.5, nearest_topic=None, nearness=0.4,
        held=0.2, score=0.5, proposed=True,
    )  # fmt: skip
    return replace(found, **fields)


def keep(session, groups, at, **fields) -> int:
    told = {"taxonomy_version": "1.0", "model": "a-model", "papers": 4, **fields}
    return store_discovery(session, groups, at=at, **told)


def test_groups_come_back_as_they_were_kept_best_proposal_first(store, papers, now) -> None:
    groups = [
        group("kites", papers[:2], score=0.4),
        group("canals", papers[1:], score=0.9, growth=None, nearest_topic=f"{CELL}/synthetic"),
        group("held", papers[:1], score=0.0, proposed=False),
        group("lanterns", [papers[3]], cell=OTHER),
    ]
    with store.write() as session:
        assert latest_discovery(session) is None
        run = keep(session, groups, now)
    with store.read() as session:
        told = latest_discovery(session)
        assert (told.id, told.at, told.taxonomy_version, told.papers) == (run, now, "1.0", 4)
        assert [each.name for each in sub_topics(session)] == ["lanterns", "canals", "kites", "held"]
        assert [each.name for each in sub_topics(session, cell=CELL, proposed=True)] == ["canals", "kites"]
        (held,) = sub_topics(session, cell=CELL, proposed=False)
        assert (held.name, held.accepted_as) == ("held", None)
        canals = sub_topics(session, cell=CELL)[0]
        assert canals.phrases == (("canals", 0.5), ("two words", 0.25))
        assert (canals.growth, canals.nearest_topic, canals.n_papers) == (None, f"{CELL}/synthetic", 3)
        assert sub_topic_papers(session, canals.id) == papers[1:]
        assert sub_topic_papers(session, canals.id, limit=1) == papers[1:2]
        assert {each.name for each in sub_topics_of_paper(session, papers[1])} == {"canals", "kites"}


def test_a_new_discovery_takes_the_place_of_the_old_one(store, papers, now) -> None:
    with store.write() as session:
        keep(session, [group("kites", papers)], now)
        later = now + timedelta(days=1)
        keep(session, [group("canals", papers)], later, taxonomy_version="1.1")
        assert latest_discovery(session).taxonomy_version == "1.1"
        assert [each.name for each in sub_topics(session)] == ["canals"]


def test_papers_that_have_gone_meanwhile_are_neither_kept_nor_counted(store, papers, now) -> None:
    with store.write() as session:
        keep(session, [group("kites", [10**6, *papers[:2]]), group("gone", [10**6])], now)
        kites = next(each for each in sub_topics(session) if each.name == "kites")
        assert (kites.n_papers, sub_topic_papers(session, kites.id)) == (2, papers[:2])
        assert [each.name for each in sub_topics(session)] == ["kites"]


def test_an_accepted_group_bears_its_topic_gains_its_like_and_is_no_longer_proposed(
    store, papers, now
) -> None:
    with store.write() as session:
        keep(session, [group("kites", papers[:2])], now)
        (kites,) = sub_topics(session, proposed=True)
        mark_accepted(session, kites.id, f"{CELL}/kites", [papers[1], papers[3]])
        assert sub_topics(session, proposed=True) == []
        (accepted,) = sub_topics(session)
        assert (accepted.accepted_as, accepted.n_papers) == (f"{CELL}/kites", 3)
        assert sub_topic_papers(session, accepted.id) == [papers[0], papers[1], papers[3]]


def test_accepted_groups_outlive_later_discoveries_without_being_shown_as_theirs(store, papers, now) -> None:
    with store.write() as session:
        keep(session, [group("kites", papers[:2]), group("canals", papers[2:])], now)
        kites = next(each for each in sub_topics(session) if each.name == "kites")
        mark_accepted(session, kites.id, f"{CELL}/kites")
        keep(session, [group("lanterns", papers), group("kites", papers[:1])], now)
        assert {each.name: each.accepted_as for each in sub_topics(session)} == {
            "lanterns": None,
            "kites": None,
        }
        assert [each.accepted_as for each in accepted_groups(session)] == [f"{CELL}/kites"]
        assert sub_topic_papers(session, kites.id) == papers[:2]
