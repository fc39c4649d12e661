"""A landscape with counts, one without, and a reader of finished decks."""

from __future__ import annotations

import dataclasses
import io
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pptx import Presentation

from export.registry import ExportMaterial
from landscape.layout import SlideLayout, slide_layout
from landscape.movement import Movement, PlaceMovement
from landscape.quarters import Quarter, quarters_between
from landscape.trends import Trend, TrendPoint
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


HOSTILE = (
    "a\x00b\x07c\x1bd\x7fe\x85f",
    "lone \ud800 and \udfff, noncharacters \ufffe \uffff \U0001fffe",
    "<script>alert(1)</script> & ]]> <!-- --> </title>",
    '=HYPERLINK("http://x.example","y")',
    "x" * 10_000,
    "many words " * 900,
    "نماذج لغوية كبيرة ومحاذاة التفضيلات",
    "override \u202e txt.exe \u2066 isolate",
    "深層学習の大規模言語モデルによる文章生成",
    "line\nfeed\r\nand\u2028separator",
    "_x0041_ $\\alpha$ {brace} %s 👩‍👩‍👧",
    "",
)
LINKS = ("javascript:alert(1)", "https://good.example/a?b=1&c=<d>", "data:text/html,x", None, "//x.example")


@pytest.fixture
def make_material(layout: SlideLayout, make_paper: Callable[..., PaperRow]) -> Callable[..., ExportMaterial]:
    """A whole export of so many papers, hostile where asked: snapshot, papers, trends, movement."""

    def build(n_papers: int, *, hostile: bool = False, **changes: Any) -> ExportMaterial:
        taxonomy = load_taxonomy()
        cells = list(taxonomy.cells)
        papers = []
        for index in range(n_papers):
            topics = taxonomy.topics_by_cell[cells[index % 18]]
            text = HOSTILE[index % len(HOSTILE)] if hostile else f"A study of sheep, part {index + 1}"
            papers.append(
                make_paper(
                    id=f"arxiv:2301.{index:05}",
                    title=text,
                    authors=(text, "Ada Example", "Grace van der Sample", "Wei Zhang"),
                    venue=text if hostile else "ACL",
                    evidence=text,
                    url=LINKS[index % len(LINKS)] if hostile else f"https://arxiv.org/abs/2301.{index:05}",
                    cell=cells[index % 18],
                    cells=(cells[index % 18],),
                    topics=(topics[index // 18 % len(topics)].id,) if topics else (),
                )
            )
        of_topic = Counter(topic for paper in papers for topic in paper.topics)
        of_cell = Counter(paper.cell for paper in papers)
        ids = [topic.id for topic in taxonomy.topics]
        snapshot = build_snapshot(lambda index: of_topic[ids[index]], lambda index: of_cell[cells[index]])
        if hostile:
            filter_ = dataclasses.replace(snapshot.filter, words=HOSTILE[1], venues=(HOSTILE[2],))
            snapshot = dataclasses.replace(snapshot, classifier=HOSTILE[0], filter=filter_)
        trends = {cell: Trend(cell, cell, "cell", "all sources", _quarters(of_cell[cell])) for cell in cells}
        moved = tuple(
            PlaceMovement(
                id=topic.id, label=topic.label, kind="topic", cell=topic.cell, n_before=10, n_after=30,
                share_before=0.1, share_after=0.2, n_arrived=20, n_gained=0, n_lost=0, observed=20,
                expected=10.0, p_value=0.001, q_value=0.0004, direction=direction,
            )
            for topic, direction in zip(taxonomy.topics, ("rising", "fading", "new") * 15, strict=False)
        ) if papers else ()  # fmt: skip
        movement = Movement(
            before=datetime(2026, 1, 1, tzinfo=UTC), after=snapshot.as_of, by="as-of", taxonomy_version="1.0",
            papers_before=0, papers_after=n_papers, relevant_before=0, relevant_after=n_papers,
            n_new=n_papers, n_late=n_papers // 2, n_undated=0, n_relabelled=n_papers // 10, cells=(),
            topics=moved, strata=(), papers=tuple(papers[:100]), relabelled=(),
        )  # fmt: skip
        material = ExportMaterial(
            snapshot=snapshot,
            layout=layout,
            papers=tuple(papers),
            links={paper.topics[0]: paper.url for paper in papers if paper.topics and paper.url},
            show_growth=True,
            deck="briefing",
            domain=HOSTILE[2][:20] if hostile else "Medical",
            movement=movement,
            trends=trends,
        )
        return dataclasses.replace(material, **changes)

    return build


def _quarters(n_papers: int) -> tuple[TrendPoint, ...]:
    quarters = list(quarters_between(Quarter(2019, 1), Quarter(2026, 4)))
    return tuple(
        TrendPoint(quarter, n_papers if quarter.year > 2022 else 0, n_papers, None, None, None, state, "")
        for quarter, state in zip(quarters, ("none", *("whole",) * 20, *("part",) * 11), strict=True)
    )


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
def read_slides() -> Callable[[bytes], list[tuple[Any, list[FoundShape]]]]:
    """Opens a deck; gives every slide with its shapes."""

    def read(content: bytes) -> list[tuple[Any, list[FoundShape]]]:
        return [(slide, list(walk(slide.shapes))) for slide in Presentation(io.BytesIO(content)).slides]

    return read


@pytest.fixture
def read_deck() -> Callable[[bytes], tuple[Any, list[FoundShape]]]:
    """Opens a deck; gives the presentation and every shape of its first slide."""

    def read(content: bytes) -> tuple[Any, list[FoundShape]]:
        presentation = Presentation(io.BytesIO(content))
        return presentation, list(walk(presentation.slides[0].shapes))

    return read
