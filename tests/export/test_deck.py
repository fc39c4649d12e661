"""Whole decks: their slides, their text in real fonts, hostile papers, LibreOffice."""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from pptx import Presentation

from export.deck import DECKS
from export.registry import ExportMaterial, export_format
from landscape.movement_words import headline_words
from taxonomy.loader import load_taxonomy

SIZES = (0, 1, 100, 1_000)
HTTP = re.compile(rb'Target="([^"]*)" TargetMode="External"|TargetMode="External" Target="([^"]*)"')


_MADE: dict[tuple[int, bool], bytes] = {}  # a briefing takes its second; several tests read the same


def deck_bytes(material: ExportMaterial) -> bytes:
    return export_format("pptx").render(material)


@pytest.fixture
def briefing(make_material: Any) -> Callable[..., bytes]:
    """The briefing deck of so many papers."""

    def make(n_papers: int, *, hostile: bool = False) -> bytes:
        if (n_papers, hostile) not in _MADE:
            _MADE[n_papers, hostile] = deck_bytes(make_material(n_papers, hostile=hostile))
        return _MADE[n_papers, hostile]

    return make


def overflowing(shapes: list[Any], font: Callable[[bool], Any]) -> list[str]:
    """Shapes whose text is larger than they are, as a renderer with that font breaks its lines."""

    @cache
    def letter_em(letter: str, bold: bool) -> float:
        if ord(letter) >= 0x2E80:
            return 1.0  # full-width letters come from another font
        return float(font(bold).getlength(letter)) / 1000

    found = []
    for each in shapes:
        shape = each.shape
        if not each.text or not shape.text_frame.paragraphs[0].runs or each.run.font.size is None:
            continue
        frame, size, bold = shape.text_frame, each.run.font.size.pt, bool(each.run.font.bold)
        room = (each.box_pt[2] - (frame.margin_left + frame.margin_right) / 12700) / size
        lines, line = 1, 0.0
        for piece in re.findall(
            r"\s+|[\u2e80-\uffff]|[^\s\u2e80-\uffff-]*-+(?=\w)|[^\s\u2e80-\uffff]+", each.text
        ):
            width = sum(letter_em(letter, bold) for letter in piece)
            if line and line + width > room and not piece.isspace() and frame.word_wrap:
                lines, line = lines + 1, 0.0
            while width > room and frame.word_wrap:  # a word longer than its line is broken inside
                lines, width = lines + 1, width - room
            line += width if line or not piece.isspace() else 0.0
        ascent, descent = font(bold).getmetrics()
        height = lines * size * (ascent + descent) / 1000
        down = each.box_pt[3] - (frame.margin_top + frame.margin_bottom) / 12700
        if height > down + 1.0 or (not frame.word_wrap and line > room + 0.1):
            found.append(f"{each.name}: {lines} lines, {height - down:.1f} pt too high")
    return found


@pytest.fixture
def font_of() -> Callable[[str], Callable[[bool], Any]]:
    """Real fonts by family; skips where one is not installed."""
    from matplotlib.font_manager import FontProperties, findfont
    from PIL import ImageFont

    def find(family: str) -> Callable[[bool], Any]:
        try:
            paths = [
                findfont(FontProperties(family=family, weight=weight), fallback_to_default=False)
                for weight in ("normal", "bold")
            ]
        except ValueError:
            pytest.skip(f"{family} is not installed")
        fonts = [ImageFont.truetype(path, 1000) for path in paths]
        return lambda bold: fonts[bold]

    return find


@pytest.mark.parametrize("n_papers", SIZES)
def test_a_briefing_of_any_size_holds_its_slides(
    make_material: Any, briefing: Any, read_slides: Any, n_papers: int
) -> None:
    material = make_material(n_papers)
    slides = read_slides(briefing(n_papers))
    titles = [shapes[0].text for _, shapes in slides]
    taxonomy = load_taxonomy()
    filled = [taxonomy.cell_label(cell.id) for cell in material.snapshot.cells if cell.n_papers]
    assert titles == [
        "A Pretrained Large Language Model (LLM) Research Landscape - v1.0",
        "What moved, 2026-01-01 to 2026-11-20",
        *(row.label for row in taxonomy.pipelines),
        *filled,
        "Phases of pre-trained LLM domain adaptation",
        "How this was counted",
    ]
    assert all(slide.has_notes_slide for slide, _ in slides)
    for _, shapes in slides:
        assert all(shape.name for shape in shapes)
        assert all(shape.description for shape in shapes if shape.text)


@pytest.mark.parametrize("hostile", [False, True], ids=["plain", "hostile"])
@pytest.mark.parametrize("family", ["Carlito", "Liberation Sans"])
@pytest.mark.parametrize("n_papers", [0, 1, 100])
def test_no_text_is_larger_than_its_shape_in_a_real_font(
    briefing: Any, read_slides: Any, font_of: Any, n_papers: int, family: str, hostile: bool
) -> None:
    """Carlito has Calibri's widths; Liberation Sans has Arial's, what most programs fall back to."""
    font = font_of(family)
    for _, shapes in read_slides(briefing(n_papers, hostile=hostile)):
        assert overflowing(shapes, font) == [], shapes[0].text


def test_the_measure_finds_text_that_is_too_large(read_slides: Any, briefing: Any, font_of: Any) -> None:
    _, shapes = read_slides(briefing(1))[0]
    chip = next(shape for shape in shapes if shape.name == "Chip: Uncertainty Calibration")
    chip.run.font.size = 12700 * 18
    assert overflowing([chip], font_of("Carlito"))


@pytest.mark.parametrize("deck", sorted(DECKS))
def test_hostile_papers_leave_a_whole_and_harmless_package(make_material: Any, deck: str) -> None:
    place = "training/model/peft"
    content = deck_bytes(make_material(100, hostile=True, deck=deck, place=place))
    assert len(Presentation(io.BytesIO(content)).slides) >= 1
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            blob = archive.read(name)
            if name.endswith((".xml", ".rels")):
                etree.fromstring(blob)
            for groups in HTTP.findall(blob):
                assert (groups[0] or groups[1]).startswith(b"https://good.example/"), name
            assert b"javascript:" not in blob, name


def test_a_topic_has_definition_trend_and_five_papers_with_links(
    make_material: Any, read_slides: Any
) -> None:
    topic = load_taxonomy().topics[3]
    material = make_material(100, deck="place", place=topic.id, movement=None, domain=None)
    cell_trend = next(iter(material.trends.values()))
    content = deck_bytes(
        make_material(
            100, deck="place", place=topic.id, movement=None, domain=None, trends={topic.id: cell_trend}
        )
    )
    ((_, shapes),) = read_slides(content)
    by_name = {shape.name: shape for shape in shapes}
    assert by_name["Title"].text == topic.label
    assert len(by_name["Definition"].text) > 40
    count = material.snapshot.topic(topic.id).n_papers
    assert by_name["Count"].text.startswith(f"{count:,} paper")
    chart = by_name["Papers by quarter"].shape.chart
    points = cell_trend.points[-16:]
    assert list(chart.plots[0].series[0].values) == [float(point.n_papers) for point in points]
    assert by_name["Chart caption"].text == "Papers by quarter of publication; * not harvested whole"
    for index, paper in enumerate(material.papers[:5], start=1):
        assert by_name[f"Paper {index}"].text == paper.title
        assert by_name[f"Paper {index}"].link == paper.url
    assert chart.part.chart_workbook.xlsx_part is not None  # its numbers can be edited


def test_the_slide_of_what_moved_says_what_terminal_and_digest_say(
    make_material: Any, read_slides: Any
) -> None:
    material = make_material(100, deck="moved", domain=None)
    slides = read_slides(deck_bytes(material))
    by_name = {shape.name: shape for shape in slides[1][1]}
    assert by_name["Count"].text == headline_words(material.movement)
    assert by_name["Column: Rising"].text == "Rising · 15"
    assert slides[1][0].notes_slide.notes_text_frame.text.startswith(
        "100 papers on the chart arrived: 0 before, 100 after"
    )


def test_the_build_up_has_twenty_steps_that_advance_by_themselves(
    make_material: Any, read_slides: Any
) -> None:
    slides = read_slides(deck_bytes(make_material(100, deck="build-up")))
    assert len(slides) == 20
    times = [slide._element.find("{*}transition").get("advTm") for slide, _ in slides]
    assert set(times) == {"1500"}
    chips = [sum(shape.name.startswith("Chip: ") for shape in shapes) for _, shapes in slides]
    assert chips == sorted(chips)
    assert (chips[0], chips[-1]) == (0, 44)


def test_growth_marks_are_explained_on_the_slide(briefing: Any, read_slides: Any) -> None:
    (_, shapes), *_ = read_slides(briefing(1_000))
    said = next(shape.text for shape in shapes if shape.name == "As of")
    assert said.startswith("1,000 papers as of 2026-11-20; ▲ grew by half or more")


def test_the_same_material_gives_the_same_briefing(make_material: Any, briefing: Any) -> None:
    assert deck_bytes(make_material(100)) == briefing(100)


@pytest.mark.libreoffice
def test_libreoffice_opens_briefings_of_one_and_of_hostile_papers(
    briefing: Any, soffice: Path, tmp_path: Path
) -> None:
    n_slides = {}
    for name, n_papers, hostile in (("one", 1, False), ("hostile", 100, True)):
        content = briefing(n_papers, hostile=hostile)
        (tmp_path / f"{name}.pptx").write_bytes(content)
        n_slides[name] = len(Presentation(io.BytesIO(content)).slides)
    subprocess.run(
        [
            str(soffice),
            f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
            "--headless",
            "--convert-to",
            "pdf",
            "--outdir",
            str(tmp_path),
            *(str(tmp_path / f"{name}.pptx") for name in n_slides),
        ],
        check=True,
        capture_output=True,
        timeout=240,
    )
    for name, pages in n_slides.items():
        pdf = tmp_path / f"{name}.pdf"
        info = subprocess.run(["pdfinfo", str(pdf)], check=True, capture_output=True, text=True).stdout
        assert re.search(rf"Pages:\s+{pages}\b", info), name


def test_a_template_of_another_size_holds_every_slide(
    make_material: Any, read_slides: Any, tmp_path: Path
) -> None:
    presentation = Presentation()  # 4:3, with the theme's own fonts
    presentation.slides.add_slide(presentation.slide_layouts[0]).shapes.title.text = "An old slide"
    template = tmp_path / "corp.pptx"
    presentation.save(str(template))
    slides = read_slides(deck_bytes(make_material(40, template=template)))
    assert "An old slide" not in [shapes[0].text for _, shapes in slides]
    for _, shapes in slides:
        for shape in shapes:
            x, y, width, height = shape.box_pt
            assert -0.1 <= x <= x + width <= 720.1, shape.name
            assert -0.1 <= y <= y + height <= 540.1, shape.name
            if shape.text and shape.shape.text_frame.paragraphs[0].runs:
                assert shape.run.font.name is None, shape.name
