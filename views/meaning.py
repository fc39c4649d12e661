"""Sentence vectors in memory, for search by meaning and for what stands in the middle of a topic."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from classifier.embedder import MiniLmEmbedder
from db.vectors import count_vectors
from foundation.settings import load_settings
from landscape.meaning import MeaningIndex, load_index, query_vector
from views.cached import store

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from db.engine import Store

FRESH_SECONDS = 60  # new vectors come behind a run of the classifier, some hundred a second
QUERIES_KEPT = 256  # 1.5 kB each


def has_vectors() -> bool:
    """Whether search by meaning has anything to search in."""
    return _n_vectors(store().name, store()) > 0


def meaning_index() -> MeaningIndex | None:
    """The vectors of the store, read once; None where there are none."""
    opened = store()
    n_vectors = _n_vectors(opened.name, opened)
    return _index(opened.name, n_vectors, opened) if n_vectors else None


def meaning_of(words: str) -> NDArray[np.float32]:
    """What words mean, as a unit vector.

    Args:
        words: What a reader typed, not empty.
    """
    return _meaning_of(words)


@st.cache_resource(show_spinner=False, ttl=FRESH_SECONDS, max_entries=4)
def _n_vectors(store_name: str, _opened: Store) -> int:
    with _opened.read() as session:
        return count_vectors(session, MiniLmEmbedder.name)


@st.cache_resource(show_spinner="Reading sentence vectors …", max_entries=1)
def _index(store_name: str, n_vectors: int, _opened: Store) -> MeaningIndex:
    with _opened.read() as session:
        return load_index(session, _embedder())


@st.cache_resource(show_spinner=False)
def _embedder() -> MiniLmEmbedder:
    return MiniLmEmbedder(load_settings().home / "cache", threads=1)


@st.cache_resource(show_spinner=False, max_entries=QUERIES_KEPT)
def _meaning_of(words: str) -> NDArray[np.float32]:
    return query_vector(_embedder(), words)
