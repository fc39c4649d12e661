"""`landscape taxonomy`: the grid and its topics."""

from __future__ import annotations

from pathlib import Path

import click

from cli.shared import json_option, print_json, writable_parent, write_atomically
from foundation.errors import RefusedInputError
from taxonomy.loader import load_taxonomy


@click.group("taxonomy", epilog="Example: landscape taxonomy show inference/context/rag")
def command() -> None:
    """Show the grid, compare its versions, read changes from an edited deck."""


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


@command.command("diff", epilog="Example: landscape taxonomy diff 1.0 1.1")
@click.argument("before", metavar="[A]", required=False)
@click.argument("after", metavar="[B]", required=False)
@json_option
def diff(before: str | None, after: str | None, as_json: bool) -> None:
    """Say what differs between two versions: numbers of accepted ones, or files.

    Without B the grid in force is compared with A, without both with the one that ships.
    """
    from foundation.settings import load_settings
    from taxonomy.changes import compare
    from taxonomy.loader import founding_taxonomy
    from taxonomy.versions import find_version

    home = load_settings().home
    earlier = founding_taxonomy() if before is None else find_version(before, home)
    later = load_taxonomy() if after is None else find_version(after, home)
    changes = compare(earlier, later)
    if as_json:
        print_json(changes)
        return
    for change in changes:
        click.echo(change.line)
    if not changes:
        click.echo("no topic differs")


@command.command("report", epilog="Example: landscape taxonomy report 1.0 1.1 --out report.md")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option("--out", type=click.Path(path_type=Path), help="Write the whole table to this Markdown file.")
@json_option
def report(before: str, after: str, out: Path | None, as_json: bool) -> None:
    """Compare two versions over every paper of the store: what each topic held, and holds.

    Papers that were never placed on one of the two are placed first.
    """
    from cli.shared import opened_store, progress_bar
    from foundation.settings import load_settings
    from taxonomy.versions import find_version
    from workflow.versions import compare_versions

    if out is not None:
        writable_parent(out)
    settings = load_settings()
    versions = [find_version(name, settings.home) for name in (before, after)]
    with opened_store() as store, progress_bar("Placing", "papers") as advance:
        told = compare_versions(store, settings, *versions, progress=advance)
    if out is not None:
        write_atomically(out, told.markdown().encode("utf-8"))
    if as_json:
        print_json(told)
        return
    for line in told.lines():
        click.echo(line)


IMPORT_EPILOG = """\b
Examples:
  landscape taxonomy import edited.pptx
  landscape taxonomy import edited.pptx --out proposal.yaml
  landscape taxonomy import edited.pptx --accept --reason 'Agreed on 3 May'
"""


@command.command("import", epilog=IMPORT_EPILOG)
@click.argument("deck", metavar="DECK.pptx", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--accept", is_flag=True, help="Keep the change as the next version.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the next version to this file.")
@click.option("--reason", default="Changed in a deck", show_default=True, help="Stands in the redirects.")
@json_option
def import_(deck: Path, accept: bool, out: Path | None, reason: str, as_json: bool) -> None:
    """Read the edited chips of an exported deck and propose how the grid would change.

    Rename a chip by typing, move it by dragging it into another cell, add one by copying another,
    retire one by deleting it. Nothing is changed before --accept; ids that go out of use lead to
    their successors for ever.
    """
    from export.deck_import import read_deck
    from foundation.clock import utc_now
    from foundation.settings import load_settings
    from landscape.layout import slide_layout
    from taxonomy.changes import apply_changes
    from taxonomy.versions import save_version, taxonomy_yaml

    if out is not None:
        writable_parent(out)
    taxonomy = load_taxonomy()
    proposal = read_deck(deck, taxonomy, slide_layout(taxonomy))
    new = None
    if proposal.changes:
        new = apply_changes(taxonomy, proposal.changes, today=utc_now().date(), reason=reason)
    kept = save_version(new, load_settings().home) if new is not None and accept else None
    if new is not None and out is not None:
        write_atomically(out, taxonomy_yaml(new).encode("utf-8"))
    if as_json:
        version = None if new is None else new.version
        print_json({"version": version, "accepted": kept, "changes": proposal.changes})
        return
    for change in proposal.changes:
        click.echo(change.line)
    if new is None:
        click.echo(f"{proposal.n_chips} chips, none of them changed")
    elif kept is not None:
        click.echo(f"accepted as version {new.version}: {kept}")
    else:
        n_changes = len(proposal.changes)
        changes = "1 change" if n_changes == 1 else f"{n_changes} changes"
        click.echo(f"{changes} proposed for version {new.version}; keep with --accept")
