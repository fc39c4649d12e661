"""Bombs, entities and outside files are refused, and cost little."""

import pytest


def _check(told) -> None:
    for what, case in told["refusals"].items():
        assert case["read"] == 0, what
        assert case["leaked"] == 0, what
        assert case["parsers"] == 3, what
    assert "larger" in told["gzip_bomb"]["said"]
    assert told["nested_gzip_bomb"]["said"] != "read"


def test_hostile_documents_are_refused(measure) -> None:
    told = measure("harness/bombs.py", "--bomb-mb", "80")
    _check(told)
    assert told["gzip_bomb"]["memory_mb"] <= 100


@pytest.mark.faults
def test_hostile_documents_cost_little(measure) -> None:
    told = measure("harness/bombs.py", keep="bombs")
    _check(told)
    assert told["gzip_bomb"]["memory_mb"] <= 100
