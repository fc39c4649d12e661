"""Memory, where the usual way of handling it costs time."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


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
