from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from classifier.labels import HandLabel
from classifier.prediction import PaperText
from classifier.texts import join_texts, read_texts, require_resolved
from foundation.errors import RefusedInputError


def label(identifier: str, title: str) -> HandLabel:
    return HandLabel(id=identifier, title=title, relevant=False)


def test_joins_by_id_and_else_by_title() -> None:
    labels = [label("arxiv:1", "First Paper"), label("acl:2", "Second: a paper"), label("acl:3", "Third")]
    texts = [
        PaperText("openreview:x", "SECOND - A Paper", "Two."),
        PaperText("arxiv:1", "First paper (revised)", "One."),
        PaperText("arxiv:9", "Nobody's", "Nine."),
    ]
    joined = join_texts(labels, iter(texts))
    assert [(found.id, text.id, text.abstract) for found, text in joined.pairs] == [
        ("arxiv:1", "arxiv:1", "One."),
        ("acl:2", "acl:2", "Two."),
    ]
    assert joined.unresolved == ("acl:3",)
    assert joined.share_resolved == pytest.approx(2 / 3)


def test_an_abstract_wins_over_none_and_an_id_over_a_title() -> None:
    labels = [label("arxiv:1", "First Paper"), label("arxiv:2", "Other Paper")]
    texts = [
        PaperText("arxiv:1", "First Paper", ""),
        PaperText("acl:1", "First paper", "From the Anthology."),
        PaperText("acl:2", "Other paper", "By title."),
        PaperText("arxiv:2", "Other paper", "By id."),
        PaperText("arxiv:2", "Other paper", "Later."),
    ]
    assert [text.abstract for _, text in join_texts(labels, texts).pairs] == ["From the Anthology.", "By id."]


def test_too_few_texts_are_refused_and_named() -> None:
    labels = [label(f"arxiv:{n}", f"Paper number {n}") for n in range(100)]
    texts = [PaperText(row.id, row.title, "Text.") for row in labels]
    require_resolved(join_texts(labels, texts[:95]))
    with pytest.raises(RefusedInputError, match=r"94\.0%.*arxiv:94"):
        require_resolved(join_texts(labels, texts[:94]))
    require_resolved(join_texts([], []))


def test_reads_jsonl_and_gzip_with_summary_or_abstract(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz"
    plain.write_text(json.dumps({"id": "arxiv:1", "title": "One", "abstract": "Text."}) + "\n\n")
    packed.write_bytes(
        gzip.compress(
            json.dumps({"id": "arxiv:2", "title": "Two", "abstract": None, "summary": "Sum."}).encode()
            + b"\n{}\n"
        )
    )
    assert list(read_texts([plain, packed])) == [
        PaperText("arxiv:1", "One", "Text."),
        PaperText("arxiv:2", "Two", "Sum."),
    ]


def test_a_field_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": "arxiv:1", "title": ["One"]}\n')
    with pytest.raises(RefusedInputError, match="field=title"):
        list(read_texts([path]))
