"""`landscape plan` and `landscape memory` as a shell sees them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pptx import Presentation
from sqlalchemy import text

from db import engine
from db.engine import open_store

Landscape = Callable[..., Any]


def test_plan_json_has_the_promised_shape(landscape: Landscape) -> None:
    done = landscape("plan", "--domain", "medical", "--answer", "must_cite=true", "--json")
    assert done.code == 0
    plan = json.loads(done.out)
    assert plan["domain"] == "medical"
    assert [route["rank"] for route in plan["routes"]] == list(range(1, 11))
    first = plan["routes"][0]
    assert first["id"] == "rag"
    assert first["feasible"] is True
    assert first["time_class"] == "none"
    assert first["memory_gb"] > 0
    assert {"rule", "text", "source"} <= set(first["reasons"][0])
    assert {route["id"] for route in plan["routes"]} == {
        "prompting", "rag", "agents", "peft", "full-finetuning", "multitask-finetuning",
        "instruction-tuning", "continued-pretraining", "pretraining", "preference-tuning",
    }  # fmt: skip
    assert [phase["id"] for phase in plan["phases"]] == [
        "data-preparation", "adaptation", "professional-fine-tuning", "deployment",
    ]  # fmt: skip
    for phase in plan["phases"]:
        for chip in phase["chips"]:
            assert {"label", "need", "reason", "papers"} <= set(chip)
    assert all({"id", "group", "cells"} <= set(each) for each in plan["challenges"])
    assert all(isinstance(each["advice"], str) for each in plan["lifecycle"])
    assert all({"kind", "where", "route", "reason"} <= set(each) for each in plan["knowledge"])
    assert all(isinstance(each, str) for each in plan["missing"])
    assert all({"input", "from", "to", "first_route"} <= set(each) for each in plan["flips"])


def test_plan_reads_answers_from_yaml_and_json(landscape: Landscape, tmp_path: Path) -> None:
    yaml, as_json = tmp_path / "a.yaml", tmp_path / "a.json"
    yaml.write_text("domain: legal\nunlabelled_tokens: 5e9\nlanguages: [en]\nreviewers: true\n")
    as_json.write_text('{"domain": "legal", "unlabelled_tokens": 5e9, "languages": ["en"], "reviewers": 1}')
    one, other = (landscape("plan", "--answers", path, "--json") for path in (yaml, as_json))
    assert one.code == other.code == 0
    assert one.out == other.out


@pytest.mark.parametrize("suffix", [".md", ".json", ".pptx"])
def test_plan_files_are_the_same_twice(landscape: Landscape, tmp_path: Path, suffix: str) -> None:
    one, other = tmp_path / f"one{suffix}", tmp_path / f"other{suffix}"
    for path in (one, other):
        done = landscape("plan", "--domain", "finance", "--answer", "gpu_memory_gb=24", "--out", path)
        assert done.code == 0
    assert one.read_bytes() == other.read_bytes()
    if suffix == ".pptx":
        slide = Presentation(str(one)).slides[0]
        texts = " ".join(s.text_frame.text for s in slide.shapes if s.has_text_frame)
        assert "{}" not in texts
        assert "FinQA" in texts or any(s.shape_type == 6 for s in slide.shapes)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--answer", "colour=blue"), "'colour'"),
        (("--answer", "must_cite=perhaps"), "'must_cite'"),
        (("--answer", "must_cite=1"), "'must_cite'"),
        (("--answer", "labelled_examples=-1"), "'labelled_examples'"),
        (("--answer", "labelled_examples=2.5"), "'labelled_examples'"),
        (("--answer", "gpu_memory_gb=.nan"), "'gpu_memory_gb'"),
        (("--answer", "tasks=two"), "'tasks'"),
        (("--answer", "languages=[7]"), "'languages'"),
        (("--answer", "domain"), "name=value"),
        (("--out", "plan.doc"), ".md, .json or .pptx"),
    ],
)
def test_what_cannot_be_is_refused_by_name(landscape: Landscape, words: tuple[str, ...], named: str) -> None:
    done = landscape("plan", *words)
    assert done.code == 2
    assert named in done.err
    assert len(done.err.splitlines()) == 1


def test_a_file_of_aliases_is_refused_shortly(landscape: Landscape, tmp_path: Path) -> None:
    lines = ["a: &a [x,x,x,x,x,x,x,x,x]"]
    for before, after in zip("abcdefg", "bcdefgh", strict=True):
        lines.append(f"{after}: &{after} [{','.join(['*' + before] * 9)}]")
    path = tmp_path / "bomb.yaml"
    path.write_text("domain: " + "&z " + "x\n" + "\n".join(lines))
    done = landscape("plan", "--answers", path)
    assert done.code == 2
    assert len(done.err) < 1000


def test_markdown_escapes_what_a_reader_wrote(landscape: Landscape, tmp_path: Path) -> None:
    path = tmp_path / "plan.md"
    assert landscape("plan", "--domain", "<b>*x*</b> $y$ | [z](javascript:1)", "--out", path).code == 0
    text = path.read_text()
    assert "<b>" not in text.replace("\\<b\\>", "")
    assert "\\*x\\*" in text
    assert "\\[z\\](javascript:1)" in text


def test_memory_shows_every_term(landscape: Landscape) -> None:
    done = landscape("memory", "--params-b", 7, "--method", "full", "--json")
    found = json.loads(done.out)
    assert found["total_gb"] == pytest.approx(sum(term["gb"] for term in found["terms"]), abs=1e-3)
    assert found["total_gb"] == pytest.approx(126, rel=0.01)
    assert all({"name", "gb", "formula", "source"} <= set(term) for term in found["terms"])
    served = json.loads(landscape("memory", "--params-b", 7, "--method", "inference", "--json").out)
    assert next(t["gb"] for t in served["terms"] if t["name"] == "weights") == pytest.approx(14)


@pytest.mark.parametrize(
    "words",
    [
        ("--method", "full"),
        ("--method", "lora", "--params-b", "1", "--rank", "100000"),
        ("--method", "index"),
        ("--method", "full", "--params-b", "7", "--bits", "4"),
        ("--method", "full", "--preset", "no-such-model"),
        ("--method", "full", "--params-b", "-7"),
    ],
)
def test_memory_refuses_in_one_line(landscape: Landscape, words: tuple[str, ...]) -> None:
    done = landscape("memory", *words)
    assert done.code == 2
    assert len(done.err.splitlines()) == 1
    assert not done.out


def test_a_store_of_an_older_schema_does_not_stop_the_plan(
    landscape: Landscape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    store = open_store(url)
    with store.write() as session:
        session.connection().execute(text("UPDATE alembic_version SET version_num = '0000'"))
    store.dispose()
    monkeypatch.setenv("LANDSCAPE_DATABASE_URL", url)
    monkeypatch.setattr(engine, "REVISIONS", ("0000", *engine.REVISIONS))
    done = landscape("plan", "--domain", "legal", "--json")
    assert done.code == 0
    assert json.loads(done.out)["domain"] == "legal"
    assert len(done.err.splitlines()) == 1
    assert "older schema" in done.err
    assert "landscape db upgrade" in done.err


def test_a_damaged_store_does_not_stop_the_plan(
    landscape: Landscape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken.db").write_bytes(b"no database at all, but long enough to be looked at" * 40)
    monkeypatch.setenv("LANDSCAPE_DATABASE_URL", f"sqlite:///{tmp_path / 'broken.db'}")
    done = landscape("plan", "--domain", "legal", "--json")
    assert done.code == 0
    assert "papers: left out" in done.err
