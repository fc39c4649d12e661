"""`landscape label`: human decisions in and out."""

from __future__ import annotations

import json
from pathlib import Path

import click

from cli.shared import (
    json_option,
    opened_store,
    plural,
    print_json,
    shortened,
    writable_parent,
    write_atomically,
)


@click.group("label", epilog="Example: landscape label export decisions.jsonl")
def command() -> None:
    """Bring human decisions in and out."""


@command.command("export", epilog="Example: landscape label export decisions.jsonl")
@click.argument("file", type=click.Path(path_type=Path))
def export_command(file: Path) -> None:
    """Write people's labels to FILE as JSON lines: id, verdict, cell, topics, by, at."""
    from db.decisions import export_human_labels

    writable_parent(file)
    with opened_store() as store, store.read() as session:
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in export_human_labels(session)]
    write_atomically(file, "".join(lines).encode("utf-8"))
    click.echo(f"{file}: {plural(len(lines), 'label')}")


@command.command("import", epilog="Example: landscape label import decisions.jsonl")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@json_option
def import_command(file: Path, as_json: bool) -> None:
    """Read people's labels from FILE. Labels that are known already are not stored twice."""
    from classifier.labels import read_json_lines
    from db.decisions import import_human_labels
    from taxonomy.loader import load_taxonomy

    rows = [row for _, row in read_json_lines(file)]
    with opened_store() as store, store.write() as session:
        result = import_human_labels(session, rows, taxonomy=load_taxonomy())
    if as_json:
        print_json(result)
        return
    click.echo(f"{result.added} labels added, {result.known} known already")
    if result.unresolved:
        count, shown = len(result.unresolved), shortened(result.unresolved)
        click.echo(f"{count} labels of papers that the store lacks: {shown}")
