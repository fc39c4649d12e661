"""The page in one file: harmless, small, and what it says is what the landscape says."""

from __future__ import annotations

import base64
import hashlib
import html.parser
import json
import re
from typing import Any

import pytest

from export.page import page_data, script_json
from export.registry import export_format

LIMIT_BYTES = 5_000_000  # for 10,000 papers


class Reader(html.parser.HTMLParser):
    """Scripts, attributes that name addresses, and attributes that act."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.addresses: list[str] = []
        self.acting: list[str] = []
        self.policy = ""
        self._in = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self._in = tag if tag == "style" or (tag == "script" and "type" not in named) else ""
        self.acting += [name for name in named if name.startswith("on")]
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "xlink:href")]
        if named.get("http-equiv") == "Content-Security-Policy":
            self.policy = named.get("content") or ""

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in:
            (self.scripts if self._in == "script" else self.styles).append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


@pytest.mark.parametrize("hostile", [False, True], ids=["plain", "hostile"])
def test_the_page_runs_its_own_script_alone(make_material: Any, hostile: bool) -> None:
    page = export_format("html").render(make_material(60, hostile=hostile)).decode("utf-8")
    reader = read(page)
    assert len(reader.scripts) == len(reader.styles) == 1
    for kind, text in (("script", reader.scripts[0]), ("style", reader.styles[0])):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in reader.policy
    assert "default-src 'none'" in reader.policy
    assert reader.acting == []
    assert all(address.startswith(("https://", "#")) for address in reader.addresses)
    assert "<script>alert" not in page
    assert not re.search(r"""["']javascript:""", page)


def test_hostile_papers_come_back_as_text_and_without_unsafe_links(make_material: Any) -> None:
    material = make_material(60, hostile=True)
    page = export_format("html").render(material).decode("utf-8")
    data = json.loads(re.search(r' id="data">(.*?)</script>', page, re.S)[1])  # type: ignore[index]
    assert len(data["papers"]) == 60
    assert data["papers"][2][0] == material.papers[2].title
    assert {paper[8] for paper in data["papers"]} == {"", "https://good.example/a?b=1&c=%3Cd%3E"}
    assert max(len(paper[0]) for paper in data["papers"]) <= 300


def test_a_text_cannot_end_its_script_block() -> None:
    text = script_json({"t": "</script><!-- \u2028 &"})
    assert not set(text) & set("<>&\u2028")
    assert json.loads(text) == {"t": "</script><!-- \u2028 &"}


def test_ten_thousand_papers_stay_under_the_limit(make_material: Any) -> None:
    title = "Evaluating retrieval and low-rank adaptation of multilingual language models for dialogue"
    material = make_material(1_000)
    papers = tuple(
        type(paper)(
            **{**vars(paper), "title": title, "evidence": "x" * 400, "authors": ("Ada B. Example",) * 12}
        )
        for paper in material.papers
    )
    frame = len(export_format("html").render(make_material(0)))
    rows = len(script_json(page_data(make_material(1_000))["papers"]).encode())
    long = len(
        script_json([*page_data(type(material)(**{**vars(material), "papers": papers}))["papers"]]).encode()
    )
    assert frame + 10 * rows < frame + 10 * long < LIMIT_BYTES
