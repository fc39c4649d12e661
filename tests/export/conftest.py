"""A landscape with counts, one without, and a reader of finished decks."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pptx import Presentation

from landscape.layout import SlideLayout, slide_layout
from landscape.types import GridCell, LandscapeSnapshot, PaperRow, TopicCount
from taxonomy.loader import load_taxonomy

EMU_PER_PT = 12700


def build_snapshot(n_of_topic: Callable[[int], int], n_of_cell: Callable[[int], int]) -> LandscapeSnapshot:
    taxonomy = load_taxonomy()
    relevant = sum(n_of_cell(index) for index in range(len(taxonomy.cells)))
    order = {topic.id: index for index, topic in enumerate(taxonomy.topics)}
    cells = []
    for index, cell in enumerate(taxonomy.cells):
        pipeline, component = cell.split("/")
        topics = tuple(
            TopicCount(
                topic.id,
                topic.label,
                n := n_of_topic(order[topic.id]),
                n / relevant if relevant else 0.0,
                1.5 if n > 10 else None,
            )
            for topic in taxonomy.topics_by_cell[cell]
        )
        n = n_of_cell(index)
        cells.append(
            GridCell(
                id=cell,
                pipeline=pipeline,
                component=component,
                n_papers=n,
                n_any=n,
                n_without_topic=n // 3,
                share=n / relevant if relevant else 0.0,
                growth=None,
                topics=topics,
            )
        )
    return LandscapeSnapshot(
        as_of=datetime(2026, 11, 20, 18, 30, tzinfo=UTC),
        taxonomy_version=taxonomy.version,
        title=taxonomy.title,
        classifier="blend 0a1b2c3d" if relevant else None,
        papers=relevant + 500 if relevant else 0,
        classified=relevant + 400 if relevant else 0,
        relevant=relevant,
        unsure=7 if relevant else 0,
        not_relevant=400 if relevant else 0,
        by_source=(("acl_anthology", relevant), ("pmlr", 500)) if relevant else (),
        by_year=((2022, 10), (2023, relevant), (None, 490)) if relevant else (),
        cells=tuple(cells),
    )


@pytest.fixture
def snapshot() -> LandscapeSnapshot:
    """Every topic with a count of its own, the largest over a thousand."""
    return build_snapshot(lambda index: 3 + index * 41, lambda index: 20 + index * 11)


@pytest.fixture
def empty_snapshot() -> LandscapeSnapshot:
    return build_snapshot(lambda index: 0, lambda index: 0)


@pytest.fixture
def layout() -> SlideLayout:
    return slide_layout(load_taxonomy())


@pytest.fixture
def make_paper() -> Callable[..., PaperRow]:
    def build(**changes: Any) -> PaperRow:
        fields: dict[str, Any] = {
            "id": "arxiv:2301.00001",
            "title": "Counting Sheep with Transformers",
            "authors": ("Ada Example", "Grace van der Sample"),
            "year": 2023,
            "published": date(2023, 1, 2),
            "venue": "ACL",
            "ids": {"arxiv": "2301.00001", "doi": "10.1234/sheep.1"},
            "url": "https://arxiv.org/abs/2301.00001",
            "cell": "training/model",
            "cells": ("training/model", "inference/context"),
            "topics": ("training/model/peft",),
            "score": 0.875,
            "verdict": "labelled",
            "method": "model",
            "evidence": "We count sheep.",
        }
        return PaperRow(**(fields | changes))

    return build


@dataclass(frozen=True)
class FoundShape:
    """A shape as it stands in a file, position in points on the slide, group transforms applied."""

    name: str
    text: str
    description: str
    box_pt: tuple[float, float, float, float]
    group: str | None
    shape: Any

    @property
    def fill(self) -> str:
        return f"#{self.shape.fill.fore_color.rgb}"

    @property
    def run(self) -> Any:
        return self.shape.text_frame.paragraphs[0].runs[0]

    @property
    def link(self) -> str | None:
        return self.shape.click_action.hyperlink.address


def walk(shapes: Any, group: Any = None) -> Iterator[FoundShape]:
    for shape in shapes:
        x, y, width, height = shape.left, shape.top, shape.width, shape.height
        if group is not None:
            frame = group._element.grpSpPr.find("{*}xfrm")
            child_off, child_ext = frame.find("{*}chOff"), frame.find("{*}chExt")
            across = group.width / int(child_ext.get("cx"))
            down = group.height / int(child_ext.get("cy"))
            x = group.left + (x - int(child_off.get("x"))) * across
            y = group.top + (y - int(child_off.get("y"))) * down
            width, height = width * across, height * down
        properties = shape._element.xpath("./*/p:cNvPr")[0]
        yield FoundShape(
            shape.name,
            shape.text_frame.text if shape.has_text_frame else "",
            properties.get("descr", ""),
            tuple(value / EMU_PER_PT for value in (x, y, width, height)),  # type: ignore[arg-type]
            group.name if group is not None else None,
            shape,
        )
        if shape.shape_type == 6:  # MSO_SHAPE_TYPE.GROUP
            assert group is None
            yield from walk(shape.shapes, shape)


@pytest.fixture
def read_deck() -> Callable[[bytes], tuple[Any, list[FoundShape]]]:
    """Opens a deck; gives the presentation and every shape of its first slide."""

    def read(content: bytes) -> tuple[Any, list[FoundShape]]:
        presentation = Presentation(io.BytesIO(content))
        return presentation, list(walk(presentation.slides[0].shapes))

    return read
