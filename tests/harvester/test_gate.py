"""The rate gate: one request at a time, never too soon, for every process of the machine."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path

import pytest

from foundation.clock import SystemClock
from foundation.errors import ConfigurationError, TransientSourceError
from harvester.gate import RateGate, boot_id

ROOT = Path(__file__).resolve().parents[2]
DELAY_SECONDS = 0.15

WORKER = """
import sys, time
from pathlib import Path
from foundation.clock import SystemClock
from harvester.gate import RateGate
gate = RateGate("arxiv", float(sys.argv[2]), Path(sys.argv[1]), SystemClock())
for _ in range(int(sys.argv[3])):
    with gate.turn() as turn:
        begun = time.monotonic()
        time.sleep(0.01)
        turn.answered_at = time.monotonic()
        print(begun, time.monotonic(), flush=True)
"""


def _turns(folder: Path, processes: int, each: int) -> list[tuple[float, float]]:
    running = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(folder), str(DELAY_SECONDS), str(each)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for _ in range(processes)
    ]
    lines: list[str] = []
    for process in running:
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        lines += out.splitlines()
    return sorted((float(line.split()[0]), float(line.split()[1])) for line in lines)


def test_processes_keep_the_gap_between_them(tmp_path):
    turns = _turns(tmp_path, processes=3, each=4)
    assert len(turns) == 12
    gaps = [later[0] - earlier[0] for earlier, later in pairwise(turns)]
    assert min(gaps) >= DELAY_SECONDS
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(turns))


def test_threads_keep_the_gap_between_them(tmp_path):
    moments: list[float] = []
    clock = SystemClock()

    def work() -> None:
        gate = RateGate("arxiv", 0.05, tmp_path, clock)
        for _ in range(3):
            with gate.turn():
                moments.append(clock.monotonic())

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    moments.sort()
    assert len(moments) == 9
    assert min(b - a for a, b in pairwise(moments)) >= 0.05


def test_operators_do_not_wait_for_each_other(tmp_path, clock):
    with RateGate("arxiv", 3, tmp_path, clock).turn():
        pass
    with RateGate("pmlr", 3, tmp_path, clock).turn():
        pass
    assert clock.sleeps == []


def test_a_failed_request_counts_too(tmp_path, clock):
    gate = RateGate("arxiv", 3, tmp_path, clock)
    with pytest.raises(ZeroDivisionError), gate.turn():
        raise ZeroDivisionError
    with gate.turn():
        pass
    assert clock.sleeps == [3]


def test_a_process_that_died_during_its_request_is_counted(tmp_path, clock):
    """SIGKILL between request and answer: the mark written before the request stands."""
    gate = RateGate("arxiv", 3, tmp_path, clock)
    with gate.turn():
        killed = (tmp_path / "arxiv.gate.json").read_bytes()
    (tmp_path / "arxiv.gate.json").write_bytes(killed)
    with gate.turn():
        pass
    assert clock.sleeps == [3]


@pytest.mark.parametrize(
    "state",
    [
        "", "{", "[]", "null", '{"boot": "x"}',
        json.dumps({"boot": "of another machine", "not_before": 0}),
        json.dumps({"boot": boot_id(), "not_before": 1e12}),
        json.dumps({"boot": boot_id(), "not_before": "soon"}),
        json.dumps({"boot": boot_id(), "not_before": float("nan")}),
    ],
)  # fmt: skip
def test_a_state_that_makes_no_sense_means_one_full_pause(tmp_path, clock, state):
    (tmp_path / "arxiv.gate.json").write_text(state, encoding="utf-8")
    with RateGate("arxiv", 3, tmp_path, clock).turn():
        pass
    assert clock.sleeps == [3]


def test_setting_the_wall_clock_changes_nothing(tmp_path, clock):
    gate = RateGate("arxiv", 3, tmp_path, clock)
    with gate.turn():
        clock.wall = clock.wall.replace(year=1999)
    with gate.turn():
        pass
    assert clock.sleeps == [3]


def test_a_long_pause_ends_the_run_instead_of_waiting(tmp_path, clock):
    gate = RateGate("arxiv", 3, tmp_path, clock, patience_seconds=60)
    with gate.turn() as turn:
        turn.pause_seconds = 1_000
    with pytest.raises(TransientSourceError, match="pause"), gate.turn():
        pass
    assert clock.sleeps == []


def test_standing_in_line_has_an_end(tmp_path, clock):
    with (
        RateGate("arxiv", 0, tmp_path, clock).turn(),
        pytest.raises(TransientSourceError, match="another process"),
        RateGate("arxiv", 0, tmp_path, clock, patience_seconds=0.05).turn(),
    ):
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path, clock):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with (
        pytest.raises(ConfigurationError, match="lock folder"),
        RateGate("arxiv", 0, tmp_path / "file", clock).turn(),
    ):
        pass


def test_a_full_disk_is_an_error_of_ours_and_nothing_is_asked(tmp_path, monkeypatch):
    """The gate's note used to fail with a bare OSError, which ended the command with a traceback."""

    def full(*_args: object, **_named: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    gate = RateGate("arxiv", 0, tmp_path, SystemClock())
    monkeypatch.setattr(Path, "write_text", full)
    asked = []
    with pytest.raises(TransientSourceError, match="No space left"), gate.turn():
        asked.append(True)
    assert asked == []
    monkeypatch.undo()
    with gate.turn():
        asked.append(True)
    assert asked == [True], "the lock was given back"
