"""Draws a scene as PNG, PDF, SVG or pixels with matplotlib: no browser, no display."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from threading import RLock
from typing import TYPE_CHECKING, Any, Literal

from charts.scene import CORNER_PT, LID_SHARE, Item, Scene, set_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL.Image import Image

Format = Literal["png", "pdf", "svg"]

POINTS_PER_INCH = 72
DEFAULT_WIDTH_PX = 1920
# The published font and what has its metrics, then what most machines have, then fallbacks for
# scripts that none of these holds. Only those that are installed are asked for.
FONTS = (
    "Calibri",
    "Carlito",
    "Source Sans Pro",
    "Arial",
    "Liberation Sans",
    "DejaVu Sans",
    "Noto Sans CJK SC",
    "Droid Sans Fallback",
    "Noto Sans",
)
# matplotlib keeps its settings in one table for all threads.
_SETTINGS = RLock()


def scene_picture(
    scene: Scene, form: Format, *, as_of: datetime, width_px: int = DEFAULT_WIDTH_PX, author: str = ""
) -> bytes:
    """Draw a scene.

    Args:
        scene: What to draw.
        form: `pdf` and `svg` keep text as text: it can be searched, copied and edited.
        as_of: The moment whose knowledge is shown; the file's own date, so that the same scene
            gives the same bytes.
        width_px: Width of a PNG; the others have the scene's own size in points.
        author: Written into the file.

    Returns:
        The file.
    """
    dpi = width_px * POINTS_PER_INCH / scene.width_pt
    moment = as_of.astimezone(UTC).replace(microsecond=0)
    every: dict[str, dict[str, Any]] = {
        "png": {"Software": None, "Title": scene.title[:79], "Author": author or None},
        "pdf": {"Creator": author or None, "Producer": None, "Title": scene.title, "CreationDate": moment},
        "svg": {"Creator": author or None, "Title": scene.title, "Date": moment.isoformat()},
    }
    facts = every[form]
    content = io.BytesIO()
    with _drawn(scene) as figure:
        figure.savefig(content, format=form, dpi=dpi, metadata=facts)
    return content.getvalue()


def scene_pixels(scene: Scene, *, width_px: int) -> Image:
    """Draw a scene as a Pillow image, for pictures that move.

    Args:
        scene: What to draw.
        width_px: Width; the height follows from the scene's shape.

    Returns:
        An RGB image.
    """
    from PIL import Image

    content = io.BytesIO()
    with _drawn(scene) as figure:
        figure.savefig(content, format="png", dpi=width_px * POINTS_PER_INCH / scene.width_pt)
    content.seek(0)
    return Image.open(content).convert("RGB")


@contextmanager
def _drawn(scene: Scene) -> Iterator[Figure]:
    """A finished figure, and matplotlib set for it as long as the figure is saved."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    settings: dict[Any, Any] = {
        "svg.fonttype": "none",  # text stays text
        "svg.hashsalt": "llm-landscape",  # the same picture gives the same bytes
        "pdf.fonttype": 42,  # TrueType as it is, so that text can be found and copied
        "font.family": list(_installed_fonts()),
        "text.parse_math": False,  # a dollar sign in a label is a dollar sign
        "axes.unicode_minus": False,
        "path.simplify": False,
    }
    with _SETTINGS, mpl.rc_context(settings), warnings.catch_warnings():
        # A glyph that no installed font holds is drawn as a box; that is no news for the console.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure = Figure(figsize=(scene.width_pt / POINTS_PER_INCH, scene.height_pt / POINTS_PER_INCH))
        figure.patch.set_facecolor("#FFFFFF")
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_xlim(0, scene.width_pt)
        axes.set_ylim(scene.height_pt, 0)
        axes.axis("off")
        order = 0
        for group in scene.groups:
            for item in group.items:
                order += 1
                _draw(axes, item, order, gid=f"{group.name or group.id}", url=group.url)
        yield figure


def _draw(axes: Any, item: Item, order: int, *, gid: str, url: str | None) -> None:
    for patch in _patches(item):
        patch.set_zorder(order)
        patch.set_clip_on(False)
        if gid:
            patch.set_gid(gid)
        if url:
            patch.set_url(url)
        axes.add_artist(patch)
    placed, style = set_text(item), item.lettering
    if placed is None or style is None:
        return
    for index, line in enumerate(placed.lines):
        words = axes.text(
            placed.x,
            placed.y + index * placed.step_pt,
            line,
            fontsize=placed.font_pt,
            color=style.colour,
            fontweight="bold" if style.bold else "normal",
            fontstyle="italic" if style.italic else "normal",
            horizontalalignment={"left": "left", "centre": "center", "right": "right"}[style.align],
            verticalalignment="center_baseline",
            zorder=order + 0.5,
        )
        if url:
            words.set_url(url)


def _patches(item: Item) -> Iterator[Any]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Arc, Ellipse, FancyBboxPatch, Polygon, Rectangle

    box = item.box
    paint: dict[str, Any] = {
        "facecolor": item.fill or "none",
        "edgecolor": item.line or "none",
        "linewidth": item.line_pt if item.line else 0.0,
    }
    if item.kind == "rectangle":
        yield Rectangle((box.x, box.y), box.width, box.height, **paint)
    elif item.kind == "rounded":
        style = f"round,pad=0,rounding_size={min(CORNER_PT, box.height / 2, box.width / 2)}"
        yield FancyBboxPatch((box.x, box.y), box.width, box.height, boxstyle=style, **paint)
    elif item.kind == "ellipse":
        yield Ellipse(box.centre, box.width, box.height, **paint)
    elif item.kind == "cylinder":
        lid = box.height * LID_SHARE
        middle = box.centre[0]
        body = {**paint, "edgecolor": "none"}
        yield Ellipse((middle, box.bottom - lid / 2), box.width, lid, **body)
        yield Rectangle((box.x, box.y + lid / 2), box.width, box.height - lid, **body)
        edge: dict[str, Any] = {"color": item.line or "none", "linewidth": item.line_pt}
        # The y axis runs downwards, so angles run clockwise: 0 to 180 is the lower half.
        yield Arc((middle, box.bottom - lid / 2), box.width, lid, theta1=0, theta2=180, **edge)
        for x in (box.x, box.right):
            yield Line2D((x, x), (box.y + lid / 2, box.bottom - lid / 2), **edge)
        yield Ellipse((middle, box.y + lid / 2), box.width, lid, **paint)
    elif item.kind == "polygon":
        yield Polygon(list(item.points), closed=True, **paint)
    elif item.kind == "line":
        across, down = zip(*item.points, strict=True)
        yield Line2D(across, down, color=item.line or "#000000", linewidth=item.line_pt)


@lru_cache(maxsize=1)
def _installed_fonts() -> tuple[str, ...]:
    from matplotlib import font_manager

    # A font that is missing, and the odd date in the head of one that is not, are no news for users.
    for name in ("matplotlib.font_manager", "fontTools"):
        logging.getLogger(name).setLevel(logging.ERROR)
    known = {font.name for font in font_manager.fontManager.ttflist}
    return tuple(name for name in FONTS if name in known) or ("DejaVu Sans",)
