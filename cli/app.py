"""`landscape app`: serve the living chart."""

from __future__ import annotations

import importlib
import os
import runpy
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.shared import progress_bar
from foundation.errors import ConfigurationError
from foundation.settings import load_settings

if TYPE_CHECKING:
    from foundation.settings import Settings

APP_FILE = Path(__file__).resolve().parents[1] / "app.py"


def run(host: str, port: int, *, check: bool = False) -> int:
    """Prepare the store and serve the app until interrupted.

    Args:
        host: Address to listen on.
        port: Port to listen on.
        check: Prepare everything and return without serving.

    Returns:
        Exit code of the server.

    Raises:
        ConfigurationError: The app's files are not where they belong, or nothing can listen there.
    """
    if not APP_FILE.is_file():
        raise ConfigurationError("app.py is missing", hint="Install the project again.", path=APP_FILE)
    if not check:
        refuse_taken(host, port, "app")
    settings = load_settings()
    if check or not _is_filled(settings):
        from workflow.initialise import ensure_store

        with progress_bar("Preparing the store", "papers") as advance:
            ensure_store(settings, progress=advance).dispose()
    if check:
        return 0
    shown = "127.0.0.1" if host in ("127.0.0.1", "localhost") else host
    click.echo(f"The landscape is at http://{shown}:{port} (stop with Ctrl-C)")
    if shown != "127.0.0.1":
        click.echo("Anyone who reaches this address can read it: there is no login.", err=True)
    # The theme and the safe defaults stand in .streamlit/config.toml, found from the working folder.
    # The user's own landscape.toml is not found from there, so what it says goes along.
    os.environ["LANDSCAPE_HOME"] = str(settings.home.absolute())
    os.environ["LANDSCAPE_DATABASE_URL"] = settings.resolved_database_url
    os.chdir(APP_FILE.parent)
    # The server runs in this process: a second interpreter would import everything again, half of
    # the time to the first page. What the first page needs is imported beside the server's start.
    threading.Thread(target=_warm_up, daemon=True).start()
    sys.argv = ["streamlit", "run", str(APP_FILE), "--server.address", host]
    sys.argv += ["--server.port", str(port), "--server.headless", "true"]
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)
    return 0


def refuse_taken(host: str, port: int, command_name: str) -> None:
    """Say that a port is taken before minutes of work and before an address that serves another."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise ConfigurationError(
            f"the {command_name} cannot listen there",
            hint=f"Choose another port, such as landscape {command_name} --port {port % 65535 + 1}.",
            host=host,
            port=port,
            reason=error.strerror or error,
        ) from error


def _is_filled(settings: Settings) -> bool:
    """Whether there is a store that the app may open without a word in the terminal."""
    return settings.database_url == "" and (settings.home / "landscape.db").is_file()


def _warm_up() -> None:
    for name in ("views.navigation", "charts.landscape", "landscape.grid", "export.registry"):
        importlib.import_module(name)


@click.command(
    "app", epilog="Example: landscape app --port 8600", short_help="Serve the living chart on this machine."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8501, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on."
)
@click.option("--check", is_flag=True, help="Prepare everything, then stop without serving.")
def command(host: str, port: int, check: bool) -> None:
    """Serve the living chart on this machine.

    An empty store is first filled from the starter library, so that the chart is alive at once
    and offline.
    """
    raise SystemExit(run(host, port, check=check))
