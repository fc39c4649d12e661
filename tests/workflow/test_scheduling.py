"""The schedule on a virtual clock, against a replay server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from db.harvests import LeaseHeldError, acquire_lease
from db.schedule import list_requests, request_harvest, schedule_states
from db.snapshots import list_snapshots
from foundation.errors import TransientSourceError
from foundation.settings import SOURCE_NAMES, Settings
from harvester.schedule import load_schedule
from harvester.venues import edition_of
from landscape.health import take_health
from workflow.refresh import REFRESH_LEASE, refresh, refreshing
from workflow.scheduling import pass_lines, planned_sources, run_due, run_forever

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def only(settings):
    """Settings in which only the named sources are enabled."""

    def make(*names: str) -> Settings:
        sources = {
            name: settings.source(name).model_copy(update={"enabled": name in names}) for name in SOURCE_NAMES
        }
        return settings.model_copy(update={"sources": sources})

    return make


@pytest.fixture
def arxiv(only, server, replay) -> Settings:
    server.on("/api/query", replay.arxiv_pages([replay.arxiv_entry(n, day="2026-03-01") for n in (1, 2)]))
    return only("arxiv")


def wait(clock, duration: timedelta) -> None:
    clock.sleep(duration.total_seconds())


def state(store):
    with store.read() as session:
        return schedule_states(session)["arxiv"]


def test_what_is_due_runs_and_is_due_again_after_its_cadence(store, arxiv, clock) -> None:
    done = run_due(store, arxiv, clock=clock, jitter=lambda: 0.5)
    assert done.due == ("arxiv",)
    assert done.report is not None
    assert (done.report.state, done.report.exit_code) == ("complete", 0)
    lines = pass_lines(done)
    assert [line.split(":")[0] for line in lines] == ["harvest", "classify", "snapshot"]
    assert "2 new" in lines[0]
    # Began at 12:00; 24 hours and half of 45 minutes later.
    assert state(store).next_due == datetime(2026, 3, 5, 12, 22, 30, tzinfo=UTC)
    assert run_due(store, arxiv, clock=clock).report is None, "nothing is due"
    wait(clock, DAY + HOUR)
    assert run_due(store, arxiv, clock=clock).due == ("arxiv",)
    with store.read() as session:
        assert [each.reason for each in list_snapshots(session)] == ["schedule", "schedule"]


def test_many_missed_runs_are_caught_up_once(store, arxiv, clock) -> None:
    run_due(store, arxiv, clock=clock, jitter=lambda: 0.0)
    wait(clock, 10 * DAY)
    done = run_due(store, arxiv, clock=clock, jitter=lambda: 0.0)
    assert done.missed == (("arxiv", 9),)
    assert pass_lines(done)[0] == "arxiv: 9 runs were missed; this one makes up for them"
    assert state(store).missed == 9
    assert run_due(store, arxiv, clock=clock).report is None


def test_nothing_begins_in_a_bad_hour(store, arxiv, clock, server) -> None:
    run_due(store, arxiv, clock=clock, jitter=lambda: 0.0)
    asked = len(server.requests)
    wait(clock, DAY + 12 * HOUR)  # five past midnight
    assert run_due(store, arxiv, clock=clock).report is None
    assert len(server.requests) == asked
    wait(clock, HOUR)
    assert run_due(store, arxiv, clock=clock).due == ("arxiv",)


def test_an_outage_is_tried_again_soon_then_less_often(store, only, server, replay, clock) -> None:
    server.on("/api/query", replay.Answer(b"busy", 503, "text/plain"))
    settings = only("arxiv")
    pauses = []
    for _ in range(3):
        done = run_due(store, settings, clock=clock, jitter=lambda: 0.0)
        assert done.report is not None
        assert done.report.exit_code == 3
        pauses.append(state(store).next_due - clock.now().replace(microsecond=0))
        clock.sleep(pauses[-1].total_seconds() + 1)
    assert pauses == [HOUR, 2 * HOUR, 4 * HOUR]
    assert state(store).failures == 3
    with store.read() as session:
        health = take_health(session, load_schedule(), ["arxiv"], clock.now())
    assert (health.state, health.exit_code) == ("failing", 2)
    assert health.reasons[0].startswith("arxiv: 3 times in a row: ")


def test_a_schedule_that_nobody_runs_is_late(store, arxiv, clock) -> None:
    def health(moment: datetime) -> str:
        with store.read() as session:
            return take_health(session, load_schedule(), ["arxiv"], moment).state

    assert health(clock.now()) == "off"
    run_due(store, arxiv, clock=clock, jitter=lambda: 0.0)
    assert health(clock.now() + DAY + 6 * HOUR) == "healthy"
    assert health(clock.now() + 2 * DAY + HOUR) == "late"


def test_a_run_that_died_is_due_again_after_an_hour(store, arxiv, clock, monkeypatch) -> None:
    import workflow.scheduling as scheduling

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(scheduling, "refresh", die)
        run_due(store, arxiv, clock=clock)
    assert state(store).state == "running"
    assert run_due(store, arxiv, clock=clock).report is None
    wait(clock, HOUR)
    assert run_due(store, arxiv, clock=clock).due == ("arxiv",)


def test_a_request_from_the_app_is_taken_at_the_next_look(store, arxiv, clock) -> None:
    run_due(store, arxiv, clock=clock, jitter=lambda: 0.0)
    wait(clock, HOUR)
    with store.write() as session:
        request_harvest(session, by="app", at=clock.now().replace(microsecond=0), sources=["arxiv"])
    done = run_due(store, arxiv, clock=clock, jitter=lambda: 0.0)
    assert (done.due, done.requests) == ((), (1,))
    with store.read() as session:
        (wish,) = list_requests(session)
    assert wish.state == "complete"
    assert state(store).next_due == datetime(2026, 3, 5, 13, tzinfo=UTC)


def test_a_second_refresh_is_refused_until_the_lease_expires(store, arxiv, clock) -> None:
    with store.write() as session:
        acquire_lease(session, REFRESH_LEASE, "another host", at=clock.now().replace(microsecond=0))
    with pytest.raises(LeaseHeldError, match="another harvest of refresh is running"):
        run_due(store, arxiv, clock=clock)
    wait(clock, timedelta(minutes=15))
    assert run_due(store, arxiv, clock=clock).report is not None
    with refreshing(store, clock):
        pass


def test_conferences_are_looked_for_from_their_month_on_and_announced(
    store, only, server, replay, clock
) -> None:
    xml = (FIXTURES / "acl_anthology" / "present.response.xml").read_bytes()
    settings = only("acl_anthology")
    (planned,) = planned_sources(store, settings, now=clock.now())
    assert "eacl-2026" in planned.venues, "its month is March"
    assert "acl-2026" not in planned.venues, "its month is July"

    def answer(request):
        collection = request.path.rpartition("/")[2].removesuffix(".xml")
        if collection == "2026.eacl" or edition_of("acl_anthology", collection) is None:
            return replay.Answer(b"none", 404, "text/plain")
        return replay.Answer(xml.replace(b"2023.acl", collection.encode()))

    server.on("/acl-org/acl-anthology/master/data/xml/.*", answer)
    done = run_due(store, settings, clock=clock, jitter=lambda: 0.0)
    assert done.report is not None
    assert done.report.state == "complete", "a volume that is not out yet is no failure"
    assert "acl-2025" in done.report.found_venues
    assert "eacl-2026" not in done.report.found_venues
    assert "found: acl-2025 is out" in done.report.lines()
    paths = {request.path.rpartition("/")[2] for request in server.requests}
    assert "2026.eacl.xml" in paths
    assert "2026.acl.xml" not in paths


def test_a_step_that_fails_does_not_stop_the_next(store, arxiv, clock, monkeypatch) -> None:
    import workflow.classifying as classifying

    def broken(*_: object, **__: object) -> None:
        raise TransientSourceError("the model is away")

    monkeypatch.setattr(classifying, "classify_store", broken)
    report = refresh(store, arxiv, ["arxiv"], clock=clock)
    assert report.classified is None
    assert report.snapshot is not None
    assert (report.state, report.exit_code) == ("partial", 3)
    assert report.lines()[-1] == "classify: failed — the model is away"


def test_the_schedule_looks_again_and_again(store, arxiv) -> None:
    told: list[str] = []
    began = datetime.now(UTC)
    run_forever(store, arxiv, tell=told.append, tick_seconds=0.05, passes=3)
    with store.read() as session:
        states = schedule_states(session)
    # At a quarter past midnight of the machine's own clock there is nothing to see but patience.
    assert sum("snapshot:" in line for line in told) == len(states)
    assert len(states) == (load_schedule().cadence("arxiv").good_moment(began) == began)
