"""Readings through time, kept as long as the store stands still: trends, the shift, movements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import streamlit as st
from sqlalchemy import func, select

from db.discovery import DiscoverySummary, StoredSubTopic, latest_discovery, sub_topics
from db.snapshots import StoredSnapshot, list_snapshots, snapshot_counts
from db.tables import EXTERNAL_ID
from foundation.clock import utc_now
from landscape.columns import NO_DAY
from landscape.movement import Basis, Movement, take_movement
from landscape.placements import load_placements
from landscape.quarters import arxiv_month
from landscape.shift import Shift, shift_of, take_shift
from landscape.snapshot_json import snapshot_from_json
from landscape.stored_counts import with_stored_counts
from landscape.trends import TrendBase, trend_base
from landscape.types import LandscapeFilter
from taxonomy.loader import load_taxonomy
from views.cached import counted, store

if TYPE_CHECKING:
    from db.engine import Store

READINGS_KEPT = 16  # some hundred kB each, whatever the store holds
SNAPSHOTS_OFFERED = 50


@dataclass(frozen=True)
class ThroughTime:
    """The papers of one filter through time.

    Attributes:
        base: What trends are counted from.
        shift: The share of language-model papers by venue and year.
    """

    base: TrendBase
    shift: Shift

    @property
    def harvested(self) -> bool:
        """Whether anything beside the starter library was ever harvested or imported."""
        return any(group.harvested for group in self.base.groups["none"])


def through_time(chosen: LandscapeFilter) -> ThroughTime:
    """The papers of a filter through time.

    Args:
        chosen: Which papers count.
    """
    token = counted(LandscapeFilter(), None).token
    with st.spinner("Counting by quarter …"):
        return _through_time(token, utc_now().date(), chosen, store())


@st.cache_resource(show_spinner=False, max_entries=READINGS_KEPT)
def _through_time(token: int, today: date, chosen: LandscapeFilter, _opened: Store) -> ThroughTime:
    taxonomy = load_taxonomy()
    with _opened.read() as session:
        placements = load_placements(session, taxonomy, filter=chosen)
        base = trend_base(session, taxonomy, filter=chosen, today=today, placements=placements)
        shift = (
            take_shift(session, taxonomy, filter=chosen, today=today)
            if chosen.minimum_score
            else shift_of(session, placements.values(), today)
        )
    return ThroughTime(base, shift)


NamedSnapshots = tuple[StoredSnapshot | None, StoredSnapshot | None]


def movement_at(
    before: datetime,
    after: datetime,
    by: Basis,
    chosen: LandscapeFilter,
    named: NamedSnapshots = (None, None),
) -> Movement:
    """What moved between two moments.

    Args:
        before: The earlier moment.
        after: The later one.
        by: By what the store knew, or by day of publication.
        chosen: Which papers count.
        named: Snapshots that the reader named for the two: without a filter their own counts stand in
            the comparison, as in `landscape diff`.
    """
    token = counted(LandscapeFilter(), None).token
    with st.spinner("Comparing the two moments …"):
        return _movement_at(token, before, after, by, chosen, named, store())


@st.cache_resource(show_spinner=False, max_entries=READINGS_KEPT)
def _movement_at(
    token: int,
    before: datetime,
    after: datetime,
    by: Basis,
    chosen: LandscapeFilter,
    named: NamedSnapshots,
    _opened: Store,
) -> Movement:
    taxonomy = load_taxonomy()
    with _opened.read() as session:
        moved = take_movement(session, taxonomy, before, after, by=by, filter=chosen)
        if chosen != LandscapeFilter():  # snapshots count every paper
            return moved
        counts = (
            None if each is None else snapshot_from_json(snapshot_counts(session, each.id), each.as_of)
            for each in named
        )
        return with_stored_counts(moved, taxonomy, *counts)


def snapshots() -> list[StoredSnapshot]:
    """Stored snapshots, newest first."""
    with store().read() as session:
        return list_snapshots(session, limit=SNAPSHOTS_OFFERED)


def emerging() -> tuple[DiscoverySummary | None, tuple[StoredSubTopic, ...]]:
    """The newest discovery, and the topics it proposes, best first."""
    with store().read() as session:
        found = latest_discovery(session)
        proposed = sub_topics(session, proposed=True) if found else []
    return found, tuple(sorted(proposed, key=lambda group: (-group.score, -group.n_papers, group.id)))


def newest_day() -> date | None:
    """The last day of which papers are known, or None where no day is: a day, or the end of a month.

    Preprints may bear no day; their arXiv identifiers tell the month.
    """
    today = utc_now().date()
    columns = counted(LandscapeFilter(), None).columns
    days = columns.day[(columns.day != NO_DAY) & (columns.day <= today.toordinal())]
    known = [date.fromordinal(int(days.max()))] if len(days) else []
    value = EXTERNAL_ID.c.value
    newest = select(func.max(value)).where(EXTERNAL_ID.c.scheme == "arxiv", value < "a")  # not hep-th/99…
    with store().read() as session:
        identifier = session.connection().execute(newest).scalar_one()
    month = arxiv_month(identifier) if identifier else None
    if month is not None:
        known.append((month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1))
    return min(max(known), today) if known else None
