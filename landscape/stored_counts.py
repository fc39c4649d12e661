"""What moved between two snapshots, by the counts that were written down then.

A rebuilt past can differ from what was seen: papers are joined, corrected and labelled again. Where a
reader names a snapshot by its id, its own counts stand in the comparison. Arrivals, re-labelled papers
and tests still come from the papers themselves.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from landscape.movement import Direction, Movement, PlaceMovement
from landscape.types import LandscapeSnapshot
from taxonomy.models import Taxonomy


def with_stored_counts(
    movement: Movement,
    taxonomy: Taxonomy,
    before: LandscapeSnapshot | None = None,
    after: LandscapeSnapshot | None = None,
) -> Movement:
    """Put the counts of snapshots into a comparison.

    Args:
        movement: The comparison of the two moments, rebuilt from the papers.
        taxonomy: The grid in force; topics of older snapshots are followed to their successors, and
            where two were joined their counts are added.
        before: The snapshot named as the earlier moment; None keeps what was rebuilt.
        after: The one named as the later moment; None keeps what was rebuilt.

    Returns:
        The same comparison with the counts and shares that were written down.
    """
    earlier, later = _counts(taxonomy, before), _counts(taxonomy, after)

    def counted(place: PlaceMovement) -> PlaceMovement:
        n_before = place.n_before if before is None else earlier[place.id]
        n_after = place.n_after if after is None else later[place.id]
        return replace(
            place,
            n_before=n_before,
            n_after=n_after,
            share_before=place.share_before if before is None else _share(n_before, before.relevant),
            share_after=place.share_after if after is None else _share(n_after, after.relevant),
            direction=_direction(place, n_before, n_after),
        )

    return replace(
        movement,
        papers_before=movement.papers_before if before is None else before.papers,
        relevant_before=movement.relevant_before if before is None else before.relevant,
        papers_after=movement.papers_after if after is None else after.papers,
        relevant_after=movement.relevant_after if after is None else after.relevant,
        cells=tuple(map(counted, movement.cells)),
        topics=tuple(map(counted, movement.topics)),
    )


def _counts(taxonomy: Taxonomy, snapshot: LandscapeSnapshot | None) -> Counter[str]:
    """Papers by cell and by topic in force."""
    counts: Counter[str] = Counter()
    for cell in snapshot.cells if snapshot else ():
        counts[cell.id] += cell.n_papers
        for topic in cell.topics:
            if (name := taxonomy.resolve_topic(topic.id)) is not None:
                counts[name] += topic.n_papers
    return counts


def _share(count: int, relevant: int) -> float:
    return count / relevant if relevant else 0.0


def _direction(place: PlaceMovement, n_before: int, n_after: int) -> Direction:
    if n_after and not n_before:
        return "new"
    # It stood there before after all, and where nothing was before nothing was tested.
    return "untested" if place.direction == "new" else place.direction
