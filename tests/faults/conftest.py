"""Runs the fault harnesses, each a script in a process of its own, and keeps what the long ones measure."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]


def _module(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# The private PostgreSQL cluster is the store's own fixture.
postgres_server = _module("tests_db_conftest", FOLDER.parent / "db" / "conftest.py").postgres_server


@pytest.fixture(scope="session")
def figures() -> ModuleType:
    """The module `figures.py`: keeps figures in docs/reliability.json and .md."""
    return _module("tests_faults_figures", FOLDER / "figures.py")


@pytest.fixture(scope="session")
def share() -> float:
    """The part of their cases that the long suites take: `FAULTS_SHARE`, over 0 and up to 1 (all)."""
    return min(1.0, max(0.0001, float(os.environ.get("FAULTS_SHARE") or 1)))


@pytest.fixture
def measure(request: pytest.FixtureRequest) -> Callable[..., dict[str, Any]]:
    """Run a harness; its figures. With `keep`, those of a whole suite go to docs/reliability.json."""

    def run(script: str, *arguments: str, keep: str = "", timeout_seconds: float = 7_000) -> dict[str, Any]:
        command = [sys.executable, str(FOLDER / script), *arguments]
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=timeout_seconds, check=False
        )
        assert done.returncode == 0, done.stderr[-4_000:]
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        if keep and request.getfixturevalue("share") == 1:
            kept = request.getfixturevalue("figures")
            kept.keep(keep, told, ["python", f"tests/faults/{script}", *arguments])
        return told

    return run
