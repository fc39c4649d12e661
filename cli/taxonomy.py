"""`landscape taxonomy`: the grid and its topics."""

from __future__ import annotations

import click

from cli.shared import json_option, print_json
from foundation.errors import RefusedInputError
from taxonomy.loader import load_taxonomy


@click.group("taxonomy", epilog="Example: landscape taxonomy show inference/context/rag")
def command() -> None:
    """Show the grid and its topics."""


@command.command("show", epilog="Example: landscape taxonomy show inference/context/rag")
@click.argument("place", required=False, metavar="[TOPIC|CELL]")
@json_option
def show(place: str | None, as_json: bool) -> None:
    """Show the whole grid, the topics of a cell, or one topic with its scope note."""
    taxonomy = load_taxonomy()
    if place is not None and place in taxonomy.cells:
        topics = taxonomy.topics_by_cell[place]
        if as_json:
            print_json([topic.model_dump(mode="json") for topic in topics])
            return
        click.echo(f"{taxonomy.cell_label(place)} ({place})" + ("" if topics else ": no topics"))
        for topic in topics:
            click.echo(f"{topic.label} ({topic.id}): {topic.scope_note}")
        return
    if place is not None:
        found = taxonomy.resolve_topic(place)
        if found is None:
            raise RefusedInputError("no such topic or cell", hint="See `landscape taxonomy show`.", id=place)
        topic = taxonomy.topic_by_id[found]
        if as_json:
            print_json(topic.model_dump(mode="json"))
            return
        click.echo(f"{topic.label} ({topic.id})\n{topic.scope_note}")
        click.echo(f"also: {', '.join(topic.alt_labels)}")
        for exclusion in topic.excludes:
            click.echo(f"not: {exclusion.text} → {taxonomy.topic_by_id[exclusion.see].label}")
        click.echo(f"phrases: {', '.join(topic.seed_phrases)}")
        return
    if as_json:
        print_json(taxonomy.model_dump(mode="json"))
        return
    click.echo(f"{taxonomy.title}, version {taxonomy.version}")
    for cell, topics in taxonomy.topics_by_cell.items():
        labels = ", ".join(topic.label for topic in topics) or "(no topics)"
        click.echo(f"{taxonomy.cell_label(cell)} ({cell}): {labels}")
