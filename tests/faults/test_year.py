"""The whole of 2023 with recorded papers; docs/simulated-year.md says what came of it."""

import pytest


@pytest.mark.faults
@pytest.mark.shared
def test_a_year_with_recorded_papers(measure, share, shared_data) -> None:
    told = measure("harness/year.py", "--share", str(max(0.1, share)))
    for name in (
        "missed", "digests_wrong", "digests_differ", "told_twice", "never_told", "alerts_repeated",
        "rebuilt_counts_differ", "at_once_only", "at_once_lacks", "at_once_differ",
    ):  # fmt: skip
        assert told[name] == 0, (name, told)
    assert told["history_equal"]
    assert told["runs_missed_and_made_up"] > 0
    assert told["states"]["arxiv partial"] > 0
