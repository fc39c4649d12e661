from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.labels import (
    DEV_FILE,
    LABELS_FOLDER,
    MORE_FILE,
    TRAIN_FILE,
    HandLabel,
    read_hand_labels,
    read_list_labels,
    without_held_out,
)
from foundation.errors import RefusedInputError
from papers.text import title_key
from taxonomy.library import load_library
from taxonomy.loader import load_taxonomy

LABEL_KEYS = {"id", "title", "venue", "year", "stratum", "relevant", "primary", "others", "topics", "sure"}


def label(identifier: str, title: str) -> HandLabel:
    return HandLabel(id=identifier, title=title, relevant=False)


def test_shipped_labels_have_their_sizes_and_name_only_what_exists() -> None:
    taxonomy = load_taxonomy()
    train, dev, lists = read_hand_labels(TRAIN_FILE), read_hand_labels(DEV_FILE), read_list_labels()
    more = read_hand_labels(MORE_FILE)
    assert (len(train), len(more), len(dev), len(lists)) == (4584, 32181, 664, 3108)
    for row in (*train, *more, *dev):
        assert set(row.cells) <= set(taxonomy.cells)
        assert set(row.topics) <= set(taxonomy.topic_by_id)
        assert len(row.cells) <= 3
    for listed in lists:
        for placement in listed.labels:
            assert placement.cell in taxonomy.cells
            assert placement.topic is None or placement.topic in taxonomy.topic_by_id


def test_shipped_labels_hold_no_abstracts() -> None:
    for path in (TRAIN_FILE, MORE_FILE, DEV_FILE):
        for line in path.read_text(encoding="utf-8").splitlines():
            assert set(json.loads(line)) == LABEL_KEYS
    for line in (LABELS_FOLDER / "lists.jsonl").read_text(encoding="utf-8").splitlines():
        assert set(json.loads(line)) == {"id", "title", "labels"}


@pytest.mark.shared
def test_shipped_labels_are_the_gold_ones(shared_data: Path) -> None:
    for name, path in (("train", TRAIN_FILE), ("dev", DEV_FILE)):
        gold = read_hand_labels(shared_data / "gold" / f"{name}.jsonl.gz")
        assert gold == read_hand_labels(path)


def test_dev_stands_in_no_training_source_after_the_drop() -> None:
    dev = read_hand_labels(DEV_FILE)
    ids, titles = {row.id for row in dev}, {title_key(row.title) for row in dev}
    library = [label(paper.key, paper.title) for paper in load_library()]
    for source in (read_hand_labels(TRAIN_FILE), read_hand_labels(MORE_FILE), read_list_labels(), library):
        left = without_held_out(source, dev)
        assert left
        assert not ids & {row.id for row in left}
        assert not titles & {title_key(row.title) for row in left}


def test_further_labels_are_of_other_papers() -> None:
    known = {title_key(row.title) for path in (TRAIN_FILE, DEV_FILE) for row in read_hand_labels(path)}
    titles = [title_key(row.title) for row in read_hand_labels(MORE_FILE)]
    assert len(set(titles)) == len(titles)
    assert not known & set(titles)


def test_drop_finds_ids_and_other_spellings_of_a_title() -> None:
    dev = [label("arxiv:1", "BERT: Pre-training of Deep Things")]
    rows = [
        label("arxiv:1", "Another title altogether"),
        label("acl:9", "Bert : Pretraining of deep things"),
        label("arxiv:2", "Something else"),
        label("arxiv:3", ""),
    ]
    assert [row.id for row in without_held_out(rows, dev)] == ["arxiv:2", "arxiv:3"]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["", "a", "A!", "b", "B-", "c"])), max_size=12))
def test_drop_keeps_order_and_everything_else(rows: list[tuple[int, str]]) -> None:
    labels = [label(f"arxiv:{number}", title) for number, title in rows]
    held_out = labels[:2]
    left = without_held_out(labels, held_out)
    assert left == [row for row in labels if row in left]
    for row in labels:
        told = any(
            row.id == held.id or (row.title and title_key(row.title) == title_key(held.title))
            for held in held_out
        )
        assert (row in left) != told


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"id": "arxiv:1", "relevant": True}, "primary cell"),
        ({"id": "arxiv:1", "relevant": False, "primary": "training/data"}, "primary cell"),
        ({"id": "arxiv:1", "relevant": True, "primary": "training"}, "primary"),
        (
            {
                "id": "arxiv:1",
                "relevant": True,
                "primary": "training/data",
                "topics": ["training/model/peft"],
            },
            "training/model/peft",
        ),
        ({"id": "arxiv:1", "relevant": False, "sure": 7}, "sure"),
        ({"relevant": False}, "id"),
    ],
)
def test_a_wrong_row_is_named_by_file_and_line(tmp_path: Path, row: dict[str, object], field: str) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text('{"id":"arxiv:0","relevant":false}\n' + json.dumps(row) + "\n")
    with pytest.raises(RefusedInputError) as caught:
        read_hand_labels(path)
    assert "line=2" in str(caught.value)
    assert field in str(caught.value)


@pytest.mark.parametrize("content", [b"not json\n", b"[1]\n", b"\xff\xfe\n", b'{"a":' + b"[" * 100_000])
def test_a_file_that_is_no_jsonl_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_bytes(content)
    with pytest.raises(RefusedInputError):
        read_hand_labels(path)
    damaged = tmp_path / "labels.jsonl.gz"
    damaged.write_bytes(gzip.compress(b'{"id":"arxiv:0","relevant":false}\n' * 50)[:-12])
    with pytest.raises(RefusedInputError):
        read_hand_labels(damaged)
