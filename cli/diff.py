"""`landscape diff A B`: what moved between two dates or snapshots."""

from __future__ import annotations

from typing import Literal

import click

from cli.shared import json_option, opened_store, print_json
from foundation.clock import utc_now
from landscape.movement import Movement
from landscape.movement_words import movement_words


def run(
    before: str,
    after: str,
    by: Literal["as-of", "published"],
    *,
    sources: tuple[str, ...] = (),
    venues: tuple[str, ...] = (),
) -> tuple[Movement, tuple[str, str]]:
    """Compare two moments.

    Args:
        before: A day, or a snapshot's id.
        after: A day, a snapshot's id, or `now`.
        by: By what the store knew, or by day of publication.
        sources: Only papers of these sources; empty means all.
        venues: Only papers of these venues; empty means all.

    Returns:
        What moved, and the two moments as shown.
    """
    from landscape.movement import take_movement
    from landscape.stored_counts import with_stored_counts
    from landscape.types import LandscapeFilter
    from taxonomy.loader import load_taxonomy
    from workflow.snapshots import find_moment, stored_landscape

    taxonomy = load_taxonomy()
    with opened_store() as store, store.read() as session:
        first, last = (find_moment(session, text, now=utc_now()) for text in (before, after))
        movement = take_movement(
            session,
            taxonomy,
            first.at,
            last.at,
            by=by,
            filter=LandscapeFilter(sources=sources, venues=venues),
        )
        if by == "as-of" and not sources and not venues:  # snapshots count every paper
            counts = (
                None if each.snapshot is None else stored_landscape(session, each.snapshot)
                for each in (first, last)
            )
            movement = with_stored_counts(movement, taxonomy, *counts)
    return movement, (first.name, last.name)


@click.command("diff", epilog="Example: landscape diff 2026-10-01 2026-11-01 --source arxiv")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B", default="now")
@click.option(
    "--by",
    type=click.Choice(["as-of", "published"]),
    default="as-of",
    show_default=True,
    help="What the store knew, or what had been published.",
)
@click.option("--source", "sources", multiple=True, help="Only papers of this source; may be repeated.")
@click.option("--venue", "venues", multiple=True, help="Only papers of this venue; may be repeated.")
@json_option
def command(
    before: str,
    after: str,
    by: Literal["as-of", "published"],
    sources: tuple[str, ...],
    venues: tuple[str, ...],
    as_json: bool,
) -> None:
    """Say what moved from A to B: dates such as 2026-10-01, or ids of snapshots.

    A date is rebuilt from what the store knew then; a snapshot counts as it was written down.

    A topic rises or fades only where its share inside the same venue or arXiv category changed by more
    than chance explains; what was harvested for the first time is a gap that was closed, not a trend.
    """
    movement, names = run(before, after, by, sources=sources, venues=venues)
    if as_json:
        print_json(movement.as_json())
        return
    click.echo(f"from {names[0]} to {names[1]}")
    for line in movement_words(movement):
        click.echo(line)
