"""What the fault harnesses share: the replay servers, clocks, stores looked at from outside.

Harnesses are scripts, run in processes of their own: they fork, kill, limit and fill, which no
process that runs other tests should do to itself.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import logging
import os
import resource
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

TESTS = Path(__file__).resolve().parents[2]
ROOT = TESTS.parent
FIXTURES = TESTS / "fixtures"
SHARED_DATA = Path(os.environ.get("TEST_SHARED_DATA", ROOT.parent / "shared")) / "data"
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))


@contextlib.contextmanager
def without_logs() -> Iterator[None]:
    """Keep thousands of expected refusals out of the log, and leave logging as it was found."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def load(name: str) -> ModuleType:
    """A module of `tests/replay`, by file name without suffix."""
    key = f"tests_replay_{name}"
    if key not in sys.modules:
        spec = importlib.util.spec_from_file_location(key, TESTS / "replay" / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[key] = module
        spec.loader.exec_module(module)
    return sys.modules[key]


class VirtualClock:
    """Time that passes only when someone sleeps; starts where the machine's own clock is."""

    def __init__(self, wall: datetime = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)) -> None:
        self.seconds = 1_000.0
        self.wall = wall

    def now(self) -> datetime:
        return self.wall + timedelta(seconds=self.seconds - 1_000.0)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, duration_seconds: float) -> None:
        self.seconds += duration_seconds


def settings_for(home: Path, base_url: str, delay_seconds: float = 0) -> Any:
    """Settings whose every source is at one address."""
    from foundation.settings import Settings
    from harvester import registry

    own: dict[str, object] = {"base_url": base_url, "delay_seconds": delay_seconds}
    sources = {
        name: own | ({"token": "invented"} if name == "openreview" else {}) for name in registry.names()
    }
    return Settings.model_validate({"home": home, "contact": "ada@example.org", "sources": sources})


@contextlib.contextmanager
def server_process(fill: Callable[[Any, ModuleType], None]) -> Iterator[str]:
    """A replay server in a process of its own, so that this one stays single-threaded and may fork.

    Args:
        fill: Adds rules to the server; called in the server's process.

    Yields:
        The base URL.
    """
    replay = load("server")
    reader, writer = os.pipe()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(reader)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            with replay.ReplayServer() as server:
                fill(server, replay)
                os.write(writer, server.base_url.encode())
                os.close(writer)
                while os.getppid() == parent:
                    server._stop.wait(0.5)
                    server.requests.clear()
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        base_url = pipe.read()
    try:
        yield base_url
    finally:
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)


def in_child(work: Callable[[], Any]) -> int:
    """Start work in a forked child.

    Args:
        work: Returns something that is JSON, or None. Exceptions go to stderr, exit status 70.

    Returns:
        The child's process id.
    """
    pid = os.fork()
    if pid:
        return pid
    status = 70
    try:
        work()
        status = 0
    except BaseException:  # noqa: BLE001 -- the child ends here, whatever it was
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def told_by_child(work: Callable[[], Any]) -> tuple[int, Any]:
    """Run work in a forked child and wait.

    Returns:
        Wait status, and what the work returned (None where the child died).
    """
    reader, writer = os.pipe()

    def tell() -> None:
        os.close(reader)
        answer = json.dumps(work()).encode()
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(answer)

    pid = in_child(tell)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(pid, 0)
    return status, json.loads(said) if said else None


@dataclass(frozen=True)
class StoreFacts:
    """What a SQLite store says of itself."""

    papers: int
    records: int
    distinct_records: int
    pages: int
    new: int
    position: str | None
    complete: bool
    states: tuple[str, ...]


def facts_of(path: Path) -> StoreFacts:
    """Counts of a SQLite store by plain SQL, without the product's code."""
    connection = sqlite3.connect(path)
    try:

        def one(query: str) -> Any:
            return connection.execute(query).fetchone()[0]

        cursor = connection.execute(
            "SELECT position, complete FROM harvest_cursor ORDER BY id DESC"
        ).fetchone()
        return StoreFacts(
            papers=one("SELECT count(*) FROM paper"),
            records=one("SELECT count(*) FROM source_record"),
            distinct_records=one(
                "SELECT count(*) FROM (SELECT DISTINCT source, source_id, source_version FROM source_record)"
            ),
            pages=one("SELECT coalesce(sum(pages), 0) FROM harvest_run"),
            new=one("SELECT coalesce(sum(new), 0) FROM harvest_run"),
            position=cursor[0] if cursor else None,
            complete=bool(cursor and cursor[1]),
            states=tuple(row[0] for row in connection.execute("SELECT state FROM harvest_run ORDER BY id")),
        )
    finally:
        connection.close()


def integrity_of(path: Path) -> str:
    """SQLite's own check of the file and of its foreign keys; `ok` where nothing is wrong."""
    connection = sqlite3.connect(path)
    try:
        said = connection.execute("PRAGMA integrity_check").fetchone()[0]
        orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
        return str(said) if not orphans else f"{len(orphans)} orphans"
    finally:
        connection.close()


def hash_of(path: Path) -> str:
    """The content hash of a SQLite store."""
    from db.engine import open_store
    from db.hashing import content_hash

    store = open_store(f"sqlite:///{path}")
    try:
        with store.read() as session:
            return content_hash(session)
    finally:
        store.dispose()


def scratch_folder() -> Path | None:
    """Where stores of kill tests lie: in memory where there is room, since a kill is no power loss."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and os.access(memory, os.W_OK) else None


def peak_memory_bytes() -> int:
    """The most memory that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def say(figures: dict[str, Any]) -> None:
    """The harness's figures, as the last line of its output."""
    print(json.dumps(figures))
