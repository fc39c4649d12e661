"""Runs the command line in this process and returns what a shell would see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Outcome:
    """What a shell sees of a command."""

    code: int
    out: str
    err: str


@pytest.fixture
def landscape(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Call `landscape` with words; returns exit code, stdout and stderr."""
    from cli.main import main

    def call(*words: object) -> Outcome:
        with pytest.raises(SystemExit) as stop:
            main([str(word) for word in words])
        captured = capsys.readouterr()
        return Outcome(int(stop.value.code or 0), captured.out, captured.err)

    return call
