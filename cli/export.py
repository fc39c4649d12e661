"""`landscape export`: slides, tables, data."""

from __future__ import annotations

from pathlib import Path

import click

from cli.shared import DAY, opened_store, writable_parent, write_atomically


@click.command("export", epilog="Example: landscape export pptx --out landscape.pptx")
@click.argument("format_name", metavar="FORMAT")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="File to write.")
@click.option("--as-of", "as_of", type=DAY, help="What the store knew on that day.")
@click.option("--cell", help="Only papers of this cell, such as training/model.")
@click.option("--topic", help="Only papers of this topic, such as inference/context/rag.")
@click.option("--base-url", help="Address of your app: chips link to it instead of to first papers.")
@click.option(
    "--template", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Your own .pptx."
)
@click.option("--plain", is_flag=True, help="Chips as published, without counts.")
def command(
    format_name: str,
    out: Path,
    as_of: object,
    cell: str | None,
    topic: str | None,
    base_url: str | None,
    template: Path | None,
    plain: bool,
) -> None:
    """Write the landscape, or the papers of a cell or topic, to a file."""
    from datetime import UTC, date, datetime, time

    from workflow.exporting import export_landscape

    writable_parent(out)
    moment = datetime.combine(as_of, time.max, tzinfo=UTC) if isinstance(as_of, date) else None
    with opened_store() as store:
        exported = export_landscape(
            store,
            format_name,
            as_of=moment,
            cell=cell,
            topic=topic,
            base_url=base_url,
            template=template,
            show_counts=not plain,
        )
    write_atomically(out, exported.content)
    click.echo(f"{out}: {len(exported.content):,} bytes")
    if moment and not exported.papers:
        click.echo(
            f"the store knew no paper on {moment:%Y-%m-%d}: papers count from when they came in", err=True
        )
