"""Stores, a replay server and a virtual clock for whole paths."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest

from db.engine import Store, open_store
from foundation.settings import SOURCE_NAMES, Settings

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
    """The module `tests/replay/server.py`."""
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
def server(replay: ModuleType) -> Iterator[object]:
    """A running replay server."""
    with replay.ReplayServer() as running:
        yield running


class VirtualClock:
    """Time that passes only when someone sleeps."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def now(self) -> datetime:
        return datetime(2026, 3, 4, 12, 0, tzinfo=UTC) + timedelta(seconds=self.seconds - 1_000.0)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, duration_seconds: float) -> None:
        self.seconds += duration_seconds


@pytest.fixture
def clock() -> VirtualClock:
    """A virtual clock."""
    return VirtualClock()


@pytest.fixture
def settings(tmp_path: Path, server) -> Settings:
    """Settings whose every source is the replay server."""
    own = {"base_url": server.base_url, "delay_seconds": 0}
    return Settings.model_validate({"home": tmp_path / "home", "sources": dict.fromkeys(SOURCE_NAMES, own)})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    opened = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    yield opened
    opened.dispose()


@dataclass(frozen=True)
class Arrivals:
    """Writes invented papers with their labels into a store, as a harvest of some day would."""

    store: Store

    def add(
        self,
        *numbers: int,
        topic: str,
        at: datetime,
        title: str = "Invented paper",
        published: date | None = None,
        venue: str = "ACL",
    ) -> None:
        """Papers first seen and labelled at a moment; `arxiv:2601.<number>`, published that day."""
        from db.labels import NewLabel, add_labels, begin_classifier_run, finish_classifier_run
        from db.papers import find_paper_ids, store_page
        from papers.draft import AuthorDraft, ExternalIdDraft, PaperDraft
        from papers.record import ParsedPage, ParsedRecord, WireRecord

        keys = {number: f"2601.{number:05d}" for number in numbers}
        records = []
        for number, value in keys.items():
            draft = PaperDraft(
                source="arxiv", source_id=value, title=f"{title} {number}", abstract="We invent.",
                authors=(AuthorDraft(name="Ada One"),), venue=venue, year=at.year,
                external_ids=(ExternalIdDraft(scheme="arxiv", value=value),),
                published=published or at.date(), url=f"https://arxiv.org/abs/{value}",
            )  # fmt: skip
            wire = WireRecord("arxiv", value, "https://x.org", at, "text/plain", value.encode())
            records.append(ParsedRecord(draft, wire))
        with self.store.write() as session:
            store_page(session, ParsedPage(tuple(records)), at=at)
            ids = find_paper_ids(session, [f"arxiv:{value}" for value in keys.values()])
            run = begin_classifier_run(
                session, method="model", name="m", digest="ab" * 32, taxonomy_version="1.0", at=at
            )
            labels = [
                NewLabel(
                    ids[f"arxiv:{value}"], "labelled", 0.9, ((topic.rpartition("/")[0], 0.9),),
                    ((topic, 0.9),), (), by="m",
                )
                for value in keys.values()
            ]  # fmt: skip
            add_labels(session, run, labels, taxonomy_version="1.0", at=at)
            finish_classifier_run(session, run, at=at)


@pytest.fixture
def arrivals(store: Store) -> Arrivals:
    """Papers of one's own, day by day."""
    return Arrivals(store)
