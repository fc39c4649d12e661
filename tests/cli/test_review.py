from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click
import pytest

PAPERS = [
    ("url:https://invented.example/1", "Adapters for language models", "We train low-rank adapters."),
    ("url:https://invented.example/2", "Prompts for language models", "We study in-context examples."),
    ("url:https://invented.example/3", "Retrieval for language models", "We retrieve passages."),
]


@pytest.fixture
def filled(landscape: Callable, tmp_path: Path) -> None:
    file = tmp_path / "papers.jsonl"
    rows = [{"id": i, "title": t, "abstract": a, "year": 2024} for i, t, a in PAPERS]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert landscape("import", file).code == 0
    assert landscape("classify").code == 0


def listed(landscape: Callable) -> list[dict]:
    outcome = landscape("review", "--json")
    assert outcome.code == 0
    return json.loads(outcome.out)


def test_review_serves_answers_and_takes_back(landscape: Callable, filled: None) -> None:
    rows = listed(landscape)
    assert {row["title"] for row in rows} == {title for _, title, _ in PAPERS}
    first = rows[0]
    assert {"id", "title", "abstract", "cell", "topics", "score", "places", "nearest"} <= set(first)
    assert first["places"][0].keys() == {"cell", "topic", "score"}
    kept = landscape("review", "answer", first["id"], "training/model/peft", "--by", "ada", "--json")
    assert json.loads(kept.out)["cells"] == ["training/model"]
    assert first["id"] not in {row["id"] for row in listed(landscape)}
    agreement = json.loads(landscape("review", "agreement", "--json").out)
    assert agreement["model"]["papers"] == 1
    assert agreement["people"]["papers"] == 0
    assert json.loads(landscape("review", "undo", "--by", "bo", "--json").out) == {"taken_back": None}
    assert json.loads(landscape("review", "undo", "--by", "ada", "--json").out) == {"taken_back": first["id"]}
    assert len(listed(landscape)) == 3


def test_skipped_papers_are_left_out_and_the_limit_holds(landscape: Callable, filled: None) -> None:
    first = listed(landscape)[0]["id"]
    rows = json.loads(landscape("review", "--json", "--skip", first, "--limit", "1").out)
    assert len(rows) == 1
    assert rows[0]["id"] != first


def test_answers_are_exported_as_corrections_and_survive_a_new_run(
    landscape: Callable, filled: None, tmp_path: Path
) -> None:
    first = listed(landscape)[0]["id"]
    assert landscape("review", "answer", first, "off").code == 0
    assert landscape("classify", "--all").code == 0
    assert landscape("label", "export", tmp_path / "out.jsonl").code == 0
    (row,) = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert (row["id"], row["verdict"], row["cell"]) == (first, "not-relevant", None)
    assert first not in {row["id"] for row in listed(landscape)}


@pytest.mark.parametrize(
    ("paper", "place"),
    [("arxiv:2401.99999", "training/model"), (None, "training/never"), (None, "")],
)
def test_a_wrong_answer_is_one_line_and_exit_code_2(
    landscape: Callable, filled: None, paper: str | None, place: str
) -> None:
    outcome = landscape("review", "answer", paper or listed(landscape)[0]["id"], place)
    assert outcome.code == 2
    assert len(outcome.err.strip().splitlines()) == 1


def test_an_empty_store_says_what_would_fill_it(landscape: Callable) -> None:
    assert json.loads(landscape("review", "--json").out) == []
    assert "landscape classify" in landscape("review").out


def test_one_key_a_paper_on_a_terminal(
    landscape: Callable, filled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """→ skips, 1 takes the likeliest place, ← takes it back, W and 2 a topic, Esc leaves."""
    keys = iter(["\x1b[C", "1", "\x1b[D", "w", "9", "w", "2", "\x1b"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr(click, "getchar", lambda: next(keys))
    outcome = landscape("review", "--by", "ada")
    assert outcome.code == 0, outcome.err
    assert "no such topic" in outcome.out
    assert "1 answer kept" in outcome.out
    assert not list(keys)
    assert len(listed(landscape)) == 2


def test_leaving_at_once_keeps_nothing(
    landscape: Callable, filled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr(click, "getchar", lambda: "\x03")
    assert "0 answers kept" in landscape("review").out
    assert len(listed(landscape)) == 3
