from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

from export.chip_links import chip_links
from landscape.links import from_query
from landscape.types import LandscapeSnapshot


def test_a_base_url_gives_a_permalink_for_every_topic_and_cell(snapshot: LandscapeSnapshot) -> None:
    chosen = dataclasses.replace(snapshot.filter, venues=("ACL",))
    narrowed = dataclasses.replace(snapshot, filter=chosen)
    links = chip_links(narrowed, base_url="https://map.example/app/", as_of=date(2026, 11, 1))
    assert len(links) == 44 + 18
    parts = urlsplit(links["inference/context/rag"])
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "map.example", "/app/")
    state = from_query(parse_qs(parts.query))
    assert (state.topic, state.cell, state.as_of) == (
        "inference/context/rag",
        "inference/context",
        date(2026, 11, 1),
    )
    assert state.filter == chosen
    assert from_query(parse_qs(urlsplit(links["training/model"]).query)).topic is None


def test_without_a_base_url_the_first_paper_is_opened(snapshot: LandscapeSnapshot, make_paper: Any) -> None:
    papers = {
        "training/model/peft": make_paper(url="https://arxiv.org/abs/2301.00001"),
        "training/model/ensemble": make_paper(url="javascript:alert(1)"),
        "training/model/distillation": make_paper(url=None),
    }
    assert chip_links(snapshot, base_url=None, first_papers=papers) == {
        "training/model/peft": "https://arxiv.org/abs/2301.00001"
    }
    assert chip_links(snapshot, base_url=None) == {}


def test_an_unsafe_base_url_gives_no_links(snapshot: LandscapeSnapshot) -> None:
    assert chip_links(snapshot, base_url="file:///srv/map") == {}
