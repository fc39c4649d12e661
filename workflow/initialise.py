"""Makes an empty store alive: starter library in, labelled, ready to be shown. Offline."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from foundation.clock import utc_now
from foundation.log import redact
from workflow.classifying import classify_store
from workflow.library import load_library_into

if TYPE_CHECKING:
    from db.engine import Store
    from foundation.settings import Settings


def ensure_store(settings: Settings, progress: Callable[[int], None] | None = None) -> Store:
    """Open the store; fill an empty one from the starter library.

    Args:
        settings: Where the store is.
        progress: Called with the number of papers done.

    Returns:
        The open store. The caller disposes of it.

    Raises:
        StoreError: The store cannot be opened.
    """
    from db.engine import open_store
    from db.papers import paper_counts

    store = open_store(settings.resolved_database_url)
    try:
        with store.read() as session:
            empty = paper_counts(session).papers == 0
        if empty:
            load_library_into(store, utc_now(), progress)
            classify_store(store, settings, progress=progress)
    except BaseException:
        store.dispose()
        raise
    return store


def initialise(settings: Settings, progress: Callable[[int], None] | None = None) -> dict[str, Any]:
    """Create the store, load the starter library, classify. Running again changes nothing.

    Returns:
        `papers`, `library`, `classified` and `database` (without password).
    """
    from db.engine import open_store
    from db.papers import paper_counts
    from landscape.status import take_status
    from taxonomy.loader import load_taxonomy

    store = open_store(settings.resolved_database_url)
    try:
        library = load_library_into(store, utc_now(), progress)
        classify_store(store, settings, progress=progress)
        with store.read() as session:
            papers = paper_counts(session).papers
            classified = take_status(session, load_taxonomy()).as_json()["classified"]
    finally:
        store.dispose()
    return {
        "papers": papers,
        "library": library,
        "classified": classified,
        "database": redact(settings.resolved_database_url),
    }
