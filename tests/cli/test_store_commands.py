"""Commands on a store, from an empty folder to slides."""

import io
import json
import sqlite3
import stat
from pathlib import Path

import pytest

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
COLLECTION = FIXTURES / "acl_anthology" / "present.response.xml"


def test_import_again_changes_nothing_and_says_so(landscape) -> None:
    first = landscape("import", COLLECTION, "--json")
    assert first.code == 0
    (report,) = json.loads(first.out)
    assert {"name", "state", "reason", "fetched", "new", "updated", "unchanged", "rejected", "linked"} <= set(
        report
    )
    before = landscape("db", "hash").out
    again = json.loads(landscape("import", COLLECTION, "--json").out)[0]
    assert (again["new"], again["updated"]) == (0, 0)
    assert landscape("db", "hash").out == before


def test_rejects_are_listed_with_their_reason(landscape) -> None:
    outcome = landscape("import", COLLECTION)
    lines = [line for line in outcome.out.splitlines() if line.startswith("  rejected ")]
    assert len(lines) == 3
    assert all(": " in line for line in lines)


def test_from_import_to_slides(landscape, tmp_path: Path) -> None:
    from pptx import Presentation

    landscape("import", COLLECTION)
    labelled = landscape("classify", "--json", "--vectors", "none")
    assert labelled.code == 0
    assert json.loads(labelled.out)["papers"] > 0
    assert "nothing new" in landscape("classify", "--vectors", "none").out
    status = json.loads(landscape("status", "--json").out)
    assert status["classified"] == status["papers"] > 0
    assert (status["cells"], status["topics"], status["taxonomy_version"]) == (18, 44, "1.0")
    assert landscape("export", "pptx", "--out", tmp_path / "x.pptx").code == 0
    assert len(Presentation(io.BytesIO((tmp_path / "x.pptx").read_bytes())).slides) == 1
    assert landscape("export", "json", "--out", tmp_path / "x.json").code == 0
    exported = json.loads((tmp_path / "x.json").read_text())
    assert len(exported["cells"]) == 18
    assert exported["relevant"] == status["relevant"]


def test_search_prints_rows_that_scripts_can_read(landscape) -> None:
    landscape("import", COLLECTION)
    rows = json.loads(landscape("search", "tea", "--json").out)
    assert rows
    for row in rows:
        assert list(row) == [
            "id",
            "title",
            "authors",
            "year",
            "venue",
            "ids",
            "url",
            "cell",
            "topics",
            "score",
        ]


def test_backup_and_restore_bring_the_same_store_back(landscape, tmp_path: Path) -> None:
    landscape("import", COLLECTION)
    before = landscape("db", "hash").out
    assert landscape("db", "backup", tmp_path / "b.db").code == 0
    landscape("init")
    assert landscape("db", "hash").out != before
    assert landscape("db", "restore", tmp_path / "b.db").code == 0
    assert landscape("db", "hash").out == before
    assert landscape("db", "check").code == 0
    assert landscape("doctor").code == 0


def test_human_labels_travel(landscape, tmp_path: Path) -> None:
    landscape("import", COLLECTION)
    key = json.loads(landscape("search", "tea", "--json", "--limit", "1").out)[0]["id"]
    decision = {
        "id": key, "verdict": "labelled", "cell": "training/model", "topics": ["training/model/peft"],
        "by": "ada", "at": "2026-01-02T03:04:05+00:00",
    }  # fmt: skip
    labels = tmp_path / "labels.jsonl"
    labels.write_text(json.dumps(decision) + "\n")
    assert "1 labels added" in landscape("label", "import", labels).out
    assert "0 labels added, 1 known" in landscape("label", "import", labels).out
    assert landscape("label", "export", tmp_path / "out.jsonl").code == 0
    (row,) = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert {name: row[name] for name in decision} == decision


@pytest.mark.parametrize("content", [b"junk, not a database", b"SQLite format 3\x00 and then nothing"])
def test_a_file_that_is_no_store_is_left_as_it_is(
    landscape, tmp_path: Path, monkeypatch, content: bytes
) -> None:
    path = tmp_path / "other.db"
    path.write_bytes(content)
    monkeypatch.setenv("LANDSCAPE_DATABASE_URL", f"sqlite:///{path}")
    for words in (["status"], ["init"], ["import", COLLECTION], ["classify"], ["db", "check"]):
        outcome = landscape(*words)
        assert outcome.code == 2, words
        assert len(outcome.err.strip().splitlines()) == 1
    assert path.read_bytes() == content


def test_another_programs_database_is_left_as_it_is(landscape, tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE notes (text)")
    connection.close()
    before = path.read_bytes()
    monkeypatch.setenv("LANDSCAPE_DATABASE_URL", f"sqlite:///{path}")
    outcome = landscape("init")
    assert outcome.code == 2
    assert "another program" in outcome.err
    assert path.read_bytes() == before


def test_an_output_that_cannot_be_written_is_refused_before_the_work(landscape, tmp_path: Path) -> None:
    outcome = landscape("export", "pptx", "--out", tmp_path / "absent" / "x.pptx")
    assert outcome.code == 2
    assert "does not exist" in outcome.err
    outcome = landscape("export", "pptx", "--out", tmp_path)
    assert outcome.code == 2
    assert not stat.S_ISREG(tmp_path.stat().st_mode)
