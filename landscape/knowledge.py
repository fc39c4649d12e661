"""What the project knows of topics, cells, models, methods and concepts, linked both ways. Pure.

Pages and entries name papers, places and each other; here every such reference can be followed
from either end. Searching is in `landscape.knowledge_search`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import get_args

from landscape.knowledge_types import (
    EntryGroupView,
    EntryView,
    Mentions,
    Named,
    PageView,
    PaperReference,
    Place,
)
from landscape.prose import read_prose
from papers.ids import external_id_url
from papers.text import title_key
from taxonomy.knowledge import EntryGroup, EntryKind, KnowledgeEntry, load_knowledge
from taxonomy.library import LibraryPaper, load_library
from taxonomy.loader import founding_taxonomy, load_taxonomy
from taxonomy.models import Taxonomy
from taxonomy.pages import TopicPage, load_pages

KINDS: tuple[EntryKind, ...] = get_args(EntryKind)
# Headings of the groups, where adding an s to the group's name is not enough.
_GROUP_LABELS: Mapping[EntryGroup, str] = {
    "route": "Routes from a pre-trained model to a task",
    "architecture": "Architectures",
    "knowledge kind": "Kinds of knowledge",
    "challenge": "Challenges",
    "phase": "Phases",
    "life cycle": "Life cycle",
    "idea": "Ideas",
}
_OPEN_GROUPS = ("evaluation", "data")  # a benchmark or data set is named far from its own topic


class KnowledgeIndex:
    """Pages, entries and papers by everything that one can come from. Never changed once built."""

    def __init__(
        self,
        taxonomy: Taxonomy,
        pages: Mapping[str, TopicPage],
        entries: Iterable[KnowledgeEntry],
        library: Iterable[LibraryPaper],
    ) -> None:
        """Link everything to everything.

        Args:
            taxonomy: The grid in force.
            pages: Written pages by topic or cell id.
            entries: Models, methods and concepts; what they name exists.
            library: The papers that pages and entries name.
        """
        self.taxonomy = taxonomy
        self.pages = dict(pages)
        self.entries = {entry.id: entry for entry in entries}
        self.places = {place.id: place for place in _places(taxonomy)}
        self._papers: dict[str, PaperReference] = {}
        for paper in library:
            reference = _reference(paper)
            for scheme, value in paper.ids.model_dump(exclude_none=True).items():
                self._papers[f"{scheme}:{value}"] = reference
        self._routes = {
            entry.route: entry for entry in self.entries.values() if entry.group == "route" and entry.route
        }
        self._by_name: dict[str, list[KnowledgeEntry]] = {}
        self._named_by: dict[str, list[KnowledgeEntry]] = {}
        self._entries_at: dict[str, list[KnowledgeEntry]] = {}
        self._entries_citing: dict[str, list[KnowledgeEntry]] = {}
        for entry in self.entries.values():
            for name in (entry.name, *entry.also):
                self._by_name.setdefault(_name_key(name), []).append(entry)
            for other in entry.related:
                self._named_by.setdefault(other, []).append(entry)
            for place_id in (*entry.topics, *entry.cells):
                self._entries_at.setdefault(place_id, []).append(entry)
            for named in self._references(entry.papers):
                self._entries_citing.setdefault(named.key, []).append(entry)
        self._pages_citing: dict[str, list[Place]] = {}
        for at in self.places.values():
            page = self.pages.get(at.id)
            for named in self._references((*page.front.start_with, *page.papers) if page else ()):
                self._pages_citing.setdefault(named.key, []).append(at)

    def groups(self, kind: EntryKind) -> tuple[EntryGroupView, ...]:
        """Entries of a kind by group.

        Args:
            kind: model, method or concept.

        Returns:
            Groups that have entries, in the order of `EntryGroup`; in each the oldest first, and
            entries without a year as they were written down.
        """
        found: dict[EntryGroup, list[KnowledgeEntry]] = {}
        for entry in self.of_kind(kind):
            found.setdefault(entry.group, []).append(entry)
        return tuple(
            EntryGroupView(group, group_label(group), tuple(_by_year(found[group])))
            for group in get_args(EntryGroup)
            if group in found
        )

    def of_kind(self, kind: EntryKind) -> tuple[KnowledgeEntry, ...]:
        """Entries of a kind as they were written down."""
        return tuple(entry for entry in self.entries.values() if entry.kind == kind)

    def at(self, place_id: str) -> tuple[KnowledgeEntry, ...]:
        """Entries that belong to a topic or a cell: models, then methods, then concepts."""
        found = self._entries_at.get(place_id, ())
        return tuple(
            entry for kind in KINDS for entry in _by_year([one for one in found if one.kind == kind])
        )

    def page(self, place_id: str) -> PageView | None:
        """All that is known of a topic or a cell.

        Args:
            place_id: Topic or cell id; a retired topic is followed to its successor.

        Returns:
            What its page shows, or None where the grid has no such place.
        """
        place = self.places.get(self.taxonomy.resolve_topic(place_id) or place_id)
        if place is None:
            return None
        topic = self.taxonomy.topic_by_id.get(place.id)
        page = self.pages.get(place.id)
        front = page.front if page else None
        return PageView(
            place=place,
            also=topic.alt_labels if topic else (),
            sections=tuple((heading, read_prose(text)) for heading, text in page.sections) if page else (),
            terms=self._named(front.terms if front else ()),
            methods=self._named(front.methods if front else ()),
            datasets=self._named(front.datasets if front else (), near=place),
            measures=self._named(front.measures if front else (), near=place),
            neighbours=tuple(self.places[name] for name in (front.neighbours if front else ())),
            elsewhere=tuple((one.text, self.places[one.see]) for one in (topic.excludes if topic else ())),
            topics=tuple(self.places[one.id] for one in self.taxonomy.topics_by_cell.get(place.id, ())),
            start_with=self._references(front.start_with if front else ()),
            entries=self.at(place.id),
            papers={key: self._papers[key] for key in (page.papers if page else ())},
        )

    def entry(self, entry_id: str) -> EntryView | None:
        """All that is known of a model, method or concept.

        Args:
            entry_id: `model/…`, `method/…` or `concept/…`.

        Returns:
            What its page shows, or None where there is no such entry.
        """
        entry = self.entries.get(entry_id)
        if entry is None:
            return None
        related = dict.fromkeys((*entry.related, *(one.id for one in self._named_by.get(entry.id, ()))))
        route = self._routes.get(entry.route) if entry.route else None
        own_route = route is not None and route.id == entry.id
        return EntryView(
            entry=entry,
            also=tuple(name for name in entry.also if title_key(name) != title_key(entry.name)),
            route=None if own_route else route,
            places=tuple(self.places[name] for name in (*entry.topics, *entry.cells)),
            papers=self._references(entry.papers),
            related=tuple(self.entries[name] for name in related),
            takes_route=tuple(
                _by_year(
                    other
                    for other in self.entries.values()
                    if own_route and other.route == entry.route and other.id not in {entry.id, *related}
                )
            ),
            source_url=_source_url(entry.source),
        )

    def mentions(self, ids: Mapping[str, str]) -> Mentions:
        """Where a paper is named.

        Args:
            ids: The paper's public ids by scheme, any of which may be the one that is named.

        Returns:
            Pages in the grid's reading order and entries; empty for a paper outside the library.
        """
        keys = {paper.key for paper in self._references(f"{s}:{v}" for s, v in ids.items())}
        places = dict.fromkeys(place for key in keys for place in self._pages_citing.get(key, ()))
        named = {entry.id: entry for key in keys for entry in self._entries_citing.get(key, ())}
        return Mentions(
            pages=tuple(places),
            entries=tuple(sorted(named.values(), key=lambda entry: KINDS.index(entry.kind))),
        )

    def _references(self, keys: Iterable[str]) -> tuple[PaperReference, ...]:
        found = (self._papers.get(key) for key in keys)
        return tuple(dict.fromkeys(paper for paper in found if paper is not None))

    def _named(self, texts: Iterable[str], *, near: Place | None = None) -> tuple[Named, ...]:
        return tuple(Named(text, self._entry_named(text, near)) for text in texts)

    def _entry_named(self, text: str, near: Place | None) -> str | None:
        # A method is what a page means where a concept bears the same name.
        order = {"method": 0, "model": 1, "concept": 2}
        for entry in sorted(self._by_name.get(_name_key(text), ()), key=lambda one: order[one.kind]):
            home = {near.id, near.cell} if near else set()
            at_home = home & {name for topic in entry.topics for name in (topic, topic.rpartition("/")[0])}
            # GQA is a data set on one page and a kind of attention on another.
            if near is None or at_home or entry.kind == "model" or entry.group in _OPEN_GROUPS:
                return entry.id
        return None


def group_label(group: EntryGroup) -> str:
    """Heading of a group: `General models`, `Alignment`."""
    label = _GROUP_LABELS.get(group)
    if label is None:
        label = group[:1].upper() + group[1:]
        if group.endswith((" model", "product")):
            label += "s"
    return label


def knowledge_index() -> KnowledgeIndex:
    """The index of everything that ships with the project, told on the grid in force; kept once read.

    On another grid there is nothing but its own notes: pages, entries and library belong to the founding one.

    Raises:
        TaxonomyError: A file is malformed or a reference leads nowhere.
    """
    taxonomy = load_taxonomy()
    return index_of_version(taxonomy.grid, taxonomy.version)


@lru_cache(maxsize=4)
def index_of_version(grid: str, version: str) -> KnowledgeIndex:
    """The index on the grid in force, kept by its name and version: see `knowledge_index`."""
    taxonomy = load_taxonomy()
    if not taxonomy.is_founding:
        return KnowledgeIndex(taxonomy, {}, (), ())
    pages, entries = load_pages(), load_knowledge()
    if taxonomy != founding_taxonomy():
        pages, entries = carried_over(taxonomy, pages, entries)
    return KnowledgeIndex(taxonomy, pages, entries, load_library())


def carried_over(
    taxonomy: Taxonomy, pages: Mapping[str, TopicPage], entries: Iterable[KnowledgeEntry]
) -> tuple[dict[str, TopicPage], tuple[KnowledgeEntry, ...]]:
    """Pages and entries with every place under the name that it has on a later version of the grid.

    Args:
        taxonomy: The later version.
        pages: By topic or cell of the founding version.
        entries: That name topics and cells of it.

    Returns:
        The same; what was given up without a successor is left out.
    """

    def now(places: Iterable[str]) -> tuple[str, ...]:
        found = (place if place in taxonomy.cells else taxonomy.resolve_topic(place) for place in places)
        return tuple(dict.fromkeys(place for place in found if place is not None))

    carried: dict[str, TopicPage] = {}
    for place, page in pages.items():
        for new in now([place]):
            front = page.front.model_copy(
                update={
                    "id": new,
                    "neighbours": tuple(each for each in now(page.front.neighbours) if each != new),
                }
            )
            carried.setdefault(new, page.model_copy(update={"front": front}))
    return carried, tuple(
        entry.model_copy(update={"topics": now(entry.topics), "cells": now(entry.cells)}) for entry in entries
    )


def _places(taxonomy: Taxonomy) -> Iterable[Place]:
    rows = {row.id: row.scope_note for row in taxonomy.pipelines}
    columns = {column.id: column.scope_note for column in taxonomy.components}
    for cell in taxonomy.cells:
        row, _, column = cell.partition("/")
        label = taxonomy.cell_label(cell)
        yield Place(cell, label, cell, label, f"{rows[row]} {columns[column]}")
        for topic in taxonomy.topics_by_cell[cell]:
            yield Place(topic.id, topic.label, cell, label, topic.scope_note)


def _reference(paper: LibraryPaper) -> PaperReference:
    scheme, _, value = paper.key.partition(":")
    return PaperReference(
        key=paper.key,
        title=paper.title,
        authors=paper.authors,
        et_al=paper.et_al,
        year=paper.year,
        venue=paper.venue,
        why=paper.summary,
        url=external_id_url(scheme, value),
    )


def _source_url(source: str) -> str | None:
    if source.startswith("https://"):
        return source
    scheme, _, value = source.partition(":")
    return external_id_url(scheme, value)


def _by_year(entries: Iterable[KnowledgeEntry]) -> list[KnowledgeEntry]:
    return sorted(entries, key=lambda entry: (entry.year is None, entry.year or 0))


def _name_key(name: str) -> str:
    key = title_key(name)
    return key.removesuffix("s") if len(key) > 4 else key  # adapters are an adapter
