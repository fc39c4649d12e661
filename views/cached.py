"""What is kept between page runs: the open store, and answers as long as the store stands still.

Answers are kept by what was asked and by the store's version, so that a harvest or a labelling
in another process shows at the next click.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

import streamlit as st
from sqlalchemy import func, select
from sqlmodel import col

from db.models import HarvestRun, LabelAssignment, LabelRetraction, Paper, SourceRecord
from foundation.clock import utc_now
from foundation.errors import StoreError
from foundation.settings import Settings, load_settings
from landscape.grid import take_snapshot
from landscape.layout import SlideLayout, slide_layout
from landscape.reading import available_filters
from landscape.types import FilterChoices, LandscapeFilter, LandscapeSnapshot
from taxonomy.loader import load_taxonomy

if TYPE_CHECKING:
    from db.engine import Store

StoreOpener = Callable[[Settings], "Store"]
StoreVersion = tuple[str, ...]
SNAPSHOTS_KEPT = 64  # one is some 20 kB

_openers: list[StoreOpener] = []


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
        Newest ids and times, one query.
    """
    newest = [
        select(func.max(col(column))).scalar_subquery()
        for column in (
            Paper.id,
            Paper.updated_at,
            SourceRecord.id,
            LabelAssignment.id,
            LabelRetraction.retracted_at,
            HarvestRun.id,
            HarvestRun.finished_at,
        )
    ]
    with opened.read() as session:
        row = session.execute(select(select(func.count(col(Paper.id))).scalar_subquery(), *newest)).one()
    return (opened.name, *(str(value) for value in row))


def snapshot(chosen: LandscapeFilter, as_of: datetime | None) -> LandscapeSnapshot:
    """The landscape under a filter.

    Args:
        chosen: Which papers count.
        as_of: What the store knew then; None for now.
    """
    opened = store()
    return _snapshot(store_version(opened), utc_now().date(), chosen, as_of, opened)


# Not `cache_data`: it would pickle; what is kept here is frozen and can be shared as it is.
@st.cache_resource(show_spinner=False, max_entries=SNAPSHOTS_KEPT)
def _snapshot(
    version: StoreVersion,
    today: date,
    chosen: LandscapeFilter,
    as_of: datetime | None,
    _opened: Store,
) -> LandscapeSnapshot:
    with _opened.read() as session:
        return take_snapshot(session, load_taxonomy(), filter=chosen, as_of=as_of)


def filter_choices() -> FilterChoices:
    """Venues, sources and years that the store holds."""
    opened = store()
    return _filter_choices(store_version(opened), opened)


@st.cache_resource(show_spinner=False, max_entries=4)
def _filter_choices(version: StoreVersion, _opened: Store) -> FilterChoices:
    with _opened.read() as session:
        return available_filters(session)


@lru_cache(maxsize=1)
def published_layout() -> SlideLayout:
    """Where everything stands on the slide."""
    return slide_layout(load_taxonomy())
