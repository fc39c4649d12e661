"""Pictures without a browser: published places and colours, text as text, the same bytes twice."""

from __future__ import annotations

import csv
import dataclasses
import io
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from PIL import Image

from charts.build_up import build_up
from charts.scene import Item, Lettering, set_text
from export.landscape_scene import landscape_scene
from export.registry import ExportMaterial, export_format
from landscape.layout import Box, SlideLayout
from landscape.lettering import text_width_em
from landscape.types import LandscapeSnapshot

SVG = "{http://www.w3.org/2000/svg}"
TABLE = Path(__file__).parents[1] / "fixtures" / "slide" / "published_boxes.csv"
HOSTILE = (
    "a\x00b\x07c\x1bd",
    "lone \ud800 and \udfff",
    "<script>alert(1)</script> & ]]>",
    "x" * 10_000,
    "many words " * 900,
    "نماذج لغوية كبيرة",
    "深層学習の大規模言語モデル",
    "$\\alpha_{x}$ and 100 % {brace}",
    "line\nfeed\r\nand\u2028separator",
    " ",
)


def hostile_layout(layout: SlideLayout) -> SlideLayout:
    chips = tuple(
        dataclasses.replace(chip, place=dataclasses.replace(chip.place, text=HOSTILE[index % len(HOSTILE)]))
        for index, chip in enumerate(layout.chips)
    )
    return dataclasses.replace(layout, chips=chips, title=dataclasses.replace(layout.title, text=HOSTILE[2]))


def published() -> dict[str, tuple[float, float, float, float]]:
    with TABLE.open(encoding="utf-8", newline="") as table:
        return {
            row["text"]: tuple(float(row[name]) for name in ("x_pt", "y_pt", "width_pt", "height_pt"))
            for row in csv.DictReader(table)
        }  # type: ignore[return-value]


def test_svg_has_every_chip_in_its_published_place_and_colours(
    snapshot: LandscapeSnapshot, layout: SlideLayout
) -> None:
    content = export_format("svg").render(ExportMaterial(snapshot, layout, show_counts=False))
    root = etree.fromstring(content)
    boxes = published()
    seen = 0
    for group in root.iter(f"{SVG}g"):
        text = group.find(f"{SVG}text")
        rect = group.find(f"{SVG}rect")
        if group.get("data-id", "").count("/") != 2:
            continue
        label = "".join(text.itertext()).replace("- ", "-")
        box = tuple(float(rect.get(name)) for name in ("x", "y", "width", "height"))
        assert box == pytest.approx(boxes[label], abs=4.0)
        chip = layout.chip(group.get("data-id"))
        assert (rect.get("fill"), text.get("fill")) == (chip.fill_colour, chip.place.colour)
        seen += 1
    assert seen == 44


def test_svg_says_the_counts_and_links_only_where_it_is_safe(
    snapshot: LandscapeSnapshot, layout: SlideLayout
) -> None:
    first, second = layout.chips[:2]
    links = {first.id: "https://map.example/?a=1&b=<2>", second.id: "javascript:alert(1)"}
    content = export_format("svg").render(ExportMaterial(snapshot, layout, links=links))
    root = etree.fromstring(content)
    counts = {
        group.get("data-id"): "".join(group.findall(f"{SVG}text")[-1].itertext())
        for group in root.iter(f"{SVG}g")
        if group.get("data-id", "").count("/") == 2
    }
    assert counts == {topic.id: f"{topic.n_papers:,}" for cell in snapshot.cells for topic in cell.topics}
    assert [link.get("href") for link in root.iter(f"{SVG}a")] == ["https://map.example/?a=1&b=%3C2%3E"]
    assert b"javascript" not in content
    assert f"{snapshot.relevant:,} papers as of 2026-11-20" in "".join(root.itertext())


def test_growth_marks_stand_before_the_counts(snapshot: LandscapeSnapshot, layout: SlideLayout) -> None:
    content = export_format("svg").render(ExportMaterial(snapshot, layout, show_growth=True)).decode()
    growing = [topic for cell in snapshot.cells for topic in cell.topics if topic.growth]
    assert content.count("▲") == len(growing) > 0


def test_pdf_holds_text_as_text(snapshot: LandscapeSnapshot, layout: SlideLayout, tmp_path: Path) -> None:
    path = tmp_path / "x.pdf"
    path.write_bytes(export_format("pdf").render(ExportMaterial(snapshot, layout)))
    done = subprocess.run(["pdftotext", str(path), "-"], check=True, capture_output=True, text=True)
    assert "Self-generation" in done.stdout  # not broken at its hyphen, so that it can be found
    flat = re.sub(r"\s+", "", done.stdout).replace("ﬁ", "fi").replace("ﬃ", "ffi")
    for chip in layout.chips:
        assert chip.label.replace(" ", "").replace("-", "") in flat.replace("-", "")
    assert f"{snapshot.relevant:,}papersasof2026-11-20" in flat
    fonts = subprocess.run(["pdffonts", str(path)], check=True, capture_output=True, text=True).stdout
    assert "TrueType" in fonts
    assert "Type 3" not in fonts


def test_png_has_the_published_colours_where_they_belong(
    snapshot: LandscapeSnapshot, layout: SlideLayout
) -> None:
    content = export_format("png").render(ExportMaterial(snapshot, layout, show_counts=False))
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    assert picture.size == (1920, 1080)
    for chip in layout.chips:
        corner = picture.getpixel((round((chip.box.x + 2) * 2), round((chip.box.y + 2) * 2)))
        assert "#{:02X}{:02X}{:02X}".format(*corner) == chip.fill_colour, chip.id
    for row in layout.rows:
        assert (
            "#{:02X}{:02X}{:02X}".format(*picture.getpixel((4, round(row.band.centre[1] * 2))))
            == row.style.band_colour
        )


def test_the_build_up_has_the_published_20_steps(snapshot: LandscapeSnapshot, layout: SlideLayout) -> None:
    steps = build_up(layout)
    assert [step.added.count("/") for step in steps] == [0, 0, 0] + [1] * 16 + [0]
    rows = [step.added.split("/")[0] for step in steps[3:19]]
    assert rows == ["training"] * 5 + ["inference"] * 5 + ["add-ons"] * 6
    scene = landscape_scene(snapshot, layout)
    sizes = [len(scene.only(step.parts).groups) for step in steps]
    assert sizes == sorted(sizes)
    assert sizes[-1] == len(scene.groups)


def test_gif_holds_20_frames_of_one_and_a_half_seconds(
    snapshot: LandscapeSnapshot, layout: SlideLayout
) -> None:
    picture = Image.open(
        io.BytesIO(export_format("gif").render(ExportMaterial(snapshot, layout, show_counts=False)))
    )
    assert (picture.n_frames, picture.size, picture.info["loop"]) == (20, (1280, 720), 0)
    durations = []
    changes = []
    before: Any = None
    for index in range(picture.n_frames):
        picture.seek(index)
        durations.append(picture.info["duration"])
        now = picture.convert("RGB").tobytes()
        changes.append(now != before)
        before = now
    last = picture.convert("RGB")  # the bands' published tints, which a palette of few colours easily loses
    assert [last.getpixel((30, y)) for y in (200, 400, 700)] == [
        (0xFD, 0xF3, 0xEC),
        (0xED, 0xF2, 0xF9),
        (0xF7, 0xF4, 0xFA),
    ]
    assert durations == [1500] * 20
    assert changes == [True] * 20


@pytest.mark.parametrize("name", ["svg", "png", "pdf"])
def test_hostile_labels_make_sound_pictures(
    name: str, snapshot: LandscapeSnapshot, layout: SlideLayout
) -> None:
    content = export_format(name).render(ExportMaterial(snapshot, hostile_layout(layout)))
    if name == "svg":
        root = etree.fromstring(content)
        assert not list(root.iter(f"{SVG}script"))
    else:
        assert content.startswith({"png": b"\x89PNG", "pdf": b"%PDF"}[name])


@pytest.mark.parametrize("text", (*HOSTILE, "Inference-time Gradient", "Supercalifragilistic"))
@pytest.mark.parametrize("size", [(85.0, 22.7), (20.0, 8.0), (113.0, 25.0)])
def test_no_text_leaves_its_box(text: str, size: tuple[float, float]) -> None:
    box = Box(10, 10, *size)
    item = Item("text", box, text=text.replace("\n", " "), lettering=Lettering("#000000", 12.0))
    placed = set_text(item)
    assert placed is not None
    assert len(placed.lines) * placed.step_pt <= box.height + 0.01 or len(placed.lines) == 1
    for line in placed.lines:
        assert text_width_em(line) * placed.font_pt <= box.width
