import importlib
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from cli.main import COMMANDS, cli


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help_with_an_example(landscape, name: str) -> None:
    outcome = landscape(name, "--help")
    assert outcome.code == 0
    assert re.search(r"Example(s|, [^:]+)?:\s+(landscape |\{.*\"landscape\")", outcome.out)


@pytest.mark.parametrize("name", list(COMMANDS))
def test_registry_and_module_agree_on_the_name(name: str) -> None:
    assert importlib.import_module(COMMANDS[name][0]).command.name == name
    assert name in cli.list_commands(None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "words",
    [
        ["nothing"],
        ["import"],
        ["import", "--bogus", "x"],
        ["app", "--port", "0"],
        ["export", "pptx"],
        ["predict", "absent.jsonl", "out.jsonl"],
        ["harvest", "--from", "yesterday"],
        ["harvest", "--from", "2024-02-01", "--until", "2024-01-01"],
        ["taxonomy", "show", "training/data/never-was"],
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(landscape, words: list[str]) -> None:
    outcome = landscape(*words)
    assert outcome.code == 2
    assert len(outcome.err.strip().splitlines()) == 1, outcome.err
    assert "Traceback" not in outcome.err


def test_wrong_settings_are_one_line_and_exit_code_2(landscape, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDSCAPE_DATABASE", "x")
    outcome = landscape("status")
    assert outcome.code == 2
    assert len(outcome.err.strip().splitlines()) == 1
    assert "database" in outcome.err


def test_secrets_never_reach_the_terminal(landscape, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDSCAPE_DATABASE_URL", "postgresql+psycopg://reader:s3cr3t@127.0.0.1:1/none")
    outcome = landscape("status")
    assert outcome.code == 2
    assert "s3cr3t" not in outcome.out + outcome.err
    assert len(outcome.err.strip().splitlines()) == 1


def test_no_words_show_help_and_exit_code_2(landscape) -> None:
    outcome = landscape()
    assert outcome.code == 2
    assert "landscape app" in outcome.out


def test_termination_ends_with_143() -> None:
    script = (
        "import cli.main as m, click, time\n"
        "@click.command('wait')\n"
        "def wait():\n    print('ready', flush=True)\n    time.sleep(60)\n"
        "m.cli.add_command(wait)\n"
        "m.LazyGroup.get_command = lambda self, ctx, name: wait\n"
        "m.main(['wait'])\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(0.1)
        os.kill(process.pid, signal.SIGTERM)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 143
    assert b"Traceback" not in err
