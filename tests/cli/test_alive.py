"""Refresh, schedule, snapshot, diff, digest and searches as a shell sees them."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from db.engine import Store, open_store
from db.labels import NewLabel, add_labels, begin_classifier_run, finish_classifier_run
from db.papers import find_paper_ids, store_page
from papers.draft import AuthorDraft, ExternalIdDraft, PaperDraft
from papers.record import ParsedPage, ParsedRecord, WireRecord

Landscape = Callable[..., Any]
NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
RAG, SAFETY = "inference/context/rag", "add-ons/evaluation/safety"


# Read as relevant by the shipped model, which a refresh asks again.
TEXT = "We prompt a large language model with retrieved passages and ask GPT-4 for answers."


def _fill(store: Store, first: int, count: int, topic: str, *, at: datetime, venue: str = "ACL") -> None:
    """Invented papers that the store first saw and labelled at a moment, published that day."""
    values = [f"2601.{number:05d}" for number in range(first, first + count)]
    records = []
    for value in values:
        draft = PaperDraft(
            source="arxiv", source_id=value, title=f"Invented {value}", abstract=TEXT,
            authors=(AuthorDraft(name="Ada One"),), venue=venue, year=at.year, published=at.date(),
            external_ids=(ExternalIdDraft(scheme="arxiv", value=value),),
            url=f"https://arxiv.org/abs/{value}",
        )  # fmt: skip
        wire = WireRecord("arxiv", value, "https://x.org", at, "text/plain", value.encode())
        records.append(ParsedRecord(draft, wire))
    cell = topic.rpartition("/")[0]
    with store.write() as session:
        store_page(session, ParsedPage(tuple(records)), at=at)
        ids = find_paper_ids(session, [f"arxiv:{value}" for value in values])
        run = begin_classifier_run(
            session, method="model", name="m", digest="ab" * 32, taxonomy_version="1.0", at=at
        )
        labels = [
            NewLabel(ids[f"arxiv:{v}"], "labelled", 0.9, ((cell, 0.9),), ((topic, 0.9),), (), by="m")
            for v in values
        ]
        add_labels(session, run, labels, taxonomy_version="1.0", at=at)
        finish_classifier_run(session, run, at=at)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """80 papers of two months ago, 50 of three days ago of which more are of one topic than before."""
    (tmp_path / "home").mkdir()
    opened = open_store(f"sqlite:///{tmp_path / 'home' / 'landscape.db'}")
    _fill(opened, 1, 20, RAG, at=NOW - 60 * DAY)
    _fill(opened, 101, 60, SAFETY, at=NOW - 60 * DAY)
    _fill(opened, 201, 30, RAG, at=NOW - 3 * DAY)
    _fill(opened, 301, 20, SAFETY, at=NOW - 3 * DAY)
    yield opened
    opened.dispose()


@pytest.fixture
def no_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """No source is enabled: a refresh asks nobody."""
    for name in ("ARXIV", "ARXIV_OAI", "ACL_ANTHOLOGY", "PMLR", "NEURIPS", "ICLR", "OPENREVIEW"):
        monkeypatch.setenv(f"LANDSCAPE_SOURCES__{name}__ENABLED", "false")


@pytest.fixture
def arxiv(no_source: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """arXiv alone is enabled, and is a server of this machine with two papers."""
    path = Path(__file__).resolve().parents[1] / "replay" / "server.py"
    spec = importlib.util.spec_from_file_location("cli_replay_server", path)
    assert spec is not None
    assert spec.loader is not None
    replay = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = replay
    spec.loader.exec_module(replay)
    with replay.ReplayServer() as server:
        day = (NOW - DAY).date().isoformat()
        server.on("/api/query", replay.arxiv_pages([replay.arxiv_entry(n, day=day) for n in (1, 2)]))
        monkeypatch.setenv("LANDSCAPE_SOURCES__ARXIV__ENABLED", "true")
        monkeypatch.setenv("LANDSCAPE_SOURCES__ARXIV__BASE_URL", server.base_url)
        monkeypatch.setenv("LANDSCAPE_SOURCES__ARXIV__DELAY_SECONDS", "0")
        yield


def test_snapshots_are_taken_listed_and_compared(landscape: Landscape, store: Store) -> None:
    then, today = (NOW - 30 * DAY).date(), NOW.date()
    assert landscape("snapshot", "list").out.startswith("no snapshot yet")
    past = json.loads(landscape("snapshot", "--as-of", then, "--json").out)
    assert (past["papers"], past["relevant"]) == (80, 80)
    now = json.loads(landscape("snapshot", "--json").out)
    assert now["papers"] == 130
    listed = json.loads(landscape("snapshot", "list", "--json").out)
    assert {row["id"] for row in listed} == {past["id"], now["id"]}
    by_id = json.loads(landscape("diff", past["id"], now["id"], "--json").out)
    by_day = json.loads(landscape("diff", then, today, "--json").out)
    assert by_id["n_new"] == by_day["n_new"] == 50
    moved = {row["id"]: row["direction"] for row in by_id["topics"] if row["n_after"]}
    assert moved == {RAG: "rising", SAFETY: "fading"}
    said = landscape("diff", then, "now").out
    assert "rising: RAG*" in said


def test_a_snapshot_named_by_its_id_counts_as_it_was_written_down(landscape: Landscape, store: Store) -> None:
    """A paper that was taken off the chart since would change a rebuilt past, not a snapshot."""
    then, today = (NOW - 30 * DAY).date(), NOW.date()
    past = json.loads(landscape("snapshot", "--as-of", then, "--json").out)
    now = json.loads(landscape("snapshot", "--json").out)
    with store.write() as session:
        session.connection().execute(text("UPDATE label_cell SET cell = 'training/data'"))
    by_id = json.loads(landscape("diff", past["id"], now["id"], "--json").out)
    by_day = json.loads(landscape("diff", then, today, "--json").out)

    def cells(told, name):
        return {row["id"]: row[name] for row in told["cells"] if row[name]}

    assert cells(by_day, "n_after") == {"training/data": 130}
    assert sum(cells(by_id, "n_after").values()) == 130
    assert "training/data" not in cells(by_id, "n_after")
    assert sum(cells(by_id, "n_before").values()) == by_id["relevant_before"] == 80
    assert {row["direction"] for row in by_id["cells"] if not row["n_after"]} <= {
        "untested",
        "steady",
        "fading",
    }


def test_diff_keeps_to_a_source_and_a_venue(landscape: Landscape, store: Store) -> None:
    _fill(store, 401, 7, RAG, at=NOW - 2 * DAY, venue="ICML")
    then = (NOW - 30 * DAY).date()
    for words, count in (
        ((), 57),
        (("--venue", "ICML"), 7),
        (("--venue", "ACL"), 50),
        (("--source", "pmlr"), 0),
        (("--source", "arxiv", "--venue", "ICML", "--venue", "ACL"), 57),
    ):
        assert json.loads(landscape("diff", then, "now", *words, "--json").out)["n_new"] == count


@pytest.mark.parametrize(
    "words",
    [
        ("diff", "2026-11-02", "2026-11-01"),
        ("diff", "yesterday-ish", "now"),
        ("diff", "999999", "now"),
        ("snapshot", "--as-of", "2999-01-01"),
        ("digest", "weekly", "--until", "2999-01-01"),
        ("digest", "yearly"),
        ("digest", "weekly", "--send"),
        ("searches", "add", "everything"),
        ("searches", "add", "bad", "--topic", "no/such/topic"),
        ("searches", "news", "unknown"),
        ("searches", "remove", "unknown"),
        ("schedule", "install", "--out", "/no/such/folder/x.service"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    landscape: Landscape, store: Store, words: tuple[str, ...]
) -> None:
    done = landscape(*words)
    assert done.code == 2
    assert "Traceback" not in done.err
    assert done.err.strip()
    assert done.out == ""


def test_a_digest_is_printed_and_written(landscape: Landscape, store: Store, tmp_path: Path) -> None:
    said = landscape("digest", "weekly").out
    assert "rising: RAG*" in said
    page = tmp_path / "week.html"
    assert landscape("digest", "weekly", "--out", page).code == 0
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    text = tmp_path / "week.txt"
    landscape("digest", "weekly", "--out", text)
    assert text.read_text(encoding="utf-8") == said
    month = landscape("digest", "monthly", "--until", date.today().replace(day=1) - DAY)
    assert "the month to" in month.out


def test_a_search_is_saved_told_of_once_and_forgotten(
    landscape: Landscape, store: Store, arxiv: None
) -> None:
    assert landscape("searches", "add", "icml", "--venue", "ICML").out == "saved: icml\n"
    assert landscape("searches", "add", "icml", "--venue", "ICML").code == 2
    assert "ICML" in landscape("searches", "list").out
    assert landscape("searches", "news").out == "icml: 0 new papers\n"
    _fill(store, 501, 2, RAG, at=NOW, venue="ICML")
    refreshed = landscape("refresh")
    assert "search 'icml': 2 new" in refreshed.out
    news = json.loads(landscape("searches", "news", "--json").out)
    assert [len(each["papers"]) for each in news] == [2]
    assert landscape("searches", "news").out == "icml: 0 new papers\n"
    assert "icml: 2 new papers" in landscape("searches", "news", "--all").out
    assert landscape("searches", "remove", "icml").out == "removed: icml\n"
    assert landscape("searches", "list", "--json").out.strip() == "[]"


def test_refresh_says_every_step(landscape: Landscape, store: Store, arxiv: None) -> None:
    done = landscape("refresh", "--json")
    report = json.loads(done.out)
    assert done.code == 0, done.err
    (harvest,) = report["harvests"]
    assert (harvest["name"], harvest["state"], harvest["new"]) == ("arxiv", "complete", 2)
    assert report["snapshot"]["papers"] == 132
    assert landscape("refresh", "no_such_source").code == 2


def test_refresh_with_nobody_to_ask_says_so(landscape: Landscape, store: Store, no_source: None) -> None:
    done = landscape("refresh")
    assert (done.code, done.out) == (2, "")
    assert "no source is enabled" in done.err


def test_schedule_shows_runs_and_installs(
    landscape: Landscape, store: Store, no_source: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert landscape("schedule", "run", "--once").out == "nothing is due\n"
    monkeypatch.setenv("LANDSCAPE_SOURCES__ARXIV__ENABLED", "true")
    shown = landscape("schedule", "show")
    assert shown.code == 0
    assert shown.out.startswith("arxiv: every 24 hours, not 23:45 to 01:00 UTC; next ")
    assert "never started" in shown.out
    told = json.loads(landscape("schedule", "show", "--json").out)
    assert [each["name"] for each in told["sources"]] == ["arxiv"]
    assert told["health"]["state"] == "off"
    line = landscape("schedule", "install").out
    assert line.startswith("*/15 * * * * LANDSCAPE_HOME=")
    unit = tmp_path / "landscape.service"
    assert landscape("schedule", "install", "--systemd", "--out", unit).code == 0
    assert "ExecStart=" in unit.read_text(encoding="utf-8")


def test_a_schedule_of_ones_own_is_read_and_a_wrong_one_refused(
    landscape: Landscape, store: Store, tmp_path: Path
) -> None:
    shipped = Path(__file__).resolve().parents[2] / "harvester" / "schedule.yaml"
    own = tmp_path / "home" / "schedule.yaml"
    own.write_text(shipped.read_text(encoding="utf-8").replace("every_hours: 24", "every_hours: 6"))
    assert "arxiv: every 6 hours" in landscape("schedule", "show").out
    own.write_text("sources: {}\nvenues: {}\n")
    done = landscape("schedule", "show")
    assert done.code == 2
    assert "schedule.yaml is not a schedule" in done.err
