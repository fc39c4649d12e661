"""How a driver walks a slice, in its smallest form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from harvester.http import PoliteClient
from harvester.source import HarvestSlice, Source


@dataclass
class Walk:
    """What a walk through a slice found."""

    keys: list[str] = field(default_factory=list)  # id and version, in order of arrival
    positions: list[str | None] = field(default_factory=list)
    rejects: int = 0


@pytest.fixture
def walk() -> Callable[..., Walk]:
    """Fetch and parse a slice from a position to its end."""

    def go(
        source: Source,
        piece: HarvestSlice,
        client: PoliteClient,
        position: str | None = None,
        most_pages: int = 200,
        found: Walk | None = None,
    ) -> Walk:
        found = found or Walk()
        for _ in range(most_pages):
            found.positions.append(position)
            page = source.fetch(piece, position, client)
            parsed = source.parse(page)
            found.keys += [f"{r.draft.source_id}v{r.draft.source_version}" for r in parsed.records]
            found.rejects += len(parsed.rejects)
            position = parsed.next_position
            if position is None:
                return found
        raise AssertionError("the walk does not end")

    return go
