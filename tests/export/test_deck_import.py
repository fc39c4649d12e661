"""The round trip: a deck goes out, someone edits it, the change comes back as a proposal."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pptx import Presentation
from pptx.util import Pt

from export.deck_import import read_deck
from export.pptx import landscape_deck
from foundation.errors import LandscapeError, RefusedInputError, TaxonomyError
from landscape.layout import SlideLayout
from landscape.types import LandscapeSnapshot
from taxonomy.changes import apply_changes, compare, topic_slug
from taxonomy.loader import load_taxonomy, load_taxonomy_file
from taxonomy.versions import accepted_versions, find_version, save_version, taxonomy_yaml

Edit = Callable[[Any, dict[str, Any]], None]


@pytest.fixture
def edited(snapshot: LandscapeSnapshot, layout: SlideLayout, tmp_path: Path) -> Callable[..., Path]:
    """Exports a deck, edits it as python-pptx lets one, saves it."""

    def make(edit: Edit, **options: Any) -> Path:
        presentation = Presentation(io.BytesIO(landscape_deck(snapshot, layout, **options)))
        slide = presentation.slides[0]
        shapes: dict[str, Any] = {}
        for shape in slide.shapes:
            for each in shape.shapes if shape.shape_type == 6 else (shape,):
                shapes[each.name] = each
        edit(slide, shapes)
        path = tmp_path / "edited.pptx"
        presentation.save(str(path))
        return path

    return make


def type_text(shape: Any, text: str) -> None:
    shape.text_frame.paragraphs[0].runs[0].text = text


def drag(shape: Any, layout: SlideLayout, cell: str) -> None:
    x, y = layout.cell(cell).box.centre
    shape.left, shape.top = Pt(x) - shape.width // 2, Pt(y) - shape.height // 2


@pytest.mark.parametrize("show_counts", [True, False])
def test_a_deck_that_no_one_edited_proposes_nothing(
    edited: Any, layout: SlideLayout, show_counts: bool
) -> None:
    path = edited(lambda slide, shapes: None, show_counts=show_counts)
    proposal = read_deck(path, load_taxonomy(), layout)
    assert (proposal.version, proposal.n_chips, proposal.changes) == ("1.0", 44, ())


def test_rename_move_add_and_retire_come_back_as_they_were_meant(edited: Any, layout: SlideLayout) -> None:
    def edit(slide: Any, shapes: dict[str, Any]) -> None:
        type_text(shapes["Chip: PEFT"], "Adapters")
        drag(shapes["Chip: Symbolic"], layout, "inference/prediction-tasks")
        type_text(shapes["Chip: Streaming"], "Continual")
        drag(shapes["Chip: Streaming"], layout, "training/controllable-generation")
        twin = copy.deepcopy(shapes["Chip: Safety"]._element)  # copy and paste keeps the name
        slide.shapes._spTree.append(twin)
        pasted = slide.shapes[-1]
        type_text(pasted, "Watermarks")
        drag(pasted, layout, "inference/evaluation")
        gone = shapes["Chip: Spatial"]._element
        gone.getparent().remove(gone)
        drawn = slide.shapes.add_shape(1, Pt(600), Pt(120), Pt(80), Pt(24))
        drawn.text_frame.text = "Guardrails"

    proposal = read_deck(edited(edit), load_taxonomy(), layout)
    found = {(change.kind, change.before, change.after, change.label_after) for change in proposal.changes}
    assert found == {
        ("renamed", "training/model/peft", "training/model/adapters", "Adapters"),
        ("moved", "add-ons/context/symbolic", "inference/prediction-tasks/symbolic", "Symbolic"),
        (
            "renamed and moved",
            "add-ons/data/streaming",
            "training/controllable-generation/continual",
            "Continual",
        ),
        ("added", None, "inference/evaluation/watermarks", "Watermarks"),
        ("added", None, "training/controllable-generation/guardrails", "Guardrails"),
        ("retired", "add-ons/data/spatial", None, ""),
    }
    assert all(change.line[0] in "+-~" for change in proposal.changes)


def test_an_accepted_change_redirects_every_id_that_went_out_of_use(
    edited: Any, layout: SlideLayout, tmp_path: Path
) -> None:
    def edit(slide: Any, shapes: dict[str, Any]) -> None:
        type_text(shapes["Chip: PEFT"], "Adapters")
        drag(shapes["Chip: Safety"], layout, "inference/evaluation")
        gone = shapes["Chip: Spatial"]._element
        gone.getparent().remove(gone)

    old = load_taxonomy()
    changes = read_deck(edited(edit), old, layout).changes
    new = apply_changes(old, changes, today=date(2026, 5, 3), reason="Agreed in May")
    assert (new.version, len(new.topics)) == ("1.1", 43)
    assert new.resolve_topic("training/model/peft") == "training/model/adapters"
    assert new.resolve_topic("add-ons/evaluation/safety") == "inference/evaluation/safety"
    assert new.resolve_topic("add-ons/data/spatial") is None
    adapters = new.topic_by_id["training/model/adapters"]
    assert "PEFT" in adapters.alt_labels
    assert adapters.scope_note == old.topic_by_id["training/model/peft"].scope_note
    assert set(compare(old, new)) == set(changes)
    path = save_version(new, tmp_path)
    assert load_taxonomy_file(path) == new
    assert accepted_versions(tmp_path) == ("1.1",)
    assert find_version("1.1", tmp_path) == new
    assert find_version("1.0", tmp_path) == old
    with pytest.raises(TaxonomyError, match="never changed"):
        save_version(new, tmp_path)
    again = apply_changes(
        new,
        [change for change in compare(new, old) if change.kind in ("renamed", "moved")],
        today=date(2026, 6, 1),
        reason="Back",
    )
    assert again.version == "1.2"
    assert again.resolve_topic("training/model/adapters") is not None


def test_a_deck_whose_names_were_lost_is_read_by_its_labels(edited: Any, layout: SlideLayout) -> None:
    def edit(slide: Any, shapes: dict[str, Any]) -> None:
        type_text(shapes["Chip: Tabular"], "Tables")
        for index, shape in enumerate(shapes.values()):
            if shape.name.startswith("Chip: "):
                shape.name = f"Google Shape;{index};p1"

    changes = read_deck(edited(edit, show_counts=False), load_taxonomy(), layout).changes
    assert {(change.kind, change.before, change.after) for change in changes} == {
        ("retired", "add-ons/data/tabular", None),
        ("added", None, "add-ons/data/tables"),
    }


def test_a_group_that_was_moved_takes_its_chips_along(edited: Any, layout: SlideLayout) -> None:
    def edit(slide: Any, shapes: dict[str, Any]) -> None:
        group = next(shape for shape in slide.shapes if shape.name == "Cell: Add-ons × Model")
        target = layout.cell("inference/prediction-tasks").box.centre
        group.left, group.top = Pt(target[0]) - group.width // 2, Pt(target[1]) - group.height // 2

    (change,) = read_deck(edited(edit), load_taxonomy(), layout).changes
    assert (change.kind, change.after) == ("moved", "inference/prediction-tasks/interpretability")


def outside(slide: Any, shapes: dict[str, Any]) -> None:
    shapes["Chip: PEFT"].top = Pt(2)


def emptied(slide: Any, shapes: dict[str, Any]) -> None:
    type_text(shapes["Chip: PEFT"], "  ")


def endless(slide: Any, shapes: dict[str, Any]) -> None:
    type_text(shapes["Chip: PEFT"], "x" * 500)


def doubled(slide: Any, shapes: dict[str, Any]) -> None:
    type_text(shapes["Chip: PEFT"], "Ensemble")


@pytest.mark.parametrize("edit", [outside, emptied, endless, doubled], ids=lambda edit: edit.__name__)
def test_what_makes_no_grid_is_refused_in_one_line(edited: Any, layout: SlideLayout, edit: Edit) -> None:
    with pytest.raises(LandscapeError) as refusal:
        read_deck(edited(edit), load_taxonomy(), layout)
    assert "\n" not in str(refusal.value)


def test_other_files_and_other_versions_are_refused(edited: Any, layout: SlideLayout, tmp_path: Path) -> None:
    junk = tmp_path / "junk.pptx"
    junk.write_bytes(b"no deck")
    with pytest.raises(RefusedInputError, match="deck is not a PowerPoint file"):
        read_deck(junk, load_taxonomy(), layout)
    empty = tmp_path / "empty.pptx"
    Presentation().save(str(empty))
    with pytest.raises(RefusedInputError, match="no landscape slide"):
        read_deck(empty, load_taxonomy(), layout)
    newer = load_taxonomy().model_copy(update={"version": "1.7"})
    with pytest.raises(RefusedInputError, match="another version"):
        read_deck(edited(lambda slide, shapes: None), newer, layout)


@pytest.mark.parametrize(
    ("label", "slug"),
    [("RAG*", "rag"), ("Tool  Use!", "tool-use"), ("Quantisation (4-bit)", "quantisation-4-bit"), ("É", "e")],
)
def test_slugs(label: str, slug: str) -> None:
    assert topic_slug(label) == slug
    assert topic_slug("深層").startswith("topic-")


def test_the_shipped_grid_survives_a_round_trip_through_its_file(tmp_path: Path) -> None:
    path = tmp_path / "grid.yaml"
    path.write_text(taxonomy_yaml(load_taxonomy()), encoding="utf-8")
    assert load_taxonomy_file(path) == load_taxonomy()
