"""Typed models of the taxonomy files. Loading and cross-checks live in `taxonomy.loader`."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
CellId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+/[a-z0-9-]+$")]
TopicId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+/[a-z0-9-]+/[a-z0-9-]+$")]
Label = Annotated[str, StringConstraints(min_length=1, max_length=60, strip_whitespace=True)]
Prose = Annotated[str, StringConstraints(min_length=10, strip_whitespace=True)]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$")]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Pipeline(_Frozen):
    """A row of the grid."""

    id: Slug
    label: Label
    scope_note: Prose


class Component(_Frozen):
    """A column of the grid."""

    id: Slug
    label: Label
    scope_note: Prose


class Exclusion(_Frozen):
    """What a topic does not hold, and where that belongs instead."""

    text: Prose
    see: TopicId


class Topic(_Frozen):
    """A chip of the grid.

    Attributes:
        id: `pipeline/component/topic`.
        label: As published.
        alt_labels: Other names that people search by.
        scope_note: What it holds, one or two sentences.
        excludes: What it does not hold, each with the topic that does.
        seed_phrases: Phrases typical of its papers.
    """

    id: TopicId
    label: Label
    alt_labels: tuple[Label, ...] = ()
    scope_note: Prose
    excludes: tuple[Exclusion, ...] = ()
    seed_phrases: Annotated[tuple[Label, ...], Field(min_length=1)]

    @property
    def cell(self) -> str:
        """Id of the cell that the topic stands in."""
        return self.id.rpartition("/")[0]


class Redirect(_Frozen):
    """A retired id and its successor; `to` is None where it was given up without one."""

    from_id: Annotated[TopicId, Field(alias="from")]
    to: TopicId | None
    since: str
    reason: Prose


class Taxonomy(_Frozen):
    """The whole grid, one version."""

    version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+$")]
    title: Annotated[str, StringConstraints(min_length=1)]
    published: date
    pipelines: Annotated[tuple[Pipeline, ...], Field(min_length=1)]
    components: Annotated[tuple[Component, ...], Field(min_length=1)]
    topics: tuple[Topic, ...]
    redirects: tuple[Redirect, ...] = ()

    @cached_property
    def cells(self) -> tuple[str, ...]:
        """Every cell id, row by row; empty cells are cells too."""
        return tuple(f"{row.id}/{column.id}" for row in self.pipelines for column in self.components)

    @cached_property
    def topic_by_id(self) -> dict[str, Topic]:
        """Topics by id."""
        return {topic.id: topic for topic in self.topics}

    @cached_property
    def topics_by_cell(self) -> dict[str, tuple[Topic, ...]]:
        """Topics of each cell in reading order; an empty tuple for an empty cell."""
        return {cell: tuple(t for t in self.topics if t.cell == cell) for cell in self.cells}

    def cell_label(self, cell: str) -> str:
        """`Training Pipeline × Data` for `training/data`.

        Raises:
            KeyError: There is no such cell.
        """
        row, _, column = cell.partition("/")
        rows = {pipeline.id: pipeline.label for pipeline in self.pipelines}
        columns = {component.id: component.label for component in self.components}
        return f"{rows[row]} × {columns[column]}"

    def resolve_topic(self, topic: str) -> str | None:
        """Follow redirects from an id that may be retired.

        Args:
            topic: A topic id of this or an earlier version.

        Returns:
            The id in force, or None when it was given up or never existed.
        """
        followed = {redirect.from_id: redirect.to for redirect in self.redirects}
        current: str | None = topic
        while current is not None and current not in self.topic_by_id:
            current = followed.get(current)
        return current


class TextBox(_Frozen):
    """A box with text in one colour: `[x, y, width, height]` in points."""

    box_pt: tuple[float, float, float, float]
    colour: Colour
    suffix: str = ""


class HeadStyle(_Frozen):
    """Column heads: one colour, a box each."""

    colour: Colour
    boxes_pt: dict[Slug, tuple[float, float, float, float]]


class PipelineStyle(_Frozen):
    """Band, label and chip colours of one row."""

    band_pt: tuple[float, float, float, float]
    label_box_pt: tuple[float, float, float, float]
    band_colour: Colour
    chip_colour: Colour
    chip_text_colour: Colour
    label_colour: Colour


class SlideSize(_Frozen):
    """Width and height of the slide in points."""

    width_pt: float
    height_pt: float


class SlideGeometry(_Frozen):
    """Where everything stands on the published slide, and in which colours."""

    taxonomy_version: str
    slide: SlideSize
    title: TextBox
    component_heads: HeadStyle
    pipelines: dict[Slug, PipelineStyle]
    chips_pt: dict[TopicId, tuple[float, float, float, float]]
