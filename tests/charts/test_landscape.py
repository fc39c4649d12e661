"""The interactive figure: published places, live counts, exact hit areas, text as data."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from charts.landscape import landscape_figure
from charts.theme import LEAST_CONTRAST, contrast
from landscape.layout import Box, slide_layout
from landscape.types import LandscapeSnapshot
from taxonomy.loader import load_taxonomy
from taxonomy.models import Taxonomy

PEFT, RLHF = "training/model/peft", "training/evaluation/rlhf"
EMPTY = "training/controllable-generation"
Build = Callable[..., LandscapeSnapshot]


def _spec(snapshot: LandscapeSnapshot, taxonomy: Taxonomy | None = None, **options: Any) -> dict[str, Any]:
    figure = landscape_figure(snapshot, slide_layout(taxonomy or load_taxonomy()), **options)
    loaded: dict[str, Any] = json.loads(figure.to_json())
    return loaded


def _texts(spec: dict[str, Any]) -> list[str]:
    return [annotation["text"] for annotation in spec["layout"]["annotations"]]


def _shape_at(spec: dict[str, Any], x: float, y: float) -> dict[str, Any]:
    """The topmost filled rectangle under a point."""
    found: dict[str, Any] = [
        shape
        for shape in spec["layout"]["shapes"]
        if shape["x0"] <= x <= shape["x1"]
        and shape["y0"] <= y <= shape["y1"]
        and shape["fillcolor"][0] == "#"
    ][-1]
    return found


def _areas(spec: dict[str, Any]) -> list[tuple[str, Box]]:
    return [
        (data[0], Box(x - width / 2, base, width, height))
        for trace in spec["data"]
        for x, width, base, height, data in zip(
            trace["x"], trace["width"], trace["base"], trace["y"], trace["customdata"], strict=True
        )
    ]


def test_every_topic_and_cell_answers_the_pointer_where_it_is_drawn(make_snapshot: Build) -> None:
    layout = slide_layout(load_taxonomy())
    spec = _spec(make_snapshot(load_taxonomy(), {PEFT: 12}))
    areas = _areas(spec)
    assert len({name for name, _ in areas}) == 18 + 44
    for chip in layout.chips:
        (box,) = (box for name, box in areas if name == chip.id)
        assert (box.x, box.y, box.width, box.height) == pytest.approx(
            (chip.box.x, chip.box.y, chip.box.width, chip.box.height)
        )
    for cell in layout.cells:
        boxes = [box for name, box in areas if name == cell.id]
        covered = sum(chip.box.width * chip.box.height for chip in layout.chips_of(cell.id))
        assert all(cell.box.contains(box) for box in boxes)
        assert sum(box.width * box.height for box in boxes) == pytest.approx(
            cell.box.width * cell.box.height - covered
        )
    assert spec["layout"]["clickmode"] == "event+select"
    assert spec["layout"]["dragmode"] is False


def test_no_two_areas_overlap_so_that_the_pointer_is_never_in_doubt(make_snapshot: Build) -> None:
    areas = _areas(_spec(make_snapshot(load_taxonomy(), {})))
    for index, (_, box) in enumerate(areas):
        assert not any(box.overlaps(other) for _, other in areas[index + 1 :])


def test_shapes_are_in_slide_points_with_y_downwards(make_snapshot: Build) -> None:
    spec = _spec(make_snapshot(load_taxonomy(), {}))
    assert spec["layout"]["xaxis"]["range"] == [0, 960]
    assert spec["layout"]["yaxis"]["range"] == [540, 0]
    assert (spec["layout"]["width"], spec["layout"]["height"]) == (1280, 720)
    bands = [shape for shape in spec["layout"]["shapes"] if shape["x1"] - shape["x0"] == 960]
    assert [shape["fillcolor"] for shape in bands] == ["#FDF3EC", "#EDF2F9", "#F7F4FA"]


def test_counts_stand_on_the_chips_and_darken_them(make_snapshot: Build) -> None:
    layout = slide_layout(load_taxonomy())
    spec = _spec(make_snapshot(load_taxonomy(), {PEFT: 4_321, RLHF: 7}))
    assert {"4,321", "7", "PEFT", "RLHF"} <= set(_texts(spec))
    fills = {name: _shape_at(spec, *layout.chip(name).box.centre)["fillcolor"] for name in (PEFT, RLHF)}
    assert contrast(fills[PEFT], "#000000") < contrast(fills[RLHF], "#000000")
    untouched = _shape_at(spec, *layout.chip("training/model/ensemble").box.centre)["fillcolor"]
    assert untouched == "#F8CBAD"


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("colour_by", ["count", "share", "growth"])
def test_every_text_can_be_read_on_what_it_lies_on(make_snapshot: Build, colour_by: str, dark: bool) -> None:
    papers = {topic.id: 3**index % 5_000 for index, topic in enumerate(load_taxonomy().topics)}
    spec = _spec(make_snapshot(load_taxonomy(), papers), dark=dark, colour_by=colour_by)
    ground = spec["layout"]["paper_bgcolor"]
    for annotation in spec["layout"]["annotations"]:
        x, y = annotation["x"], annotation["y"]
        under = _shape_at(spec, x, y)["fillcolor"] if y > 89.3 else ground
        assert contrast(under, annotation["font"]["color"]) >= LEAST_CONTRAST, annotation["text"]


def test_empty_cells_say_what_is_in_them(make_snapshot: Build) -> None:
    spec = _spec(make_snapshot(load_taxonomy(), {EMPTY: 1_234}))
    texts = _texts(spec)
    assert texts.count("no topics yet") == 2
    assert {"1,234 papers", "0 papers"} <= set(texts)
    assert sum(shape["line"].get("dash") == "dash" for shape in spec["layout"]["shapes"]) == 2


def test_shade_and_badge_follow_what_is_asked_for(make_snapshot: Build) -> None:
    snapshot = make_snapshot(load_taxonomy(), {PEFT: 120})
    assert "12 %" in _texts(_spec(snapshot, colour_by="share"))
    assert _texts(_spec(snapshot, colour_by="growth")).count("–") == 44


@pytest.mark.parametrize("selected", [PEFT, EMPTY])
def test_selected_place_is_outlined(make_snapshot: Build, selected: str) -> None:
    snapshot = make_snapshot(load_taxonomy(), {})
    layout = slide_layout(load_taxonomy())
    plain, outlined = _spec(snapshot), _spec(snapshot, selected=selected)
    assert len(outlined["layout"]["shapes"]) == len(plain["layout"]["shapes"]) + 1
    box = (layout.chip(selected) if selected.count("/") == 2 else layout.cell(selected)).box
    assert outlined["layout"]["shapes"][-1]["x0"] == pytest.approx(box.x)
    assert len(_spec(snapshot, selected="no/where")["layout"]["shapes"]) == len(plain["layout"]["shapes"])


def test_label_is_data_not_markup(make_snapshot: Build) -> None:
    shipped = load_taxonomy()
    label = "<img src=x> %{x} $a$"
    taxonomy = Taxonomy.model_validate(
        {
            **shipped.model_dump(by_alias=True),
            "topics": [
                {**topic.model_dump(by_alias=True), "label": label if topic.id == PEFT else topic.label}
                for topic in shipped.topics
            ],
        }
    )
    spec = _spec(make_snapshot(taxonomy, {}), taxonomy)
    hover = next(data[1] for data in spec["data"][1]["customdata"] if data[0] == PEFT)
    assert hover.startswith("<b>&lt;img src=x&gt; %{x} &#36;a&#36;</b><br>")
    assert not [text for text in _texts(spec) if "<img" in text or "$" in text]
    assert all(trace["hovertemplate"] == "%{customdata[1]}<extra></extra>" for trace in spec["data"])


def test_hover_tells_count_share_and_growth(make_snapshot: Build) -> None:
    spec = _spec(make_snapshot(load_taxonomy(), {PEFT: 1}))
    hovers = {data[0]: data[1] for trace in spec["data"] for data in trace["customdata"]}
    assert hovers[PEFT] == "<b>PEFT</b><br>1 paper · 0.1 % of relevant · growth unknown"
    assert hovers["training/model"].startswith(
        "<b>Training Pipeline × Model</b><br>1 paper · 0.1 % of relevant"
    )
    assert "×1.5 in a year" in hovers["training/model"]
