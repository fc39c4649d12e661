"""A lease is taken from a process that has ended, and from no other."""

import subprocess
import sys
from pathlib import Path

import pytest

from db.harvests import LeaseHeldError, acquire_lease
from foundation.errors import StoreError
from harvester.source import HarvestRequest
from workflow.harvesting import harvest
from workflow.leases import holder_name, is_gone, take_lease

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = "from foundation.clock import SystemClock; from workflow.leases import holder_name\n"
QUERY = HarvestRequest(query='all:"invented"')


@pytest.fixture
def dead_holder() -> str:
    """The name of a process that was killed."""
    wait = "print(holder_name(SystemClock()), flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT + wait], cwd=ROOT, stdin=-1, stdout=-1, text=True
    ) as process:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        assert not is_gone(name), "it is alive still"
        process.kill()
    return name


def test_a_killed_holder_is_gone_and_this_process_is_not(dead_holder, clock) -> None:
    assert is_gone(dead_holder)
    assert not is_gone(holder_name(clock))


@pytest.mark.parametrize(
    ("before", "after"), [(" boot=", " boot=x"), (" pids=", " pids=x"), ("", "x"), ("started=", "began=")]
)
def test_a_holder_of_which_nobody_can_know_is_not_gone(dead_holder, before, after) -> None:
    """Another machine, another boot, another container, another version of this program."""
    assert not is_gone(dead_holder.replace(before, after, 1))


def test_a_process_id_that_was_given_again_does_not_keep_the_lease(clock) -> None:
    mine = holder_name(clock)
    other = " ".join(f"{part}1" if part.startswith("started=") else part for part in mine.split(" "))
    assert is_gone(other)


def test_a_harvest_goes_on_at_once_after_a_kill(dead_holder, store, settings, server, replay, clock) -> None:
    """A killed harvest used to keep every other one out for the quarter of an hour of its lease."""
    with store.write() as session:
        acquire_lease(session, "arxiv", dead_holder, at=clock.now().replace(microsecond=0))
    server.on("/api/query", replay.arxiv_pages([replay.arxiv_entry(1)]))
    (report,) = harvest(store, settings, ("arxiv",), QUERY, clock=clock)
    assert (report.state, report.new) == ("complete", 1)


def test_of_two_that_find_a_dead_holder_one_gets_the_lease(dead_holder, store, clock) -> None:
    moment = clock.now().replace(microsecond=0)
    with store.write() as session:
        acquire_lease(session, "arxiv", dead_holder, at=moment)
    take_lease(store, "arxiv", holder_name(clock), at=moment)
    clock.sleep(1)
    with pytest.raises(LeaseHeldError):
        take_lease(store, "arxiv", holder_name(clock), at=moment)


def test_a_lease_that_cannot_be_given_back_does_not_hide_what_was_harvested(
    store, settings, server, replay, clock, monkeypatch
) -> None:
    """With a full disk the report of the pages that were stored used to be lost in an exception."""

    def full(*_args: object, **_named: object) -> None:
        raise StoreError("the store could not be written to the disk")

    monkeypatch.setattr("db.harvests.release_lease", full)
    server.on("/api/query", replay.arxiv_pages([replay.arxiv_entry(1)]))
    (report,) = harvest(store, settings, ("arxiv",), QUERY, clock=clock)
    assert (report.state, report.new) == ("partial", 1)
    assert "disk" in report.reason


def test_a_store_that_is_locked_makes_the_run_partial(store, settings, server, clock, monkeypatch) -> None:
    def locked(*_args: object, **_named: object) -> None:
        raise StoreError("the store is locked by another process")

    monkeypatch.setattr("db.harvests.acquire_lease", locked)
    (report,) = harvest(store, settings, ("arxiv",), QUERY, clock=clock)
    assert report.state == "partial"
    assert "locked" in report.reason
    assert not server.requests
