"""The phase slide: published look, `{}` filled in, native shapes, no text outside its chip."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest
from lxml import etree
from pptx import Presentation

from charts.picture import scene_picture
from export.phase_scene import phase_scene
from export.phase_slide import phase_deck
from export.svg import scene_svg
from guidance.phase_slide import load_phase_slide
from guidance.phases import load_phases

NOW = datetime(2026, 11, 20, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"


def chips() -> dict[str, str]:
    return {chip.id: chip.label for phase in load_phases() for chip in phase.chips if chip.kind != "datasets"}


def test_every_chip_is_a_native_shape_in_its_published_place(read_deck: Any) -> None:
    presentation, shapes = read_deck(phase_deck(None, as_of=NOW))
    by_text = {shape.text: shape for shape in shapes if shape.name.startswith("Chip: ")}
    slide = load_phase_slide()
    for chip, label in chips().items():
        assert by_text[label].box_pt == pytest.approx(slide.chips_pt[chip], abs=4.0)
        assert by_text[label].fill == slide.chip_colour
        assert by_text[label].run.font.size.pt >= 7
    cylinders = [shape for shape in shapes if shape.name.startswith("Data set")]
    assert [shape.text for shape in cylinders] == ["{}", "{}", "{}"]
    for shape, box in zip(cylinders, slide.cylinders_pt, strict=True):
        assert shape.box_pt == pytest.approx(box, abs=4.0)
    texts = {shape.text for shape in shapes}
    assert {"Phase 1:", "Phase 4:", "Deployment", "Fine-tuning for {} Professionals", "~ Records"} <= texts
    assert presentation.slides[0].shapes.title.text_frame.text == slide.title.text
    assert all(shape.description for shape in shapes)


def test_the_domain_stands_wherever_the_slide_has_a_gap(read_deck: Any) -> None:
    _, shapes = read_deck(phase_deck("Legal", as_of=NOW))
    texts = [shape.text for shape in shapes]
    assert not any("{}" in text for text in texts)
    assert {"RLHF for Legal Tasks", "Prune Non-Legal Vocabulary", "Adaptation to Legal Domain"} <= set(texts)
    assert texts.count("Legal") == 3


def test_slide_and_picture_say_the_same(read_deck: Any) -> None:
    _, shapes = read_deck(phase_deck("Finance", as_of=NOW))
    root = etree.fromstring(scene_svg(phase_scene("Finance")))
    drawn = {"".join(text.itertext()).replace("- ", "-") for text in root.iter(f"{SVG}text")}
    assert {shape.text for shape in shapes if shape.text} == drawn


@pytest.mark.parametrize(
    "domain", ["a\x00b\x1b", "lone \ud800", "x" * 10_000, "قانون", "<b>&]]>", "{} {0} {x}", "   ", "法律"]
)
def test_a_hostile_domain_leaves_every_file_sound(domain: str, read_deck: Any) -> None:
    content = phase_deck(domain, as_of=NOW, links={"lora": "javascript:alert(1)"})
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if name.endswith((".xml", ".rels")):
                etree.fromstring(archive.read(name))
        assert not any(b"javascript" in archive.read(name) for name in archive.namelist())
    _, shapes = read_deck(content)
    assert len([shape for shape in shapes if shape.name.startswith("Chip: ")]) == len(chips())
    etree.fromstring(scene_svg(phase_scene(domain)))
    assert scene_picture(phase_scene(domain), "pdf", as_of=NOW).startswith(b"%PDF")


def test_chips_link_where_they_are_told_to_and_the_bytes_repeat(read_deck: Any) -> None:
    links = {"lora": "https://map.example/?topic=peft"}
    first, second = (phase_deck("Medical", as_of=NOW, links=links) for _ in range(2))
    assert first == second
    _, shapes = read_deck(first)
    linked = [shape for shape in shapes if shape.shape.shape_type not in (6, None, 9) and _link(shape)]
    assert [(shape.text, _link(shape)) for shape in linked] == [("(q)LORA", links["lora"])]
    assert Presentation(io.BytesIO(first)).core_properties.title.endswith("Medical")


def _link(shape: Any) -> str | None:
    found = shape.shape._element.xpath("./*/p:cNvPr/a:hlinkClick")
    return shape.link if found else None
