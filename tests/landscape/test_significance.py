from __future__ import annotations

from statistics import NormalDist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from landscape.significance import (
    Stratum,
    benjamini_hochberg,
    stratified_test,
    wilson_interval,
)


def test_one_stratum_is_the_two_proportion_test() -> None:
    found = stratified_test([Stratum(n_base=400, n_new=200, in_base=40, in_new=40)])
    # scipy divides by N where the hypergeometric variance divides by N - 1; nothing else differs.
    table = [[40, 360], [40, 160]]
    statistic = chi2_contingency(table, correction=False).statistic * 599 / 600
    mean, n = 200 * 80 / 600, 600
    variance = 400 * 200 * 80 * 520 / (n**2 * (n - 1))
    assert ((40 - mean) ** 2) / variance == pytest.approx(statistic)
    z = (abs(40 - mean) - 0.5) / variance**0.5
    assert found.p_value == pytest.approx(2 * (1 - NormalDist().cdf(z)), rel=1e-6)
    assert (found.observed, found.expected) == (40, 20.0)


def test_a_stratum_that_grew_is_no_change() -> None:
    """Simpson's paradox: inside each venue nothing moved, over both together the share doubled."""
    strata = [Stratum(900, 100, 90, 10), Stratum(100, 900, 50, 450)]
    pooled = Stratum(1000, 1000, 140, 460)
    assert (stratified_test(strata).p_value or 0) > 0.9
    assert (stratified_test([pooled]).p_value or 1) < 1e-10
    assert stratified_test(strata).expected == pytest.approx(460)


@pytest.mark.parametrize(
    "strata",
    [[], [Stratum(0, 50, 0, 20)], [Stratum(50, 0, 20, 0)], [Stratum(50, 50, 2, 3)], [Stratum(9, 9, 9, 9)]],
)
def test_too_little_is_not_tested(strata: list[Stratum]) -> None:
    assert stratified_test(strata).p_value is None


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.integers(0, 300), st.floats(0, 1), st.floats(0, 1)), max_size=4
    )
)
def test_the_test_is_a_probability_whatever_the_counts(rows) -> None:
    strata = [Stratum(a, b, round(a * x), round(b * y)) for a, b, x, y in rows]
    found = stratified_test(strata)
    assert found.p_value is None or 0 <= found.p_value <= 1
    assert stratified_test(strata[::-1]).expected == pytest.approx(found.expected)


def test_benjamini_hochberg_as_in_the_paper() -> None:
    # The fifteen p-values of section 3.3 of the paper: at 5 % it rejects the first four.
    p_values = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
        0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000,
    ]  # fmt: skip
    adjusted = benjamini_hochberg({f"h{i:02}": p for i, p in enumerate(p_values)})
    assert [name for name, q in adjusted.items() if q is not None and q <= 0.05] == [
        "h00", "h01", "h02", "h03",
    ]  # fmt: skip


@settings(max_examples=100)
@given(st.dictionaries(st.text(max_size=3), st.none() | st.floats(0, 1), max_size=12))
def test_adjusted_values_are_never_smaller_and_keep_their_order(p_values) -> None:
    adjusted = benjamini_hochberg(p_values)
    tested = sorted((p, adjusted[name]) for name, p in p_values.items() if p is not None)
    assert all(q is not None and p <= q <= 1 for p, q in tested)
    assert [q for _, q in tested] == sorted(q for _, q in tested)
    assert {name for name, p in p_values.items() if p is None} == {
        name for name, q in adjusted.items() if q is None
    }


def test_wilson_as_tabled() -> None:
    # Newcombe 1998, Statistics in Medicine 17, table I, method 3: 15 of 148.
    assert wilson_interval(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson_interval(0, 0) == (0.0, 1.0)


@settings(max_examples=100)
@given(st.integers(1, 10_000), st.floats(0, 1))
def test_wilson_holds_the_share(total: int, part: float) -> None:
    count = round(total * part)
    low, high = wilson_interval(count, total)
    assert 0 <= low <= count / total + 1e-12
    assert count / total - 1e-12 <= high <= 1
