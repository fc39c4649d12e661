"""Whether a difference of shares is more than chance: the tests behind every "rising" and "fading".

Pure arithmetic on counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import erfc, sqrt

# Mantel and Fleiss (1980, American Journal of Epidemiology 112, 129-134): the normal approximation
# holds where the possible values reach further than 5 to both sides of what is expected.
LEAST_REACH = 5.0
Z_95 = 1.959963984540054  # two-sided 95 % of the standard normal distribution


@dataclass(frozen=True)
class Stratum:
    """Papers of one stratum before and in the span, and how many of each stand in the place tested."""

    n_base: int
    n_new: int
    in_base: int
    in_new: int


@dataclass(frozen=True)
class ShareTest:
    """What a stratified test found.

    Attributes:
        observed: New papers in the place, over all strata.
        expected: How many the shares before let expect, inside each stratum.
        p_value: Two-sided; None where the counts are too small for the approximation.
    """

    observed: int
    expected: float
    p_value: float | None


def stratified_test(strata: Sequence[Stratum]) -> ShareTest:
    """Compare two proportions inside strata, all at once.

    The Cochran-Mantel-Haenszel test with continuity correction (Mantel and Haenszel 1959, Journal of
    the National Cancer Institute 22, 719-748; Agresti, Categorical Data Analysis, section 6.3): with one
    stratum the two-proportion chi-square test. Shares may differ from stratum to stratum as they like,
    so a stratum that grew or that was harvested late cannot pass for a change.

    Args:
        strata: Counts.

    Returns:
        Observed, expected and p.
    """
    observed = sum(each.in_new for each in strata)
    expected = mean_sum = variance = reach_down = reach_up = 0.0
    for each in strata:
        total, marked = each.n_base + each.n_new, each.in_base + each.in_new
        if total < 2 or not each.n_base or not each.n_new:
            continue
        expected += each.n_new * each.in_base / each.n_base
        mean = each.n_new * marked / total  # under "no change", both sides pooled
        mean_sum += mean
        variance += each.n_base * each.n_new * marked * (total - marked) / (total**2 * (total - 1))
        reach_down += mean - max(0, marked - each.n_base)
        reach_up += min(marked, each.n_new) - mean
    if min(reach_down, reach_up) < LEAST_REACH or variance <= 0:
        return ShareTest(observed, expected, None)
    z = max(abs(observed - mean_sum) - 0.5, 0.0) / sqrt(variance)
    return ShareTest(observed, expected, erfc(z / sqrt(2)))


def benjamini_hochberg(p_values: Mapping[str, float | None]) -> dict[str, float | None]:
    """Adjust p for many tests at once, so that of all finds at most the chosen share is false.

    Benjamini and Hochberg (1995, Journal of the Royal Statistical Society B 57, 289-300), as adjusted
    values: a find at rate r is one whose value is at most r.

    Args:
        p_values: By name; None for what was not tested.

    Returns:
        Adjusted values by name; None where there was none.
    """
    tested = sorted((p, name) for name, p in p_values.items() if p is not None)
    adjusted: dict[str, float | None] = dict.fromkeys(p_values)
    least = 1.0
    for rank in range(len(tested), 0, -1):
        p, name = tested[rank - 1]
        least = min(least, p * (len(tested) / rank))
        adjusted[name] = least
    return adjusted


def wilson_interval(count: int, total: int, z: float = Z_95) -> tuple[float, float]:
    """Confidence interval of a share.

    Wilson (1927, Journal of the American Statistical Association 22, 209-212): unlike the usual one it
    stays inside 0 and 1 and is sound for small counts.

    Args:
        count: In the place.
        total: In all.
        z: Quantile of the standard normal distribution.

    Returns:
        Lower and upper bound; 0 and 1 where there is nothing to say.
    """
    if total <= 0:
        return 0.0, 1.0
    share = count / total
    spread = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    middle, scale = share + z * z / (2 * total), 1 + z * z / total
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)
