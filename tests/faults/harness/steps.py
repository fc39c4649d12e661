"""Every N-th step of a harvest fails: requests, tokens, statements, writes, locks, the disk.

    python tests/faults/harness/steps.py [--every 1] [--only SCENARIO ...] [--postgres URL]

The method is SQLite's own: a small harvest is run again and again, and each time another step of it
fails. After each run the state that it reported must be true, the store must be whole, and its rows
must be those before its cursor; then it is run again without a fault, and the content hash must be
that of a harvest that was never disturbed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import common

PAGES, PAGE_RECORDS = 3, 5
RECORDS = PAGES * PAGE_RECORDS
REQUESTS = {"arxiv": {"query": 'all:"invented"'}, "arxiv_oai": {}}


@dataclass
class Tally:
    """What a scenario came to."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def wrong(self, what: str, story: str) -> None:
        """Note a violation."""
        self.counts[what] += 1
        self.problems.append(f"{what}: {story}")


def fill(server: Any, replay: Any) -> None:
    """Three pages of five records, by the query API and by OAI-PMH."""
    entries = [replay.arxiv_entry(number) for number in range(1, RECORDS + 1)]

    def api(request: Any) -> Any:
        start = int(request.query["start"])
        page = replay.arxiv_feed(entries[start : start + PAGE_RECORDS], start=start, total=RECORDS)
        return replay.Answer(page, media_type="application/atom+xml")

    oai = common.load("oai")
    made = [("2026-03-01", oai.record(number)) for number in range(1, RECORDS + 1)]
    server.on("/api/query", api)
    server.on("/oai", oai.Repository(replay, made, page_records=PAGE_RECORDS))


def harvest_into(url: str, home: Path, base_url: str, source: str = "arxiv") -> dict[str, str]:
    """One harvest as the command runs it; what it reports, or the error that the command would show."""
    from db.engine import open_store
    from foundation.errors import LandscapeError
    from harvester.source import HarvestRequest
    from workflow.harvesting import harvest

    try:
        store = open_store(url)
        try:
            (report,) = harvest(
                store, common.settings_for(home, base_url), (source,), HarvestRequest(**REQUESTS[source]),
                clock=common.VirtualClock(),
            )  # fmt: skip
        finally:
            store.dispose()
    except LandscapeError as error:
        return {"state": "refused", "reason": str(error)}
    return {"state": report.state, "reason": report.reason}


class Sqlite:
    """Fresh SQLite stores, looked at from outside."""

    name = "sqlite"

    def __init__(self, folder: Path) -> None:
        from db.engine import open_store

        self.folder = folder
        self._empty = folder / "empty.db"
        open_store(f"sqlite:///{self._empty}").dispose()
        self._number = 0

    def fresh(self) -> str:
        """The URL of an empty store with a schema."""
        self._number += 1
        path = self.folder / f"store-{self._number}.db"
        shutil.copy(self._empty, path)
        return f"sqlite:///{path}"

    def look(self, url: str) -> dict[str, Any]:
        """Counts, cursor and states."""
        path = Path(url.removeprefix("sqlite:///"))
        facts = common.facts_of(path)
        return {
            "records": facts.records, "distinct": facts.distinct_records, "papers": facts.papers,
            "new": facts.new, "position": facts.position, "pages": facts.pages,
            "complete": facts.complete, "states": facts.states,
            "integrity": common.integrity_of(path),
        }  # fmt: skip

    def drop(self, url: str) -> None:
        """Forget a store."""
        for path in self.folder.glob(Path(url.removeprefix("sqlite:///")).name + "*"):
            path.unlink()


class Postgres:
    """Fresh PostgreSQL databases on a server."""

    name = "postgresql"

    def __init__(self, server: str) -> None:
        from db.engine import open_store

        self._server = server
        self._number = 0
        self._admin("CREATE DATABASE faults_empty")
        open_store(f"{server}/faults_empty").dispose()

    def _admin(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        import psycopg

        plain = self._server.replace("+psycopg", "")
        with psycopg.connect(f"{plain}/{database}", autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def fresh(self) -> str:
        """The URL of an empty store with a schema."""
        self._number += 1
        name = f"faults_{os.getpid()}_{self._number}"
        self._admin(f"CREATE DATABASE {name} TEMPLATE faults_empty")
        return f"{self._server}/{name}"

    def look(self, url: str) -> dict[str, Any]:
        """Counts, cursor and states."""
        name = url.rpartition("/")[2]
        ((records, distinct, papers, new, pages),) = self._admin(
            "SELECT (SELECT count(*) FROM source_record), (SELECT count(*) FROM"
            " (SELECT DISTINCT source, source_id, source_version FROM source_record) d),"
            " (SELECT count(*) FROM paper), (SELECT coalesce(sum(new), 0) FROM harvest_run),"
            " (SELECT coalesce(sum(pages), 0) FROM harvest_run)", name,
        )  # fmt: skip
        cursor = self._admin("SELECT complete, position FROM harvest_cursor", name)
        states = tuple(state for (state,) in self._admin("SELECT state FROM harvest_run ORDER BY id", name))
        return {
            "records": records, "distinct": distinct, "papers": papers, "new": int(new), "pages": int(pages),
            "complete": bool(cursor and cursor[0][0]), "position": cursor[0][1] if cursor else None,
            "states": states, "integrity": "ok",
        }  # fmt: skip

    def drop(self, url: str) -> None:
        """Forget a database."""
        self._admin(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")


def hash_of(url: str) -> str:
    """Content hash of a store."""
    from db.engine import open_store
    from db.hashing import content_hash

    store = open_store(url)
    try:
        with store.read() as session:
            return content_hash(session)
    finally:
        store.dispose()


def check_after(
    place: Any, url: str, said: dict[str, str] | None, expected: str, tally: Tally, story: str
) -> None:
    """What must hold after a harvest that something happened to.

    Args:
        said: What the harvest reported; None where it was killed.
    """
    facts = place.look(url)
    if facts["integrity"] != "ok":
        tally.wrong("integrity", f"{story}: {facts['integrity']}")
    before = _records_before(facts)
    if (
        facts["records"] != facts["pages"] * PAGE_RECORDS
        or facts["new"] != facts["papers"]
        or (before is not None and before != facts["records"])
    ):
        tally.wrong("rows_not_at_cursor", f"{story}: {facts}")
    tally.counts["doubled"] += facts["records"] - facts["distinct"]
    if said is not None:
        tally.counts[f"reported_{said['state']}"] += 1
        if (said["state"] == "complete") != facts["complete"] and not (
            # Everything stored, and then the end of the run could not be written: less is claimed.
            said["state"] in ("partial", "refused") and facts["complete"]
        ):
            tally.wrong("untrue_state", f"{story}: said {said}, is {facts}")
        if said["state"] != "complete" and not said["reason"]:
            tally.wrong("no_reason", story)
    if "complete" in facts["states"] and not facts["complete"]:
        tally.wrong("untrue_state", f"{story}: a run is complete, the cursor is not: {facts}")


def _records_before(facts: dict[str, Any]) -> int | None:
    """How many records lie before the cursor, where its place says so (arXiv's API)."""
    position = facts["position"]
    if position is None:
        return RECORDS if facts["complete"] else 0
    found = re.match(r"start=(\d+)", position)
    return int(found[1]) if found else None


def check_resumed(
    place: Any,
    url: str,
    home: Path,
    base_url: str,
    expected: str,
    tally: Tally,
    story: str,
    source: str = "arxiv",
) -> None:
    """A harvest without a fault ends complete, with everything, once."""
    said = harvest_into(url, home, base_url, source)
    facts = place.look(url)
    tally.counts["lost"] += max(0, RECORDS - facts["distinct"]) + max(0, RECORDS - facts["papers"])
    tally.counts["doubled"] += (facts["records"] - facts["distinct"]) + max(0, facts["papers"] - RECORDS)
    if said["state"] != "complete":
        tally.wrong("not_resumed", f"{story}: {said}")
    if hash_of(url) != expected:
        tally.wrong("hash_differs", f"{story}: {facts}")
    tally.counts["cases"] += 1


@contextlib.contextmanager
def at_statement(number: int, do: Callable[[Any], None]) -> Iterator[list[int]]:
    """Do something before the N-th statement of any engine, commits included; yields the count."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    count = [0]

    def step(connection: Any) -> None:
        count[0] += 1
        if count[0] == number:
            do(connection)

    def before(connection: Any, *_: object) -> None:
        step(connection)

    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "commit", step)
    try:
        yield count
    finally:
        event.remove(Engine, "before_cursor_execute", before)
        event.remove(Engine, "commit", step)


def statements_of(place: Any, home: Path, base_url: str) -> int:
    """How many statements an undisturbed harvest takes."""
    url = place.fresh()
    with at_statement(-1, lambda _: None) as count:
        assert harvest_into(url, home, base_url)["state"] == "complete"
    place.drop(url)
    return count[0]


def killed_at_statement(place: Any, home: Path, base_url: str, every: int, expected: str) -> Tally:
    """SIGKILL before the N-th statement or commit."""
    tally = Tally()
    total = statements_of(place, home, base_url)
    tally.counts["steps"] = total
    for number in range(1, total + 1, every):
        url = place.fresh()

        def work(number: int = number, url: str = url) -> Any:
            with at_statement(number, lambda _: os.kill(os.getpid(), signal.SIGKILL)):
                return harvest_into(url, home, base_url)

        status, _ = common.told_by_child(work)
        if not os.WIFSIGNALED(status):
            tally.wrong("not_killed", f"statement {number}: {status}")
        check_after(place, url, None, expected, tally, f"killed at statement {number}")
        check_resumed(place, url, home, base_url, expected, tally, f"killed at statement {number}")
        place.drop(url)
    return tally


def dropped_at_statement(place: Any, home: Path, base_url: str, every: int, expected: str) -> Tally:
    """PostgreSQL ends the connection before the N-th statement or commit."""
    tally = Tally()
    total = statements_of(place, home, base_url)
    tally.counts["steps"] = total
    for number in range(1, total + 1, every):
        url = place.fresh()

        def end(connection: Any) -> None:
            pid = connection.connection.driver_connection.info.backend_pid
            place._admin(f"SELECT pg_terminate_backend({pid})")
            time.sleep(0.01)

        with at_statement(number, end):
            said = harvest_into(url, home, base_url)
        check_after(place, url, said, expected, tally, f"dropped at statement {number}")
        check_resumed(place, url, home, base_url, expected, tally, f"dropped at statement {number}")
        place.drop(url)
    return tally


def cut_at_request(
    place: Any, home: Path, every: int, expected: str, *, source: str, for_good: bool
) -> Tally:
    """The connection is reset at the N-th request: once, or from then on."""
    replay = common.load("server")
    tally = Tally()
    total = PAGES + (source == "arxiv_oai")
    for number in range(1, total + 1):
        for kept in range(0, 900, 100 * every):
            url = place.fresh()
            with replay.ReplayServer() as server, replay.ReplayServer() as inner:
                fill(inner, replay)

                def answer(
                    request: Any,
                    server: Any = server,
                    inner: Any = inner,
                    number: int = number,
                    kept: int = kept,
                ) -> Any:
                    good = inner._next_answer(request)
                    asked = len(server.requests)
                    if asked == number or (for_good and asked > number):
                        return replay.Answer(good.body, media_type=good.media_type, cut_at=kept, reset=True)
                    return good

                server.on(".*", answer)
                said = harvest_into(url, home, server.base_url, source)
            story = f"cut at request {number} after {kept} bytes"
            if (said["state"] == "complete") == for_good:
                tally.wrong("untrue_state", f"{story}: {said}")
            check_after(place, url, said, expected, tally, story)
            with replay.ReplayServer() as server:
                fill(server, replay)
                check_resumed(place, url, home, server.base_url, expected, tally, story, source)
            place.drop(url)
    return tally


def token_expired_at_page(place: Any, home: Path, expected: str) -> Tally:
    """OAI-PMH: the token is refused at page N: in the same run, or in the run after a stop."""
    replay, oai = common.load("server"), common.load("oai")
    tally = Tally()
    for page in range(2, PAGES + 1):
        for forgets in ("once", "all day"):
            url = place.fresh()
            made = [("2026-03-01", oai.record(number)) for number in range(1, RECORDS + 1)]

            def fault(number: int, query: Any, page: int = page, forgets: str = forgets) -> bytes | None:
                late = number == page or (
                    forgets == "all day" and number >= page and "resumptionToken" in query
                )
                return oai.error("badResumptionToken") if late else None

            with replay.ReplayServer() as server:
                server.on("/oai", oai.Repository(replay, made, page_records=PAGE_RECORDS, fault=fault))
                said = harvest_into(url, home, server.base_url, "arxiv_oai")
            facts = place.look(url)
            tally.counts["doubled"] += facts["records"] - facts["distinct"]
            tally.counts[f"reported_{said['state']}"] += 1
            if (said["state"] == "complete") != (forgets == "once") or facts["complete"] != (
                forgets == "once"
            ):
                tally.wrong("untrue_state", f"token lost at page {page}, {forgets}: {said} {facts}")
            with replay.ReplayServer() as server:
                server.on("/oai", oai.Repository(replay, made, page_records=PAGE_RECORDS))
                story = f"token lost at page {page}, {forgets}"
                check_resumed(place, url, home, server.base_url, expected, tally, story, "arxiv_oai")
            place.drop(url)
    return tally


def disk_full(place: Sqlite, home: Path, base_url: str, every: int, expected: str, *, how: str) -> Tally:
    """No room at the N-th write.

    Args:
        how: `limit`: no file of the process may grow beyond N bytes (RLIMIT_FSIZE). `pages`: SQLite
            says that the disk is full at the N-th page of the file.
    """
    tally = Tally()
    url = place.fresh()
    path = Path(url.removeprefix("sqlite:///"))
    keep_wal = sqlite3.connect(path)  # an open connection keeps the WAL, whose size is wanted
    keep_wal.execute("SELECT count(*) FROM paper").fetchone()
    empty_pages = keep_wal.execute("PRAGMA page_count").fetchone()[0]
    assert harvest_into(url, home, base_url)["state"] == "complete"
    wal_bytes = Path(f"{path}-wal").stat().st_size
    full_pages = keep_wal.execute("PRAGMA page_count").fetchone()[0]
    keep_wal.close()
    place.drop(url)
    if how == "limit":
        # A frame of the WAL is a page and its header; each limit stops the write of another frame.
        steps = [40, 100, *range(4_000, wal_bytes + 8_240, 4_120 * every)]
    else:
        steps = list(range(empty_pages, full_pages + 2, every))
    tally.counts["steps"] = len(steps)
    for limit in steps:
        url = place.fresh()

        def work(limit: int = limit, url: str = url) -> Any:
            if how == "limit":
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
                return harvest_into(url, home, base_url)
            from sqlalchemy import event
            from sqlalchemy.engine import Engine

            def tighten(connection: Any, _: object) -> None:
                connection.execute(f"PRAGMA max_page_count={limit}")

            event.listen(Engine, "connect", tighten)
            return harvest_into(url, home, base_url)

        status, said = common.told_by_child(work)
        story = f"disk full ({how}) at {limit}"
        if status != 0:
            tally.wrong("crashed", f"{story}: {status}")
        check_after(place, url, said, expected, tally, story)
        check_resumed(place, url, home, base_url, expected, tally, story)
        place.drop(url)
    return tally


def small_disk(home: Path, base_url: str, every: int, expected: str) -> Tally:
    """A real file system that is full after N KiB, store and lock files together."""
    tally = Tally()
    for room in (0, 4, 8, 16, 32, *range(64, 3_000, 48 * every)):
        mount = Path(tempfile.mkdtemp(prefix="landscape-disk-"))
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(mount)], check=False, capture_output=True
        )
        if done.returncode:
            mount.rmdir()
            return tally  # needs the right to mount
        try:
            place = Sqlite(mount)
            url = place.fresh()
            free = shutil.disk_usage(mount).free
            filler = mount / "filler"
            filler.write_bytes(b"\0" * max(0, free - room * 1_024))
            status, said = common.told_by_child(
                lambda url=url, mount=mount: harvest_into(url, mount / "home", base_url)
            )
            story = f"{room} KiB free"
            if status != 0:
                tally.wrong("crashed", f"{story}: {status}")
            filler.unlink()
            check_after(place, url, said, expected, tally, story)
            check_resumed(place, url, mount / "home", base_url, expected, tally, story)
            if said and said["state"] == "complete":
                break
        finally:
            subprocess.run(["umount", str(mount)], check=True)
            mount.rmdir()
    return tally


def locked(place: Sqlite, home: Path, base_url: str, every: int, expected: str) -> Tally:
    """Another writer holds the store from the N-th write transaction on: briefly, or too long."""
    import db.engine

    tally = Tally()
    patience = db.engine.BUSY_TIMEOUT_SECONDS
    for number in range(1, 12, every):
        for held_seconds, waits_seconds in ((0.2, patience), (None, 0.2)):
            url = place.fresh()
            path = url.removeprefix("sqlite:///")
            db.engine.BUSY_TIMEOUT_SECONDS = waits_seconds  # type: ignore[misc]
            other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            seen = [0]

            def hold(other: Any = other, held_seconds: float | None = held_seconds) -> None:
                other.execute("BEGIN IMMEDIATE")
                if held_seconds is not None:
                    threading.Timer(held_seconds, lambda: other.execute("ROLLBACK")).start()

            from sqlalchemy import event
            from sqlalchemy.engine import Engine

            def begin(
                connection: Any, number: int = number, seen: list[int] = seen, hold: Any = hold
            ) -> None:
                if connection.get_execution_options().get(db.engine._WRITES):
                    seen[0] += 1
                    if seen[0] == number:
                        hold()

            event.listen(Engine, "begin", begin, insert=True)
            try:
                said = harvest_into(url, home, base_url)
            finally:
                event.remove(Engine, "begin", begin)
                db.engine.BUSY_TIMEOUT_SECONDS = patience  # type: ignore[misc]
            reached = seen[0] >= number
            if held_seconds is None and reached:
                other.execute("ROLLBACK")
            time.sleep(0.25 if held_seconds else 0)
            other.close()
            story = f"locked {held_seconds or 'for good'} at write {number}"
            if held_seconds is not None and said["state"] != "complete":
                tally.wrong("untrue_state", f"{story}: {said}")
            check_after(place, url, said, expected, tally, story)
            check_resumed(place, url, home, base_url, expected, tally, story)
            place.drop(url)
            if not reached:
                return tally
    return tally


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--postgres", default="", help="URL of a server, without a database")
    options = parser.parse_args()
    every = options.every
    figures: dict[str, Any] = {}
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="landscape-steps-", dir=common.scratch_folder()))
    home = folder / "home"
    try:
        with common.server_process(fill) as base_url:
            place = Sqlite(folder)
            expected: dict[str, str] = {}
            for source in REQUESTS:
                url = place.fresh()
                assert harvest_into(url, home, base_url, source)["state"] == "complete"
                expected[source] = hash_of(url)
                place.drop(url)
            usual, oai = expected["arxiv"], expected["arxiv_oai"]
            scenarios: dict[str, Callable[[], Tally]] = {
                "killed_at_statement": lambda: killed_at_statement(place, home, base_url, every, usual),
                "connection_cut_once_at_request": lambda: cut_at_request(
                    place, home, every, usual, source="arxiv", for_good=False
                ),
                "connection_cut_for_good_at_request": lambda: cut_at_request(
                    place, home, every, usual, source="arxiv", for_good=True
                ),
                "oai_connection_cut_for_good_at_request": lambda: cut_at_request(
                    place, home, every, oai, source="arxiv_oai", for_good=True
                ),
                "oai_token_expired_at_page": lambda: token_expired_at_page(place, home, oai),
                "disk_full_at_write": lambda: disk_full(place, home, base_url, every, usual, how="limit"),
                "disk_full_at_page": lambda: disk_full(place, home, base_url, every, usual, how="pages"),
                "file_system_full": lambda: small_disk(home, base_url, every, usual),
                "locked_at_write": lambda: locked(place, home, base_url, every, usual),
            }
            if options.postgres:
                server = Postgres(options.postgres)
                scenarios["postgres_killed_at_statement"] = lambda: killed_at_statement(
                    server, home, base_url, every, usual
                )
                scenarios["postgres_dropped_at_statement"] = lambda: dropped_at_statement(
                    server, home, base_url, every, usual
                )
            for name, run in scenarios.items():
                if options.only and name not in options.only:
                    continue
                started = time.monotonic()
                tally = run()
                figures[name] = {
                    **{
                        key: tally.counts[key]
                        for key in ("cases", "lost", "doubled", "hash_differs", "rows_not_at_cursor")
                    },
                    **tally.counts,
                    "problems": tally.problems[:5],
                    "seconds": round(time.monotonic() - started, 1),
                }
                print(f"# {name}: {figures[name]}", file=sys.stderr, flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    common.say({**figures, "seconds": round(time.monotonic() - began, 1)})


if __name__ == "__main__":
    main()
