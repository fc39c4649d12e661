"""A small store of invented papers, and the app's pages run on it without a browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from db.engine import Store, open_store
from db.labels import NewLabel, add_labels, begin_classifier_run, finish_classifier_run
from db.papers import find_paper_ids, store_page
from foundation.settings import Settings
from papers.draft import AuthorDraft, ExternalIdDraft, PaperDraft
from papers.record import ParsedPage, ParsedRecord, RejectedRecord, WireRecord
from views.cached import open_with

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOSTILE = (
    "$x^2$ _a_ *b* [x](javascript:alert(1)) <script>alert(1)</script>"
    " <img src=x onerror=alert(1)> :smile: ~~s~~ `c` & co"
)
RAG, PEFT = "inference/context/rag", "training/model/peft"
TASKS = "inference/prediction-tasks"  # a cell without topics


@dataclass(frozen=True)
class _Invented:
    number: int
    title: str
    cell: str | None
    topics: tuple[str, ...] = ()
    verdict: str = "labelled"
    venue: str = "ACL"
    year: int = 2024
    score: float = 0.8


def _invented() -> list[_Invented]:
    papers = [
        _Invented(
            n, f"Retrieval of invented facts, part {n}", "inference/context", (RAG,), score=0.9 - n / 100
        )
        for n in range(1, 31)
    ]
    papers += [
        _Invented(
            n, f"Adapters that fit no one, part {n}", "training/model", (PEFT,), venue="ICLR", year=2022
        )
        for n in range(31, 36)
    ]
    papers += [
        _Invented(36, HOSTILE, "inference/context", (RAG,), venue="<b>V</b> $v$", score=0.99),
        _Invented(37, "A task of its own", TASKS, verdict="cell-no-topic"),
        _Invented(38, "A paper on bridges", None, verdict="not-relevant"),
        _Invented(39, "A paper of two minds", "training/model", verdict="unsure", score=0.3),
    ]
    return papers


def _draft(paper: _Invented) -> PaperDraft:
    value = f"2401.{paper.number:05d}"
    return PaperDraft(
        source="arxiv",
        source_id=value,
        title=paper.title,
        abstract=f"We invent things. {paper.title}",
        authors=tuple(AuthorDraft(name=f"Author {letter}") for letter in "ABCDEFG"),
        external_ids=(ExternalIdDraft(scheme="arxiv", value=value),),
        venue=paper.venue,
        year=paper.year,
        published=date(paper.year, 1, 1 + paper.number % 28),
        url=f"https://arxiv.org/abs/{value}",
    )


def _wire(source_id: str, payload: bytes) -> WireRecord:
    return WireRecord(
        "arxiv", source_id, "https://export.arxiv.org/api/query", NOW, "application/atom+xml", payload
    )


@pytest.fixture(scope="session")
def filled_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store file with 40 invented papers: 39 labelled, one waiting, and one rejected record."""
    path = tmp_path_factory.mktemp("filled") / "landscape.db"
    store = open_store(f"sqlite:///{path}")
    invented = [*_invented(), _Invented(40, "A paper that waits", None)]
    records = [ParsedRecord(_draft(p), _wire(f"2401.{p.number:05d}", p.title.encode())) for p in invented]
    reject = RejectedRecord(_wire("broken", b"<entry/>"), reason="has no title", field="title")
    with store.write() as session:
        store_page(session, ParsedPage(tuple(records), rejects=(reject,)), at=NOW)
        ids = find_paper_ids(session, [f"arxiv:2401.{p.number:05d}" for p in invented])
        run = begin_classifier_run(
            session, method="model", name="invented-model", digest="ab" * 32, taxonomy_version="1.0", at=NOW
        )
        labels = [
            NewLabel(
                paper_id=ids[f"arxiv:2401.{p.number:05d}"],
                verdict=p.verdict,
                relevance=0.95 if p.cell else 0.05,
                cells=((p.cell, p.score),) if p.cell else (),
                topics=tuple((topic, 0.9) for topic in p.topics),
                evidence=({"text": f"Evidence for {p.title}", "cell": p.cell, "weight": 1.0},)
                if p.cell
                else (),
                by="invented-model",
            )
            for p in invented[:-1]
        ]
        add_labels(session, run, labels, taxonomy_version="1.0", at=NOW)
        finish_classifier_run(session, run, at=NOW)
    store.dispose()
    return path


def _script(page: str) -> None:
    """What AppTest runs: one page in its frame."""
    from importlib import import_module

    from views.widgets.frame import framed

    framed(import_module(f"views.{page}").show)()


@dataclass(frozen=True)
class Shown:
    """A page after a run."""

    app: AppTest

    @property
    def html(self) -> str:
        """Everything that went to `st.html`, but for the style sheet."""
        bodies = [element.proto.body for element in self.app.get("html")]
        return "\n".join(body for body in bodies if not body.startswith("<style>"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder of the store under test; tests/conftest.py points LANDSCAPE_HOME at it."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def show(home: Path) -> Iterator[Callable[..., Shown]]:
    """Runs a page: `show("landscape", topic=…)`; opened stores are closed at the end."""
    opened: list[Store] = []

    def opener(settings: Settings) -> Store:
        opened.append(open_store(settings.resolved_database_url))
        return opened[-1]

    def run(page: str, /, **query: Any) -> Shown:
        open_with(opener)
        app = AppTest.from_function(_script, args=(page,), default_timeout=30)
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception, app.exception
        return Shown(app)

    st.cache_resource.clear()
    yield run
    st.cache_resource.clear()
    for store in opened:
        store.dispose()


@pytest.fixture
def filled(home: Path, filled_file: Path) -> Path:
    """The store under test holds the invented papers."""
    shutil.copy(filled_file, home / "landscape.db")
    return home / "landscape.db"
