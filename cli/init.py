"""`landscape init`: create the store, load the starter library, classify."""

from __future__ import annotations

from typing import Any

import click

from cli.shared import json_option, print_json, progress_bar
from foundation.settings import load_settings


def run(taxonomy: str | None = None) -> dict[str, Any]:
    """Create and fill the store. Running again changes nothing.

    Args:
        taxonomy: A taxonomy file, or the name of a sample; None keeps the grid in force.

    Returns:
        What the store holds now: papers, of them from the library, labelled.
    """
    from taxonomy.samples import read_grid
    from workflow.initialise import initialise

    grid = None if taxonomy is None else read_grid(taxonomy)
    with progress_bar("Preparing the store", "papers") as advance:
        return initialise(load_settings(), progress=advance, grid=grid)


EPILOG = """\b
Examples:
  landscape init
  LANDSCAPE_HOME=~/vision landscape init --taxonomy vision-models
  LANDSCAPE_HOME=~/mine landscape init --taxonomy my-grid.yaml
"""


@click.command("init", epilog=EPILOG)
@click.option(
    "--taxonomy",
    metavar="FILE",
    help="Follow another grid: a taxonomy file, or a sample by name (vision-models, clinical-nlp).",
)
@json_option
def command(taxonomy: str | None, as_json: bool) -> None:
    """Create the store, load the starter library, classify. Running again changes nothing.

    A store follows one grid. The starter library belongs to the grid that ships with the program; a
    store that follows another one begins empty, and `harvest` or `import` fill it.
    """
    result = run(taxonomy)
    if as_json:
        print_json(result)
        return
    click.echo(
        f"{result['papers']} papers in the store, {result['library']} from the starter library, "
        f"{result['classified']} labelled ({result['database']})"
    )
    if taxonomy is not None:
        click.echo(f"grid: {result['taxonomy']}")
