"""Never faster than the operator's rule, and hardly slower than it has to be."""

import pytest


def test_processes_share_one_rule(measure) -> None:
    """Two processes by the query API, two by OAI-PMH: one operator, one gap."""
    arguments = ("--processes", "4", "--delay-seconds", "0.15", "--requests", "2")
    told = measure("harness/courtesy.py", *arguments)
    assert told["requests"] == 8
    assert told["failed_processes"] == 0
    assert told["under_the_rule"] == 0
    assert told["least_gap_seconds"] >= 0.15


def test_pages_come_at_the_rules_own_pace(measure) -> None:
    told = measure("harness/courtesy.py", "--records", "700")
    assert (told["state"], told["stored"]) == ("complete", 700)
    assert told["requests"] == told["pages"]
    assert told["least_gap_seconds"] >= 3.0


@pytest.mark.faults
def test_four_processes_keep_arxivs_rule(measure) -> None:
    arguments = ("--processes", "4", "--delay-seconds", "3", "--requests", "3")
    told = measure("harness/courtesy.py", *arguments, keep="gap")
    assert told["failed_processes"] == 0
    assert told["least_gap_seconds"] >= 3.0


@pytest.mark.faults
@pytest.mark.parametrize("source", ["arxiv", "arxiv_oai"])
def test_thirty_thousand_records(measure, share, source) -> None:
    records = max(2_000, round(30_000 * share))
    arguments = ("--records", f"{records}", "--source", source)
    told = measure("harness/courtesy.py", *arguments, keep=f"thirty_thousand_{source}")
    assert (told["state"], told["stored"]) == ("complete", records)
    assert told["least_gap_seconds"] >= 3.0
    assert told["ratio_to_floor"] <= 1.05 or share < 1
