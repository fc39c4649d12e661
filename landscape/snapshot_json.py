"""A snapshot as canonical JSON and back: equal landscapes give equal bytes."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from foundation.errors import StoreError
from landscape.types import GridCell, LandscapeFilter, LandscapeSnapshot, TopicCount

# Said by the row that holds the snapshot: the same counts on another day are the same counts.
_OUTSIDE = ("as_of",)


def snapshot_json(snapshot: LandscapeSnapshot) -> bytes:
    """Write the counts of a snapshot.

    Args:
        snapshot: The snapshot.

    Returns:
        JSON without blanks, keys in order, without the moment.
    """
    plain = {name: value for name, value in asdict(snapshot).items() if name not in _OUTSIDE}
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def snapshot_from_json(counts: bytes, as_of: datetime) -> LandscapeSnapshot:
    """Read a snapshot back.

    Args:
        counts: From `snapshot_json`.
        as_of: The moment that the row tells.

    Returns:
        The snapshot, equal to the one that was written.

    Raises:
        StoreError: It is not what `snapshot_json` writes.
    """
    try:
        plain: dict[str, Any] = json.loads(counts)
        cells = tuple(
            GridCell(**{**cell, "topics": tuple(TopicCount(**topic) for topic in cell["topics"])})
            for cell in plain["cells"]
        )
        chosen = plain["filter"]
        lists = {name: tuple(chosen[name]) for name in ("venues", "sources")}
        return LandscapeSnapshot(
            **{
                **plain,
                "as_of": as_of,
                "cells": cells,
                "by_source": tuple((name, count) for name, count in plain["by_source"]),
                "by_year": tuple((year, count) for year, count in plain["by_year"]),
                "filter": LandscapeFilter(**{**chosen, **lists}),
            }
        )
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError("a snapshot cannot be read", hint="Run `landscape db check`") from error
