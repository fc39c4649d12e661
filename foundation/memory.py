"""Memory, where the usual way of handling it costs time."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

_SETTLE_AT = (1, 8, 64)  # answers; by then modules, labels and most of what is kept have been loaded
_lock = threading.Lock()
_answers = count(1)


def settle_memory() -> None:
    """Take what a server has loaded out of the collector's rounds; call it after every answer.

    Streamlit runs a full collection after each page. Over everything that the app has imported this
    takes a tenth of a second, half of the processor time of a page, and finds nothing: it is frozen
    (`gc.freeze`) after the first, eighth and 64th answer. What lives at these three moments alone is
    never collected where it is part of a cycle; it is given back as ever where it is not.
    """
    with _lock:
        if next(_answers) in _SETTLE_AT:
            gc.collect()
            gc.freeze()


@contextmanager
def collection_paused() -> Iterator[None]:
    """Hold Python's cycle collector while many small objects are made that form no cycles.

    Reading a page makes some hundred thousand drafts, authors and rows; the collector walks them
    again and again and finds nothing. Without it, reading and storing the Anthology takes a fifth
    less processor time (`python -m benchmarks.store`). Reference counting goes on as ever, so memory
    is given back all the same.

    Yields:
        Nothing.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
