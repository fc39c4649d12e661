"""What the documentation says can be typed must be something that the command line knows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from cli.main import cli

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMAND = re.compile(
    r"^\s*(?:\$ )?(?:\.venv/bin/|uv run )?(landscape [a-z].*?)(?:\s+#.*)?$|`(landscape [a-z][^`]*)`", re.M
)
MAKE = re.compile(r"`?(?:^|\$ |`)make ([a-z]+)", re.M)
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")


def _commands() -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        for match in COMMAND.finditer(page.read_text(encoding="utf-8")):
            text = (match[1] or match[2]).split("|")[0].split("&&")[0].rstrip("\\ ").strip()
            found.append((page.name, text))
    return found


@pytest.mark.parametrize(("page", "text"), _commands())
def test_documented_command_exists_with_its_options(page: str, text: str) -> None:
    words = [word for word in shlex.split(text)[1:] if "…" not in word and "..." not in word]
    command: click.Command = cli
    while isinstance(command, click.Group) and words:
        if words[0].startswith("-") or words[0].isupper():
            break
        found = command.get_command(click.Context(command), words[0])
        assert found is not None, f"{page}: {text}"
        command, words = found, words[1:]
    known = {option for parameter in command.params for option in parameter.opts} | {
        "--help",
        "-h",
        "--version",
    }
    for word in words:
        if re.match(r"--[a-z]", word):
            assert word.split("=")[0] in known, f"{page}: {text} has no option {word}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_documented_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert set(MAKE.findall(page.read_text(encoding="utf-8"))) <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_local_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if not target.startswith(("paper:", "?")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
