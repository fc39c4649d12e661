"""Every N-th step of a harvest fails: requests, tokens, statements, writes, locks, the disk."""

import pytest

SCENARIOS = (
    "connection_cut_once_at_request",
    "connection_cut_for_good_at_request",
    "oai_connection_cut_for_good_at_request",
    "oai_token_expired_at_page",
    "disk_full_at_write",
    "disk_full_at_page",
    "locked_at_write",
)


def _check(told, *names: str) -> None:
    for name in names:
        scenario = told[name]
        assert scenario["problems"] == [], name
        assert scenario["cases"] > 0, name
        for fault in ("lost", "doubled", "hash_differs", "rows_not_at_cursor"):
            assert scenario[fault] == 0, (name, fault)


def test_killed_at_statement(measure) -> None:
    """The last statements and commits of the pages among them; all of them in the long run."""
    told = measure("harness/steps.py", "--every", "5", "--only", "killed_at_statement")
    _check(told, "killed_at_statement")


def test_a_step_fails(measure) -> None:
    told = measure("harness/steps.py", "--every", "9", "--only", *SCENARIOS)
    _check(told, *SCENARIOS)
    assert told["connection_cut_once_at_request"]["reported_complete"] > 0
    assert told["connection_cut_for_good_at_request"]["reported_partial"] > 0
    assert told["disk_full_at_write"]["reported_partial"] > 0
    assert told["locked_at_write"]["reported_partial"] > 0


@pytest.mark.faults
def test_every_step_fails(measure, share) -> None:
    told = measure("harness/steps.py", "--every", f"{max(1, round(1 / share))}", keep="steps")
    _check(told, "killed_at_statement", *SCENARIOS)
    if "file_system_full" in told and told["file_system_full"]["cases"]:
        _check(told, "file_system_full")


@pytest.mark.faults
@pytest.mark.postgres
def test_every_step_fails_on_postgresql(measure, share, postgres_server) -> None:
    names = ("postgres_killed_at_statement", "postgres_dropped_at_statement")
    every = f"{max(1, round(1 / share))}"
    arguments = ("--every", every, "--postgres", postgres_server, "--only", *names)
    told = measure("harness/steps.py", *arguments, keep="steps_postgresql")
    _check(told, *names)


@pytest.mark.postgres
def test_a_dropped_connection_is_partial_and_resumed(measure, postgres_server) -> None:
    told = measure(
        "harness/steps.py", "--every", "23", "--postgres", postgres_server,
        "--only", "postgres_dropped_at_statement",
    )  # fmt: skip
    _check(told, "postgres_dropped_at_statement")
    assert told["postgres_dropped_at_statement"]["reported_partial"] > 0
