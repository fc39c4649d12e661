"""A harvest killed at any moment goes on: nothing lost, nothing doubled, the same store."""

import pytest


def _check(told) -> None:
    assert told["problems"] == []
    for fault in ("lost", "doubled", "hash_differs", "integrity_failures", "rows_not_at_cursor"):
        assert told[fault] == 0, fault
    assert told["kills"] == sum(told["kills_by_pages_stored"].values())


def test_killed_at_random(measure) -> None:
    told = measure("harness/kills.py", "--kills", "12", "--harvests", "3", "--pages", "5")
    assert told["kills"] >= 12
    assert told["harvests"] >= 3
    _check(told)


@pytest.mark.faults
def test_a_thousand_kills(measure, share) -> None:
    kills, harvests = max(10, round(1_000 * share)), max(2, round(200 * share))
    told = measure("harness/kills.py", "--kills", f"{kills}", "--harvests", f"{harvests}", keep="kills")
    assert told["kills"] >= kills
    assert told["harvests"] >= harvests
    assert told["kills_after_the_first_page"] >= 0.8 * told["kills"] or share < 1
    _check(told)
