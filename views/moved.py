"""The page What moved: the difference between two days or two snapshots, in words, as chart and as table."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from shlex import quote
from typing import Any

import streamlit as st

from charts.movement import movement_figure
from charts.theme import MOVEMENT_MARKS, MOVEMENT_WORDS
from db.snapshots import StoredSnapshot
from export.registry import FORMATS, ExportMaterial
from export.tables_csv import movement_csv
from foundation.clock import utc_now
from landscape.movement import Basis, Direction, Movement
from landscape.movement_words import comparison_words, place_facts
from landscape.types import LandscapeFilter
from taxonomy.loader import load_taxonomy
from taxonomy.models import Taxonomy
from views.address import go
from views.cached import filter_choices, published_layout, snapshot
from views.landscape import deck_links
from views.moved_address import MovedState, read_moved
from views.through_time import NamedSnapshots, movement_at, newest_day, snapshots
from views.widgets.compare import BASES, compare_button
from views.widgets.filter_bar import active_filters, filter_button, words_box
from views.widgets.markup import number, plural, render
from views.widgets.moved_sections import moved_papers, moved_tables, papers_href
from views.widgets.notices import nothing_here
from views.widgets.time_style import plain_chart, time_style

YEAR = timedelta(days=365)
QUARTER = timedelta(days=91)
FRESH = timedelta(days=90)  # a newest paper of yesterday's quarter: the harvest is up to date
SHOWN_PLACES = 8
DIRECTIONS: tuple[Direction, ...] = ("rising", "fading", "new")
_BEFORE, _AFTER = "moved_before", "moved_after"


@dataclass(frozen=True)
class _Span:
    """What is compared.

    Attributes:
        before: The earlier moment.
        after: The later one.
        by: By what the store knew, or by day of publication.
        words: As shown.
        command: What says the same in a terminal.
        named: Snapshots that the reader named for the two moments.
    """

    before: datetime
    after: datetime
    by: Basis
    words: str
    command: str
    named: NamedSnapshots = (None, None)


def show() -> None:
    """Draw the page."""
    time_style()
    taxonomy = load_taxonomy()
    state = read_moved(taxonomy)
    stored = snapshots()
    newest = newest_day()
    shown = state if state.landscape.compare or state.snapshots else state.compared(_usual(newest))
    span = _span(shown, stored)
    st.html(_head(span))
    with st.container(key="bar", horizontal=True, vertical_alignment="center"):
        words_box(shown)
        filter_button(shown, filter_choices())
        compare_button(shown, label="Dates")
        _snapshot_button(shown, stored)
    active_filters(shown)
    st.html(render("moved_presets.html", links=_presets(shown, newest, stored)))
    if span is None:
        nothing_here(
            "These snapshots are not in the store, or not in order",
            ["The earlier one comes first. `landscape snapshot list` names those there are."],
            {"Show the last 12 months": state.compared(None).query()},
        )
        return
    moved = movement_at(span.before, span.after, span.by, shown.landscape.filter, span.named)
    if not moved.papers_after:
        nothing_here(
            "No paper was known by then",
            ["`landscape harvest` asks the sources for papers; later days may hold some."],
        )
        return
    _story(moved, shown, span)
    _downloads(moved, shown, taxonomy)
    if moved.moved("rising") or moved.moved("fading"):
        plain_chart(
            movement_figure(moved, dark=st.context.theme.type == "dark"),
            key="moved_figure",
            alt="Topics that rose or faded: papers that came against papers expected, as in the table.",
        )
    moved_tables(moved, shown, taxonomy)
    moved_papers(moved, shown, taxonomy)


def _usual(newest: date | None) -> tuple[date, date]:
    """Two days to begin with: twelve months, up to the newest paper where the harvest is behind."""
    today = utc_now().date()
    last = today if newest is None or today - newest < FRESH else newest
    return last - YEAR, last


def _span(state: MovedState, stored: Sequence[StoredSnapshot]) -> _Span | None:
    now = utc_now()
    if state.snapshots:
        known = {each.id: each for each in stored}
        before, after = known.get(state.snapshots[0]), known.get(state.snapshots[1] or 0)
        if before is None or (after is None and state.snapshots[1] is not None):
            return None
        last = after.as_of if after else now
        if before.as_of >= last:
            return None
        words = f"{_snapshot_words(before)} – {_snapshot_words(after) if after else 'now'}"
        command = f"landscape diff {before.id} {after.id if after else 'now'}"
        return _Span(before.as_of, last, "as-of", words, command, (before, after))
    first_day, last_day = state.landscape.compare or _usual(None)
    by: Basis = "as-of" if state.landscape.compare_by == "known" else "published"
    before_at, after_at = (datetime.combine(day, time(23, 59, 59), UTC) for day in (first_day, last_day))
    words = f"{first_day:%-d %B %Y} – {last_day:%-d %B %Y}"
    command = f"landscape diff {first_day} {last_day}" + (" --by published" if by == "published" else "")
    # Kept by what was asked: an hour that has not come holds nothing, so that "now" need not be said.
    return _Span(before_at, after_at, by, words, command)


def _snapshot_words(stored: StoredSnapshot) -> str:
    return f"snapshot {stored.id} of {stored.as_of:%-d %b %Y, %H:%M}"


def _head(span: _Span | None) -> str:
    parts = []
    if span:
        basis = BASES["known" if span.by == "as-of" else "published"]
        parts = [{"strong": span.words, "text": ""}, {"strong": "", "text": basis[:1].lower() + basis[1:]}]
    return render("head.html", title="What moved", parts=parts)


def _presets(
    state: MovedState, newest: date | None, stored: Sequence[StoredSnapshot]
) -> list[dict[str, Any]]:
    last = _usual(newest)[1]
    today = utc_now().date()
    spans: list[tuple[str, MovedState]] = [
        (f"12 months to {last:%-d %b %Y}", state.compared((last - YEAR, last))),
        (f"3 months to {last:%-d %b %Y}", state.compared((last - QUARTER, last))),
        ("30 days of this store", state.compared((today - timedelta(days=30), today), "known")),
    ]
    if stored:
        spans.append(("Since the newest snapshot", state.between(stored[0].id, None)))
    if len(stored) > 1:
        spans.append(("Between the last two snapshots", state.between(stored[1].id, stored[0].id)))
    here = state.query()
    return [{"label": label, "href": to.query(), "current": to.query() == here} for label, to in spans]


def _snapshot_button(state: MovedState, stored: Sequence[StoredSnapshot]) -> None:
    with st.popover("Snapshots", icon=":material/photo_camera:", key="snapshots"):
        if not stored:
            st.caption("None is stored yet. `landscape snapshot` takes one; every refresh does.")
            return
        known = {each.id: each for each in stored}
        before, after = state.snapshots or (stored[-1].id, None)
        st.session_state[_BEFORE] = before if before in known else stored[-1].id
        st.session_state[_AFTER] = after if after in known else None

        def read() -> None:
            go(state.between(st.session_state[_BEFORE], st.session_state[_AFTER]))

        st.selectbox(
            "Earlier snapshot",
            list(known),
            key=_BEFORE,
            format_func=lambda number: _snapshot_words(known[number]),
            on_change=read if state.snapshots else None,
        )
        st.selectbox(
            "Later snapshot",
            [None, *known],
            key=_AFTER,
            format_func=lambda number: _snapshot_words(known[number]) if number else "Now",
            on_change=read if state.snapshots else None,
        )
        if not state.snapshots:
            st.button("Compare", key="compare_snapshots", type="primary", on_click=read)


def _story(moved: Movement, state: MovedState, span: _Span) -> None:
    arrived = "were published" if moved.by == "published" else "arrived"
    facts = [
        f"{plural(moved.n_new)} on the landscape {arrived}: {number(moved.relevant_before)} before, "
        f"{number(moved.relevant_after)} after."
    ]
    if moved.n_new:
        said = comparison_words(moved)
        facts.append(said[:1].upper() + said[1:] + ".")
    if moved.comparable and not moved.moved("rising") and not moved.moved("fading"):
        facts.append("No topic moved by more than chance explains.")
    if moved.n_relabelled:
        facts.append(f"{plural(moved.n_relabelled)} known before stand elsewhere now.")
    columns = []
    for direction in DIRECTIONS:
        places = moved.moved(direction)
        columns.append(
            {
                "direction": direction,
                "mark": MOVEMENT_MARKS[direction],
                "word": MOVEMENT_WORDS[direction],
                "n": len(places),
                "none": "None beyond chance." if moved.comparable else "Too few papers to compare.",
                "more": max(0, len(places) - SHOWN_PLACES),
                "places": [
                    {
                        "label": place.label,
                        "facts": place_facts(place)
                        .replace("q = ", "q\u00a0=\u00a0")
                        .replace("q < ", "q\u00a0<\u00a0"),
                        "href": papers_href(state, place),
                    }
                    for place in places[:SHOWN_PLACES]
                ],
            }
        )
    command = _command(span, state.landscape.filter)
    st.html(render("moved_story.html", facts=facts, columns=columns, command=command))


def _command(span: _Span, chosen: LandscapeFilter) -> str:
    """What says the same in a terminal; empty where its filters cannot."""
    if chosen != LandscapeFilter(venues=chosen.venues, sources=chosen.sources):
        return ""
    words = [f"--venue {quote(venue)}" for venue in chosen.venues]
    words += [f"--source {quote(source)}" for source in chosen.sources]
    return " ".join([span.command, *words])


def _unbroken(facts: str) -> str:
    """The same with each q on one line."""
    return re.sub(r"q ([=<]) ", "q\u00a0\\1\u00a0", facts)


def _downloads(moved: Movement, state: MovedState, taxonomy: Taxonomy) -> None:
    stamp = f"{moved.before:%Y-%m-%d}-{moved.after:%Y-%m-%d}"

    def made(form: str) -> Callable[[], bytes]:
        def make() -> bytes:
            as_of = moved.after if moved.by == "as-of" else None
            counted = snapshot(state.landscape.filter, as_of)
            material = ExportMaterial(
                counted,
                published_layout(),
                links=deck_links(counted, state) or {},
                taxonomy=taxonomy,
                deck="moved",
                movement=moved,
                papers=moved.papers,
            )
            return FORMATS[form].render(material)

        return make

    with st.container(key="moved_files", horizontal=True, vertical_alignment="center"):
        for form, label in (("pptx", "Slide"), ("atom", "Feed")):
            st.download_button(
                label,
                data=made(form),
                file_name=f"what-moved-{stamp}{FORMATS[form].suffix}",
                mime=FORMATS[form].media_type,
                icon=":material/download:",
                on_click="ignore",
                key=f"moved_{form}",
            )
        st.download_button(
            "CSV",
            data=lambda: movement_csv(moved),
            file_name=f"what-moved-{stamp}.csv",
            mime="text/csv; charset=utf-8",
            icon=":material/download:",
            on_click="ignore",
            key="moved_csv",
        )
