"""`landscape taxonomy`: the grid and its topics."""

from __future__ import annotations

import click

from cli.shared import json_option, print_json
from foundation.errors import RefusedInputError
from taxonomy.loader import load_taxonomy


@click.group("taxonomy", epilog="Example: landscape taxonomy show inference/context/rag")
def command() -> None:
    """Show the grid and its topics."""


@command.command("show")
@click.argument("topic_id", required=False)
@json_option
def show(topic_id: str | None, as_json: bool) -> None:
    """Show the whole grid, or one topic with its scope note."""
    taxonomy = load_taxonomy()
    if topic_id is not None:
        found = taxonomy.resolve_topic(topic_id)
        if found is None:
            raise RefusedInputError("no such topic", hint="See `landscape taxonomy show`.", topic=topic_id)
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
        click.echo(
            f"{taxonomy.cell_label(cell)}: {', '.join(topic.label for topic in topics) or '(no topics)'}"
        )
