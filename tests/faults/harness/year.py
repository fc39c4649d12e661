"""The whole of 2023 day by day with recorded papers: what was found, told and kept, against all at once.

    python tests/faults/harness/year.py [--share 1] [--weeks 53]

Anthology volumes come on their ingest dates, arXiv papers by the order of their ids within the month. A
part of arXiv's papers is shown days late, a few are held for weeks; sources go down; the host sleeps.
The last line is the figures in JSON.
"""

from __future__ import annotations

import argparse
import calendar
import gzip
import json
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
from common import SHARED_DATA, load, settings_for, without_logs

year = load("year")
replay = load("server")

FIRST = date(2023, 1, 2)  # a Monday
DAY = timedelta(days=1)
LATE, HELD = 0.04, 0.01  # of arXiv's papers
COLLECTIONS = re.compile(r"202[123]\.\w+")
_LISTED = re.compile(r"\.? \(arXiv:(?P<id>\d{4}\.\d{5})v\d+ \[(?P<category>[\w.-]+)\][^)]*\)$")


def chance(name: str) -> float:
    """A number from 0 to 1 that belongs to a name."""
    return int(sha256(name.encode()).hexdigest()[:8], 16) / 0xFFFFFFFF


def moment(day: date, hour: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def preprints(share: float, last: date) -> Iterator[Any]:
    """Recorded cs.CL papers of the year and of the month before it."""
    with gzip.open(SHARED_DATA / "arxiv" / "rss_2022_2024.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    months: dict[str, list[tuple[str, str, str]]] = {}
    for row in rows:
        listed = _LISTED.search(row["title"])
        named = listed["category"] if listed else "cs.CL"
        if named == "cs.CL" and "2212" <= row["id"][:4] <= "2401" and chance(row["id"]) < share:
            title = _LISTED.sub("", row["title"])
            months.setdefault(row["id"][:4], []).append((row["id"], title, row["abstract"]))
    for month, papers in months.items():
        papers.sort()
        first = date(2000 + int(month[:2]), int(month[2:]), 1)
        days = calendar.monthrange(first.year, first.month)[1]
        for rank, (name, title, abstract) in enumerate(papers):
            submitted = moment(first) + timedelta(seconds=int(rank / len(papers) * days * 86_400))
            draw = chance(f"late {name}")
            settled = submitted.date() < last - timedelta(days=70)  # a week is read once more in the end
            lag = 24 if draw < HELD and settled else 3 + 3 * draw / LATE if draw < LATE else 1.2
            yield year.Preprint(name, submitted, submitted + timedelta(days=lag), title, abstract)


def collections(share: float) -> dict[str, list[Any]]:
    """Recorded collections, volume by volume; those without an ingest date in twelve monthly parts."""
    from lxml import etree

    found: dict[str, list[Any]] = {}
    for path in sorted((SHARED_DATA / "acl_anthology" / "xml").glob("*.xml.gz")):
        name = path.name.removesuffix(".xml.gz")
        if not COLLECTIONS.fullmatch(name):
            continue
        parts = []
        for volume in etree.fromstring(gzip.decompress(path.read_bytes())).iter("volume"):
            attributes = "".join(f' {key}="{value}"' for key, value in volume.attrib.items())
            meta = volume.find("meta")
            opened = f"<volume{attributes}>" + etree.tostring(meta, encoding="unicode", with_tail=False)
            papers = [
                etree.tostring(paper, encoding="unicode", with_tail=False)
                for paper in volume.iter("paper")
                if chance(f"{name} {volume.get('id')} {paper.get('id')}") < share
            ]
            day = volume.get("ingest-date")
            if day:
                parts.append(year.Part(date.fromisoformat(day), opened, tuple(papers)))
            else:
                start, each = int(name[:4]), max(1, -(-len(papers) // 12))
                parts += [
                    year.Part(
                        date(start, 1 + index, 15), opened, tuple(papers[index * each : (index + 1) * each])
                    )
                    for index in range(12)
                ]
        found[name] = parts
    return found


def outages() -> list[Any]:
    """Every seventh week something goes wrong: busy, another page, a page cut short, for one to four days."""
    busy = replay.Answer(b"Service Unavailable", 503, "text/plain")
    other = replay.Answer(b"<html>Please wait</html>", 200, "text/html")

    def cut(good: Any) -> Any:
        return replay.Answer(good.body[: len(good.body) // 2], media_type=good.media_type)

    made = []
    for number, week in enumerate(range(3, 52, 7)):
        first = moment(FIRST + 7 * week * DAY, 4)
        answer = (busy, other, cut)[number % 3]
        path = "/acl-org" if number % 3 == 2 else "/api/query"
        made.append(year.Outage(first, first + timedelta(days=1 + number % 4), path, answer))
    return made


def main(share: float, weeks: int) -> dict[str, Any]:
    from db.engine import open_store
    from db.snapshots import list_snapshots
    from landscape.grid import take_snapshot
    from landscape.history import take_history
    from taxonomy.loader import load_taxonomy
    from workflow import classifying, models
    from workflow.alerts import add_search
    from workflow.snapshots import stored_landscape

    last = FIRST + timedelta(days=7 * weeks - 1)
    asleep = {FIRST + number * DAY for number in range(20, 7 * weeks - 10, 40)}
    asleep |= {FIRST + timedelta(days=7 * weeks // 2 + number) for number in range(9)}  # a holiday
    world = year.World(list(preprints(share, last)), collections(share), outages())
    taxonomy, began = load_taxonomy(), time.perf_counter()
    memory = Path("/dev/shm")
    with (
        tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder,
        replay.ReplayServer() as server,
        without_logs(),
    ):
        settings = settings_for(Path(folder), server.base_url)
        enabled = {
            name: source.model_copy(update={"enabled": name in ("arxiv", "acl_anthology")})
            for name, source in settings.sources.items()
        }
        fast = {"classifier_mode": "fast"} if "classifier_mode" in type(settings).model_fields else {}
        settings = settings.model_copy(update={"sources": enabled, **fast})
        model = models.active_classifier(settings)
        classifying.active_classifier = lambda *_: model  # read once, not four hundred times
        clock = year.YearClock(moment(FIRST, 6))
        year.know_venues_until(setattr, FIRST.year - 1)
        world.serve(server, replay, clock)
        store = open_store(f"sqlite:///{Path(folder) / 'year.db'}")
        for name, wanted in (
            ("adapters", {"topic": "training/model/peft"}),
            ("retrieval", {"words": "retrieval"}),
            ("evaluation", {"cell": "inference/evaluation"}),
        ):
            add_search(store, taxonomy, name, wanted, at=clock.now())
        life = year.live(store, settings, clock, first=FIRST, last=last, asleep=asleep)
        lived = time.perf_counter() - began

        since = FIRST - 29 * DAY
        # The Anthology is asked once a week: what came later than eight days before the end may be to come.
        wanted = world.visible_ids(clock.now() - timedelta(days=8), since)
        held = year.holdings(store)
        found = {name for row in held.values() for name in row[8]}
        told: list[int] = [paper for week in life.weeks for paper in week.new_papers]
        wrong = [
            str(week.last)
            for week in life.weeks
            if week.new_papers != set().union(*(life.gained[week.last - n * DAY] for n in range(7)))
        ]
        again = [
            year.digest_of(store, week.last, clock.now()) == week
            for week in life.weeks[:: max(1, weeks // 8)]
        ]
        news = {
            name: [paper for week in life.weeks for paper in week.news.get(name, ())]
            for name in ("adapters", "retrieval", "evaluation")
        }
        year.catch_up(store, settings, clock)
        held = year.holdings(store)
        with store.read() as session:
            stored = list_snapshots(session)
            differ = {"counts": 0, "source_year_or_growth": 0}
            chosen = stored[:: max(1, len(stored) // 40)]
            for each in chosen:
                then, now = (
                    stored_landscape(session, each),
                    take_snapshot(session, taxonomy, as_of=each.as_of),
                )
                differ["counts"] += _bare(then) != _bare(now)
                differ["source_year_or_growth"] += then != now
            history = [(f.quarter, f.n_new, f.snapshot) for f in take_history(session, taxonomy).frames]
        other = open_store(f"sqlite:///{Path(folder) / 'at-once.db'}")
        year.build_at_once(other, settings, clock, since=since)
        built = year.holdings(other)
        with other.read() as session:
            same_history = history == [
                (f.quarter, f.n_new, f.snapshot) for f in take_history(session, taxonomy).frames
            ]
        fresh = {key for key in built if key not in held}
        figures = {
            "share": share, "weeks": weeks, "days_asleep": len(asleep), "outages": len(world.outages),
            "records": len(wanted), "missed": len(wanted - found), "papers": len(held),
            "on_chart": len(set().union(*life.gained.values())), "passes": life.passes,
            "runs_missed_and_made_up": life.missed_runs, "states": dict(life.states),
            "digests": len(life.weeks), "digests_wrong": len(wrong), "told_twice": len(told) - len(set(told)),
            "never_told": len(set().union(*life.gained.values()) - set(told)),
            "came_on_the_chart_later": len(life.joined), "digests_asked_again": len(again),
            "digests_differ": again.count(False), "alerts": sum(map(len, news.values())),
            "alerts_repeated": sum(len(each) - len(set(each)) for each in news.values()),
            "snapshots": len(stored), "snapshots_rebuilt": len(chosen),
            "rebuilt_counts_differ": differ["counts"],
            "rebuilt_source_year_growth_differ": differ["source_year_or_growth"],
            "at_once_papers": len(built), "at_once_only": len(fresh),
            "at_once_differ": sum(built[key] != held[key] for key in held if key in built),
            "at_once_lacks": sum(key not in built for key in held), "history_equal": same_history,
            "lived_seconds": round(lived), "seconds": round(time.perf_counter() - began),
        }  # fmt: skip
        store.dispose()
        other.dispose()
    return figures


def _bare(snapshot: Any) -> Any:
    """Counts alone: a paper's source, year and day are those of its best record today."""
    cells = tuple(
        replace(cell, growth=None, topics=tuple(replace(topic, growth=None) for topic in cell.topics))
        for cell in snapshot.cells
    )
    return replace(snapshot, by_source=(), by_year=(), cells=cells)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--weeks", type=int, default=53)
    given = parser.parse_args()
    print(json.dumps(main(given.share, given.weeks)))
