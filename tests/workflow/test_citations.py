"""Citation counts through the whole path, by replay."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from db.citations import citation_counts, due_for_counting, keep_counts
from db.harvests import list_runs
from db.papers import find_paper, store_page
from foundation.settings import Settings
from papers.draft import ExternalIdDraft, PaperDraft
from papers.record import ParsedPage, ParsedRecord, WireRecord
from workflow.citations import MAX_AGE_DAYS, count_citations

WHEN = datetime(2026, 3, 4, 12, tzinfo=UTC)
PLACE = "/graph/v1/paper/batch"


@pytest.fixture
def asking(server, tmp_path):
    own = {"base_url": server.base_url, "delay_seconds": 0}
    return Settings.model_validate({"home": tmp_path / "home", "citations": own})


def _store(store, *names: tuple[tuple[str, str], ...]) -> None:
    records = []
    for ids in names:
        source_id = ":".join(ids[0])
        draft = PaperDraft(
            source="jsonl",
            source_id=source_id,
            title=f"Tea {source_id}",
            external_ids=tuple(ExternalIdDraft(scheme=scheme, value=value) for scheme, value in ids),
        )
        wire = WireRecord("jsonl", source_id, "file:x", WHEN, "text/plain", source_id.encode())
        records.append(ParsedRecord(draft, wire))
    with store.write() as session:
        store_page(session, ParsedPage(tuple(records)), at=WHEN)


def _counts(store, *ids: str) -> list[int | None]:
    with store.read() as session:
        rows = [find_paper(session, each) for each in ids]
        found = citation_counts(session, [row.id for row in rows])
    return [found[row.id].count if row.id in found else None for row in rows]


def _serve(server, replay, counts: dict[str, int | None]):
    asked: list[list[str]] = []

    def answer(request):
        ids = json.loads(request.body)["ids"]
        asked.append(ids)
        told = [None if counts.get(each) is None else {"citationCount": counts[each]} for each in ids]
        return replay.Answer(json.dumps(told).encode(), 200, "application/json")

    server.on(PLACE, answer)
    return asked


def test_papers_are_counted_once_a_month_by_their_best_id(store, asking, server, replay, clock):
    _store(
        store,
        (("arxiv", "2301.00001"), ("doi", "10.1234/1")),
        (("doi", "10.1234/2"),),
        (("url", "https://example.org/3"),),
        (("acl", "2023.acl-long.4"),),
    )
    asked = _serve(server, replay, {"ARXIV:2301.00001": 7, "DOI:10.1234/2": 0})
    report = count_citations(store, asking, clock=clock)
    assert (report.name, report.state, report.fetched, report.new) == ("semantic_scholar", "complete", 3, 2)
    assert report.skipped == (("papers unknown to the service", 1),)
    assert asked == [["ACL:2023.acl-long.4", "DOI:10.1234/2", "ARXIV:2301.00001"]]  # newest paper first
    assert _counts(store, "2301.00001", "doi:10.1234/2", "2023.acl-long.4", "https://example.org/3") == [
        7, 0, None, None,
    ]  # fmt: skip
    assert count_citations(store, asking, clock=clock).fetched == 0
    clock.sleep((MAX_AGE_DAYS + 1) * 86_400)
    again = count_citations(store, asking, clock=clock)
    assert (again.fetched, again.new, again.updated, again.unchanged) == (3, 0, 0, 2)
    with store.read() as session:
        assert [run.fetched for run in list_runs(session, source="semantic_scholar")] == [3, 0, 3]


def test_many_papers_are_asked_for_in_batches_and_a_stop_goes_on(store, asking, server, replay, clock):
    _store(store, *((("doi", f"10.1234/{number}"),) for number in range(1_100)))
    good = _serve(server, replay, {f"DOI:10.1234/{number}": number for number in range(1_100)})
    limited = count_citations(store, asking, max_papers=600, clock=clock)
    assert (limited.state, limited.fetched) == ("partial", 600)
    assert [len(ids) for ids in good] == [500, 100]
    server.clear()
    server.on(PLACE, replay.Answer(b'{"message": "Limit Exceeded"}', 429, "application/json"))
    spent = count_citations(store, asking, clock=clock)
    assert (spent.state, spent.fetched) == ("partial", 0)
    assert "tomorrow" in spent.reason
    server.clear()
    _serve(server, replay, {f"DOI:10.1234/{number}": number for number in range(1_100)})
    rest = count_citations(store, asking, clock=clock)
    assert (rest.state, rest.new) == ("complete", 500)
    assert _counts(store, "doi:10.1234/0", "doi:10.1234/1099") == [0, 1099]


def test_a_refused_key_fails(store, asking, server, replay, clock):
    _store(store, (("doi", "10.1234/1"),))
    server.on(PLACE, replay.Answer(b'{"message": "Forbidden"}', 403, "application/json"))
    report = count_citations(store, asking, clock=clock)
    assert report.state == "failed"
    assert "LANDSCAPE_CITATIONS__TOKEN" in report.reason


def test_counts_stay_with_the_ids_when_works_are_joined(store):
    _store(store, (("arxiv", "2301.00001"),), (("doi", "10.1234/1"),))
    with store.write() as session:
        change = keep_counts(
            session, "semantic_scholar", [(("arxiv", "2301.00001"), 3), (("doi", "10.1234/1"), 5)], at=WHEN
        )
    assert (change.new, change.unknown) == (2, 0)
    _store(store, (("acl", "2023.acl-long.1"), ("arxiv", "2301.00001"), ("doi", "10.1234/1")))
    assert _counts(store, "2301.00001", "doi:10.1234/1") == [5, 5]
    with store.read() as session:
        due = due_for_counting(
            session, "semantic_scholar", ("arxiv", "doi"), before=WHEN - timedelta(1), limit=9
        )
        assert due == []


def test_counting_is_never_part_of_a_plain_harvest(landscape_harvest_sources):
    assert "semantic_scholar" not in landscape_harvest_sources


@pytest.fixture
def landscape_harvest_sources():
    from harvester import registry

    return registry.names()
