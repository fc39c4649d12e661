"""A cell or topic at a glance, between the chart and its papers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from classifier.group_words import load_words
from classifier.model import DEFAULT_FOLDER
from db.discovery import StoredSubTopic, sub_topics
from db.place_words import WordsOfPlace, WordsOfYear, words_of_place
from landscape.papers import rows_at
from landscape.place import PlaceFacts, place_facts
from landscape.types import LandscapeFilter, PaperRow
from taxonomy.loader import founding_taxonomy
from taxonomy.models import Taxonomy
from views.address import PageState
from views.cached import Counted, store
from views.listing import all_of
from views.meaning import meaning_index
from views.trend_address import PATH as TRENDS_PATH
from views.trend_address import TrendState
from views.widgets.downloads import place_downloads
from views.widgets.markup import render

if TYPE_CHECKING:
    from landscape.columns import PaperColumns

SUB_TOPICS_SHOWN = 6
WORDS_SHOWN = 4
PLACE_WORDS_SHOWN = 8
YEARS_SHOWN = 4
YEAR_WORDS_SHOWN = 4
FACTS_KEPT = 256
CENTRAL_WORDS = {"meaning": "Most central", "citations": "Most cited"}


def place_panel(state: PageState, found: Counted, taxonomy: Taxonomy, scope: str) -> None:
    """Show what the opened cell or topic holds, and let it be saved.

    Args:
        state: What the reader is looking at; a cell or topic is opened.
        found: The papers under its filter.
        taxonomy: The grid in force.
        scope: What belongs there.
    """
    place = state.selected or ""
    facts = _facts(found.token, place, state.landscape.filter, found)
    with store().read() as session:
        wanted = list(dict.fromkeys([*facts.newest, *facts.central]))
        rows = rows_at(session, taxonomy, found.columns, wanted)
        known = sub_topics(session, cell=place if place in taxonomy.cells else place.rpartition("/")[0])
        words = words_of_place(session, place)
    by_index = dict(zip(wanted, rows, strict=False)) if len(rows) == len(wanted) else {}
    if state.landscape.topic:
        known = [each for each in known if each.nearest_topic == place]

    def papers(indexes: tuple[int, ...]) -> list[dict[str, Any]]:
        return [_paper(by_index[index], state) for index in indexes if index in by_index]

    lists = [{"title": "Newest", "papers": papers(facts.newest)}]
    if facts.central_by != "nothing":
        lists.insert(0, {"title": CENTRAL_WORDS[facts.central_by], "papers": papers(facts.central)})
    with st.container(key="place_head", horizontal=True, vertical_alignment="center"):
        st.html(render("hint.html", text=scope))
        place_downloads(state, found, taxonomy, lambda: all_of(state, taxonomy))
    with st.container(key="place"):
        st.html(
            render(
                "place.html",
                bars=_bars(facts),
                undated=facts.undated,
                trends_href=_trends(state, place),
                lists=[each for each in lists if each["papers"]],
                neighbours=[
                    {
                        "label": taxonomy.topic_by_id[topic].label,
                        "title": taxonomy.cell_label(taxonomy.topic_by_id[topic].cell),
                        "n_papers": shared,
                        "href": state.opened(topic=topic).query(),
                    }
                    for topic, shared in facts.neighbours
                    if topic in taxonomy.topic_by_id
                ],
                sub_topics=[_sub_topic(each, state) for each in _largest(known)],
                spoken=_spoken(words, place, taxonomy, state),
            )
        )


@st.cache_resource(show_spinner=False, max_entries=FACTS_KEPT)
def _facts(token: int, place: str, chosen: LandscapeFilter, _found: Counted) -> PlaceFacts:
    columns: PaperColumns = _found.columns
    return place_facts(columns, _found.mask, place, meaning_index())


def _bars(facts: PlaceFacts) -> list[dict[str, Any]]:
    most = max((count for _, count in facts.by_year), default=1)
    return [{"year": year, "n_papers": count, "part": f"{count / most:.3f}"} for year, count in facts.by_year]


def _paper(row: PaperRow, state: PageState) -> dict[str, Any]:
    return {
        "title": row.title,
        "venue": row.venue,
        "year": row.year,
        "href": replace(state, landscape=replace(state.landscape, paper=row.id)).query(),
    }


def _trends(state: PageState, place: str) -> str:
    asked = TrendState(landscape=state.opened().landscape, places=(place,))
    return f"{TRENDS_PATH}{asked.query()}"


def _spoken(
    words: WordsOfPlace | None, place: str, taxonomy: Taxonomy, state: PageState
) -> dict[str, Any] | None:
    """What the papers of the place speak of; before the first discovery, what the model learned from."""
    learned = words is None
    if learned:
        words = _learned_words().get(place) if taxonomy == founding_taxonomy() else None
    if words is None or not words.words:
        return None
    return {
        "learned": learned,
        "n_papers": words.n_papers,
        "words": [
            {"word": word, "href": _searched(word, state)}
            for word in _unlike([word for word, _ in words.words])[:PLACE_WORDS_SHOWN]
        ],
        "years": [
            {
                "year": year.year,
                "n_papers": year.papers,
                "words": ", ".join(_unlike(year.words)[:YEAR_WORDS_SHOWN]),
            }
            for year in words.years[-YEARS_SHOWN:]
        ],
    }


def _unlike(words: Iterable[str]) -> list[str]:
    """Words but those that are another one with its hyphen left out."""
    first: dict[str, str] = {}
    for word in words:
        first.setdefault(word.replace("-", " "), word)
    return list(first.values())


def _searched(word: str, state: PageState) -> str:
    asked = state.opened(cell=state.landscape.cell, topic=state.landscape.topic)
    return asked.filtered(replace(asked.landscape.filter, words=word)).query()


@st.cache_resource(show_spinner=False, max_entries=1)
def _learned_words() -> dict[str, WordsOfPlace]:
    """Words of the labelled papers behind the shipped model, by place of the founding grid."""
    return {
        place: WordsOfPlace(
            place,
            group.papers,
            group.words,
            (),
            tuple(WordsOfYear(year.year, year.papers, year.words) for year in group.years),
        )
        for place, group in load_words(DEFAULT_FOLDER).items()
    }


def _largest(known: list[StoredSubTopic]) -> list[StoredSubTopic]:
    return sorted(known, key=lambda each: (-each.n_papers, each.id))[:SUB_TOPICS_SHOWN]


def _sub_topic(group: StoredSubTopic, state: PageState) -> dict[str, Any]:
    words = [phrase for phrase, _ in group.phrases]
    asked = state.opened(cell=group.cell)
    asked = asked.filtered(replace(asked.landscape.filter, words=words[0] if words else group.name))
    return {
        "name": group.name,
        "words": ", ".join(words[1 : WORDS_SHOWN + 1]),
        "n_papers": group.n_papers,
        "proposed": group.proposed,
        "href": asked.query(),
    }
