"""Whole harvests against a replay server: truthful states, nothing lost, nothing doubled."""

from datetime import date
from pathlib import Path

import pytest

from db.harvests import acquire_lease, get_cursor, list_runs, release_lease
from db.hashing import content_hash
from db.papers import paper_counts
from foundation.errors import ConfigurationError
from harvester.source import HarvestRequest
from workflow.harvesting import harvest

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
WEEK = HarvestRequest(from_date=date(2024, 1, 1), until_date=date(2024, 1, 7))
COLLECTION = "/acl-org/acl-anthology/master/data/xml/2023.acl.xml"
QUERY = HarvestRequest(query='all:"invented"')


@pytest.fixture
def collection() -> bytes:
    return (FIXTURES / "acl_anthology" / "present.response.xml").read_bytes()


def _papers(store) -> int:
    with store.read() as session:
        return paper_counts(session).papers


def _hash(store) -> str:
    with store.read() as session:
        return content_hash(session)


def test_a_venue_is_harvested_once_and_then_unchanged(
    store, settings, server, replay, clock, collection
) -> None:
    server.on(COLLECTION, replay.Answer(collection))
    request = HarvestRequest(venues=("acl-2023",))
    (first,) = harvest(store, settings, (), request, clock=clock)
    assert (first.name, first.state, first.rejected) == ("acl_anthology", "complete", 3)
    assert len(first.rejects) == 3, "what could not be read is listed"
    assert first.new == _papers(store) > 0
    before = _hash(store)
    (second,) = harvest(store, settings, (), request, clock=clock)
    assert (second.state, second.new, second.updated) == ("complete", 0, 0)
    assert _hash(store) == before


def test_validator_is_sent_and_an_unmodified_answer_is_complete(
    store, settings, server, replay, clock, collection
) -> None:
    server.on(COLLECTION, replay.Answer(collection, headers={"ETag": '"v1"'}), replay.Answer(status=304))
    request = HarvestRequest(venues=("acl-2023",))
    harvest(store, settings, (), request, clock=clock)
    (second,) = harvest(store, settings, (), request, clock=clock)
    assert second.state == "complete"
    assert server.requests[-1].headers.get("if-none-match") == '"v1"'
    with store.read() as session:
        cursor = get_cursor(session, "acl_anthology", "2023.acl")
    assert cursor is not None
    assert cursor.complete
    assert cursor.watermark == "2026-03-04"


def test_pages_are_harvested_to_their_proven_end(store, settings, server, replay, clock) -> None:
    entries = [replay.arxiv_entry(number) for number in range(1, 231)]
    server.on("/api/query", replay.arxiv_pages(entries))
    (report,) = harvest(store, settings, ("arxiv",), QUERY, clock=clock)
    assert (report.state, report.new) == ("complete", 230)
    assert _papers(store) == 230


def test_a_harvest_that_breaks_off_resumes_and_equals_the_uninterrupted_one(
    tmp_path, store, settings, server, replay, clock
) -> None:
    from db.engine import open_store

    entries = [replay.arxiv_entry(number) for number in range(1, 321)]
    pages = replay.arxiv_pages(entries)
    whole = open_store(f"sqlite:///{tmp_path / 'whole.db'}")
    server.on("/api/query", pages)
    harvest(whole, settings, ("arxiv",), QUERY, clock=clock)

    stopped = HarvestRequest(query=QUERY.query, max_records=100)
    (partial,) = harvest(store, settings, ("arxiv",), stopped, clock=clock)
    assert partial.state == "partial"
    assert "run again" in partial.reason
    with store.read() as session:
        cursor = get_cursor(session, "arxiv", 'query all:"invented"')
    assert cursor is not None
    assert cursor.position is not None
    assert cursor.watermark is None, "only a complete run may move the watermark"
    asked = len(server.requests)
    (rest,) = harvest(store, settings, ("arxiv",), QUERY, clock=clock)
    assert rest.state == "complete"
    assert rest.new == 320 - partial.new
    starts = [dict(request.query).get("start") for request in server.requests[asked:]]
    assert "0" not in starts, "pages that are stored are not asked for again"
    assert _hash(store) == _hash(whole)
    whole.dispose()


def test_a_block_is_failed_and_nothing_more_is_asked(store, settings, server, replay, clock) -> None:
    server.on("/api/query", replay.Answer(b"blocked", status=403, media_type="text/plain"))
    request = HarvestRequest(from_date=date(2024, 1, 1), until_date=date(2024, 3, 1))
    (report,) = harvest(store, settings, ("arxiv",), request, clock=clock)
    assert report.state == "failed"
    assert "403" in report.reason
    assert len(server.requests) == 1
    with store.read() as session:
        assert list_runs(session, source="arxiv")[0].state == "failed"


def test_a_volume_that_is_gone_does_not_keep_the_others_from_being_asked(
    store, settings, server, replay, clock, collection
) -> None:
    """One collection that was renamed once stopped every later one, week after week."""
    server.on(".*/2022.acl.xml", replay.Answer(b"404: Not Found", 404, "text/plain"))
    server.on(COLLECTION, replay.Answer(collection))
    (report,) = harvest(store, settings, (), HarvestRequest(venues=("acl-2022", "acl-2023")), clock=clock)
    assert report.state == "failed"
    assert "2022.acl.xml" in report.reason
    assert report.new == _papers(store) > 0


def test_an_outage_is_partial(store, settings, server, replay, clock) -> None:
    server.on("/api/query", replay.Answer(b"", status=503))
    (report,) = harvest(store, settings, ("arxiv",), WEEK, clock=clock)
    assert report.state == "partial"
    assert report.reason


def test_a_second_harvest_of_a_source_is_refused_while_the_first_runs(
    store, settings, server, replay, clock
) -> None:
    moment = clock.now().replace(microsecond=0)
    with store.write() as session:
        acquire_lease(session, "arxiv", "someone else", at=moment)
    (report,) = harvest(store, settings, ("arxiv",), WEEK, clock=clock)
    assert report.state == "partial"
    assert "another harvest" in report.reason
    assert not server.requests
    with store.write() as session:
        release_lease(session, "arxiv", "someone else", at=moment)


def test_unknown_sources_and_venues_are_refused_by_name(store, settings) -> None:
    with pytest.raises(ConfigurationError, match="nowhere"):
        harvest(store, settings, ("nowhere",), HarvestRequest())
    with pytest.raises(ConfigurationError, match="nips-1812"):
        harvest(store, settings, (), HarvestRequest(venues=("nips-1812",)))


@pytest.mark.shared
def test_recorded_arxiv_answers_are_stored_paper_by_paper(
    shared_data, store, settings, server, replay, clock
) -> None:
    """The 20 recorded replies hold 222 entries: 105 papers, some in several versions, and one error."""
    entries = replay.recorded_arxiv_entries(shared_data / "data" / "arxiv_api" / "recorded")
    server.on("/api/query", replay.arxiv_pages(entries))
    (report,) = harvest(store, settings, ("arxiv",), QUERY, clock=clock)
    assert report.rejected == 0
    assert _papers(store) == 105
    assert report.state == "complete", report.reason
