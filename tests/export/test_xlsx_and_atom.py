"""The workbook read back cell by cell, and feeds read by feedparser."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from typing import Any

import feedparser
import pytest
from lxml import etree

from export.atom import FEED_ENTRIES
from export.registry import ExportMaterial, export_format
from landscape.layout import SlideLayout
from landscape.movement import Movement, PlaceMovement
from landscape.types import LandscapeSnapshot
from taxonomy.loader import load_taxonomy

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
HOSTILE = (
    '=HYPERLINK("http://x.example","y")',
    "+1+1",
    "@SUM(A1)",
    "a\x00b\x1bc",
    "lone \ud800",
    "<b>&amp; ]]></b>",
    "نماذج لغوية",
    "x" * 40_000,
    "'quoted",
    "_x0041_",
)


def read_workbook(content: bytes) -> dict[str, list[dict[str, str]]]:
    """Rows of every sheet by column letter; fails on any formula."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        strings = [
            "".join(node.itertext())
            for node in etree.fromstring(archive.read("xl/sharedStrings.xml")).iter(f"{SHEET}si")
        ]
        names = [
            node.get("name")
            for node in etree.fromstring(archive.read("xl/workbook.xml")).iter(f"{SHEET}sheet")
        ]
        sheets = {}
        for number, name in enumerate(names, start=1):
            root = etree.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))
            assert not list(root.iter(f"{SHEET}f")), name
            rows = []
            for row in root.iter(f"{SHEET}row"):
                values = {}
                for cell in row.iter(f"{SHEET}c"):
                    value = cell.findtext(f"{SHEET}v") or ""
                    letters = "".join(letter for letter in cell.get("r") if letter.isalpha())
                    values[letters] = strings[int(value)] if cell.get("t") == "s" else value
                rows.append(values)
            sheets[name] = rows
    return sheets


def test_the_workbook_has_the_counts_to_the_digit(
    snapshot: LandscapeSnapshot, layout: SlideLayout, make_paper: Any
) -> None:
    papers = (make_paper(), make_paper(id="acl:2023.acl-long.1", url=None))
    content = export_format("xlsx").render(ExportMaterial(snapshot, layout, papers=papers))
    sheets = read_workbook(content)
    assert list(sheets) == ["Cells", "Topics", "Papers", "About"]
    cells = {row["A"]: int(row["D"]) for row in sheets["Cells"][1:]}
    assert cells == {cell.id: cell.n_papers for cell in snapshot.cells}
    topics = {row["A"]: int(row["D"]) for row in sheets["Topics"][1:]}
    assert topics == {topic.id: topic.n_papers for cell in snapshot.cells for topic in cell.topics}
    assert [row["A"] for row in sheets["Papers"][1:]] == [paper.id for paper in papers]
    assert f"{snapshot.relevant:,} on the chart" in " ".join(row["A"] for row in sheets["About"])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert b"https://arxiv.org/abs/2301.00001" in archive.read("xl/worksheets/_rels/sheet3.xml.rels")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text_in_a_workbook(
    text: str, snapshot: LandscapeSnapshot, layout: SlideLayout, make_paper: Any
) -> None:
    paper = make_paper(title=text, authors=(text,), venue=text, url="javascript:alert(1)", evidence=text)
    content = export_format("xlsx").render(ExportMaterial(snapshot, layout, papers=(paper,)))
    row = read_workbook(content)["Papers"][1]
    assert len(row["B"]) <= 32_767
    assert "G" not in row  # no link
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert not any(b"javascript" in archive.read(name) for name in archive.namelist())
        for name in archive.namelist():
            if name.endswith((".xml", ".rels")):
                etree.fromstring(archive.read(name))


def test_a_feed_of_papers_is_valid_and_bounded(
    snapshot: LandscapeSnapshot, layout: SlideLayout, make_paper: Any
) -> None:
    papers = tuple(make_paper(id=f"arxiv:2301.{index:05}") for index in range(FEED_ENTRIES + 5))
    seen = {papers[0].id: datetime(2026, 5, 1, 12, tzinfo=UTC)}
    material = ExportMaterial(snapshot, layout, papers=papers, first_seen=seen, place="training/model")
    parsed = feedparser.parse(export_format("atom").render(material))
    assert not parsed.bozo
    assert parsed.version == "atom10"
    assert parsed.feed.title.startswith("Training Pipeline × Model")
    assert len(parsed.entries) == FEED_ENTRIES
    assert len({entry.id for entry in parsed.entries}) == FEED_ENTRIES
    first, second = parsed.entries[:2]
    assert (first.updated, second.updated) == ("2026-05-01T12:00:00Z", "2023-01-02T00:00:00Z")
    assert first.link == "https://arxiv.org/abs/2301.00001"
    assert {tag.term for tag in first.tags} == {"training/model", "inference/context", "training/model/peft"}
    assert [author.name for author in first.authors] == ["Ada Example", "Grace van der Sample"]
    assert "We count sheep." in first.summary


def test_ids_of_a_feed_stay_the_same_for_ever(
    snapshot: LandscapeSnapshot, layout: SlideLayout, make_paper: Any
) -> None:
    """A reader shows an entry again when its id changes: this one is written down."""
    parsed = feedparser.parse(
        export_format("atom").render(ExportMaterial(snapshot, layout, papers=(make_paper(),)))
    )
    assert parsed.entries[0].id == "urn:uuid:63a7ae83-c249-5123-9569-e135de0f36d3"
    again = feedparser.parse(
        export_format("atom").render(
            ExportMaterial(snapshot, layout, papers=(make_paper(title="A corrected title"),))
        )
    )
    assert again.entries[0].id == parsed.entries[0].id


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text_in_a_feed(
    text: str, snapshot: LandscapeSnapshot, layout: SlideLayout, make_paper: Any
) -> None:
    paper = make_paper(title=text, authors=(text,), venue=text, url="javascript:alert(1)", evidence=text)
    content = export_format("atom").render(ExportMaterial(snapshot, layout, papers=(paper,)))
    parsed = feedparser.parse(content)
    assert not parsed.bozo
    assert not parsed.entries[0].get("links")
    root = etree.fromstring(content)
    assert {node.get("type") for node in root.iter("{*}title")} == {None}  # text, not markup


def test_what_moved_is_a_feed_too(snapshot: LandscapeSnapshot, layout: SlideLayout, make_paper: Any) -> None:
    topic = load_taxonomy().topics[0]
    place = PlaceMovement(
        id=topic.id, label=topic.label, kind="topic", cell=topic.cell, n_before=10, n_after=30,
        share_before=0.1, share_after=0.2, n_arrived=20, n_gained=0, n_lost=0, observed=20, expected=10.0,
        p_value=0.001, q_value=0.01, direction="rising",
    )  # fmt: skip
    movement = Movement(
        before=datetime(2026, 1, 1, tzinfo=UTC), after=datetime(2026, 3, 1, tzinfo=UTC), by="as-of",
        taxonomy_version="1.0", papers_before=100, papers_after=150, relevant_before=100,
        relevant_after=150, n_new=50, n_late=0, n_undated=0, n_relabelled=0, cells=(), topics=(place,),
        strata=(), papers=(make_paper(),), relabelled=(),
    )  # fmt: skip
    parsed = feedparser.parse(
        export_format("atom").render(ExportMaterial(snapshot, layout, movement=movement))
    )
    assert not parsed.bozo
    assert parsed.entries[0].title == f"{topic.label}: rising, 10 → 30 (×2.0)"
    assert parsed.entries[1].title == "Counting Sheep with Transformers"
