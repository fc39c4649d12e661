"""`landscape snapshot`: save today's landscape, list what was saved."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import click

from cli.shared import DAY, json_option, opened_store, print_json
from foundation.clock import utc_now
from foundation.errors import RefusedInputError

if TYPE_CHECKING:
    from db.snapshots import StoredSnapshot


def run(day: date | None) -> StoredSnapshot:
    """Save the landscape as it is, or as the store knew it on a day.

    Args:
        day: The day, or None for now.

    Returns:
        What was saved.
    """
    from taxonomy.loader import load_taxonomy
    from workflow.snapshots import end_of, save_snapshot

    now = utc_now()
    if day is not None and day > now.date():
        raise RefusedInputError("that day has not come", hint=f"Today is {now.date()} (UTC).", day=day)
    with opened_store() as store:
        at = now if day is None else min(end_of(day), now)
        return save_snapshot(store, load_taxonomy(), reason="asked for", at=at)


def run_list() -> list[StoredSnapshot]:
    """Every snapshot, newest first."""
    from db.snapshots import list_snapshots

    with opened_store() as store, store.read() as session:
        return list_snapshots(session)


def line(stored: StoredSnapshot) -> str:
    """A snapshot in one line."""
    return (
        f"snapshot {stored.id}: {stored.as_of:%Y-%m-%d %H:%M} UTC, {stored.papers} papers, "
        f"{stored.relevant} on the chart, taxonomy {stored.taxonomy_version} ({stored.reason})"
    )


@click.group(
    "snapshot",
    invoke_without_command=True,
    epilog="Example: landscape snapshot; landscape snapshot list",
)
@click.option("--as-of", "day", type=DAY, help="What the store knew on that day, rebuilt.")
@json_option
@click.pass_context
def command(context: click.Context, day: date | None, as_json: bool) -> None:
    """Save today's landscape, to be compared later with `diff`. Snapshots are never changed."""
    if context.invoked_subcommand is not None:
        return
    stored = run(day)
    if as_json:
        print_json(stored)
    else:
        click.echo(line(stored))


@command.command("list", epilog="Example: landscape snapshot list")
@json_option
def list_command(as_json: bool) -> None:
    """List what was saved, newest first."""
    found = run_list()
    if as_json:
        print_json(found)
        return
    for stored in found:
        click.echo(line(stored))
    if not found:
        click.echo("no snapshot yet: `landscape snapshot` or `landscape refresh` takes one")
