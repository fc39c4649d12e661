"""`landscape init`: create the store, load the starter library, classify."""

from __future__ import annotations

from typing import Any

import click

from cli.shared import json_option, print_json, progress_bar
from foundation.settings import load_settings


def run() -> dict[str, Any]:
    """Create and fill the store. Running again changes nothing.

    Returns:
        What the store holds now: papers, of them from the library, labelled.
    """
    from workflow.initialise import initialise

    with progress_bar("Preparing the store", "papers") as advance:
        return initialise(load_settings(), progress=advance)


@click.command("init", epilog="Example: landscape init")
@json_option
def command(as_json: bool) -> None:
    """Create the store, load the starter library, classify. Running again changes nothing."""
    result = run()
    if as_json:
        print_json(result)
    else:
        click.echo(
            f"{result['papers']} papers in the store, {result['library']} from the starter library, "
            f"{result['classified']} labelled ({result['database']})"
        )
