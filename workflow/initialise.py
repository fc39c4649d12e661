"""Makes an empty store alive: starter library in, labelled, ready to be shown. Offline.

The library belongs to the founding grid. A store that follows another grid begins empty.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from foundation.clock import utc_now
from foundation.errors import RefusedInputError
from foundation.log import redact
from workflow.classifying import classify_store
from workflow.library import load_library_into

if TYPE_CHECKING:
    from db.engine import Store
    from foundation.settings import Settings
    from taxonomy.models import Taxonomy


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
    from taxonomy.loader import load_taxonomy

    store = open_store(settings.resolved_database_url)
    try:
        with store.read() as session:
            empty = paper_counts(session).papers == 0
        if empty and load_taxonomy(settings.home).is_founding:
            load_library_into(store, utc_now(), progress)
            classify_store(store, settings, progress=progress)
    except BaseException:
        store.dispose()
        raise
    return store


def initialise(
    settings: Settings, progress: Callable[[int], None] | None = None, *, grid: Taxonomy | None = None
) -> dict[str, Any]:
    """Create the store, load the starter library, classify. Running again changes nothing.

    Args:
        settings: Where the store is.
        progress: Called with the number of papers done.
        grid: The grid that the store is to follow; None keeps the one in force.

    Returns:
        `papers`, `library`, `classified`, `taxonomy` (title and version) and `database` (without
        password).

    Raises:
        RefusedInputError: The store follows another grid already.
    """
    from db.engine import open_store
    from db.papers import paper_counts
    from landscape.status import take_status
    from taxonomy.loader import load_taxonomy

    store = open_store(settings.resolved_database_url)
    try:
        if grid is not None:
            adopt_grid(store, settings, grid)
        taxonomy = load_taxonomy(settings.home)
        library = load_library_into(store, utc_now(), progress) if taxonomy.is_founding else 0
        classify_store(store, settings, progress=progress)
        with store.read() as session:
            papers = paper_counts(session).papers
            classified = take_status(session, taxonomy).as_json()["classified"]
    finally:
        store.dispose()
    return {
        "papers": papers,
        "library": library,
        "classified": classified,
        "taxonomy": f"{taxonomy.title}, version {taxonomy.version}",
        "database": redact(settings.resolved_database_url),
    }


def adopt_grid(store: Store, settings: Settings, grid: Taxonomy) -> None:
    """Let a store follow a grid: one of its own, or a later version of the one in force.

    Args:
        store: The open store.
        settings: Where accepted versions are kept.
        grid: The grid, checked.

    Raises:
        RefusedInputError: Labels of another grid are in the store, or the version is not a later one.
    """
    from db.labels import has_labels
    from taxonomy.loader import load_taxonomy
    from taxonomy.versions import save_version

    now = load_taxonomy(settings.home)
    if grid == now:
        return
    if grid.grid == now.grid:
        if _version_order(grid) <= _version_order(now):
            raise RefusedInputError(
                "this version of the grid is in force already, or was, and is never changed",
                hint="Count the version up; a grid of your own needs a name of its own in `grid:`.",
                grid=grid.grid,
                version=grid.version,
                in_force=now.version,
            )
    else:
        with store.read() as session:
            labelled = has_labels(session)
        if labelled or not now.is_founding:
            raise RefusedInputError(
                "the store follows another grid",
                hint="Give the new grid a store of its own: set LANDSCAPE_HOME to another folder.",
                grid=grid.grid,
                in_force=now.grid,
            )
    save_version(grid, settings.home)


def _version_order(grid: Taxonomy) -> tuple[int, ...]:
    return tuple(int(part) for part in grid.version.split("."))
