"""What is written for cron and systemd can be read by them, whatever the folder is called."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from foundation.errors import ConfigurationError
from foundation.settings import Settings
from workflow.schedule_units import CRON_MINUTES, schedule_unit


def _settings(home: Path | str, url: str = "") -> Settings:
    return Settings.model_validate({"home": str(home), **({"database_url": url} if url else {})})


def test_the_line_for_cron_runs_in_a_shell(tmp_path: Path) -> None:
    home = tmp_path / "a folder with 50% and 'quotes'"
    line = schedule_unit(_settings(home), "cron")
    assert line.endswith("\n")
    assert line.count("\n") == 1
    fields, command = line.rstrip("\n").split(" ", 5)[:5], line.rstrip("\n").split(" ", 5)[5]
    assert fields == [f"*/{CRON_MINUTES}", "*", "*", "*", "*"]
    # crontab(5): a percent sign without a backslash ends the command.
    assert "%" not in command.replace("\\%", "")
    setting, *words = shlex.split(command.replace("\\%", "%"))
    assert setting == f"LANDSCAPE_HOME={home}"
    assert words[-3:] == ["schedule", "run", "--once"]
    assert Path(words[0]).exists()
    done = subprocess.run(
        ["sh", "-c", command.replace("\\%", "%").replace("schedule run --once", "schedule --help")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Keep the landscape current" in done.stdout


def test_the_unit_for_systemd_holds_together(tmp_path: Path) -> None:
    home = tmp_path / "a folder with 50%"
    unit = schedule_unit(_settings(home, f"sqlite:///{tmp_path}/s.db"), "systemd")
    lines = unit.splitlines()
    assert [line for line in lines if line.startswith("[")] == ["[Unit]", "[Service]", "[Install]"]
    assert f'Environment="LANDSCAPE_HOME={str(home).replace("%", "%%")}"' in lines
    assert f'Environment="LANDSCAPE_DATABASE_URL=sqlite:///{tmp_path}/s.db"' in lines
    (start,) = [line for line in lines if line.startswith("ExecStart=")]
    assert start.endswith("schedule run")
    assert "--once" not in start


def test_systemd_itself_finds_nothing_wrong(tmp_path: Path) -> None:
    analyse = shutil.which("systemd-analyze")
    if analyse is None:
        pytest.skip("systemd is not installed")
    path = tmp_path / "landscape.service"
    path.write_text(schedule_unit(_settings(tmp_path), "systemd"))
    done = subprocess.run(
        [analyse, "verify", "--user", str(path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert "landscape.service" not in done.stderr


@pytest.mark.parametrize("kind", ["cron", "systemd"])
def test_a_password_goes_into_no_file(tmp_path: Path, kind) -> None:
    with pytest.raises(ConfigurationError, match="password") as told:
        schedule_unit(_settings(tmp_path, "postgresql+psycopg://ada:hunter2@db/landscape"), kind)
    assert "hunter2" not in str(told.value)


@pytest.mark.parametrize("kind", ["cron", "systemd"])
def test_a_path_that_would_break_the_line_is_refused(kind) -> None:
    with pytest.raises(ConfigurationError, match="LANDSCAPE_HOME"):
        schedule_unit(_settings('/tmp/with "quotes"'), kind)
