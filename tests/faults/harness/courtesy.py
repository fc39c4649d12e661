"""How long a harvest takes beside the pauses that its source asks for, and that it never takes less.

    python tests/faults/harness/courtesy.py --processes 4 --delay-seconds 3 --requests 3
    python tests/faults/harness/courtesy.py --records 30000 [--source arxiv | arxiv_oai] [--clock wall]

The first form lets several processes ask one operator at once, in real time, arXiv's query API and its
OAI-PMH in turn, and reports the least gap that the server saw. The second replays a whole harvest under a
clock that skips its pauses and lets everything else take its processor time, so that other work on the
machine does not count (`--clock wall`: its time by the machine's clock): reading and storing overlap with
the pause, as they do in a real harvest.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import string
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import common

WEEK_RECORDS = 700  # under the 1,000 beyond which a window is narrowed first
ARXIV_PAGE_RECORDS = 100
OAI_PAGE_RECORDS = 1_000
FIRST = date(2023, 1, 2)


class SkippingClock:
    """This process's own time; whoever sleeps wakes at once, at the moment when they wanted to wake."""

    def __init__(self, passed: Callable[[], float]) -> None:
        self.passed = passed
        self.skipped = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.skipped)

    def monotonic(self) -> float:
        return self.passed() + self.skipped

    def sleep(self, duration_seconds: float) -> None:
        self.skipped += max(0.0, duration_seconds)


def own_words(text: str, number: int) -> str:
    """An entry or record whose abstract is its own: one sentence in all of them would make them all alike."""
    randomness = random.Random(number)
    words = " ".join("".join(randomness.choices(string.ascii_lowercase, k=7)) for _ in range(60))
    return text.replace("brews tea in a way that nobody has tried", words)


def gap_between_processes(processes: int, delay_seconds: float, requests: int) -> dict[str, Any]:
    """Several processes, one operator, real time.

    The delay stands in the client's gate as it would for arXiv itself; for a loopback address a shorter
    one may be set, which the quick test does.
    """
    from foundation.clock import SystemClock
    from harvester import registry
    from harvester.http import PoliteClient

    replay = common.load("server")
    reader, writer = os.pipe()

    def work(number: int, home: Path) -> None:
        base_url = os.read(reader, 100).decode().strip()
        source = registry.get(("arxiv", "arxiv_oai")[number % 2])
        settings = common.settings_for(home, base_url, delay_seconds)
        client = PoliteClient.for_source(source, settings, clock=SystemClock())
        for _ in range(requests):
            client.get("/page", media_types=("application/xml",))

    with tempfile.TemporaryDirectory() as folder:
        # Forked before the server has its threads; they wait to be told where it listens.
        children = [
            common.in_child(lambda number=number: work(number, Path(folder))) for number in range(processes)
        ]
        with replay.ReplayServer() as server:
            server.on(".*", replay.Answer(b"<a/>", media_type="application/xml"))
            began = time.monotonic()
            for _ in children:  # a pipe gives each reader one message of its size
                os.write(writer, server.base_url.ljust(100).encode())
            statuses = [os.waitpid(child, 0)[1] for child in children]
            lasted = time.monotonic() - began
            gaps = server.gaps_seconds
    return {
        "processes": processes, "requests": len(gaps) + 1, "rule_seconds": delay_seconds,
        "least_gap_seconds": round(min(gaps), 4), "greatest_gap_seconds": round(max(gaps), 4),
        "under_the_rule": sum(gap < delay_seconds for gap in gaps),
        "failed_processes": sum(map(bool, statuses)), "seconds": round(lasted, 1),
    }  # fmt: skip


def fill_arxiv(server: Any, replay: Any, records: int) -> int:
    """Serve records week by week; the number of pages that this takes."""
    weeks: dict[str, list[str]] = {}
    pages, number, week = 0, 0, 0
    while number < records:
        monday = FIRST + timedelta(weeks=week)
        count = min(WEEK_RECORDS, records - number)
        weeks[f"{monday:%Y%m%d}"] = [
            own_words(replay.arxiv_entry(number + each, day=f"{monday + timedelta(each % 5)}"), number + each)
            for each in range(1, count + 1)
        ]
        pages += -(-count // ARXIV_PAGE_RECORDS)
        number += count
        week += 1

    def answer(request: Any) -> Any:
        found = re.search(r"submittedDate:\[(\d{8})", request.query["search_query"])
        entries = weeks.get(found[1] if found else "", [])
        start, size = int(request.query["start"]), int(request.query["max_results"])
        return replay.Answer(
            replay.arxiv_feed(entries[start : start + size], start=start, total=len(entries))
        )

    server.on("/api/query", answer)
    return pages


def fill_oai(server: Any, replay: Any, records: int) -> int:
    """Serve records a thousand a page; the number of pages that this takes."""
    oai = common.load("oai")
    made = [
        (f"{FIRST}", own_words(oai.record(number, f"{FIRST}"), number)) for number in range(1, records + 1)
    ]
    server.on("/oai", oai.Repository(replay, made, page_records=OAI_PAGE_RECORDS))
    return -(-records // OAI_PAGE_RECORDS)


def simulated(records: int, source: str, kind: str) -> dict[str, Any]:
    """A whole harvest, its pauses skipped."""
    from db.engine import open_store
    from harvester.source import HarvestRequest
    from workflow.harvesting import harvest

    replay = common.load("server")
    folder = Path(tempfile.mkdtemp(prefix="landscape-courtesy-", dir=common.scratch_folder()))
    passed = time.monotonic if kind == "wall" else time.process_time
    clock = SkippingClock(passed)
    sent: list[float] = []
    try:
        with replay.ReplayServer() as server:
            pages = (fill_arxiv if source == "arxiv" else fill_oai)(server, replay, records)
            rule = server._next_answer

            def noted(request: Any) -> Any:
                sent.append(clock.monotonic())
                return rule(request)

            server._next_answer = noted  # type: ignore[method-assign]
            store = open_store(f"sqlite:///{folder / 'store.db'}")
            weeks = -(-records // WEEK_RECORDS)
            last = FIRST + timedelta(weeks=weeks) - timedelta(days=1)
            request = (
                HarvestRequest(from_date=FIRST, until_date=last) if source == "arxiv" else HarvestRequest()
            )
            began, real = clock.monotonic(), passed()
            (report,) = harvest(
                store,
                common.settings_for(folder / "home", server.base_url, 3.0),
                (source,),
                request,
                clock=clock,
            )
            lasted, working = clock.monotonic() - began, passed() - real
            store.dispose()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    floor = 3.0 * (pages - 1)
    gaps = [later - earlier for earlier, later in pairwise(sent)]
    return {
        "source": source, "clock": kind, "state": report.state, "reason": report.reason, "records": records,
        "stored": report.new,
        "pages": pages, "requests": len(sent), "floor_seconds": floor, "lasted_seconds": round(lasted, 1),
        "ratio_to_floor": round(lasted / floor, 4),
        "ratio_to_request_floor": round(lasted / (3.0 * (len(sent) - 1)), 4),
        "least_gap_seconds": round(min(gaps), 4), "working_seconds": round(working, 1),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--processes", type=int, default=0)
    parser.add_argument("--delay-seconds", type=float, default=3.0)
    parser.add_argument("--requests", type=int, default=3)
    parser.add_argument("--records", type=int, default=0)
    parser.add_argument("--source", default="arxiv")
    parser.add_argument("--clock", choices=("processor", "wall"), default="processor")
    options = parser.parse_args()
    if options.processes:
        common.say(gap_between_processes(options.processes, options.delay_seconds, options.requests))
    else:
        common.say(simulated(options.records, options.source, options.clock))


if __name__ == "__main__":
    main()
