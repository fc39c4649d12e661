"""A scene as SVG 1.1: text as text, a group with name and tool tip for every chip, links."""

from __future__ import annotations

from xml.etree import ElementTree as Tree

from charts.scene import CORNER_PT, LID_SHARE, Group, Item, Scene, set_text
from charts.theme import FONT_FAMILY
from export.text_safety import safe_link, safe_text

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
# Text stands on its base line; its middle is about a third of an em above it in these fonts.
MIDDLE_EM = 0.34


def scene_svg(scene: Scene, *, declared: bool = True, for_page: bool = False) -> bytes:
    """Write a scene as SVG.

    Args:
        scene: What to draw.
        declared: Begin with an XML declaration, as a file does.
        for_page: Made to live in an HTML page: no links of its own, chips can be reached and
            pressed with the keyboard, ids stand in `data-id`.

    Returns:
        UTF-8. The same scene gives the same bytes.
    """
    Tree.register_namespace("", SVG)
    Tree.register_namespace("xlink", XLINK)
    root = Tree.Element(
        f"{{{SVG}}}svg",
        {
            "viewBox": f"0 0 {_number(scene.width_pt)} {_number(scene.height_pt)}",
            "role": "group" if for_page else "img",
            "aria-label": safe_text(scene.description),
            "font-family": FONT_FAMILY,
        },
    )
    if not for_page:
        root.set("width", f"{_number(scene.width_pt)}pt")
        root.set("height", f"{_number(scene.height_pt)}pt")
    _child(root, "title").text = safe_text(scene.title)
    _child(root, "desc").text = safe_text(scene.description)
    ground = {"width": _number(scene.width_pt), "height": _number(scene.height_pt), "fill": "#FFFFFF"}
    _child(root, "rect", {"class": "ground", **ground})
    for group in scene.groups:
        _write_group(root, group, for_page=for_page)
    return bytes(Tree.tostring(root, encoding="utf-8", xml_declaration=declared)) + b"\n"


def _write_group(root: Tree.Element, group: Group, *, for_page: bool) -> None:
    parent = root
    url = None if for_page else safe_link(group.url)
    if url:
        parent = _child(root, "a", {f"{{{XLINK}}}href": url, "href": url, "target": "_top"})
    node = _child(parent, "g")
    if group.id:
        node.set("data-id", group.id)
    if group.part:
        node.set("data-part", group.part)
    if for_page and group.id.count("/") == 2:
        node.set("class", "chip")
    elif for_page and "/" in group.id:
        node.set("class", "cell")
    if group.description:
        _child(node, "title").text = safe_text(group.description)
    for item in group.items:
        _write_shape(node, item)
        _write_text(node, item)


def _write_shape(node: Tree.Element, item: Item) -> None:
    box = item.box
    paint = {"fill": item.fill or "none"}
    if item.line:
        paint |= {"stroke": item.line, "stroke-width": _number(item.line_pt)}
    if item.kind in ("rectangle", "rounded"):
        corner = {"rx": _number(min(CORNER_PT, box.height / 2))} if item.kind == "rounded" else {}
        place = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
        numbers = {name: _number(value) for name, value in place.items()}
        _child(node, "rect", numbers | corner | paint)
    elif item.kind == "ellipse":
        _child(node, "ellipse", _ellipse(*box.centre, box.width / 2, box.height / 2) | paint)
    elif item.kind == "cylinder":
        lid = box.height * LID_SHARE
        left, right, top, bottom = box.x, box.right, box.y + lid / 2, box.bottom - lid / 2
        arc = f"A{_number(box.width / 2)} {_number(lid / 2)} 0 0 0 {_number(right)} {_number(bottom)}"
        path = f"M{_number(left)} {_number(top)}V{_number(bottom)}{arc}V{_number(top)}Z"
        _child(node, "path", {"d": path} | paint)
        _child(node, "ellipse", _ellipse(box.centre[0], top, box.width / 2, lid / 2) | paint)
    elif item.kind == "polygon":
        points = " ".join(f"{_number(x)},{_number(y)}" for x, y in item.points)
        _child(node, "polygon", {"points": points} | paint)
    elif item.kind == "line":
        (x1, y1), (x2, y2) = item.points
        ends = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
        _child(node, "line", {name: _number(value) for name, value in ends.items()} | paint)


def _ellipse(x: float, y: float, across: float, down: float) -> dict[str, str]:
    return {"cx": _number(x), "cy": _number(y), "rx": _number(across), "ry": _number(down)}


def _write_text(node: Tree.Element, item: Item) -> None:
    placed, style = set_text(item), item.lettering
    if placed is None or style is None:
        return
    attributes = {
        "fill": style.colour,
        "font-size": _number(placed.font_pt),
        "text-anchor": {"left": "start", "centre": "middle", "right": "end"}[style.align],
    }
    if style.bold:
        attributes["font-weight"] = "bold"
    if style.italic:
        attributes["font-style"] = "italic"
    text = _child(node, "text", attributes)
    for index, line in enumerate(placed.lines):
        place = {
            "x": _number(placed.x),
            "y": _number(placed.y + index * placed.step_pt + MIDDLE_EM * placed.font_pt),
        }
        # A blank at the end of a line keeps words apart for who searches or copies the text.
        more = index + 1 < len(placed.lines) and not line.endswith(("-", "/"))
        _child(text, "tspan", place).text = safe_text(line) + (" " if more else "")


def _child(node: Tree.Element, name: str, attributes: dict[str, str] | None = None) -> Tree.Element:
    return Tree.SubElement(node, f"{{{SVG}}}{name}", attributes or {})


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
