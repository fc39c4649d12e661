"""`landscape classify`: label what is new or stale."""

from __future__ import annotations

import click

from cli.shared import json_option, opened_store, print_json, progress_bar
from foundation.settings import load_settings
from workflow.classifying import ClassifyReport


def run(*, everything: bool = False) -> ClassifyReport:
    """Label papers in the store.

    Args:
        everything: Label every paper again, not only new and stale ones.

    Returns:
        How many were labelled, by verdict.
    """
    from workflow.classifying import classify_store, count_to_label

    settings = load_settings()
    with opened_store(settings) as store:
        total = count_to_label(store, settings, everything=everything)
        with progress_bar("Classifying", "papers", total) as advance:
            return classify_store(store, settings, everything=everything, progress=advance)


@click.command("classify", epilog="Example: landscape classify")
@click.option("--all", "everything", is_flag=True, help="Label every paper again.")
@json_option
def command(everything: bool, as_json: bool) -> None:
    """Label papers that no run of the present model has seen. Labels of people are never touched."""
    report = run(everything=everything)
    if as_json:
        print_json(report)
    else:
        click.echo(report.line())
