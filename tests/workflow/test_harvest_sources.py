"""Whole harvests of every source that came after the first two: each ending is the true one."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from db.engine import open_store
from db.harvests import get_cursor, list_rejects, list_runs, source_states
from db.hashing import content_hash
from db.papers import find_paper, iter_source_records, paper_counts
from harvester import registry
from harvester.archive import single_file
from harvester.source import HarvestRequest
from workflow.harvesting import harvest
from workflow.reports import exit_code

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
SINCE = HarvestRequest(from_date=date(2026, 3, 1))


@dataclass
class Case:
    """One source beside a server that serves it.

    Attributes:
        source: Its name.
        request: What is asked for.
        key: The slice's key.
        papers: How many papers the server has.
        serve: Sets the server up; takes an answer that comes instead of the pages asked for after
            so many requests.
        suspicious: An answer that cannot be right.
    """

    source: str
    request: HarvestRequest
    key: str
    papers: int
    serve: Callable[..., Any]
    suspicious: Any


@pytest.fixture
def oai(oai_replay, replay, server):
    days = [f"2026-03-{1 + number // 12:02d}" for number in range(36)]
    repository = oai_replay.Repository(
        replay, [(day, oai_replay.record(number, day)) for number, day in enumerate(days)]
    )

    def serve(instead=None, after=0):
        server.clear()
        repository.asked.clear()
        server.on(
            "/oai",
            lambda asked: instead if instead and len(server.requests) > after else repository(asked),
        )
        return repository

    repeated = oai_replay.listing([oai_replay.record(1)], "same")
    return Case("arxiv_oai", SINCE, "cs:cs:CL arXiv since 2026-03-01", 36, serve, replay.Answer(repeated))


@pytest.fixture
def pmlr(replay, server):
    archive = replay.Answer(
        gzip.compress((FIXTURES / "pmlr" / "volume.response.tar").read_bytes(), mtime=0),
        media_type="application/x-gzip",
    )
    empty = gzip.compress(single_file("v202-HEAD/README.md", b"Moved."), mtime=0)

    def serve(instead=None, after=0):
        server.clear()
        server.on("/mlresearch/v202/tar.gz/HEAD", *([archive] * after), instead or archive)

    return Case(
        "pmlr",
        HarvestRequest(venues=("icml-2023",)),
        "v202",
        4,
        serve,
        replay.Answer(empty, media_type="application/x-gzip"),
    )


def _proceedings(name, proceedings_replay, replay, server):
    site = proceedings_replay.Site(replay, list(range(6)), 2024, proceedings_replay.new_page)
    registry.get(name)._listings.clear()

    def serve(instead=None, after=0):
        server.clear()
        server.on("/.*", lambda asked: instead if instead and len(server.requests) > after else site(asked))
        return site

    empty = replay.Answer(proceedings_replay.index([]), media_type="text/html")
    return Case(name, HarvestRequest(venues=(f"{name}-2024",)), "2024", 6, serve, empty)


@pytest.fixture(params=["oai", "pmlr", "neurips", "iclr"])
def case(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def neurips(proceedings_replay, replay, server):
    return _proceedings("neurips", proceedings_replay, replay, server)


@pytest.fixture
def iclr(proceedings_replay, replay, server):
    return _proceedings("iclr", proceedings_replay, replay, server)


def _run(store, settings, clock, case, **changes):
    request = HarvestRequest(**{**case.request.__dict__, **changes})
    (report,) = harvest(store, settings, (case.source,), request, clock=clock)
    return report


def _papers(store) -> int:
    with store.read() as session:
        return paper_counts(session).papers


def _hash(store) -> str:
    with store.read() as session:
        return content_hash(session)


def _cursor(store, case):
    with store.read() as session:
        return get_cursor(session, case.source, case.key)


def test_a_harvest_is_complete_and_the_next_changes_nothing(store, settings, server, clock, case) -> None:
    case.serve()
    first = _run(store, settings, clock, case)
    assert (first.state, first.reason, first.new, first.rejected) == ("complete", "", case.papers, 0)
    assert _papers(store) == case.papers
    assert _cursor(store, case).complete
    before = _hash(store)
    second = _run(store, settings, clock, case)
    assert (second.state, second.new, second.updated) == ("complete", 0, 0)
    assert _hash(store) == before
    assert exit_code([first, second]) == 0


def test_a_harvest_cut_short_resumes_and_equals_the_uninterrupted_one(
    tmp_path, store, settings, server, replay, clock, case
) -> None:
    whole = open_store(f"sqlite:///{tmp_path / 'whole.db'}")
    case.serve()
    _run(whole, settings, clock, case)
    requests = len(server.requests)
    outage = replay.Answer(b"", status=503)
    for after in range(requests):
        other = open_store(f"sqlite:///{tmp_path / f'cut{after}.db'}")
        if case.source in ("neurips", "iclr"):
            registry.get(case.source)._listings.clear()  # as in another process
        case.serve(outage, after)
        cut = _run(other, settings, clock, case)
        assert (cut.state, exit_code([cut])) == ("partial", 3)
        cursor = _cursor(other, case)
        assert cursor is None or cursor.watermark is None, "only a complete run moves the mark"
        case.serve()
        rest = _run(other, settings, clock, case)
        assert rest.state == "complete", rest.reason
        assert _hash(other) == _hash(whole)
        other.dispose()
    whole.dispose()


def test_a_limit_is_partial_and_the_rest_follows(store, settings, server, clock, case) -> None:
    case.serve()
    first = _run(store, settings, clock, case, max_records=3)
    assert first.state == ("complete" if case.source == "pmlr" else "partial")  # a volume is one page
    asked = len(server.requests)
    second = _run(store, settings, clock, case)
    assert second.state == "complete"
    assert first.new + second.new == case.papers
    assert len(server.requests) - asked < asked + case.papers


def test_an_answer_that_cannot_be_right_is_suspect(store, settings, server, clock, case) -> None:
    case.serve(case.suspicious)
    report = _run(store, settings, clock, case)
    assert (report.state, exit_code([report])) == ("suspect", 4)
    assert report.reason
    cursor = _cursor(store, case)
    assert cursor is None or not cursor.complete
    with store.read() as session:
        assert source_states(session)[case.source].state == "suspect"
    case.serve()
    registry_source = registry.get(case.source)
    if hasattr(registry_source, "_listings"):
        registry_source._listings.clear()
    if case.source != "arxiv_oai":
        assert _run(store, settings, clock, case).state == "complete"


def test_a_block_is_failed_and_nothing_more_is_asked(store, settings, server, replay, clock, case) -> None:
    case.serve(replay.Answer(b"blocked", status=403, media_type="text/plain"))
    report = _run(store, settings, clock, case)
    assert (report.state, exit_code([report])) == ("failed", 2)
    assert "403" in report.reason
    assert len(server.requests) == 1
    with store.read() as session:
        assert list_runs(session, source=case.source)[0].state == "failed"


def test_pages_that_are_no_pages_are_partial(store, settings, server, replay, clock, case) -> None:
    case.serve(replay.Answer(b"<html><body>Down for maintenance", media_type="text/html"))
    report = _run(store, settings, clock, case)
    assert report.state == "partial"
    assert _papers(store) == 0


def test_oai_goes_on_from_the_day_of_its_first_answer(store, settings, server, clock, oai) -> None:
    repository = oai.serve()
    repository.moments = ("2026-03-03T23:59:59Z", "2026-03-04T00:00:02Z")
    assert _run(store, settings, clock, oai, from_date=None).state == "complete"
    repository.asked.clear()
    repository.moments = ("2026-03-05T22:00:00Z",)
    report = _run(store, settings, clock, oai, from_date=None)
    assert repository.asked[0]["from"] == "2026-02-28", "three days before the third of March"
    assert (report.state, report.unchanged) == ("complete", 36)


@pytest.mark.parametrize("lost", [2, 3, 4])
def test_oai_loses_its_token_and_no_paper(
    tmp_path, store, settings, server, clock, oai, oai_replay, lost
) -> None:
    repository = oai.serve()
    repository.fault = lambda number, query: (
        oai_replay.error("badResumptionToken") if number == lost else None
    )
    report = _run(store, settings, clock, oai)
    assert (report.state, report.new, report.updated) == ("complete", 36, 0)
    repository.fault = None
    whole = open_store(f"sqlite:///{tmp_path / 'whole.db'}")
    oai.serve()
    _run(whole, settings, clock, oai)
    assert _hash(store) == _hash(whole)
    whole.dispose()


def test_oai_keeps_going_where_every_page_looks_like_the_last_one_stored(
    store, settings, server, clock, oai, oai_replay
) -> None:
    """All of one day, and the token lost behind the first page: the same bytes come once more."""
    repository = oai.serve()
    repository.records = [("2026-03-01", oai_replay.record(number)) for number in range(20)]
    repository.fault = lambda number, query: oai_replay.error("badResumptionToken") if number == 2 else None
    report = _run(store, settings, clock, oai)
    assert (report.state, report.new) == ("complete", 20)


def test_oai_deletions_are_tombstones_and_can_be_taken_back(
    store, settings, server, clock, oai, oai_replay
) -> None:
    repository = oai.serve()
    repository.records = [("2026-03-01", oai_replay.record(1)), ("2026-03-01", oai_replay.record(2))]
    _run(store, settings, clock, oai)
    clock.sleep(86_400)
    repository.records[1] = ("2026-03-02", oai_replay.record(2, "2026-03-02", deleted=True))
    assert _run(store, settings, clock, oai).updated == 1
    with store.read() as session:
        gone = find_paper(session, "arxiv:2601.00002")
        assert gone is not None
        assert gone.retracted
        assert gone.title == "Invented Paper Number 2", "a tombstone takes nothing away"
    clock.sleep(86_400)
    repository.records[1] = ("2026-03-03", oai_replay.record(2, "2026-03-03", title="Back Again"))
    assert _run(store, settings, clock, oai).state == "complete"
    with store.read() as session:
        back = find_paper(session, "arxiv:2601.00002")
        assert back is not None
        assert back.id is not None
        assert (back.title, back.retracted) == ("Back Again", None)
        assert [record.deleted for record in iter_source_records(session, back.id)] == [False, True, False]


def test_pmlr_keeps_the_commit_and_sends_its_validator(store, settings, server, replay, clock, pmlr) -> None:
    body = gzip.compress((FIXTURES / "pmlr" / "volume.response.tar").read_bytes(), mtime=0)
    answer = replay.Answer(body, media_type="application/x-gzip", headers={"ETag": '"v1"'})
    server.on("/mlresearch/v202/tar.gz/HEAD", answer, replay.Answer(status=304))
    _run(store, settings, clock, pmlr)
    with store.read() as session:
        paper = find_paper(session, "pmlr:v202/example23a")
        assert paper is not None
        assert paper.id is not None
        (record,) = iter_source_records(session, paper.id)
    assert "/tar.gz/2b93c4af27abbb7dd9406219ca3b815ecb3243c7#_posts/" in record.url
    report = _run(store, settings, clock, pmlr)
    assert (report.state, report.skipped) == ("complete", (("not modified", 1),))
    assert server.requests[-1].headers["if-none-match"] == '"v1"'


def test_a_year_of_proceedings_that_is_done_costs_one_request(
    store, settings, server, clock, neurips
) -> None:
    neurips.serve()
    _run(store, settings, clock, neurips)
    server.requests.clear()
    report = _run(store, settings, clock, neurips)
    assert (report.state, len(server.requests)) == ("complete", 1)


def test_a_layout_that_changes_on_the_way_is_suspect_and_keeps_what_was_read(
    store, settings, server, clock, neurips, proceedings_replay
) -> None:
    site = neurips.serve()
    site.numbers = list(range(25))
    site.page = lambda number, year: proceedings_replay.new_page(number, year, abstract=number < 10)
    report = _run(store, settings, clock, neurips)
    assert report.state == "suspect"
    assert "source-changed" in report.reason
    assert 0 < _papers(store) < 25
    site.page = proceedings_replay.new_page
    assert _run(store, settings, clock, neurips).state == "complete"
    assert _papers(store) == 25


def test_rejects_are_kept_with_their_reason(store, settings, server, replay, clock, pmlr) -> None:
    body = gzip.compress((FIXTURES / "pmlr" / "rejects.response.tar").read_bytes(), mtime=0)
    server.on("/.*", replay.Answer(body, media_type="application/x-gzip"))
    report = _run(store, settings, clock, pmlr)
    # 21 of 22 posts: far over a tenth, so the volume as a whole is doubted and nothing is stored.
    assert (report.state, report.new) == ("suspect", 0)
    with store.read() as session:
        assert list_rejects(session) == []
