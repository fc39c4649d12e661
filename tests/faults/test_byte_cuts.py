"""A page that is cut is refused, wherever it is cut."""

import pytest


def _check(told) -> None:
    from harvester import registry

    assert told["accepted"] == 0
    assert told["crashed"] == 0
    assert set(told["by_source"]) == set(registry.names())
    for name, source in told["by_source"].items():
        assert source["by_hand"]["rejected"] > 0, name
        assert source["on_the_wire"]["rejected"] > 0, name


def test_cut_here_and_there(measure) -> None:
    _check(measure("harness/byte_cuts.py", "--every", "61", "--wire-every", "331"))


@pytest.mark.faults
def test_cut_at_every_byte(measure, share) -> None:
    every = max(1, round(1 / share))
    arguments = ("--every", f"{every}", "--wire-every", f"{3 * every}")
    told = measure("harness/byte_cuts.py", *arguments, "--baseline", keep="byte_cuts")
    _check(told)
    assert told["offsets"] >= 30_000 or share < 1
