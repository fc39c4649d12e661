"""The slide "Phases of pre-trained LLM domain adaptation" as a scene, `{}` filled in for a domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from charts.scene import Group, Item, Lettering, Scene
from export.text_safety import safe_link, safe_text
from guidance.phase_slide import PhaseSlide, load_phase_slide
from guidance.phases import Need, filled, load_phases
from guidance.types import ChipPlan, PhasePlan, Plan
from landscape.layout import Box

LEGEND = "Outlined chips are needed, plain ones optional, grey ones can be left out."
LEGEND_BOX = Box(33.0, 50.0, 560.0, 14.0)
LEGEND_FONT_PT = 9.5
QUIET_COLOUR = "#595959"  # 7:1 on white
NEEDED_LINE, SKIP_LINE = "#2A3990", "#BDBDBD"  # the title's blue; a grey that steps back
SKIP_FILL, SKIP_TEXT = "#FFFFFF", "#6B6B6B"  # 5.3:1 on white
# The network of the published drawings: nodes by layer, at shares of the drawing's width and height.
NODE_PT = 13.0
LAYERS = (
    ((0.10, 0.14), (0.10, 0.50), (0.10, 0.86)),
    ((0.46, 0.14), (0.46, 0.50), (0.46, 0.86)),
    ((0.82, 0.30), (0.82, 0.70)),
)
COMPRESSED = frozenset({(0, 1), (1, 0), (1, 2), (2, 1)})  # nodes drawn in colour for deployment


def phase_scene(
    domain: str | None = None, *, plan: Plan | None = None, links: Mapping[str, str] | None = None
) -> Scene:
    """Draw the four phases.

    Args:
        domain: Name of the domain as the slide shows it, such as Medical; None leaves `{}`. A
            plan brings its own.
        plan: Marks every chip as needed, optional or skip; None draws all alike, as published.
        links: URLs by chip id; unsafe ones are left out.

    Returns:
        The scene, its groups named after phases and chips.
    """
    slide = load_phase_slide()
    label = plan.domain_label if plan is not None else domain
    shown = None if label is None or not label.strip() else safe_text(label, limit=40)
    phases = plan.phases if plan is not None else _published(shown)
    datasets = tuple(each.name for each in plan.datasets) if plan is not None else ()
    urls = {chip: safe_link(url) for chip, url in (links or {}).items()}
    groups = [_corner(slide), _title(slide)]
    if plan is not None:
        groups.append(
            _line("Legend", LEGEND, LEGEND_BOX, Lettering(QUIET_COLOUR, LEGEND_FONT_PT, align="left"))
        )
    for phase in reversed(phases):  # read from bottom to top; the eye still begins at the top
        groups += [_phase(slide, phase), _drawing(slide, phase)]
        for chip in phase.chips:
            groups += _chips(slide, chip, shown, datasets, urls.get(chip.id), marked=plan is not None)
    title = safe_text(slide.title.text)
    description = f"{title}{f' for {shown}' if shown else ''}: " + "; ".join(
        f"{phase.label}: {', '.join(chip.label for chip in phase.chips)}" for phase in phases
    )
    return Scene(*slide.size_pt, title, safe_text(description), tuple(groups))


def _published(domain: str | None) -> tuple[PhasePlan, ...]:
    """The phases without a plan: every chip as it stands on the slide."""
    return tuple(
        PhasePlan(
            id=phase.id,
            number=phase.number,
            label=f"Phase {phase.number}: {filled(phase.title, domain)}",
            title=filled(phase.title, domain),
            blocks=tuple(filled(block, domain) for block in phase.blocks),
            caption=phase.caption,
            knowledge=phase.concept,
            chips=tuple(
                ChipPlan(
                    id=chip.id,
                    label=filled(chip.label, domain),
                    need="optional",
                    reason="",
                    source="",
                    row=chip.row,
                    kind=chip.kind,
                    topics=chip.topics,
                    cells=chip.cells,
                    knowledge=chip.model,
                )
                for chip in phase.chips
            ),
        )
        for phase in load_phases()
    )


def _line(name: str, text: str, box: Box, style: Lettering) -> Group:
    item = Item("text", box, text=safe_text(text), lettering=style, name=name)
    return Group("", "", name, "", None, (item,))


def _title(slide: PhaseSlide) -> Group:
    title = slide.title
    style = Lettering(title.colour, title.font_pt, align="left")
    return _line("Title", title.text, Box(*title.box_pt), style)


def _corner(slide: PhaseSlide) -> Group:
    items = []
    for index, polygon in enumerate(slide.corner, start=1):
        across, down = zip(*polygon.points_pt, strict=True)
        box = Box(min(across), min(down), max(across) - min(across), max(down) - min(down))
        items.append(
            Item("polygon", box, fill=polygon.colour, points=polygon.points_pt, name=f"Corner {index}")
        )
    return Group("", "", "Corner", "Decoration", None, tuple(items))


def _phase(slide: PhaseSlide, phase: PhasePlan) -> Group:
    """Stripe, label and block of a phase."""
    top, height = slide.bands_pt[phase.id]  # type: ignore[index]  # a plan has the slide's phases
    fonts = slide.fonts_pt
    block = Box(slide.block.x_pt, top, slide.block.width_pt, height)
    stripe = Box(slide.stripe.x_pt, top, slide.stripe.width_pt, height)
    name = f"Phase {phase.number}"
    half = height / 2
    number = Box(slide.label.x_pt, top + half - 27.0, slide.label.width_pt, 14.0)
    title = Box(
        slide.label.x_pt, number.bottom, slide.label.width_pt, min(42.0, top + height - number.bottom)
    )
    items = [
        Item("rectangle", stripe, fill=slide.block_colour, name=f"{name} stripe"),
        Item("rectangle", block, fill=slide.block_colour, name=f"{name} block"),
        _words(f"{name}:", number, Lettering(slide.label_text_colour, fonts.label, bold=True, align="left")),
        _words(
            phase.title,
            title,
            Lettering(slide.label_text_colour, fonts.label, align="left", anchor="top"),
        ),
    ]
    step = height / len(phase.blocks)
    for index, text in enumerate(phase.blocks):
        box = Box(block.x + 18.0, block.y + index * step + 2.0, block.width - 24.0, step - 4.0)
        items.append(
            _words(text, box, Lettering(slide.block_text_colour, fonts.block, bold=True, align="left"))
        )
    description = safe_text(f"{phase.label}. {'. '.join(phase.blocks)}")
    return Group(phase.id, phase.id, name, description, None, tuple(items))


def _words(text: str, box: Box, style: Lettering) -> Item:
    shown = safe_text(text)
    return Item("text", box, text=shown, lettering=style, name=shown[:60])


def _chips(
    slide: PhaseSlide,
    chip: ChipPlan,
    domain: str | None,
    datasets: Sequence[str],
    url: str | None,
    *,
    marked: bool,
) -> list[Group]:
    fill, line, colour = _look(slide, chip.need, marked=marked)
    style = Lettering(colour, slide.fonts_pt.chip)
    said = f"{chip.label}: {chip.need}. {chip.reason}" if marked else chip.label
    description = safe_text(said)
    if chip.kind != "datasets":
        item = Item(
            "rounded",
            Box(*slide.chips_pt[chip.id]),
            fill=fill,
            line=line,
            line_pt=1.25,
            text=safe_text(chip.label),
            lettering=style,
            name=f"Chip: {safe_text(chip.label)}",
        )
        return [Group(chip.id, "", f"Chip: {safe_text(chip.label)}", description, url, (item,))]
    groups = []
    for index, box in enumerate(slide.cylinders_pt):
        text = safe_text(datasets[index] if index < len(datasets) else filled("{}", domain))
        item = Item(
            "cylinder",
            Box(*box),
            fill=slide.cylinder_colour,
            line=slide.line_colour,
            line_pt=0.75,
            text=text,
            lettering=Lettering(slide.chip_text_colour, slide.fonts_pt.chip),
            name=f"Data set {index + 1}",
        )
        groups.append(Group(chip.id, "", f"Data set {index + 1}", f"{description} – {text}", url, (item,)))
    return groups


def _look(slide: PhaseSlide, need: Need, *, marked: bool) -> tuple[str, str | None, str]:
    """Fill, outline and text colour of a chip."""
    if marked and need == "needed":
        return slide.chip_colour, NEEDED_LINE, slide.chip_text_colour
    if marked and need == "skip":
        return SKIP_FILL, SKIP_LINE, SKIP_TEXT
    return slide.chip_colour, None, slide.chip_text_colour


def _drawing(slide: PhaseSlide, phase: PhasePlan) -> Group:
    """What changes in the model in this phase, as a drawing between block and chips."""
    top, height = slide.bands_pt[phase.id]  # type: ignore[index]
    across = slide.picture
    size = min(height, 66.0)
    box = Box(across.x_pt, top + (height - size) / 2, across.width_pt, size)
    if phase.id == "deployment":
        items = _network(slide, box, COMPRESSED)
        words = "A network in which some nodes are coloured: compressed"
    elif phase.id == "professional-fine-tuning":
        items = (
            *_network(slide, box),
            *_person(slide, Box(box.right + 14.0, box.y + 8.0, 30.0, size - 12.0)),
        )
        words = "A network with a professional beside it"
    elif phase.id == "adaptation":
        low = Box(box.x, box.y + 14.0, box.width, box.height)
        items = (*_network(slide, low), *_adapters(slide, low))
        words = "A network with added parts: adapters"
    else:
        items = _records(slide, Box(box.x + 18.0, box.y - 6.0, 44.0, 48.0), phase.caption)
        words = f"Records of the domain {phase.caption}".strip()
    return Group(phase.id, "", f"Drawing: phase {phase.number}", safe_text(words), None, tuple(items))


def _network(
    slide: PhaseSlide, box: Box, coloured: frozenset[tuple[int, int]] = frozenset()
) -> tuple[Item, ...]:
    places = [[(box.x + x * box.width, box.y + y * box.height) for x, y in layer] for layer in LAYERS]
    items = []
    for left, right in pairwise(places):
        for x1, y1 in left:
            for x2, y2 in right:
                reach = Box(min(x1, x2), min(y1, y2), abs(x2 - x1), abs(y2 - y1))
                ends = ((x1, y1), (x2, y2))
                items.append(
                    Item("line", reach, line=slide.line_colour, line_pt=0.75, points=ends, name="Edge")
                )
    for layer, nodes in enumerate(places):
        for place, (x, y) in enumerate(nodes):
            fill = slide.accent_faint_colour if (layer, place) in coloured else slide.ground_colour
            node = Box(x - NODE_PT / 2, y - NODE_PT / 2, NODE_PT, NODE_PT)
            items.append(Item("ellipse", node, fill=fill, line=slide.line_colour, line_pt=1.5, name="Node"))
    return tuple(items)


def _adapters(slide: PhaseSlide, box: Box) -> tuple[Item, ...]:
    """Two small blocks over the network, and arrows that point at them."""
    tip = box.right + 6.0
    blocks = [Box(box.x + 0.22 * box.width, box.y - 22.0, 15.0, 13.0)]
    blocks.append(Box(box.x + 0.64 * box.width, box.y - 6.0, 15.0, 13.0))
    items = [Item("rectangle", each, fill=slide.accent_colour, name="Adapter") for each in blocks]
    for each in blocks:
        start, end = (tip, box.y - 16.0), (each.right + 2.0, each.centre[1])
        reach = Box(
            min(start[0], end[0]), min(start[1], end[1]), abs(end[0] - start[0]), abs(end[1] - start[1])
        )
        items.append(
            Item("line", reach, line=slide.line_colour, line_pt=0.75, points=(start, end), name="Pointer")
        )
    return tuple(items)


def _person(slide: PhaseSlide, box: Box) -> tuple[Item, ...]:
    head = min(box.width * 0.5, box.height * 0.4)
    x = box.centre[0]
    face = Box(x - head / 2, box.y, head, head)
    shoulders = box.y + head + 3.0
    body = (
        (box.x, box.bottom),
        (box.x + 4.0, shoulders + 4.0),
        (x, shoulders),
        (box.right - 4.0, shoulders + 4.0),
        (box.right, box.bottom),
    )
    reach = Box(box.x, shoulders, box.width, box.bottom - shoulders)
    line, fill = slide.line_colour, slide.block_colour
    return (
        Item("ellipse", face, fill=slide.accent_faint_colour, line=line, line_pt=1.25, name="Head"),
        Item("polygon", reach, fill=fill, line=line, line_pt=1.25, points=body, name="Shoulders"),
    )


def _records(slide: PhaseSlide, box: Box, caption: str) -> tuple[Item, ...]:
    """A folder with sheets, and the caption under it."""
    line = slide.line_colour
    sheet = Box(box.x + 7.0, box.y, box.width - 14.0, box.height * 0.6)
    folder = Box(box.x, box.y + box.height * 0.35, box.width, box.height * 0.65)
    items = [Item("rectangle", sheet, fill=slide.ground_colour, line=line, name="Sheet")]
    for step in (0.15, 0.3, 0.45):
        y = sheet.y + step * sheet.height
        ends = ((sheet.x + 5.0, y), (sheet.right - 5.0, y))
        reach = Box(sheet.x + 5.0, y, sheet.width - 10.0, 0.0)
        items.append(Item("line", reach, line=line, line_pt=0.75, points=ends, name="Line of text"))
    items.append(Item("rounded", folder, fill=slide.block_colour, line=line, name="Folder"))
    words = Box(box.centre[0] - 43.0, box.bottom + 4.0, 86.0, 16.0)
    items.append(_words(caption, words, Lettering(slide.chip_text_colour, slide.fonts_pt.caption)))
    return tuple(items)
