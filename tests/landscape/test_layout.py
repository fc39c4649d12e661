"""The slide layout: published places kept, everything else laid out without overlap."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from landscape.layout import Box, SlideLayout, slide_layout
from taxonomy.loader import load_geometry, load_taxonomy
from taxonomy.models import Component, Pipeline, Taxonomy, Topic

NOTE = "Made up for a test of the layout."


def _topic(topic_id: str, label: str = "A topic") -> Topic:
    return Topic(id=topic_id, label=label, scope_note=NOTE, seed_phrases=("phrase",))


def _grid(rows: list[str], columns: list[str], counts: dict[tuple[int, int], int]) -> Taxonomy:
    return Taxonomy(
        version="7.3",
        title="Another grid",
        published=date(2024, 1, 1),
        pipelines=tuple(Pipeline(id=row, label=row, scope_note=NOTE) for row in rows),
        components=tuple(Component(id=column, label=column, scope_note=NOTE) for column in columns),
        topics=tuple(
            _topic(f"{row}/{column}/t{number}", f"Topic number {number}")
            for r, row in enumerate(rows)
            for c, column in enumerate(columns)
            for number in range(counts.get((r, c), 0))
        ),
    )


def _with_topics(extra: list[str]) -> Taxonomy:
    shipped = load_taxonomy()
    return Taxonomy(
        version="1.1",
        title=shipped.title,
        published=shipped.published,
        pipelines=shipped.pipelines,
        components=shipped.components,
        topics=(*shipped.topics, *(_topic(topic) for topic in extra)),
    )


def _check(layout: SlideLayout, taxonomy: Taxonomy) -> None:
    assert [chip.id for chip in layout.chips] == [topic.id for topic in taxonomy.topics]
    assert [cell.id for cell in layout.cells] == list(taxonomy.cells)
    slide = Box(0, 0, layout.width_pt, layout.height_pt)
    for index, chip in enumerate(layout.chips):
        assert chip.box.width > 0
        assert chip.box.height > 0
        assert slide.contains(chip.box)
        assert layout.cell(chip.cell).box.contains(chip.box), chip
        assert "".join(chip.place.lines).replace(" ", "") == chip.label.replace(" ", "")
        assert not [other.id for other in layout.chips[:index] if other.box.overlaps(chip.box)]
    for index, cell in enumerate(layout.cells):
        assert layout.row(cell.pipeline).band.contains(cell.box)
        assert not [other.id for other in layout.cells[:index] if other.box.overlaps(cell.box)]


def test_published_slide_is_kept_to_the_point() -> None:
    layout, geometry = slide_layout(load_taxonomy()), load_geometry()
    _check(layout, load_taxonomy())
    assert len(layout.cells) == 18
    assert {chip.id: (chip.box.x, chip.box.y, chip.box.width, chip.box.height) for chip in layout.chips} == (
        geometry.chips_pt
    )
    assert all(chip.published for chip in layout.chips)
    assert layout.title.text == "A Pretrained Large Language Model (LLM) Research Landscape - v1.0"
    assert layout.row("add-ons").style.label_colour == "#000000"
    assert layout.chip("training/evaluation/rlhf").fill_colour == "#F8CBAD"
    assert [column.head.text for column in layout.columns][3] == "Controllable Generation"
    assert layout.columns[3].head.lines == ("Controllable", "Generation")


def test_cells_cover_the_bands_right_of_the_row_labels() -> None:
    layout = slide_layout(load_taxonomy())
    left = layout.columns[0].left
    for row in layout.rows:
        cells = [cell.box for cell in layout.cells if cell.pipeline == row.id]
        assert cells[0].x == left
        assert cells[-1].right == layout.width_pt
        assert all(one.right == other.x for one, other in pairwise(cells))
        assert {(box.y, box.bottom) for box in cells} == {(row.band.y, row.band.bottom)}


def test_accepted_topic_stands_under_the_published_chips_which_stay() -> None:
    taxonomy = _with_topics(["add-ons/context/agent-memory", "training/controllable-generation/steering"])
    layout = slide_layout(taxonomy)
    _check(layout, taxonomy)
    symbolic, new = layout.chip("add-ons/context/symbolic"), layout.chip("add-ons/context/agent-memory")
    assert symbolic.published
    assert not new.published
    assert new.box.x == symbolic.box.x
    assert new.box.y > symbolic.box.bottom
    assert layout.chip("training/data/tokenizer").published
    assert layout.title.text.endswith("- v1.1")


def test_cell_without_room_is_stacked_again_alone() -> None:
    taxonomy = _with_topics([f"training/prediction-tasks/new-{number}" for number in range(4)])
    layout = slide_layout(taxonomy)
    _check(layout, taxonomy)
    moved = {chip.cell for chip in layout.chips if not chip.published}
    assert moved == {"training/prediction-tasks"}


def test_other_rows_get_colours_of_their_own_and_keep_known_ones() -> None:
    taxonomy = _grid(["training", "robots"], ["data", "model", "law"], {(0, 0): 2, (1, 2): 1})
    layout = slide_layout(taxonomy)
    _check(layout, taxonomy)
    assert layout.row("training").style.chip_colour == "#F8CBAD"
    assert layout.row("robots").style.chip_colour not in {"#F8CBAD", "#DAE3F3", "#DCCDE8"}
    assert layout.rows[0].band.height == layout.rows[1].band.height
    assert layout.title.text == "Another grid - v7.3"


@given(data=st.data(), rows=st.integers(1, 7), columns=st.integers(1, 10))
@settings(max_examples=60, deadline=None)
def test_no_chip_overlaps_another_or_leaves_its_cell(data: st.DataObject, rows: int, columns: int) -> None:
    row_ids = ["training", "inference", "add-ons", "a", "b", "c", "d"][:rows]
    column_ids = [f"c{index}" for index in range(columns)]
    counts = data.draw(
        st.dictionaries(
            st.tuples(st.integers(0, rows - 1), st.integers(0, columns - 1)), st.integers(0, 30), max_size=8
        )
    )
    taxonomy = _grid(row_ids, column_ids, counts)
    _check(slide_layout(taxonomy), taxonomy)


@given(extra=st.dictionaries(st.sampled_from(load_taxonomy().cells), st.integers(1, 14), max_size=6))
@settings(max_examples=40, deadline=None)
def test_any_accepted_topics_fit_the_published_grid(extra: dict[str, int]) -> None:
    taxonomy = _with_topics([f"{cell}/n{number}" for cell, count in extra.items() for number in range(count)])
    _check(slide_layout(taxonomy), taxonomy)
