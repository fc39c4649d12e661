"""Reads the chips of an edited landscape slide and says how the grid would change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from export.pptx_package import EMU_PER_PT, open_deck
from export.text_safety import safe_text
from foundation.errors import RefusedInputError
from landscape.layout import SlideLayout
from taxonomy.changes import ChangeKind, TopicChange, require_free, topic_slug
from taxonomy.models import Taxonomy

CHIP = "Chip: "
# Names that `export.landscape_slide` gives to what is no chip.
_FURNITURE = ("Band: ", "Row: ", "Column: ", "Count: ", "Empty cell: ", "Cell: ", "As of", "Title")
LONGEST_LABEL = 60  # as taxonomy.models accepts labels
TALLEST_CHIP_PT = 80.0  # what is taller in a cell is a remark, a picture, a second chart


@dataclass(frozen=True)
class DeckChip:
    """A chip as it stands on the slide.

    Attributes:
        name: In the selection pane; `Chip: <label as exported>` unless it is new or the names were
            lost on the way through another program.
        text: What stands on it.
        centre_pt: Its middle, in points of the layout.
    """

    name: str
    text: str
    centre_pt: tuple[float, float]


@dataclass(frozen=True)
class DeckProposal:
    """What an edited deck asks for.

    Attributes:
        version: Taxonomy version that the deck was made from, or "" where it does not say.
        changes: How the grid would change, in reading order.
        n_chips: Chips that were read.
    """

    version: str
    changes: tuple[TopicChange, ...]
    n_chips: int


def read_deck(path: Path, taxonomy: Taxonomy, layout: SlideLayout) -> DeckProposal:
    """Compare the chips of a deck with a grid.

    Args:
        path: A .pptx that this program exported and someone edited: chips renamed by typing,
            moved by dragging, added by copying one or drawing a shape, removed by deleting.
        taxonomy: The grid in force.
        layout: Of that grid.

    Returns:
        The proposal.

    Raises:
        RefusedInputError: The file is no deck, holds no landscape, was made from another version,
            or a chip stands in no cell or bears no usable label.
        TaxonomyError: Two chips of one cell would bear one name.
    """
    presentation = open_deck(path)
    version = presentation.core_properties.version
    if version and version != taxonomy.version:
        raise RefusedInputError(
            "the deck was made from another version of the grid",
            hint="Export a deck from the version in force and edit that.",
            deck=version,
            in_force=taxonomy.version,
        )
    chips = _chips(presentation, layout)
    if not chips:
        raise RefusedInputError(
            "the deck holds no landscape slide", hint="Make one with `landscape export pptx`.", path=path
        )
    return DeckProposal(version, _changes(chips, taxonomy, layout), len(chips))


def _chips(presentation: Any, layout: SlideLayout) -> list[DeckChip]:
    """Chips of the slide that has the most of them."""
    width_pt, height_pt = presentation.slide_width / EMU_PER_PT, presentation.slide_height / EMU_PER_PT
    scale = min(width_pt / layout.width_pt, height_pt / layout.height_pt)
    left, top = (width_pt - layout.width_pt * scale) / 2, (height_pt - layout.height_pt * scale) / 2
    labels = {safe_text(chip.label) for chip in layout.chips}
    best: list[DeckChip] = []
    most = 0
    for slide in presentation.slides:
        found = []
        for name, text, (x, y, width, height) in _shapes(slide.shapes):
            box = ((x / EMU_PER_PT - left) / scale, (y / EMU_PER_PT - top) / scale)
            size = (width / EMU_PER_PT / scale, height / EMU_PER_PT / scale)
            centre = (box[0] + size[0] / 2, box[1] + size[1] / 2)
            is_chip = name.startswith(CHIP)
            if not is_chip and (name.startswith(_FURNITURE) or not text or size[1] > TALLEST_CHIP_PT):
                continue
            if is_chip or text in labels or _cell_at(centre, layout) is not None:
                found.append(DeckChip(name, text, centre))
        known = sum(chip.name.startswith(CHIP) or chip.text in labels for chip in found)
        if known > most:
            best, most = found, known
    return best


def _shapes(shapes: Any) -> Iterator[tuple[str, str, tuple[float, float, float, float]]]:
    """Name, text and box in EMU on the slide of every shape, those of groups included."""
    stack = [(shapes, 1.0, 1.0, 0.0, 0.0)]
    while stack:
        level, across, down, left, top = stack.pop(0)
        for shape in level:
            if shape.left is None or shape.width is None:
                continue  # a placeholder that stands where its layout says: no chip
            x, y = left + shape.left * across, top + shape.top * down
            if shape.shape_type == 6:  # MSO_SHAPE_TYPE.GROUP
                frame = shape._element.grpSpPr.find("{*}xfrm")
                offset, extent = frame.find("{*}chOff"), frame.find("{*}chExt")
                wide = shape.width * across / (int(extent.get("cx")) or 1)
                high = shape.height * down / (int(extent.get("cy")) or 1)
                stack.append(
                    (
                        shape.shapes,
                        wide,
                        high,
                        x - int(offset.get("x")) * wide,
                        y - int(offset.get("y")) * high,
                    )
                )
            elif shape.has_text_frame:
                text = safe_text(shape.text_frame.text)
                yield shape.name, text, (x, y, shape.width * across, shape.height * down)


def _cell_at(point: tuple[float, float], layout: SlideLayout) -> str | None:
    x, y = point
    for cell in layout.cells:
        if cell.box.x <= x < cell.box.right and cell.box.y <= y < cell.box.bottom:
            return cell.id
    return None


def _changes(chips: Sequence[DeckChip], taxonomy: Taxonomy, layout: SlideLayout) -> tuple[TopicChange, ...]:
    homes = {chip: _cell_at(chip.centre_pt, layout) for chip in chips}
    for chip, home in homes.items():
        if home is None:
            raise RefusedInputError(
                "a chip stands in no cell",
                hint="Move it into one, or delete it.",
                chip=chip.text or chip.name,
            )
        if not 0 < len(chip.text) <= LONGEST_LABEL:
            raise RefusedInputError(
                f"a chip's label is empty or longer than {LONGEST_LABEL} characters",
                hint="Type a short one, or delete the chip.",
                chip=chip.name,
            )
    taken = _matched(chips, taxonomy, layout)
    changes = []
    ids: list[str] = []
    for topic in taxonomy.topics:
        own = taken.get(topic.id)
        if own is None:
            changes.append(
                TopicChange("retired", topic.id, None, label_before=topic.label, cell_before=topic.cell)
            )
            continue
        cell = homes[own]
        assert cell is not None
        label = topic.label if _same(own.text, topic.label) else own.text
        renamed, moved = label != topic.label, cell != topic.cell
        slug = topic_slug(label) if renamed else topic.id.rpartition("/")[2]
        new_id = f"{cell}/{slug}"
        ids.append(new_id)
        if renamed or moved:
            kind: ChangeKind = "renamed and moved" if renamed and moved else "renamed" if renamed else "moved"
            changes.append(TopicChange(kind, topic.id, new_id, topic.label, label, topic.cell, cell))
    used = set(taken.values())
    for chip in chips:
        if chip not in used:
            cell = homes[chip]
            assert cell is not None
            new_id = f"{cell}/{topic_slug(chip.text)}"
            ids.append(new_id)
            changes.append(TopicChange("added", None, new_id, label_after=chip.text, cell_after=cell))
    require_free(ids)
    return tuple(changes)


def _matched(chips: Sequence[DeckChip], taxonomy: Taxonomy, layout: SlideLayout) -> dict[str, DeckChip]:
    """The chip of each topic: by its name and nearest to its place, else by what stands on it.

    A copied chip bears the name of the one it was copied from: the one that still bears the label
    is the original, and of those the one nearest to where it was exported.
    """
    taken: dict[str, DeckChip] = {}
    free = list(chips)

    def take(topic_id: str, label: str, candidates: list[DeckChip]) -> None:
        if not candidates:
            return
        x, y = layout.chip(topic_id).box.centre
        best = min(
            candidates,
            key=lambda chip: (
                not _same(chip.text, label),
                abs(chip.centre_pt[0] - x) + abs(chip.centre_pt[1] - y),
            ),
        )
        taken[topic_id] = best
        free.remove(best)

    for topic in taxonomy.topics:
        name = f"{CHIP}{safe_text(topic.label)}"
        take(topic.id, topic.label, [chip for chip in free if chip.name == name])
    for topic in taxonomy.topics:  # names were lost: Google Slides and others give shapes new ones
        if topic.id not in taken:
            unnamed = [chip for chip in free if not chip.name.startswith(CHIP)]
            take(topic.id, topic.label, [chip for chip in unnamed if _same(chip.text, topic.label)])
    return taken


def _same(text: str, label: str) -> bool:
    """Whether a chip's text is the label, whole or cut where it was too long for its chip."""
    shown = safe_text(label)
    return text == shown or (text.endswith("…") and len(text) > 1 and shown.startswith(text[:-1].rstrip()))
