"""The landscape as PNG, PDF, SVG and as pictures that move; no browser is needed."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from charts.build_up import SECONDS_A_STEP, build_up
from charts.picture import scene_picture, scene_pixels
from charts.scene import Scene
from export.landscape_scene import landscape_scene
from export.phase_scene import phase_scene
from export.svg import scene_svg
from export.wording import papers_words
from foundation.errors import RefusedInputError

if TYPE_CHECKING:
    from PIL.Image import Image

    from export.registry import ExportMaterial
    from landscape.history import History, HistoryFrame

AUTHOR = "LLM Research Landscape"
GIF_WIDTH_PX = 1280  # of the published picture
SECONDS_A_QUARTER, SECONDS_AT_END = 0.6, 3.0
WHITE = "#FFFFFF"
GIF_COLOURS = 128  # three rows of tints, their text and its soft edges


def picture_scene(material: ExportMaterial) -> Scene:
    """What a picture shows: the landscape, or the phases where a domain is named."""
    if material.domain is not None:
        return phase_scene(material.domain)
    return landscape_scene(
        material.snapshot,
        material.layout,
        links=material.links,
        show_counts=material.show_counts,
        show_growth=material.show_growth,
    )


def png(material: ExportMaterial) -> bytes:
    """The registry's entry: a PNG, 1,920 px wide."""
    return scene_picture(picture_scene(material), "png", as_of=material.snapshot.as_of, author=AUTHOR)


def pdf(material: ExportMaterial) -> bytes:
    """The registry's entry: a PDF of one page, its text as text."""
    return scene_picture(picture_scene(material), "pdf", as_of=material.snapshot.as_of, author=AUTHOR)


def svg(material: ExportMaterial) -> bytes:
    """The registry's entry: an SVG, its text as text."""
    return scene_svg(picture_scene(material))


def gif(material: ExportMaterial) -> bytes:
    """The registry's entry: the build-up, or the landscape through time; runs over and over."""
    if material.history is not None:
        return _through_time(material, material.history)
    scene = landscape_scene(
        material.snapshot, material.layout, show_counts=material.show_counts, show_growth=material.show_growth
    )
    frames = [scene.only(step.parts) for step in build_up(material.layout)]
    return moving_picture(frames, [SECONDS_A_STEP] * len(frames))


def _through_time(material: ExportMaterial, history: History) -> bytes:
    """One frame a quarter, chips tinted by their papers; the last is held."""
    if not history.frames:
        raise RefusedInputError("no paper has a date of publication", hint="Harvest or import papers first.")
    frames = [
        landscape_scene(frame.snapshot, material.layout, heading=quarter_words(frame), ghost_empty=True)
        for frame in history.frames
    ]
    seconds = [SECONDS_A_QUARTER] * (len(frames) - 1) + [SECONDS_AT_END]
    return moving_picture(frames, seconds)


def quarter_words(frame: HistoryFrame) -> str:
    """`2023 Q2 · 1,204 papers so far, 96 new`, and what the harvest lacks."""
    n_papers = papers_words(frame.snapshot.relevant)
    text = f"{frame.quarter.label} · {n_papers} so far, {frame.n_new:,} new"
    return text if frame.coverage.state == "whole" else f"{text} · not harvested whole"


def moving_picture(frames: Sequence[Scene], seconds: Sequence[float]) -> bytes:
    """Scenes as one GIF that runs over and over.

    Args:
        frames: In order, all of one size.
        seconds: How long each is held.

    Returns:
        The file. All frames share the colours of the last one, so that what stands still does
        not flicker.
    """
    pictures = [scene_pixels(frame, width_px=GIF_WIDTH_PX) for frame in frames]
    colours = _palette(frames, pictures[-1])
    indexed = _indexed(pictures, colours)
    # Pillow joins equal frames into one that is held longer, and a viewer then counts fewer. So one
    # more colour is the ground's, a shade off, and marks one corner of a frame that repeats.
    ground = indexed[0].getpixel((0, 0))
    assert isinstance(ground, int)
    red, green, blue = colours[3 * ground : 3 * ground + 3]
    colours += [red, green, blue - 1 if blue else 1]
    for index, picture in enumerate(indexed):
        picture.putpalette(colours)
        if index and index % 2 and picture.tobytes() == indexed[index - 1].tobytes():
            picture.putpixel((0, 0), GIF_COLOURS)
    content = io.BytesIO()
    indexed[0].save(
        content,
        format="GIF",
        save_all=True,
        append_images=indexed[1:],
        duration=[round(each * 1000) for each in seconds],
        loop=0,
        optimize=False,
        disposal=1,
    )
    return content.getvalue()


def _palette(frames: Sequence[Scene], last: Image) -> list[int]:
    """Red, green and blue of every colour: those the scenes name, exact, then the soft edges' ones."""
    named: dict[str, None] = {}
    for frame in frames:
        for item in (item for group in frame.groups for item in group.items):
            for colour in (item.fill, item.line, item.lettering and item.lettering.colour):
                if colour:
                    named[colour] = None
    flat = [bytes.fromhex(colour.removeprefix("#")) for colour in [WHITE, *named]][: GIF_COLOURS // 2]
    found = (last.quantize(colors=GIF_COLOURS - len(flat)).getpalette() or [])[
        : 3 * (GIF_COLOURS - len(flat))
    ]
    colours = [*b"".join(flat), *found]
    return colours + [0] * (3 * GIF_COLOURS - len(colours))


def _indexed(pictures: Sequence[Image], colours: Sequence[int]) -> list[Image]:
    """Pictures in the nearest of these colours; Pillow's own search takes the wrong one of two pale tints."""
    import numpy as np
    from PIL.Image import fromarray

    palette = np.array(colours, dtype=np.int32).reshape(-1, 3)
    nearest = np.full(1 << 24, -1, dtype=np.int16)
    indexed = []
    for picture in pictures:
        pixels = np.asarray(picture.convert("RGB"), dtype=np.uint32)
        packed = (pixels[..., 0] << 16) | (pixels[..., 1] << 8) | pixels[..., 2]
        fresh = np.unique(packed[nearest[packed] < 0])
        parts = np.stack([fresh >> 16, (fresh >> 8) & 255, fresh & 255], axis=1).astype(np.int32)
        distance = ((parts[:, None, :] - palette[None, :, :]) ** 2).sum(axis=2)
        nearest[fresh] = distance.argmin(axis=1)
        indexed.append(fromarray(nearest[packed].astype(np.uint8), mode="P"))
    return indexed
