"""Fixtures of the harvester's tests: the replay server, a clock that does not wait."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest

from foundation.settings import Settings
from harvester.http import HttpLimits, PoliteClient
from harvester.source import Source, WirePage

TESTS = Path(__file__).resolve().parents[1]


def _replay_module(stem: str) -> ModuleType:
    """A module of `tests/replay`, loaded once: the tests are no package."""
    name = f"tests_replay_{stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, TESTS / "replay" / f"{stem}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def replay() -> ModuleType:
    """The module `tests/replay/server.py`: `ReplayServer`, `Answer`, builders of pages."""
    return _replay_module("server")


@pytest.fixture(scope="session")
def oai_replay() -> ModuleType:
    """The module `tests/replay/oai.py`: an OAI-PMH repository."""
    return _replay_module("oai")


@pytest.fixture(scope="session")
def proceedings_replay() -> ModuleType:
    """The module `tests/replay/proceedings.py`: a proceedings site."""
    return _replay_module("proceedings")


@pytest.fixture
def replay_server(replay: ModuleType) -> Iterator[object]:
    """A running replay server."""
    with replay.ReplayServer() as server:
        yield server


class VirtualClock:
    """Time that passes only when someone sleeps."""

    def __init__(self) -> None:
        self.seconds = 1_000.0
        self.sleeps: list[float] = []
        self.wall = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.wall + timedelta(seconds=self.seconds - 1_000.0)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, duration_seconds: float) -> None:
        self.sleeps.append(duration_seconds)
        self.seconds += duration_seconds


@pytest.fixture
def clock() -> VirtualClock:
    """A virtual clock."""
    return VirtualClock()


@pytest.fixture
def client_for(replay_server: object, clock: VirtualClock, tmp_path: Path) -> Callable[..., PoliteClient]:
    """A factory: a client of a source that asks the replay server, in virtual time."""

    def make(
        source: Source, *, limits: HttpLimits | None = None, delay_seconds: float | None = 0
    ) -> PoliteClient:
        own = {"base_url": replay_server.base_url, "delay_seconds": delay_seconds}  # type: ignore[attr-defined]
        settings = Settings.model_validate(
            {"home": tmp_path / "home", "contact": "ada@example.org", "sources": {source.name: own}}
        )
        return PoliteClient.for_source(source, settings, clock=clock, limits=limits)

    return make


@pytest.fixture
def page_of() -> Callable[..., WirePage]:
    """A factory: bytes as a page of a source."""

    def make(source: str, payload: bytes, position: str = "file page.xml") -> WirePage:
        when = datetime(2026, 1, 1, tzinfo=UTC)
        return WirePage(source, "slice", position, "file:page.xml", when, "application/xml", payload)

    return make


@pytest.fixture(scope="session")
def fixture_folder() -> Path:
    """The committed fixtures."""
    return TESTS / "fixtures"
