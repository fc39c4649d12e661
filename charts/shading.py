"""How strongly a chip is tinted, and the scale that says so beside the chart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

ColourBy = Literal["count", "share", "growth"]

STEPS = 5  # tints that a reader can still tell apart within one hue
# Growth has fixed bounds, so that a tint means the same on every chart: shrinking by a quarter or
# more, shrinking, growing, growing by half, doubling.
GROWTH_BOUNDS = (0.0, 0.75, 1.0, 1.5, 2.0)


@dataclass(frozen=True)
class Scale:
    """Lower bounds of the tints, weakest first.

    Attributes:
        title: What is measured.
        bounds: Lower bound of each tint, rising; the first holds everything below the second.
        labels: The bounds as shown.
    """

    title: str
    bounds: tuple[float, ...]
    labels: tuple[str, ...]

    def strength(self, value: float | None) -> float:
        """Tint of a value, 0 (weakest) to 1; what is unknown is weakest."""
        if value is None or len(self.bounds) < 2:
            return 0.0
        step = sum(value >= bound for bound in self.bounds[1:])
        return step / (len(self.bounds) - 1)


def make_scale(colour_by: ColourBy, values: Sequence[float | None]) -> Scale:
    """A scale for the values of one chart.

    Counts and shares are split into equal steps of their logarithm, since a few topics hold most
    papers; growth has fixed bounds.

    Args:
        colour_by: What is measured.
        values: One a chip.

    Returns:
        The scale; with fewer steps where the values are too few to tell five apart.
    """
    if colour_by == "growth":
        labels = tuple(f"×{bound:g}" for bound in GROWTH_BOUNDS)
        return Scale("papers of the last 12 months over the 12 before", GROWTH_BOUNDS, labels)
    most = max((value for value in values if value is not None), default=0.0)
    if colour_by == "share":
        bounds = _log_bounds(most * 1000)
        return Scale(
            "share of relevant papers",
            tuple(bound / 1000 for bound in bounds),
            tuple(f"{bound / 10:g} %" for bound in bounds),
        )
    bounds = _log_bounds(most)
    return Scale(
        "papers per topic, log scale", tuple(map(float, bounds)), tuple(short_count(b) for b in bounds)
    )


def short_count(count: int) -> str:
    """A count in at most five characters: 999, 9,999, 12.3k, 123k, 1.2M."""
    if count < 10_000:
        return f"{count:,}"
    if count < 999_500:
        return f"{count / 1_000:.1f}k" if count < 99_950 else f"{count / 1_000:.0f}k"
    return f"{count / 1_000_000:.1f}M"


def _log_bounds(most: float) -> list[int]:
    steps = [math.ceil(math.expm1(step / STEPS * math.log1p(most))) for step in range(STEPS)]
    return sorted({0, *(step for step in steps if step <= most)})
