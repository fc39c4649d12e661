"""A snapshot is the same bytes for the same landscape, and reads back as it was."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from foundation.errors import StoreError
from landscape.grid import take_snapshot
from landscape.snapshot_json import snapshot_from_json, snapshot_json
from landscape.types import LandscapeFilter
from taxonomy.loader import load_taxonomy

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
RAG = "inference/context/rag"
CHOSEN = LandscapeFilter(venues=("ACL", "Löwen"), sources=("arxiv",), words="a 'quoted' \"word\"")


@pytest.fixture(params=[LandscapeFilter(), CHOSEN], ids=["everything", "chosen"])
def snapshot(builder, request):
    for number in range(3):
        builder.label(builder.paper(f"Paper {number}"), "inference/context", topics=[RAG])
    builder.label(builder.paper("Off the subject"), verdict="not-relevant")
    with builder.read() as session:
        taken = take_snapshot(session, load_taxonomy(), filter=request.param)
    return replace(taken, as_of=NOW)


def test_it_reads_back_as_it_was(snapshot) -> None:
    assert snapshot_from_json(snapshot_json(snapshot), NOW) == snapshot


def test_the_same_counts_on_another_day_are_the_same_bytes(snapshot) -> None:
    later = replace(snapshot, as_of=NOW + timedelta(days=1))
    assert snapshot_json(later) == snapshot_json(snapshot)
    assert snapshot_from_json(snapshot_json(snapshot), later.as_of) == later
    assert snapshot_json(replace(snapshot, papers=snapshot.papers + 1)) != snapshot_json(snapshot)


def test_it_is_canonical(snapshot) -> None:
    written = snapshot_json(snapshot)
    plain = json.loads(written)
    again = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert written == again
    assert "as_of" not in plain
    assert len(plain["cells"]) == 18


@pytest.mark.parametrize("damaged", [b"", b"[]", b"{}", b'{"cells": []}', b"\xff", b'{"cells": [{"a": 1}]}'])
def test_what_is_no_snapshot_is_told(damaged: bytes) -> None:
    with pytest.raises(StoreError):
        snapshot_from_json(damaged, NOW)
