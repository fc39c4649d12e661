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


FOUNDING_GRID = "llm-research"  # the published chart and every version that grows from it


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Subject(_Frozen):
    """What a grid is about: which papers stand on it at all.

    Only grids without a trained model need it.

    Attributes:
        scope_note: In words.
        phrases: A paper with one of them in title or abstract is on the subject.
        together_with: Where given, it must say one of these too.
        excludes: A paper with one of these in its title is not, whatever else it says.
    """

    scope_note: Prose
    phrases: Annotated[tuple[Label, ...], Field(min_length=1)]
    together_with: tuple[Label, ...] = ()
    excludes: tuple[Label, ...] = ()


class Rule(_Frozen):
    """A rule of thumb for a topic: where it holds, the paper very likely bears the topic.

    Attributes:
        all_of: Phrases that must all stand in title or abstract.
        none_of: Phrases of which none may.
    """

    all_of: Annotated[tuple[Label, ...], Field(min_length=1)]
    none_of: tuple[Label, ...] = ()


class Pipeline(_Frozen):
    """A row of the grid; `phrases` are typical of its papers, for grids without a trained model."""

    id: Slug
    label: Label
    scope_note: Prose
    phrases: tuple[Label, ...] = ()


class Component(_Frozen):
    """A column of the grid; `phrases` are typical of its papers, for grids without a trained model."""

    id: Slug
    label: Label
    scope_note: Prose
    phrases: tuple[Label, ...] = ()


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
        rules: Rules of thumb, for grids without a trained model.
    """

    id: TopicId
    label: Label
    alt_labels: tuple[Label, ...] = ()
    scope_note: Prose
    excludes: tuple[Exclusion, ...] = ()
    seed_phrases: Annotated[tuple[Label, ...], Field(min_length=1)]
    rules: tuple[Rule, ...] = ()

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
    """The whole grid, one version.

    Attributes:
        grid: Which grid it is a version of; the founding one where a file says nothing.
        version: `1.0`, then `1.1`.
        title: As shown above the chart.
        published: When this version came out.
        subject: What the grid is about, where no trained model knows it.
        pipelines: Rows, from top to bottom.
        components: Columns, from left to right.
        topics: Chips, in reading order.
        redirects: Ids that are out of use, with their successors.
    """

    grid: Slug = FOUNDING_GRID
    version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+$")]
    title: Annotated[str, StringConstraints(min_length=1)]
    published: date
    subject: Subject | None = None
    pipelines: Annotated[tuple[Pipeline, ...], Field(min_length=1)]
    components: Annotated[tuple[Component, ...], Field(min_length=1)]
    topics: tuple[Topic, ...]
    redirects: tuple[Redirect, ...] = ()

    @property
    def is_founding(self) -> bool:
        """Whether it is a version of the published chart: guidance and library belong to that one."""
        return self.grid == FOUNDING_GRID

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
