"""`landscape emerging`: topics that the grid lacks, by cell, with evidence; accept one."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from cli.search import as_list_row
from cli.shared import json_option, opened_store, plain, plural, print_json, progress_bar
from foundation.errors import RefusedInputError
from foundation.settings import load_settings

if TYPE_CHECKING:
    from landscape.emerging import DiscoveryView, GroupView
    from workflow.accepting import AcceptReport

SHOWN_A_CELL = 5  # without --cell: all of them would be a thousand lines

EPILOG = """\b
Examples:
  landscape emerging
  landscape emerging --cell training/evaluation --papers 20
  landscape emerging --accept 41 --name "Verifiable rewards"
"""


def run(*, cell: str | None = None, examples: int = 3, again: bool = False) -> DiscoveryView:
    """Emerging topics of the store; looked for first where that was not done yet.

    Args:
        cell: Of this cell alone; None for all.
        examples: Papers shown of each.
        again: Look anew, with the papers that came since.

    Returns:
        What was found, by cell.
    """
    from db.discovery import latest_discovery
    from landscape.emerging import emerging_topics
    from landscape.selection import known_place
    from taxonomy.loader import load_taxonomy
    from workflow.emerging import discover_store, discovery_steps
    from workflow.vectors import count_missing, fill_vectors

    settings = load_settings()
    taxonomy = load_taxonomy(settings.home)
    cell, _ = known_place(taxonomy, cell=cell)
    with opened_store(settings) as store:
        with store.read() as session:
            known = latest_discovery(session)
        if known is None or again:
            with progress_bar("Embedding", "papers", count_missing(store, settings)) as advance:
                fill_vectors(store, settings, progress=advance)
            with progress_bar("Grouping", "steps", discovery_steps(taxonomy)) as advance:
                discover_store(store, settings, progress=advance)
        with store.read() as session:
            found = emerging_topics(session, taxonomy, cell=cell, examples=examples)
    assert found is not None
    return found


def accept(wanted: str, name: str | None) -> AcceptReport:
    """Make a proposal a topic of the next version of the grid, and place the papers on it.

    Args:
        wanted: The proposal's number, slug or name.
        name: The topic's label; None makes it from the proposal's first phrase.

    Returns:
        What changed.
    """
    from db.papers import paper_counts
    from workflow.accepting import accept_group

    settings = load_settings()
    with opened_store(settings) as store:
        with store.read() as session:
            papers = paper_counts(session).papers
        with progress_bar("Placing", "papers", papers) as advance:
            return accept_group(store, settings, wanted, name=name, progress=advance)


def as_json_row(view: GroupView) -> dict[str, Any]:
    """An emerging topic as scripts read it."""
    group = view.group
    return {
        "id": group.id,
        "name": group.name,
        "slug": group.slug,
        "cell": group.cell,
        "papers": group.n_papers,
        "phrases": [{"phrase": phrase, "weight": weight} for phrase, weight in group.phrases],
        "score": group.score,
        "coherence": group.coherence,
        "tightness": group.tightness,
        "growth": group.growth,
        "nearest_topic": group.nearest_topic,
        "distance": round(1 - group.nearness, 4),
        "held": group.held,
        "examples": [as_list_row(row) for row in view.papers],
    }


def lines(found: DiscoveryView, most: int | None = None) -> list[str]:
    """What was found, as a terminal shows it.

    Args:
        found: The groups, cell by cell.
        most: Groups shown of each cell; None for all.

    Returns:
        Lines; where a cell has more groups, one says how to see them.
    """
    told = []
    cell, shown = "", 0
    in_cell = Counter(view.group.cell for view in found.groups)
    for view in found.groups:
        group = view.group
        if group.cell != cell:
            cell, shown = group.cell, 0
            told += ["", cell]
        shown += 1
        if most is not None and shown > most:
            if shown == most + 1:
                told.append(f"        … {in_cell[cell] - most} more: landscape emerging --cell {cell}")
            continue
        growth = "growth unknown" if group.growth is None else f"growth {group.growth:.1f}"
        nearest = f", nearest {group.nearest_topic} ({group.nearness:.2f})" if group.nearest_topic else ""
        told.append(
            f"  {group.id:>4}  {group.name} · {plural(group.n_papers)}, {growth}, "
            f"likeness {group.tightness:.2f}, coherence {group.coherence:+.2f}{nearest}"
        )
        told.append(f"        {', '.join(phrase for phrase, _ in group.phrases)}")
        told += [f"        {row.id}  {row.title} ({row.year or '?'})" for row in view.papers]
    told += ["" if told else "no group of like papers is without a topic"]
    told.append(
        f"{len(found.groups)} emerging topics among {plural(found.papers)}, {found.at:%Y-%m-%d %H:%M} UTC, "
        f"taxonomy {found.taxonomy_version}"
    )
    if found.outdated:
        told.append("another version of the grid is in force since: `landscape emerging --again`")
    return told


@click.command("emerging", epilog=EPILOG)
@click.option("--cell", help="Only of this cell.")
@click.option(
    "--papers", "examples", default=3, show_default=True, type=click.IntRange(0, 1000), help="Papers of each."
)
@click.option("--again", is_flag=True, help="Look anew, with the papers that came since.")
@click.option("--accept", "wanted", metavar="ID", help="Make this one a topic: its number, slug or name.")
@click.option("--name", help="Label of the accepted topic.")
@json_option
def command(
    cell: str | None, examples: int, again: bool, wanted: str | None, name: str | None, as_json: bool
) -> None:
    """Show topics that the grid lacks: groups of like papers that no topic of their cell holds.

    The words of every cell and topic, year by year, are found on the way and stand on their pages.

    The first call looks for them, which takes minutes on a large store; later calls show what was
    found. An accepted one becomes a topic of the next version of the grid, kept under LANDSCAPE_HOME,
    and the papers are placed again.
    """
    if wanted is None:
        if name is not None:
            raise RefusedInputError("--name goes with --accept", hint="Say which one to accept.")
        found = run(cell=cell, examples=examples, again=again)
        if as_json:
            print_json([as_json_row(view) for view in found.groups])
        else:
            most = SHOWN_A_CELL if cell is None else None
            click.echo("\n".join(lines(found, most)).lstrip("\n"))
        return
    if again or cell is not None:
        raise RefusedInputError("--accept goes without --again and --cell", hint="Leave them out.")
    report = accept(wanted, name)
    if as_json:
        print_json(plain(report))
    else:
        click.echo("\n".join(report.lines()))
