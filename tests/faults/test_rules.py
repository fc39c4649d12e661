"""Each rule, once undone, is missed by a test."""

import pytest


@pytest.mark.faults
def test_every_rule_is_guarded(measure, share) -> None:
    told = measure("mutate_rules.py", *(["--one-each"] if share < 1 else []), keep="rules")
    assert told["noticed"] == told["cases"], [row for row in told["table"] if not row["red_tests"]]
    assert {row["rule"] for row in told["table"]} == {"R1", "R2", "R3", "R4", "R5", "R6"}
