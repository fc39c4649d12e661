"""Harvests killed at random moments: nothing lost, nothing doubled, the same store as without.

    python tests/faults/harness/kills.py --kills 1000 --harvests 200 [--seed 1] [--source arxiv]

A server process replays a list of pages. A warmed parent forks a child for each attempt, the
child runs the real `workflow.harvesting.harvest`, the parent kills it (SIGKILL) at a random moment,
and forks the next one, until the harvest says that it is complete. After half of the kills the
parent looks into the store: its rows must be those before the cursor. After each harvest the
store's content hash must be that of an uninterrupted one.
"""

from __future__ import annotations

import argparse
import mmap
import os
import random
import shutil
import signal
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import common

PAGE_RECORDS = 25
REQUESTS = {"arxiv": {"query": 'all:"invented"'}, "arxiv_oai": {}}


def fill(server: Any, replay: ModuleType, *, records: int) -> None:
    """Serve so many records, 25 a page, as arXiv's API and as its OAI-PMH."""
    entries = [replay.arxiv_entry(number) for number in range(1, records + 1)]

    def api(request: Any) -> Any:
        start = int(request.query["start"])
        page = replay.arxiv_feed(entries[start : start + PAGE_RECORDS], start=start, total=len(entries))
        return replay.Answer(page, media_type="application/atom+xml")

    oai = common.load("oai")
    made = [("2026-03-01", oai.record(number)) for number in range(1, records + 1)]
    server.on("/api/query", api)
    server.on("/oai", oai.Repository(replay, made, page_records=PAGE_RECORDS))


def warm_up() -> None:
    """Import whatever a harvest imports, so that a forked child starts with everything at hand."""
    import arxiv  # noqa: F401
    import lxml.etree  # noqa: F401
    import sqlalchemy.dialects.sqlite  # noqa: F401
    import urllib3  # noqa: F401

    import db.engine
    import db.hashing
    import db.papers  # noqa: F401
    import harvester.http
    import harvester.registry
    import workflow.harvesting  # noqa: F401

    harvester.registry.get("arxiv")
    harvester.registry.get("arxiv_oai")


def harvest_once(path: Path, home: Path, base_url: str, source: str, stored: mmap.mmap | None = None) -> str:
    """One attempt, as the command does it: open, harvest, close. Returns the state.

    The number of pages stored so far is kept in `stored`, memory that outlives the process.
    """
    from db.engine import open_store
    from harvester.source import HarvestRequest
    from workflow.harvesting import harvest

    def count(_records: int) -> None:
        if stored is not None:
            stored[0] += 1

    store = open_store(f"sqlite:///{path}")
    request = HarvestRequest(**REQUESTS[source])
    (report,) = harvest(store, common.settings_for(home, base_url), (source,), request, progress=count)
    store.dispose()
    if report.state != "complete":
        print(f"# {report.line()}", flush=True)
    return report.state


def records_before(position: str | None) -> int | None:
    """How many records lie before a cursor of arXiv's API; None where it does not say."""
    if position is None or not position.startswith("start="):
        return None
    return int(position.partition("&")[0].removeprefix("start="))


@dataclass(frozen=True)
class Whole:
    """What an uninterrupted harvest came to, and how long it took."""

    content_hash: str
    pages: int
    seconds: float
    first_page_seconds: float

    @property
    def page_seconds(self) -> float:
        """Of a page after the first."""
        return (self.seconds - self.first_page_seconds) / max(1, self.pages - 1)


def _uninterrupted(path: Path, home: Path, base_url: str, source: str, pages: int) -> Whole:
    stored = mmap.mmap(-1, 1)
    started = time.monotonic()
    pid = common.in_child(lambda: _attempt(path, home, base_url, source, stored))
    while not stored[0] and os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        time.sleep(0.001)
    first = time.monotonic() - started
    _, status = os.waitpid(pid, 0)
    assert status == 0, status
    facts = common.facts_of(path)
    assert (facts.records, facts.papers, facts.pages) == (pages * PAGE_RECORDS, pages * PAGE_RECORDS, pages)
    return Whole(common.hash_of(path), pages, time.monotonic() - started, first)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--harvests", type=int, default=4)
    parser.add_argument("--pages", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit-seconds", type=float, default=3_000)
    options = parser.parse_args()
    randomness = random.Random(options.seed)
    records = options.pages * PAGE_RECORDS
    warm_up()
    commits: Counter[int] = Counter()
    outcome: Counter[str] = Counter()
    problems: list[str] = []
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="landscape-kills-", dir=common.scratch_folder()))
    try:
        with common.server_process(lambda server, replay: fill(server, replay, records=records)) as base_url:
            whole: dict[str, Whole] = {}
            empty = folder / "empty.db"
            common.told_by_child(lambda: _make_empty(empty))
            for source in REQUESTS:
                path = folder / f"whole-{source}.db"
                shutil.copy(empty, path)
                whole[source] = _uninterrupted(path, folder / "home", base_url, source, options.pages)
            target = options.kills / options.harvests
            while outcome["harvests"] < options.harvests or outcome["kills"] < options.kills:
                if time.monotonic() - began > options.limit_seconds:
                    problems.append("ran out of time")
                    break
                number = outcome["harvests"]
                # Two of three by the query API, one by OAI-PMH; every tenth store is made while killing.
                source = "arxiv_oai" if number % 3 == 2 else "arxiv"
                path = folder / f"killed-{number}.db"
                if number % 10 != 9:
                    shutil.copy(empty, path)
                _one_harvest(
                    path, folder / "home", base_url, source, whole[source], target, records, randomness,
                    commits, outcome, problems, began + options.limit_seconds,
                )  # fmt: skip
                outcome["harvests"] += 1
                for leftover in folder.glob(f"killed-{number}.db*"):
                    leftover.unlink()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    after_first = sum(count for pages, count in commits.items() if pages > 0)
    common.say(
        {
            "kills": outcome["kills"],
            "harvests": outcome["harvests"],
            "pages_a_harvest": options.pages,
            "records_a_page": PAGE_RECORDS,
            "lost": outcome["lost"],
            "doubled": outcome["doubled"],
            "hash_differs": outcome["hash_differs"],
            "integrity_failures": outcome["integrity"],
            "stores_looked_at_after_a_kill": outcome["looked"],
            "rows_not_at_cursor": outcome["rows_not_at_cursor"],
            "ended_by_themselves_before_the_kill": outcome["too_late"],
            "kills_after_the_first_page": after_first,
            "kills_by_pages_stored": {str(pages): commits[pages] for pages in sorted(commits)},
            "seconds": round(time.monotonic() - began, 1),
            "problems": problems[:10],
        }
    )


def _make_empty(path: Path) -> None:
    from db.engine import open_store

    store = open_store(f"sqlite:///{path}")
    with store.write() as session:
        session.connection().exec_driver_sql("SELECT 1")
    store.dispose()


def _one_harvest(
    path: Path, home: Path, base_url: str, source: str, whole: Whole, target: float, records: int,
    randomness: random.Random, commits: Counter[int], outcome: Counter[str], problems: list[str],
    deadline: float,
) -> None:  # fmt: skip
    stored = mmap.mmap(-1, 1)
    while True:
        # Some pages on, then anywhere within the next one: reading, parsing, storing, committing.
        pages = stored[0] + randomness.randint(0, round(2 * whole.pages / (target + 2)))
        within = randomness.random() * 1.2
        started = time.monotonic()
        pid = common.in_child(lambda: _attempt(path, home, base_url, source, stored))
        if pages == stored[0]:
            time.sleep(within * whole.first_page_seconds)
        else:
            while stored[0] < pages and time.monotonic() < started + 20 * whole.seconds:
                time.sleep(0.001)
                if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None:
                    break
            time.sleep(within * whole.page_seconds)
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        if not os.WIFSIGNALED(status):
            outcome["too_late"] += 1
            code = os.waitstatus_to_exitcode(status)
            if code:
                problems.append(f"{path.name}: an attempt ended with {code}")
            break
        outcome["kills"] += 1
        commits[stored[0]] += 1
        if stored[0] >= whole.pages:
            break  # killed on its way out: another run would read the whole list anew, as it should
        if time.monotonic() > deadline:
            problems.append(f"{path.name}: not complete in time")
            return
        # Half of the kills are looked at; the others leave the repair of the file to the next child.
        if stored[0] and randomness.random() < 0.5:
            outcome["looked"] += 1
            facts = common.facts_of(path)
            if facts.complete:
                break  # killed between the last commit and the word of it
            before = records_before(facts.position)
            if (
                facts.pages < stored[0]
                or facts.records != facts.pages * PAGE_RECORDS
                or facts.new != facts.papers
                or (before is not None and before != facts.records)
            ):
                outcome["rows_not_at_cursor"] += 1
                problems.append(f"{path.name}: {stored[0]} pages told, {facts}")
    facts = common.facts_of(path)
    outcome["lost"] += max(0, records - facts.distinct_records) + max(0, records - facts.papers)
    outcome["doubled"] += (facts.records - facts.distinct_records) + max(0, facts.papers - records)
    if facts.new != records:
        problems.append(f"{path.name}: runs counted {facts.new} new papers of {records}")
    if common.integrity_of(path) != "ok":
        outcome["integrity"] += 1
    if common.hash_of(path) != whole.content_hash:
        outcome["hash_differs"] += 1


def _attempt(path: Path, home: Path, base_url: str, source: str, stored: mmap.mmap) -> None:
    if harvest_once(path, home, base_url, source, stored) != "complete":
        os._exit(3)


if __name__ == "__main__":
    main()
