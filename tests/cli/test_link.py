"""Two papers made one and two again, and what is in doubt listed."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from db.engine import open_store
from db.links import store_and_link
from foundation.settings import load_settings
from papers.draft import AuthorDraft, PaperDraft
from papers.ids import parse_external_id
from papers.record import ParsedPage, ParsedRecord, WireRecord

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def record(source: str, source_id: str, title: str, author: str) -> ParsedRecord:
    draft = PaperDraft(
        source=source, source_id=source_id, title=title, year=2023, authors=(AuthorDraft(name=author),),
        external_ids=(parse_external_id(source_id),),
    )  # fmt: skip
    wire = WireRecord(source, source_id, "https://a.example", NOW, "text/xml", f"{title} {author}".encode())
    return ParsedRecord(draft, wire)


@pytest.fixture
def two_papers() -> None:
    """A preprint and a paper with one title and authors that disagree."""
    store = open_store(load_settings().resolved_database_url)
    page = ParsedPage(
        (
            record("arxiv", "2303.00001", "Counting Sheep with Small Models", "Ada One"),
            record("acl_anthology", "2023.x-1.1", "Counting Sheep with Small Models", "Bo Two"),
        )
    )
    with store.write() as session:
        assert store_and_link(session, page, at=NOW).new == 2
    store.dispose()


def papers(landscape) -> int:
    return int(json.loads(landscape("status", "--json").out)["papers"])


def test_a_pair_in_doubt_is_listed_until_a_person_decides(landscape, two_papers) -> None:
    listed = landscape("doctor", "--duplicates")
    assert listed.code == 0
    assert "arxiv:2303.00001  acl:2023.x-1.1  one title, authors disagree (0.00)" in listed.out
    assert "1 pairs may be one work" in listed.out
    (suspect,) = json.loads(landscape("doctor", "--duplicates", "--json").out)["suspects"]
    assert {suspect["a_key"], suspect["b_key"]} == {"arxiv:2303.00001", "acl:2023.x-1.1"}
    assert "two papers already" in landscape("unlink", "2303.00001", "2023.x-1.1").out
    assert "no pair is in doubt" in landscape("doctor", "--duplicates").out
    assert papers(landscape) == 2


def test_linking_and_taking_it_back(landscape, two_papers) -> None:
    before = landscape("db", "hash").out
    linked = landscape("link", "https://arxiv.org/abs/2303.00001v2", "2023.x-1.1", "--by", "me", "--json")
    assert linked.code == 0
    assert json.loads(linked.out) == {"joined": 1, "parted": 0}
    assert papers(landscape) == 1
    assert "one paper already" in landscape("link", "2303.00001", "2023.x-1.1").out
    assert "two papers now" in landscape("unlink", "2303.00001", "2023.x-1.1").out
    assert papers(landscape) == 2
    assert landscape("db", "hash").out == before


@pytest.mark.parametrize("command", ["link", "unlink"])
def test_an_id_that_leads_nowhere_is_named(landscape, two_papers, command: str) -> None:
    outcome = landscape(command, "2303.00001", "2312.99999")
    assert outcome.code == 2
    assert "no paper has this id" in outcome.err
    assert "2312.99999" in outcome.err
    assert landscape(command, "2303.00001", "nonsense").code == 2


def test_questions_to_the_doctor_are_asked_one_at_a_time(landscape) -> None:
    outcome = landscape("doctor", "--duplicates", "--retry-rejected")
    assert outcome.code == 2
    assert "ask one" in outcome.err
