"""What keeps the schedule going when nobody is logged in: a crontab line or a systemd unit, as text."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from foundation.errors import ConfigurationError
from foundation.log import redact

if TYPE_CHECKING:
    from foundation.settings import Settings

Kind = Literal["cron", "systemd"]
CRON_MINUTES = 15  # how often cron looks whether anything is due; the schedule itself is in the store


def schedule_unit(settings: Settings, kind: Kind) -> str:
    """Write the line or unit for this installation.

    Only what is no secret is written: a database URL with a password, and logins, belong into the
    environment that cron or systemd gives the command.

    Args:
        settings: Home folder and database in force.
        kind: cron or systemd.

    Returns:
        The text, ending in a line break.

    Raises:
        ConfigurationError: The database URL holds a password, or a path cannot be written safely.
    """
    url = settings.database_url
    if redact(url) != url:
        raise ConfigurationError(
            "the database URL holds a password, which does not belong into a file",
            hint="Unset LANDSCAPE_DATABASE_URL here and give it to the service by its own environment file.",
        )
    environment = {"LANDSCAPE_HOME": str(settings.home.absolute())}
    if url:
        environment["LANDSCAPE_DATABASE_URL"] = url
    for name, value in environment.items():
        if any(character in value for character in '\n\r"\\'):
            raise ConfigurationError(f"{name} cannot be written into a unit", value=value)
    return _cron(environment) if kind == "cron" else _systemd(environment)


def _command() -> str:
    """The `landscape` command of this installation, whole."""
    beside = Path(sys.executable).with_name("landscape")
    return str(beside) if beside.exists() else f"{sys.executable} -m cli.main"


def _cron(environment: dict[str, str]) -> str:
    """One line of `crontab -e`; `man 5 crontab`: an unescaped percent sign would end the command."""
    settings = " ".join(f"{name}={shlex.quote(value)}" for name, value in environment.items())
    program = " ".join(shlex.quote(word) for word in _command().split(" -m "))
    program = program.replace(" cli.main", " -m cli.main")
    line = f"*/{CRON_MINUTES} * * * * {settings} {program} schedule run --once"
    return line.replace("%", r"\%") + "\n"


def _systemd(environment: dict[str, str]) -> str:
    """A user unit; `man 5 systemd.service` and `systemd.exec`: a percent sign is doubled."""
    settings = "\n".join(f'Environment="{name}={value}"' for name, value in environment.items())
    program = " ".join(f'"{word}"' for word in _command().split(" -m "))
    program = program.replace(' "cli.main"', ' -m "cli.main"')
    text = f"""[Unit]
Description=Living map of language model research: harvests on schedule
After=network-online.target
Wants=network-online.target

[Service]
Type=simple
{settings}
ExecStart={program} schedule run
Restart=on-failure
RestartSec=60
Nice=10

[Install]
WantedBy=default.target
"""
    return text.replace("%", "%%")
