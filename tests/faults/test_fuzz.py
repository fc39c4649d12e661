"""No mutated page gets anything but an error of our own out of a parser."""

import pytest


def _check(told) -> None:
    from harvester import registry

    assert told["crashes"] == 0, told["crash_places"]
    assert set(registry.names()) <= set(told["by_parser"])


def test_some_thousand_mutations(measure) -> None:
    told = measure("harness/fuzz.py", "--executions", "8000", "--seed", "7")
    assert told["executions"] == 8_000
    _check(told)


@pytest.mark.faults
def test_a_million_mutations(measure, share) -> None:
    executions = max(2_000, round(1_020_000 * share))
    told = measure("harness/fuzz.py", "--executions", f"{executions}", "--processes", "2", keep="fuzz")
    assert told["executions"] >= min(executions, 1_000_000)
    assert told["over_one_second"] == 0
    _check(told)
