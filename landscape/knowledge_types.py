"""The frozen types of the Knowledge pages: what a page, an entry and a search answer hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from landscape.prose import Block
from taxonomy.knowledge import EntryGroup, KnowledgeEntry


@dataclass(frozen=True)
class Place:
    """A topic or a cell.

    Attributes:
        id: Topic or cell id.
        label: Of the topic; of a cell row and column.
        cell: Id of the cell that it is or stands in.
        cell_label: Row and column of that cell.
        note: Its scope note.
    """

    id: str
    label: str
    cell: str
    cell_label: str
    note: str

    @property
    def is_cell(self) -> bool:
        """Whether it is a cell."""
        return self.id == self.cell


@dataclass(frozen=True)
class PaperReference:
    """A library paper as pages and entries name it.

    Attributes:
        key: Its public id, `scheme:value`.
        title: As published.
        authors: In order; the first few where `et_al` is set.
        et_al: Whether `authors` is cut.
        year: Of first publication.
        venue: Short name.
        why: What it contributes, in the project's words.
        url: Where it can be read.
    """

    key: str
    title: str
    authors: tuple[str, ...]
    et_al: bool
    year: int
    venue: str
    why: str
    url: str | None


@dataclass(frozen=True)
class Named:
    """Something that a page names, with the entry about it where there is one."""

    text: str
    entry: str | None


@dataclass(frozen=True)
class EntryGroupView:
    """Entries of one group, and its heading."""

    id: EntryGroup
    label: str
    entries: tuple[KnowledgeEntry, ...]


@dataclass(frozen=True)
class PageView:
    """All that is known of a topic or a cell.

    Attributes:
        place: What it is about.
        also: Other names of a topic.
        sections: Heading and text; empty where no page was written.
        terms: Words that a reader meets there.
        methods: Typical methods.
        datasets: Data sets.
        measures: Measures.
        neighbours: Topics and cells nearby.
        elsewhere: What belongs elsewhere, and where.
        topics: Topics of a cell.
        start_with: Papers to read first.
        entries: Models, methods and concepts that belong here, in that order of kinds.
        papers: Key of every library paper by the id that the text names it by.
    """

    place: Place
    also: tuple[str, ...]
    sections: tuple[tuple[str, tuple[Block, ...]], ...]
    terms: tuple[Named, ...]
    methods: tuple[Named, ...]
    datasets: tuple[Named, ...]
    measures: tuple[Named, ...]
    neighbours: tuple[Place, ...]
    elsewhere: tuple[tuple[str, Place], ...]
    topics: tuple[Place, ...]
    start_with: tuple[PaperReference, ...]
    entries: tuple[KnowledgeEntry, ...]
    papers: Mapping[str, PaperReference]


@dataclass(frozen=True)
class EntryView:
    """All that is known of a model, method or concept.

    Attributes:
        entry: As written.
        also: Other names.
        route: The concept entry of its route, or None.
        places: Topics, then cells.
        papers: Library papers on it.
        related: Entries that it names, then those that name it.
        takes_route: Entries of the route that this entry is about.
        source_url: Where its facts come from, or None.
    """

    entry: KnowledgeEntry
    also: tuple[str, ...]
    route: KnowledgeEntry | None
    places: tuple[Place, ...]
    papers: tuple[PaperReference, ...]
    related: tuple[KnowledgeEntry, ...]
    takes_route: tuple[KnowledgeEntry, ...]
    source_url: str | None


@dataclass(frozen=True)
class Mentions:
    """Where a paper is named.

    Attributes:
        pages: Topics and cells whose pages name it.
        entries: Models, methods and concepts that name it.
    """

    pages: tuple[Place, ...]
    entries: tuple[KnowledgeEntry, ...]
