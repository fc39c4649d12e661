"""`landscape refresh`: harvest, classify, snapshot, in order."""

from __future__ import annotations

import click

from cli.shared import json_option, opened_store, print_json, progress_bar
from foundation.settings import load_settings
from workflow.refresh import RefreshReport


def run(sources: tuple[str, ...]) -> RefreshReport:
    """Bring the landscape up to date.

    Args:
        sources: Names; empty means every enabled source.

    Returns:
        What every step came to.
    """
    from workflow.refresh import refresh, refreshing

    settings = load_settings()
    with (
        opened_store(settings) as store,
        refreshing(store),
        progress_bar("Refreshing", "papers") as advance,
    ):
        return refresh(store, settings, sources, vectors=True, progress=advance)


@click.command("refresh", epilog="Example: landscape refresh arxiv acl_anthology")
@click.argument("sources", nargs=-1)
@json_option
def command(sources: tuple[str, ...], as_json: bool) -> None:
    """Harvest what is new, classify it, and save a snapshot: what the schedule runs.

    Last, sentence vectors and the map are brought up to date.

    One refresh of a store at a time; another is refused while it lasts. A step that fails does not stop
    the next; the exit code is that of the gravest.
    """
    report = run(sources)
    if as_json:
        print_json(report.as_json())
    else:
        for line in report.lines():
            click.echo(line)
    raise SystemExit(report.exit_code)
