"""What is kept between page runs: the open store, and answers as long as the store stands still.

Answers are kept by what was asked and by the store's version, so that a harvest or a labelling
in another process shows at the next click.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from datetime import time as clock
from itertools import count
from typing import TYPE_CHECKING

import streamlit as st
from sqlalchemy import func, select

from db.shelf import ListSummary, reading_lists
from db.tables import HARVEST_RUN, LABEL, PAPER, PAPER_LINK, RETRACTION, SOURCE_RECORD, chunks
from foundation.clock import utc_now
from foundation.errors import StoreError
from foundation.settings import Settings, load_settings
from landscape.column_counts import count_columns, newest_by_place
from landscape.columns import PaperColumns, load_columns, passing_mask
from landscape.layout import SlideLayout, slide_layout
from landscape.links import CompareBy
from landscape.movement import Movement, take_movement
from landscape.reading import available_filters
from landscape.types import FilterChoices, LandscapeFilter, LandscapeSnapshot
from taxonomy.loader import load_taxonomy
from taxonomy.models import Taxonomy

if TYPE_CHECKING:
    from db.engine import Store
    from landscape.columns import Integers, Mask

StoreOpener = Callable[[Settings], "Store"]
StoreVersion = tuple[str, ...]
SNAPSHOTS_KEPT = 64  # one is some 20 kB, and a byte a paper
MOMENTS_KEPT = 3  # columns are some 150 bytes a paper
LARGE_STORE_PAPERS = 20_000  # below it reading anew is no slower than a page
PATIENCE = 10  # while the store changes, columns serve ten times as long as they took to read

_openers: list[StoreOpener] = []
_tokens = count(1)


def open_with(opener: StoreOpener) -> None:
    """Say how a store is opened.

    Args:
        opener: Opens the store of some settings, filling an empty one.
    """
    _openers[:] = [opener]


def store() -> Store:
    """The open store, one for all readers.

    Raises:
        LandscapeError: It cannot be opened, or a setting is wrong.
    """
    settings = load_settings()
    with st.spinner("Opening the store. The first time, the starter library is loaded and classified …"):
        return _store(settings.resolved_database_url, settings)


@st.cache_resource(show_spinner=False)
def _store(database_url: str, _settings: Settings) -> Store:
    try:
        return _openers[0](_settings)
    except OSError as error:
        raise StoreError(
            "the store's folder cannot be used",
            hint="Set LANDSCAPE_HOME to a folder that you may write to",
            folder=_settings.home,
            reason=error.strerror or error,
        ) from error


def store_version(opened: Store) -> StoreVersion:
    """What changes whenever papers, records, labels or runs do.

    Args:
        opened: The store.

    Returns:
        Newest ids and times, one query that reads the ends of indexes and small tables alone.
    """
    newest = [
        select(func.max(column)).scalar_subquery()
        for column in (
            PAPER.c.id,
            PAPER_LINK.c.id,
            SOURCE_RECORD.c.id,
            LABEL.c.id,
            RETRACTION.c.retracted_at,
            HARVEST_RUN.c.id,
            HARVEST_RUN.c.finished_at,
        )
    ]
    with opened.read() as session:
        row = session.execute(select(*newest)).one()
    return (opened.name, *(str(value) for value in row))


@dataclass(frozen=True)
class Counted:
    """The papers under one filter.

    Attributes:
        token: Of the reading of the store that the columns come from; no two readings share one.
        columns: All papers.
        mask: Which of them count.
        snapshot: Their landscape.
    """

    token: int
    columns: PaperColumns
    mask: Mask
    snapshot: LandscapeSnapshot


@dataclass
class _Kept:
    """Columns as they were last read."""

    token: int
    version: StoreVersion
    columns: PaperColumns
    read_at: float
    read_seconds: float

    def serves(self, version: StoreVersion) -> bool:
        """Whether a page may be drawn from them: nothing changed, or they are large and very fresh.

        Beside a harvest every page would otherwise read a large store whole: reading may take a tenth of
        the time at most.
        """
        if self.version == version:
            return True
        fresh_until = self.read_at + PATIENCE * self.read_seconds
        return len(self.columns) > LARGE_STORE_PAPERS and time.monotonic() < fresh_until


class ColumnKeeper:
    """Columns of one store by moment, read once however many readers ask at the same time."""

    def __init__(self) -> None:
        self._kept: OrderedDict[datetime | None, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, opened: Store, as_of: datetime | None) -> _Kept:
        """Columns of a moment.

        Args:
            opened: The store.
            as_of: What it knew then; None for now.
        """
        taxonomy = load_taxonomy()
        version = (*store_version(opened), taxonomy.version)
        with self._lock:
            kept = self._kept.get(as_of)
            if kept is None or not kept.serves(version):
                begun = time.monotonic()
                with opened.read() as session:
                    columns = load_columns(session, taxonomy, as_of=as_of)
                ended = time.monotonic()
                kept = self._kept[as_of] = _Kept(next(_tokens), version, columns, ended, ended - begun)
            self._kept.move_to_end(as_of)
            while len(self._kept) > MOMENTS_KEPT:
                self._kept.popitem(last=False)
            return kept

    def forget(self) -> None:
        """Read anew next time: the reader changed something and wants to see it."""
        with self._lock:
            self._kept.clear()


@st.cache_resource(show_spinner=False)
def _keeper(store_name: str) -> ColumnKeeper:
    return ColumnKeeper()


def forget() -> None:
    """Let the next page read the store anew, after a reader's own change."""
    _keeper(store().name).forget()


def counted(chosen: LandscapeFilter, as_of: datetime | None) -> Counted:
    """The papers under a filter, and their landscape.

    Args:
        chosen: Which papers count.
        as_of: What the store knew then; None for now.
    """
    opened = store()
    kept = _keeper(opened.name).get(opened, as_of)
    mask, found = _counted(kept.token, utc_now().date(), chosen, kept.columns, opened)
    return Counted(kept.token, kept.columns, mask, found)


# Not `cache_data`: it would pickle; what is kept here is frozen and can be shared as it is. What is
# kept holds no columns, so that those of an older store are given back.
@st.cache_resource(show_spinner=False, max_entries=SNAPSHOTS_KEPT)
def _counted(
    token: int, today: date, chosen: LandscapeFilter, _columns: PaperColumns, _opened: Store
) -> tuple[Mask, LandscapeSnapshot]:
    with _opened.read() as session:
        mask = passing_mask(session, _columns, chosen)
    return mask, count_columns(_columns, load_taxonomy(), mask, filter=chosen)


def snapshot(chosen: LandscapeFilter, as_of: datetime | None) -> LandscapeSnapshot:
    """The landscape under a filter.

    Args:
        chosen: Which papers count.
        as_of: What the store knew then; None for now.
    """
    return counted(chosen, as_of).snapshot


def title_rank(found: Counted) -> Integers:
    """Rank of every paper by the alphabet of titles.

    Args:
        found: Says of which columns.

    Returns:
        Ranks, shape `(n_papers,)`.
    """
    return _title_rank(found.token, found.columns, store())


@st.cache_resource(show_spinner=False, max_entries=2)
def _title_rank(token: int, _columns: PaperColumns, _opened: Store) -> Integers:
    import numpy as np

    with _opened.read() as session:
        ids = (
            session.connection().execute(select(PAPER.c.id).order_by(PAPER.c.title_key, PAPER.c.id)).scalars()
        )
        places = _columns.places_of(ids)
    rank = np.empty(len(_columns), dtype=np.int64)
    rank[places] = np.arange(len(places))
    return rank


def newest_titles(chosen: LandscapeFilter, as_of: datetime | None) -> Mapping[str, tuple[str, ...]]:
    """Titles of the newest papers of every cell and topic.

    Args:
        chosen: Which papers count.
        as_of: What the store knew then; None for now.

    Returns:
        Up to three titles by cell and topic id, with the day or year where it is known.
    """
    found = counted(chosen, as_of)
    return _newest_titles(found.token, chosen, found, store())


@st.cache_resource(show_spinner=False, max_entries=SNAPSHOTS_KEPT)
def _newest_titles(
    token: int, chosen: LandscapeFilter, _found: Counted, _opened: Store
) -> Mapping[str, tuple[str, ...]]:
    newest = newest_by_place(_found.columns, _found.mask)
    wanted = {paper for papers in newest.values() for paper in papers}
    with _opened.read() as session:
        titles: dict[int, str] = {}
        for piece in chunks(wanted):
            rows = session.connection().execute(
                select(PAPER.c.id, PAPER.c.title, PAPER.c.year).where(PAPER.c.id.in_(piece))
            )
            titles.update({paper: f"{title} ({year})" if year else title for paper, title, year in rows})
    return {
        place: tuple(titles[paper] for paper in papers if paper in titles) for place, papers in newest.items()
    }


def movement(span: tuple[date, date], by: CompareBy, chosen: LandscapeFilter) -> Movement:
    """What moved between two days.

    Args:
        span: The earlier and the later day, both whole.
        by: By day of publication, or by what the store knew.
        chosen: Which papers count.
    """
    opened = store()
    kept = _keeper(opened.name).get(opened, None)
    with st.spinner("Comparing the two dates …"):
        return _movement(kept.token, span, by, chosen, opened)


@st.cache_resource(show_spinner=False, max_entries=SNAPSHOTS_KEPT)
def _movement(
    token: int, span: tuple[date, date], by: CompareBy, chosen: LandscapeFilter, _opened: Store
) -> Movement:
    before, after = (datetime.combine(day, clock.max, UTC) for day in span)
    with _opened.read() as session:
        return take_movement(
            session,
            load_taxonomy(),
            before,
            after,
            by="as-of" if by == "known" else "published",
            filter=chosen,
        )


def filter_choices() -> FilterChoices:
    """Venues, sources and years that the store holds."""
    opened = store()
    return _filter_choices(store_version(opened), opened)


@st.cache_resource(show_spinner=False, max_entries=4)
def _filter_choices(version: StoreVersion, _opened: Store) -> FilterChoices:
    with _opened.read() as session:
        return available_filters(session)


def all_lists() -> tuple[ListSummary, ...]:
    """Every reading list of the store."""
    with store().read() as session:
        return reading_lists(session)


def published_layout() -> SlideLayout:
    """Where everything stands on the slide, of the grid in force."""
    taxonomy = load_taxonomy()
    return _layout(taxonomy.version, taxonomy)


@st.cache_resource(show_spinner=False, max_entries=2)
def _layout(version: str, _taxonomy: Taxonomy) -> SlideLayout:
    return slide_layout(_taxonomy)
