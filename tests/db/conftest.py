"""A private PostgreSQL cluster, stores on both databases, and records to fill them with."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from db.engine import Store, open_store
from papers.draft import AuthorDraft, ExternalIdDraft, PaperDraft
from papers.ids import parse_external_id
from papers.record import ParsedPage, ParsedRecord, WireRecord

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def _postgres_binaries() -> Path | None:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if folders and (folders[-1] / "initdb").exists():
        return folders[-1]
    found = shutil.which("initdb")
    return Path(found).parent if found else None


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A cluster of its own on a free loopback port; skips where PostgreSQL is not installed."""
    binaries = _postgres_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL's initdb is not installed")
    as_user: list[str] = []
    if os.geteuid() == 0:
        if shutil.which("runuser") is None:
            pytest.skip("PostgreSQL does not run as root and runuser is not installed")
        as_user = ["runuser", "-u", "postgres", "--"]
    folder = Path(tempfile.mkdtemp(prefix="landscape-pg-"))
    if as_user:
        shutil.chown(folder, "postgres", "postgres")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = folder / "data"
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"

    def run(*command: str) -> None:
        done = subprocess.run(
            [*as_user, *command], cwd=folder, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr

    try:
        initdb, pg_ctl = str(binaries / "initdb"), str(binaries / "pg_ctl")
        run(initdb, "-D", str(data), "-U", "landscape", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        run(pg_ctl, "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql+psycopg://landscape@127.0.0.1:{port}"
        finally:
            run(pg_ctl, "-D", str(data), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of an empty database."""
    import psycopg

    name = f"t{uuid4().hex}"
    plain = postgres_server.replace("+psycopg", "")
    with psycopg.connect(f"{plain}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield f"{postgres_server}/{name}"
    with psycopg.connect(f"{plain}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path / 'store' / 'landscape.db'}"


@pytest.fixture(params=["sqlite_url", pytest.param("postgres_url", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """An empty store, once on each database."""
    opened = open_store(request.getfixturevalue(request.param))
    yield opened
    opened.dispose()


@pytest.fixture
def sqlite_store(sqlite_url: str) -> Iterator[Store]:
    """An empty SQLite store."""
    opened = open_store(sqlite_url)
    yield opened
    opened.dispose()


@pytest.fixture
def now() -> datetime:
    """A fixed moment."""
    return NOW


@pytest.fixture
def record() -> Callable[..., ParsedRecord]:
    """Makes a record of a source: ids as text, everything else with defaults."""

    def make(
        source: str,
        source_id: str,
        *ids: str,
        text: str = "",
        version: int | None = None,
        deleted: bool = False,
        retrieved_at: datetime = NOW,
        authors: tuple[str, ...] = ("Ada One", "Bo Two"),
        **fields: object,
    ) -> ParsedRecord:
        names: tuple[ExternalIdDraft, ...] = tuple(parse_external_id(name) for name in ids)
        fields.setdefault("title", f"Paper {source_id}")
        fields.setdefault("abstract", text or f"What {source} says of {source_id}.")
        draft = PaperDraft(
            source=source, source_id=source_id, source_version=version, external_ids=names,
            authors=tuple(AuthorDraft(name=name) for name in authors), **fields,
        )  # fmt: skip
        payload = f"{source} {source_id} {version} {text} {deleted} {fields!r} {authors!r}".encode()
        wire = WireRecord(
            source, source_id, f"https://a.example/{source_id}", retrieved_at, "text/xml", payload
        )
        return ParsedRecord(draft, wire, deleted)

    return make


@pytest.fixture
def page() -> Callable[..., ParsedPage]:
    """Makes a page of records."""

    def make(*records: ParsedRecord, **fields: object) -> ParsedPage:
        return ParsedPage(records, **fields)

    return make
