"""`landscape status`: what is known and how fresh it is."""

from __future__ import annotations

import click

from cli.shared import json_option, opened_store, print_json
from landscape.status import StatusReport, take_status
from taxonomy.loader import load_taxonomy


def run() -> StatusReport:
    """Read the state of the store.

    Returns:
        Counts, sources, classifier.
    """
    with opened_store() as store, store.read() as session:
        return take_status(session, load_taxonomy())


@click.command("status", epilog="Example: landscape status --json")
@json_option
def command(as_json: bool) -> None:
    """Say what is known and how fresh it is."""
    report = run()
    if as_json:
        print_json(report.as_json())
        return
    state = report.as_json()
    click.echo(
        f"{state['papers']} papers, {state['classified']} classified, {state['relevant']} relevant, "
        f"{state['unassigned']} unassigned, {state['rejected']} rejected records, "
        f"{state['duplicates_linked']} duplicates linked"
    )
    click.echo(f"taxonomy {state['taxonomy_version']}: {state['cells']} cells, {state['topics']} topics")
    click.echo(f"classifier: {state['classifier'] or 'none has run yet: landscape classify'}")
    never = [name for name, source in state["sources"].items() if source["state"] == "never"]
    for name, source in state["sources"].items():
        if name not in never:
            reason = f" — {source['reason']}" if source["reason"] else ""
            last = source["last_complete"] or "never"
            click.echo(f"{name}: {source['state']}, {source['papers']} papers, last complete {last}{reason}")
    if never:
        click.echo(f"never asked: {', '.join(never)}")
