import gzip
import json
from pathlib import Path

import pytest

ROWS = [
    {
        "id": "b",
        "title": "Low-rank adaptation of a large language model",
        "abstract": "We fine-tune a pre-trained language model with low-rank adapters and few parameters.",
    },
    {
        "id": "a",
        "title": "Regret bounds for linear bandits",
        "abstract": "We prove regret bounds for bandit algorithms with linear rewards.",
    },
    {"id": "c", "title": "Retrieval-augmented generation with language models", "abstract": ""},
]


def _write(path: Path, rows: list[object]) -> Path:
    text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def test_predictions_keep_order_and_shape(landscape, tmp_path: Path) -> None:
    source = _write(tmp_path / "in.jsonl.gz", ROWS)
    assert landscape("predict", source, tmp_path / "out.jsonl").code == 0
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [row["id"] for row in rows] == ["b", "a", "c"]
    for row in rows:
        assert list(row) == ["id", "verdict", "relevant", "relevance", "cells", "topics", "evidence"]
        assert row["relevant"] == (row["verdict"] != "not-relevant")
        assert bool(row["cells"]) == row["relevant"], "cells are given for every relevant paper"
    assert rows[0]["cells"][0]["cell"] == "training/model"
    assert rows[0]["topics"][0]["topic"].startswith("training/model/")
    assert rows[0]["evidence"][0]["text"] in {ROWS[0]["title"], ROWS[0]["abstract"]}
    assert rows[1]["verdict"] == "not-relevant"


def test_a_compressed_answer_holds_the_same_lines(landscape, tmp_path: Path) -> None:
    source = _write(tmp_path / "in.jsonl", ROWS)
    landscape("predict", source, tmp_path / "out.jsonl")
    landscape("predict", source, tmp_path / "out.jsonl.gz")
    packed = (tmp_path / "out.jsonl.gz").read_bytes()
    assert gzip.decompress(packed) == (tmp_path / "out.jsonl").read_bytes()
    landscape("predict", source, tmp_path / "again.jsonl.gz")
    assert (tmp_path / "again.jsonl.gz").read_bytes() == packed


@pytest.mark.parametrize(
    "rows",
    [["not json"], ["[1, 2]"], [{"id": "a"}], [{"id": 3, "title": "x", "abstract": "y"}], [ROWS[0], "{"]],
)
def test_bad_rows_are_named_by_line_and_nothing_is_written(landscape, tmp_path: Path, rows: list) -> None:
    source = _write(tmp_path / "in.jsonl", rows)
    outcome = landscape("predict", source, tmp_path / "out.jsonl")
    assert outcome.code == 2
    assert len(outcome.err.strip().splitlines()) == 1
    assert f"line={len(rows)}" in outcome.err
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.shared
def test_dev_rows_are_predicted_as_the_scorer_reads_them(
    landscape, tmp_path: Path, shared_data: Path
) -> None:
    import subprocess
    import sys

    gold = shared_data / "gold"
    assert landscape("predict", gold / "dev.jsonl.gz", tmp_path / "out.jsonl").code == 0
    done = subprocess.run(
        [sys.executable, gold / "score.py", gold / "dev.jsonl.gz", tmp_path / "out.jsonl", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    measures = json.loads(done.stdout)
    # The plain peer (TF-IDF and logistic regression on all labels) reaches 0.63, 0.82 and 0.77.
    assert measures["cell_top1"] >= 0.63
    assert measures["cell_top1_any"] >= 0.82
    assert measures["topic_top1_any"] >= 0.77
    assert measures["ece"] <= 0.08
