"""HTML of the Knowledge page's parts: grid, cards, a topic's or cell's page, an entry's page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

from landscape.knowledge import KINDS, KnowledgeIndex
from landscape.knowledge_search import KnowledgeHits
from landscape.knowledge_types import EntryGroupView, EntryView, Named, PageView, PaperReference, Place
from landscape.layout import SlideLayout
from landscape.links import KnowledgeKind, KnowledgeState, LandscapeState, to_query
from landscape.prose import Block, Run
from taxonomy.knowledge import KnowledgeEntry
from views.address import knowledge_href
from views.widgets.colours import row_variables
from views.widgets.markup import AUTHORS_SHOWN, render, short_authors

KIND_NAMES: dict[KnowledgeKind, str] = {
    "topic": "Topics and cells",
    "model": "Models",
    "method": "Methods",
    "concept": "Concepts",
}
KIND_NOUNS: dict[KnowledgeKind, str] = {
    "topic": "topic",
    "model": "model",
    "method": "method",
    "concept": "concept",
}


class KnowledgeParts:
    """Parts of the page for one reader's state; every method gives escaped HTML."""

    def __init__(self, index: KnowledgeIndex, layout: SlideLayout, state: KnowledgeState) -> None:
        """Keep what every part needs.

        Args:
            index: Everything that can be linked to.
            layout: Colours of the rows.
            state: What the reader is looking at; what is opened from hits leads back to them.
        """
        self._index = index
        self._layout = layout
        self._state = state

    def page_href(self, place: str) -> str:
        """Address of a topic's or cell's page."""
        return knowledge_href(KnowledgeState(page=place))

    def entry_href(self, entry: str) -> str:
        """Address of an entry's page."""
        return knowledge_href(KnowledgeState(entry=entry))

    def head(self, title: str, text: str) -> str:
        """Head of an overview."""
        return render("head.html", title=title, parts=[{"strong": "", "text": text}] if text else [])

    def grid(self) -> str:
        """The landscape in small: a link a cell, a link a topic."""
        taxonomy = self._index.taxonomy
        return render(
            "knowledge_grid.html",
            columns=taxonomy.components,
            rows=[
                {
                    "label": row.label,
                    "colours": self._colours(row.id),
                    "cells": [
                        {
                            "id": f"{row.id}/{column.id}",
                            "column_label": column.label,
                            "name": taxonomy.cell_label(f"{row.id}/{column.id}"),
                            "href": self.page_href(f"{row.id}/{column.id}"),
                            "topics": [
                                {
                                    "label": topic.label,
                                    "href": self.page_href(topic.id),
                                    "note": topic.scope_note,
                                }
                                for topic in taxonomy.topics_by_cell[f"{row.id}/{column.id}"]
                            ],
                        }
                        for column in taxonomy.components
                    ],
                }
                for row in taxonomy.pipelines
            ],
        )

    def groups(self, groups: Sequence[EntryGroupView]) -> str:
        """All entries of a kind, group by group."""
        return render(
            "knowledge_groups.html",
            groups=[
                {
                    "anchor": "group-" + group.id.replace(" ", "-"),
                    "label": group.label,
                    "count": len(group.entries),
                    "cards": [self._card(entry) for entry in group.entries],
                }
                for group in groups
            ],
        )

    def hits(self, hits: KnowledgeHits, kinds: Sequence[KnowledgeKind], limit: int | None) -> str:
        """What a search found.

        Args:
            hits: Everything found.
            kinds: Which kinds are shown, in order.
            limit: Most cards a kind; None for all.
        """
        sections = []
        for kind in kinds:
            cards = (
                [self._place_card(place) for place in hits.places]
                if kind == "topic"
                else [self._card(entry, with_group=True) for entry in hits.entries[kind]]
            )
            more = len(cards) - limit if limit is not None else 0
            sections.append(
                {
                    "anchor": f"hits-{kind}",
                    "label": KIND_NAMES[kind],
                    "count": len(cards),
                    "cards": cards[:limit],
                    "more": more if more > 0 else 0,
                    "more_href": knowledge_href(replace(self._state, kind=kind)),
                    "more_label": f"All {len(cards)} {KIND_NAMES[kind].lower()}",
                }
            )
        return render("knowledge_hits.html", words=self._state.words, sections=sections)

    def page(self, page: PageView, *, n_papers: int, known: AbstractSet[str]) -> str:
        """The page of a topic or a cell.

        Args:
            page: What is known of it.
            n_papers: Papers that the store places there.
            known: Keys of the named papers that the store holds.
        """
        place = page.place
        at = LandscapeState(cell=place.id) if place.is_cell else LandscapeState(topic=place.id)
        return render(
            "knowledge_page.html",
            place=place,
            also=page.also,
            back=self._back("topic"),
            cell_href=None if place.is_cell else self.page_href(place.cell),
            chart_href=f"./?{to_query(at)}",
            list_href=f"papers?{to_query(at)}",
            n_papers=n_papers,
            sections=[
                {
                    "id": f"section-{number}",
                    "heading": heading,
                    "blocks": [self._block(block, page, known) for block in blocks],
                }
                for number, (heading, blocks) in enumerate(page.sections)
            ],
            topics=[self._chip(topic) for topic in page.topics],
            neighbours=[self._chip(other) for other in page.neighbours],
            elsewhere=[{"text": text, "chip": self._chip(other)} for text, other in page.elsewhere],
            lists=[
                {"heading": heading, "items": [self._named(item) for item in items]}
                for heading, items in (
                    ("Typical methods", page.methods),
                    ("Data sets", page.datasets),
                    ("Measures", page.measures),
                    ("Terms", page.terms),
                )
                if items
            ],
            papers=[self._paper(paper, known) for paper in page.start_with],
            kinds=[
                {"kind": kind, "label": KIND_NAMES[kind], "cards": cards}
                for kind in KINDS
                if (cards := [self._card(entry) for entry in page.entries if entry.kind == kind])
            ],
        )

    def entry(self, view: EntryView, *, n_papers: Mapping[str, int], known: AbstractSet[str]) -> str:
        """The page of a model, method or concept.

        Args:
            view: What is known of it.
            n_papers: Papers that the store places at each of its topics and cells.
            known: Keys of its papers that the store holds.
        """
        entry = view.entry
        return render(
            "knowledge_entry.html",
            entry=entry,
            also=view.also,
            back=self._back(entry.kind),
            route={"name": view.route.name, "href": self.entry_href(view.route.id)} if view.route else None,
            places=[
                {
                    "chip": self._chip(place),
                    "chart_href": "./?"
                    + to_query(
                        LandscapeState(cell=place.id) if place.is_cell else LandscapeState(topic=place.id)
                    ),
                    "n_papers": n_papers[place.id],
                    "note": place.note,
                }
                for place in view.places
            ],
            papers=[self._paper(paper, known) for paper in view.papers],
            related=[self._card(other) for other in view.related],
            takes_route=[self._card(other) for other in view.takes_route],
            source={"label": entry.source, "url": view.source_url},
        )

    def _back(self, kind: KnowledgeKind) -> dict[str, str]:
        if self._state.words:
            hits = KnowledgeState(kind=self._state.kind, words=self._state.words)
            return {"label": f"Search for “{self._state.words}”", "href": knowledge_href(hits)}
        overview = KnowledgeState(kind=None if kind == "topic" else kind)
        return {"label": KIND_NAMES[kind], "href": knowledge_href(overview)}

    def _card(self, entry: KnowledgeEntry, *, with_group: bool = False) -> dict[str, Any]:
        facts = (entry.group if with_group else "", entry.who, entry.size, entry.domain)
        return {
            "name": entry.name,
            "href": self._found_href(KnowledgeState(entry=entry.id)),
            "year": entry.year,
            "facts": [fact for fact in facts if fact],
            "text": entry.summary,
            "colours": "",
        }

    def _place_card(self, place: Place) -> dict[str, Any]:
        return {
            "name": place.label,
            "href": self._found_href(KnowledgeState(page=place.id)),
            "year": None,
            "facts": ["cell"] if place.is_cell else [place.cell_label],
            "text": place.note,
            "colours": self._colours(place.id),
        }

    def _found_href(self, opened: KnowledgeState) -> str:
        # Only what stands among the hits leads back to them.
        if self._state.words and not (self._state.entry or self._state.page):
            opened = replace(opened, kind=self._state.kind, words=self._state.words)
        return knowledge_href(opened)

    def _chip(self, place: Place) -> dict[str, Any]:
        return {
            "label": place.label,
            "title": place.note,
            "href": self.page_href(place.id),
            "kind": "cell" if place.is_cell else "topic",
            "colours": self._colours(place.id),
        }

    def _named(self, named: Named) -> dict[str, Any]:
        return {"text": named.text, "href": self.entry_href(named.entry) if named.entry else None}

    def _paper_href(self, key: str) -> str:
        return knowledge_href(replace(self._state, paper=key))

    def _paper(self, paper: PaperReference, known: AbstractSet[str]) -> dict[str, Any]:
        authors = (
            ", ".join(paper.authors[:AUTHORS_SHOWN]) + " et al."
            if paper.et_al
            else short_authors(paper.authors)
        )
        return {
            "paper": paper,
            "authors": authors,
            "href": self._paper_href(paper.key) if paper.key in known else None,
        }

    def _block(self, block: Block, page: PageView, known: AbstractSet[str]) -> dict[str, Any]:
        return {
            "bulleted": block.bulleted,
            "items": [[self._run(run, page, known) for run in item] for item in block.items],
        }

    def _run(self, run: Run, page: PageView, known: AbstractSet[str]) -> dict[str, Any]:
        paper = page.papers.get(run.paper) if run.paper else None
        inside = paper is not None and paper.key in known
        return {
            "text": run.text,
            "emphasis": run.emphasis,
            "href": self._paper_href(paper.key) if paper and inside else None,
            "url": paper.url if paper and not inside else run.url,
            "title": f"{paper.title} ({paper.year})" if paper else None,
        }

    def _colours(self, place: str) -> str:
        return row_variables(self._layout.row(place.partition("/")[0]).style)
