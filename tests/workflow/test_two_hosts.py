"""Two clocks, two hosts, one store: the lease lets exactly one run."""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import workflow.leases as leases
from db.engine import open_store
from db.harvests import LeaseHeldError, list_runs
from db.snapshots import list_snapshots
from foundation.settings import SOURCE_NAMES
from workflow.scheduling import run_due

# The cluster of tests/db, for this room too.
_SPEC = importlib.util.spec_from_file_location(
    "tests_db_conftest", Path(__file__).resolve().parents[1] / "db" / "conftest.py"
)
assert _SPEC is not None
assert _SPEC.loader is not None
_DB = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_DB)
postgres_server, postgres_url, sqlite_url = _DB.postgres_server, _DB.postgres_url, _DB.sqlite_url


class HostClock:
    """A host's own clock, seconds off from the others'."""

    def __init__(self, off_seconds: float) -> None:
        self.off = timedelta(seconds=off_seconds)

    def now(self) -> datetime:
        return datetime(2026, 3, 4, 12, tzinfo=UTC) + self.off

    def monotonic(self) -> float:
        return self.off.total_seconds()

    def sleep(self, duration_seconds: float) -> None:
        """Nothing here waits long."""


@pytest.fixture(params=["sqlite_url", pytest.param("postgres_url", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    yield request.getfixturevalue(request.param)


def test_exactly_one_of_two_hosts_runs(url, settings, server, replay, monkeypatch) -> None:
    hosts = threading.local()
    monkeypatch.setattr(leases, "_machine", lambda: f"{hosts.name} boot=x pids=y")
    sources = {
        name: settings.source(name).model_copy(update={"enabled": name == "arxiv"}) for name in SOURCE_NAMES
    }
    mine = settings.model_copy(update={"sources": sources})
    open_store(url).dispose()
    held = threading.Event()
    first_asked = threading.Event()

    def slow(request):
        first_asked.set()
        held.wait(30)  # the harvest is under way until the other host has had its try
        return replay.Answer(
            replay.arxiv_feed([replay.arxiv_entry(1, day="2026-03-01")]), media_type="application/atom+xml"
        )

    server.on("/api/query", slow)
    outcomes: dict[str, object] = {}

    def host(name: str, off_seconds: float) -> None:
        hosts.name = name
        store = open_store(url)
        try:
            outcomes[name] = run_due(store, mine, clock=HostClock(off_seconds), jitter=lambda: 0.0)
        except LeaseHeldError as error:
            outcomes[name] = error
        finally:
            store.dispose()

    one = threading.Thread(target=host, args=("one", 0.0))
    two = threading.Thread(target=host, args=("two", 300.0))
    one.start()
    assert first_asked.wait(30)
    two.start()
    two.join(30)
    held.set()
    one.join(60)
    assert getattr(outcomes["one"], "report", None) is not None
    assert getattr(outcomes["two"], "report", None) is None
    # Both at once after that: nothing is due any more, for either.
    again = [threading.Thread(target=host, args=(name, off)) for name, off in (("one", 1.0), ("two", 301.0))]
    for thread in again:
        thread.start()
    for thread in again:
        thread.join(60)
    assert [getattr(outcomes[name], "report", None) for name in ("one", "two")] == [None, None]
    store = open_store(url)
    with store.read() as session:
        assert len(list_snapshots(session)) == 1
        assert {run.state for run in list_runs(session)} == {"complete"}
    store.dispose()


def test_both_at_the_same_instant(url, settings, server, replay, monkeypatch) -> None:
    hosts = threading.local()
    monkeypatch.setattr(leases, "_machine", lambda: f"{hosts.name} boot=x pids=y")
    sources = {
        name: settings.source(name).model_copy(update={"enabled": name == "arxiv"}) for name in SOURCE_NAMES
    }
    mine = settings.model_copy(update={"sources": sources})
    open_store(url).dispose()
    server.on("/api/query", replay.arxiv_pages([replay.arxiv_entry(1, day="2026-03-01")]))
    start = threading.Barrier(2)
    done: list[object] = []

    def host(name: str) -> None:
        hosts.name = name
        store = open_store(url)
        start.wait(30)
        try:
            done.append(run_due(store, mine, clock=HostClock(0), jitter=lambda: 0.0).report)
        except LeaseHeldError:
            done.append(None)
        finally:
            store.dispose()

    threads = [threading.Thread(target=host, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(report is not None for report in done) == [False, True]
