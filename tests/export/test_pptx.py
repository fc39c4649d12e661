"""The finished deck: read back with python-pptx, opened by LibreOffice."""

from __future__ import annotations

import csv
import dataclasses
import io
import subprocess
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from pptx import Presentation
from pptx.util import Emu, Inches

from export.pptx import landscape_deck
from export.text_fit import fit_text, line_height_em, text_width_em
from foundation.errors import RefusedInputError
from landscape.layout import SlideLayout, slide_layout
from landscape.types import LandscapeSnapshot
from taxonomy.loader import load_taxonomy
from taxonomy.models import Taxonomy

TABLE = Path(__file__).parents[1] / "fixtures" / "slide" / "published_boxes.csv"
with TABLE.open(encoding="utf-8", newline="") as table:
    PUBLISHED = {
        row["text"]: tuple(float(row[name]) for name in ("x_pt", "y_pt", "width_pt", "height_pt"))
        for row in csv.DictReader(table)
    }
ROW_COLOURS = {  # band, chip, chip text, row label: as published
    "training": ("#FDF3EC", "#F8CBAD", "#C55A11", "#C55A11"),
    "inference": ("#EDF2F9", "#DAE3F3", "#4472C4", "#2F5597"),
    "add-ons": ("#F7F4FA", "#DCCDE8", "#7030A0", "#000000"),
}
BANDS = {"training": (89.3, 249.7), "inference": (249.7, 400.8), "add-ons": (400.8, 540.0)}
HOSTILE = (
    "a\x00b\x07c\x1bd\x7fe\x85f",
    "lone \ud800 and \udfff",
    "noncharacters \ufffe \uffff \ufdd0 \U0001fffe",
    "<script>alert(1)</script> & ]]> <!-- -->",
    '=HYPERLINK("http://x.example")',
    "x" * 10_000,
    "many words " * 900,
    "نماذج لغوية كبيرة",
    "override \u202e txt.exe",
    "深層学習の大規模言語モデルによる文章生成",
    "line\nfeed\r\nand\u2028separator",
    "_x0041_ $\\alpha$ {brace}",
    "👩‍👩‍👧 emoji",
    "",
    " ",
)


@pytest.fixture(params=[True, False], ids=["counts", "plain"])
def show_counts(request: pytest.FixtureRequest) -> bool:
    return request.param


def expected_links(layout: SlideLayout) -> dict[str, str]:
    return {chip.id: f"https://map.example/?topic={chip.id}" for chip in layout.chips}


def test_all_54_published_rows_are_within_4_pt(
    snapshot: LandscapeSnapshot, layout: SlideLayout, read_deck: Any, show_counts: bool
) -> None:
    presentation, shapes = read_deck(landscape_deck(snapshot, layout, show_counts=show_counts))
    assert (presentation.slide_width, presentation.slide_height) == (12192000, 6858000)
    assert len(PUBLISHED) == 54
    found = {shape.text: shape.box_pt for shape in shapes if shape.text in PUBLISHED}
    assert set(found) == set(PUBLISHED)
    for text, box in PUBLISHED.items():
        assert found[text] == pytest.approx(box, abs=4.0), text
    assert len([shape for shape in shapes if shape.text in PUBLISHED]) == 54


def test_bands_cover_the_slide_from_left_to_right(
    snapshot: LandscapeSnapshot, layout: SlideLayout, read_deck: Any
) -> None:
    _, shapes = read_deck(landscape_deck(snapshot, layout))
    by_name = {shape.name: shape for shape in shapes}
    for row in load_taxonomy().pipelines:
        band = by_name[f"Band: {row.label}"]
        top, bottom = BANDS[row.id]
        assert band.box_pt == pytest.approx((0, top, 960, bottom - top), abs=0.1)
        assert band.fill == ROW_COLOURS[row.id][0]


def test_colours_font_and_borders_are_the_published_ones(
    snapshot: LandscapeSnapshot, layout: SlideLayout, read_deck: Any, show_counts: bool
) -> None:
    _, shapes = read_deck(landscape_deck(snapshot, layout, show_counts=show_counts))
    by_text = {shape.text: shape for shape in shapes if shape.text}
    taxonomy = load_taxonomy()
    for topic in taxonomy.topics:
        chip = by_text[topic.label]
        _, fill, text_colour, _ = ROW_COLOURS[topic.id.split("/")[0]]
        assert (chip.fill, f"#{chip.run.font.color.rgb}") == (fill, text_colour), topic.id
        assert not chip.run.font.bold
        assert chip.shape._element.find("{*}spPr/{*}ln/{*}noFill") is not None
        assert chip.shape._element.find("{*}style") is None  # the theme's shadow and outline
        assert chip.shape.text_frame.paragraphs[0].alignment == 2  # PP_ALIGN.CENTER
    for column in taxonomy.components:
        head = by_text[column.label]
        assert (f"#{head.run.font.color.rgb}", head.run.font.bold) == ("#4472C4", True)
    for row in taxonomy.pipelines:
        label = by_text[row.label]
        assert (f"#{label.run.font.color.rgb}", label.run.font.bold) == (ROW_COLOURS[row.id][3], True)
    title = by_text["A Pretrained Large Language Model (LLM) Research Landscape - v1.0"]
    assert (f"#{title.run.font.color.rgb}", title.run.font.bold) == ("#000000", True)
    assert title.shape.is_placeholder  # so that outline view and screen readers know it
    assert {shape.run.font.name for shape in by_text.values()} == {"Calibri"}


def test_every_shape_has_a_name_alt_text_and_its_group(
    snapshot: LandscapeSnapshot, layout: SlideLayout, read_deck: Any, show_counts: bool
) -> None:
    _, shapes = read_deck(landscape_deck(snapshot, layout, show_counts=show_counts))
    taxonomy = load_taxonomy()
    names = [shape.name for shape in shapes]
    assert len(names) == len(set(names))
    assert all(shape.description for shape in shapes)
    by_name = {shape.name: shape for shape in shapes}
    for topic in taxonomy.topics:
        chip = by_name[f"Chip: {topic.label}"]
        assert chip.group == f"Cell: {taxonomy.cell_label(topic.cell)}"
        count = snapshot.topic(topic.id)
        assert f"{count.n_papers:,} papers" in chip.description
        assert f"{count.share:.1%} of {snapshot.relevant:,}" in chip.description
        assert topic.label in chip.description
    empty = {"Training Pipeline × Controllable Generation", "Inference Pipeline × Prediction Tasks"}
    assert {name.removeprefix("Empty cell: ") for name in names if name.startswith("Empty cell")} == (
        empty if show_counts else set()
    )
    assert len([name for name in names if name.startswith("Cell: ")]) == 16


def test_reading_order_is_title_heads_then_row_by_row(
    snapshot: LandscapeSnapshot, layout: SlideLayout, read_deck: Any
) -> None:
    _, shapes = read_deck(landscape_deck(snapshot, layout, show_counts=False))
    assert shapes[0].name == "Title"
    chips = [shape.text for shape in shapes if shape.name.startswith("Chip: ")]
    taxonomy = load_taxonomy()
    assert chips == [topic.label for cell in taxonomy.cells for topic in taxonomy.topics_by_cell[cell]]
    names = [shape.name for shape in shapes]
    assert names.index("Column: Evaluation") < names.index("Band: Training Pipeline")
    assert names.index("Chip: RLHF") < names.index("Band: Inference Pipeline")


def test_counts_stand_inside_their_chips_and_beside_the_label(
    snapshot: LandscapeSnapshot, layout: SlideLayout, read_deck: Any
) -> None:
    _, shapes = read_deck(landscape_deck(snapshot, layout))
    by_name = {shape.name: shape for shape in shapes}
    for chip in layout.chips:
        count = by_name[f"Count: {chip.label}"]
        assert count.text == f"{snapshot.topic(chip.id).n_papers:,}"
        x, y, width, height = count.box_pt
        assert x >= chip.box.x - 0.01
        assert y >= chip.box.y - 0.01
        assert x + width <= chip.box.right + 0.01
        assert y + height <= chip.box.bottom + 0.01
        frame = by_name[f"Chip: {chip.label}"].shape.text_frame
        assert frame.margin_right / 12700 >= width - 0.01  # the label ends where the count begins
    assert by_name["As of"].text == f"{snapshot.relevant:,} papers as of 2026-11-20"
    assert (
        by_name["Empty cell: Training Pipeline × Controllable Generation"].text == "53 papers, no topic yet"
    )


def test_every_text_fits_its_box(
    snapshot: LandscapeSnapshot, layout: SlideLayout, read_deck: Any, show_counts: bool
) -> None:
    _, shapes = read_deck(landscape_deck(snapshot, layout, show_counts=show_counts))
    for shape in (shape for shape in shapes if shape.text):
        frame, size = shape.shape.text_frame, shape.run.font.size.pt
        room_across = shape.box_pt[2] - (frame.margin_left + frame.margin_right) / 12700
        room_down = shape.box_pt[3] - (frame.margin_top + frame.margin_bottom) / 12700
        fitted = fit_text(
            shape.text, room_across, room_down, size, least_pt=size, bold=bool(shape.run.font.bold)
        )
        assert fitted.text == shape.text, shape.name
        assert fitted.n_lines * size * line_height_em() <= room_down + 0.1, shape.name
        longest = max(shape.text.replace("-", "- ").split(), key=text_width_em)
        assert text_width_em(longest, bold=bool(shape.run.font.bold)) * size <= room_across, shape.name
        assert size >= 8.0, shape.name


def test_chips_link_where_they_are_told_to(
    snapshot: LandscapeSnapshot, layout: SlideLayout, read_deck: Any
) -> None:
    links = expected_links(layout)
    links["training/controllable-generation"] = "https://map.example/?cell=training/controllable-generation"
    _, shapes = read_deck(landscape_deck(snapshot, layout, links=links))
    by_name = {shape.name: shape for shape in shapes}
    for chip in layout.chips:
        shape = by_name[f"Chip: {chip.label}"]
        assert shape.link == by_name[f"Count: {chip.label}"].link == links[chip.id]
        click = shape.shape._element.xpath("./*/p:cNvPr/a:hlinkClick")[0]
        assert chip.label in click.get("tooltip")
    empty = by_name["Empty cell: Training Pipeline × Controllable Generation"]
    assert empty.link == links["training/controllable-generation"]
    assert by_name["Empty cell: Inference Pipeline × Prediction Tasks"].link is None


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "\\\\server\\share",
        "//evil.example/x",
        "/relative",
        "https://user@evil.example/",
        "https://good.example/\nX: y",
        "https://good.example/\x00",
        "https://good.example:99999/",
        "ms-msdt:/id",
        "",
    ],
)
def test_an_unsafe_link_is_left_out(
    snapshot: LandscapeSnapshot, layout: SlideLayout, read_deck: Any, url: str
) -> None:
    content = landscape_deck(snapshot, layout, links={chip.id: url for chip in layout.chips})
    _, shapes = read_deck(content)
    chips = [shape for shape in shapes if shape.name.startswith(("Chip: ", "Count: "))]
    assert len(chips) == 88
    assert all(shape.link is None for shape in chips)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        rels = archive.read("ppt/slides/_rels/slide1.xml.rels")
    assert b"External" not in rels


def test_notes_say_what_is_counted_and_how_to_renew_it(
    snapshot: LandscapeSnapshot, layout: SlideLayout, read_deck: Any
) -> None:
    snapshot = dataclasses.replace(
        snapshot, filter=dataclasses.replace(snapshot.filter, venues=("ACL",), year_from=2022, words="sheep")
    )
    presentation, _ = read_deck(landscape_deck(snapshot, layout))
    notes = presentation.slides[0].notes_slide.notes_text_frame.text
    for part in (
        "As of 2026-11-20 18:30 UTC.",
        f"{snapshot.papers:,} in the store",
        f"{snapshot.relevant:,} on the chart",
        f"acl_anthology {snapshot.relevant:,}, pmlr 500",
        "Published: 2022 to 2023.",
        "venues ACL; published from 2022; words “sheep”",
        "Classifier: blend 0a1b2c3d.",
        "Taxonomy: version 1.0, 18 cells, 44 topics.",
        "landscape refresh",
    ):
        assert part in notes


def test_the_same_input_gives_the_same_bytes(
    snapshot: LandscapeSnapshot, layout: SlideLayout, show_counts: bool
) -> None:
    first, second = (
        landscape_deck(snapshot, layout, links=expected_links(layout), show_counts=show_counts)
        for _ in range(2)
    )
    assert first == second
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    properties = Presentation(io.BytesIO(first)).core_properties
    assert properties.created == properties.modified == datetime(2026, 11, 20, 18, 30)
    assert properties.title.startswith("A Pretrained")


def test_other_counts_give_other_bytes(
    snapshot: LandscapeSnapshot, empty_snapshot: LandscapeSnapshot, layout: SlideLayout
) -> None:
    assert landscape_deck(snapshot, layout) != landscape_deck(empty_snapshot, layout)


def test_a_deck_of_an_empty_landscape(
    empty_snapshot: LandscapeSnapshot, layout: SlideLayout, read_deck: Any, show_counts: bool
) -> None:
    presentation, shapes = read_deck(landscape_deck(empty_snapshot, layout, show_counts=show_counts))
    by_name = {shape.name: shape for shape in shapes}
    assert "0 papers" in by_name["Chip: RAG*"].description
    notes = presentation.slides[0].notes_slide.notes_text_frame.text
    assert "Sources: none yet." in notes
    assert "Classifier: none has run yet." in notes
    if show_counts:
        assert by_name["Count: RAG*"].text == "0"
        assert by_name["Empty cell: Inference Pipeline × Prediction Tasks"].text == "no topic yet"


def test_huge_counts_stay_short_on_the_chip(
    snapshot: LandscapeSnapshot, layout: SlideLayout, read_deck: Any
) -> None:
    cells = tuple(
        dataclasses.replace(
            cell, topics=tuple(dataclasses.replace(topic, n_papers=1_234_567) for topic in cell.topics)
        )
        for cell in snapshot.cells
    )
    _, shapes = read_deck(landscape_deck(dataclasses.replace(snapshot, cells=cells), layout))
    by_name = {shape.name: shape for shape in shapes}
    assert by_name["Count: PEFT"].text == "1.2M"
    assert "1,234,567 papers" in by_name["Chip: PEFT"].description


def with_labels(layout: SlideLayout, label_of: Callable[[int], str]) -> SlideLayout:
    chips = tuple(
        dataclasses.replace(chip, place=dataclasses.replace(chip.place, text=label_of(index)))
        for index, chip in enumerate(layout.chips)
    )
    title = dataclasses.replace(layout.title, text=label_of(5))
    return dataclasses.replace(layout, chips=chips, title=title)


def test_hostile_text_opens_and_stays_inside(
    snapshot: LandscapeSnapshot, layout: SlideLayout, read_deck: Any, show_counts: bool
) -> None:
    hostile = with_labels(layout, lambda index: HOSTILE[index % len(HOSTILE)])
    odd = dataclasses.replace(
        snapshot,
        by_source=tuple((text, 1) for text in HOSTILE),
        classifier=HOSTILE[0],
        filter=dataclasses.replace(snapshot.filter, words=HOSTILE[1]),
    )
    content = landscape_deck(odd, hostile, show_counts=show_counts)
    presentation, shapes = read_deck(content)
    assert len(presentation.core_properties.title) <= 255
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if name.endswith((".xml", ".rels")):
                etree.fromstring(archive.read(name))
    chips = [shape for shape in shapes if shape.name.startswith("Chip:")]
    assert len(chips) == 44
    assert all(len(shape.name) <= 255 and len(shape.description) <= 2000 for shape in shapes)
    assert chips[5].text.endswith("…")
    assert len(chips[5].text) < 200
    assert chips[0].text == "abcde f"
    assert chips[3].text == HOSTILE[3]
    assert chips[7].shape.text_frame.paragraphs[0]._p.pPr.get("rtl") == "1"


def test_layout_of_another_grid_is_refused(snapshot: LandscapeSnapshot, layout: SlideLayout) -> None:
    other = dataclasses.replace(layout, chips=layout.chips[1:])
    with pytest.raises(RefusedInputError, match=r"different grids.*self-generation"):
        landscape_deck(snapshot, other)


def test_a_larger_grid_is_drawn_too(read_deck: Any, snapshot: LandscapeSnapshot) -> None:
    taxonomy = load_taxonomy()
    extra = taxonomy.topics[0].model_copy(
        update={"id": "training/controllable-generation/reward-shaping", "label": "Reward shaping"}
    )
    larger = Taxonomy(
        **(
            {name: getattr(taxonomy, name) for name in Taxonomy.model_fields}
            | {"topics": (*taxonomy.topics, extra), "version": "1.1"}
        )
    )
    cells = tuple(
        dataclasses.replace(cell, topics=(dataclasses.replace(snapshot.cells[0].topics[0], id=extra.id),))
        if cell.id == "training/controllable-generation"
        else cell
        for cell in snapshot.cells
    )
    layout = slide_layout(larger)
    _, shapes = read_deck(landscape_deck(dataclasses.replace(snapshot, cells=cells), layout))
    by_name = {shape.name: shape for shape in shapes}
    assert by_name["Chip: Reward shaping"].group == "Cell: Training Pipeline × Controllable Generation"
    assert by_name["Title"].text.endswith("v1.1")


# ---- templates


def user_template(folder: Path, *, width: int = Inches(10), theme_font: str = "Georgia") -> Path:
    presentation = Presentation()
    presentation.slide_width, presentation.slide_height = Emu(width), Inches(7.5)
    presentation.slides.add_slide(presentation.slide_layouts[0]).shapes.title.text = "An old slide"
    path = folder / "house style.pptx"
    presentation.save(str(path))
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, blob in entries.items():
            themed = blob.replace(b'latin typeface="Calibri"', f'latin typeface="{theme_font}"'.encode())
            assert (themed != blob) == (name == "ppt/theme/theme1.xml")
            archive.writestr(name, themed)
    return path


def test_a_template_keeps_its_size_theme_and_fonts(
    snapshot: LandscapeSnapshot, layout: SlideLayout, read_deck: Any, tmp_path: Path
) -> None:
    template = user_template(tmp_path)
    content = landscape_deck(snapshot, layout, template=template)
    presentation, shapes = read_deck(content)
    assert (presentation.slide_width, presentation.slide_height) == (Inches(10), Inches(7.5))
    assert len(presentation.slides) == 1  # the old slide is gone
    by_name = {shape.name: shape for shape in shapes}
    assert by_name["Chip: PEFT"].run.font.name is None  # the theme's
    scale, chip = 0.75, layout.chip("training/model/peft")
    x, y, width, height = by_name["Chip: PEFT"].box_pt
    assert (x, width, height) == pytest.approx(
        (chip.box.x * scale, chip.box.width * scale, chip.box.height * scale), abs=0.1
    )
    assert y == pytest.approx(chip.box.y * scale + (540 - 540 * scale) / 2, abs=0.1)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert b"Georgia" in archive.read("ppt/theme/theme1.xml")
        assert b"An old slide" not in b"".join(archive.read(name) for name in archive.namelist())
    assert landscape_deck(snapshot, layout, template=template) == content


def test_a_wider_theme_font_is_set_smaller(
    snapshot: LandscapeSnapshot, layout: SlideLayout, read_deck: Any, tmp_path: Path
) -> None:
    sizes = {}
    for font in ("Carlito", "Verdana"):
        template = user_template(tmp_path, theme_font=font)
        _, shapes = read_deck(landscape_deck(snapshot, layout, template=template))
        sizes[font] = sum(shape.run.font.size.pt for shape in shapes if shape.name.startswith("Chip: "))
        sized = {s.shape.text_frame.auto_size for s in shapes if s.text and not s.name.startswith("Count: ")}
        assert sized == {2}  # TEXT_TO_FIT_SHAPE
    assert sizes["Verdana"] < sizes["Carlito"]


def test_a_potx_is_taken_as_well(
    snapshot: LandscapeSnapshot, layout: SlideLayout, read_deck: Any, tmp_path: Path
) -> None:
    template = user_template(tmp_path)
    potx = tmp_path / "house.potx"
    with zipfile.ZipFile(template) as source, zipfile.ZipFile(potx, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(b"presentation.main+xml", b"template.main+xml"))
    _, shapes = read_deck(landscape_deck(snapshot, layout, template=potx))
    assert len([shape for shape in shapes if shape.name.startswith("Chip:")]) == 44


def test_a_template_without_a_title_gets_a_text_box(
    snapshot: LandscapeSnapshot, layout: SlideLayout, read_deck: Any, tmp_path: Path
) -> None:
    presentation = Presentation()
    for each in list(presentation.slide_layouts):
        if each.name != "Blank":
            presentation.slide_layouts.remove(each)
    path = tmp_path / "blank.pptx"
    presentation.save(str(path))
    _, shapes = read_deck(landscape_deck(snapshot, layout, template=path))
    assert shapes[0].name == "Title"
    assert not shapes[0].shape.is_placeholder


def bad_templates() -> dict[str, bytes]:
    good = io.BytesIO()
    Presentation().save(good)

    def changed(change: Callable[[str, bytes], bytes | None]) -> bytes:
        packed = io.BytesIO()
        with zipfile.ZipFile(good) as source, zipfile.ZipFile(packed, "w") as target:
            for name in source.namelist():
                blob = change(name, source.read(name))
                if blob is not None:
                    target.writestr(name, blob)
        return packed.getvalue()

    return {
        "text": b"not a deck",
        "empty": b"",
        "cut": good.getvalue()[:5000],
        "no types": changed(lambda name, blob: None if "Content_Types" in name else blob),
        "no presentation": changed(lambda name, blob: None if name == "ppt/presentation.xml" else blob),
        "broken xml": changed(lambda name, blob: blob[:200] if name == "ppt/presentation.xml" else blob),
        "other root": changed(lambda name, blob: b"<a/>" if name == "ppt/presentation.xml" else blob),
        "no master": changed(lambda name, blob: None if "slideMaster1.xml" in name else blob),
        "a document": changed(
            lambda name, blob: blob.replace(
                b"presentationml.presentation.main", b"wordprocessingml.document.main"
            )
        ),
        "macros": changed(
            lambda name, blob: blob.replace(
                b"vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
                b"vnd.ms-powerpoint.presentation.macroEnabled.main+xml",
            )
        ),
    }


@pytest.mark.parametrize("kind", sorted(bad_templates()))
def test_a_bad_template_is_refused_in_one_line(
    kind: str, snapshot: LandscapeSnapshot, layout: SlideLayout, tmp_path: Path
) -> None:
    path = tmp_path / "bad.pptx"
    path.write_bytes(bad_templates()[kind])
    with pytest.raises(RefusedInputError) as refusal:
        landscape_deck(snapshot, layout, template=path)
    assert "\n" not in str(refusal.value)
    assert "template" in str(refusal.value)
    assert "bad.pptx" in str(refusal.value)


def test_a_missing_template_or_a_bomb_is_refused(
    snapshot: LandscapeSnapshot, layout: SlideLayout, tmp_path: Path
) -> None:
    with pytest.raises(RefusedInputError, match="cannot be read"):
        landscape_deck(snapshot, layout, template=tmp_path / "none.pptx")
    with pytest.raises(RefusedInputError, match="cannot be read"):
        landscape_deck(snapshot, layout, template=tmp_path)
    bomb = tmp_path / "bomb.pptx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("zeros", "w") as entry:
        for _ in range(201):
            entry.write(bytes(1024 * 1024))
    with pytest.raises(RefusedInputError, match="too large"):
        landscape_deck(snapshot, layout, template=bomb)


# ---- LibreOffice


@pytest.mark.libreoffice
def test_libreoffice_renders_every_label_on_one_page(
    snapshot: LandscapeSnapshot, layout: SlideLayout, soffice: Path, tmp_path: Path
) -> None:
    decks = {
        "counts": landscape_deck(snapshot, layout, links=expected_links(layout)),
        "plain": landscape_deck(snapshot, layout, show_counts=False),
        "template": landscape_deck(snapshot, layout, template=user_template(tmp_path)),
        "hostile": landscape_deck(snapshot, with_labels(layout, lambda index: HOSTILE[index % len(HOSTILE)])),
    }
    for name, content in decks.items():
        (tmp_path / f"{name}.pptx").write_bytes(content)
    subprocess.run(
        [
            str(soffice),
            f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
            "--headless",
            "--convert-to",
            "pdf",
            "--outdir",
            str(tmp_path),
            *(str(tmp_path / f"{name}.pptx") for name in decks),
        ],
        check=True,
        capture_output=True,
        timeout=240,
    )
    for name in decks:
        pdf = tmp_path / f"{name}.pdf"
        info = subprocess.run(["pdfinfo", str(pdf)], check=True, capture_output=True, text=True).stdout
        assert "Pages:           1" in info, name
        if name == "hostile":
            continue
        text = subprocess.run(["pdftotext", str(pdf), "-"], check=True, capture_output=True, text=True).stdout
        flat = "".join(text.split()).replace("-", "")
        for topic in load_taxonomy().topics:
            assert topic.label.replace(" ", "").replace("-", "") in flat, (name, topic.label)
        if name == "counts":
            assert b"map.example" in pdf.read_bytes()
            assert "Self-generation" in text  # not broken at its hyphen, so that it can be found
