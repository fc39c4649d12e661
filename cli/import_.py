"""`landscape import`: papers from raw source files and from people's own lists."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.shared import json_option, opened_store, print_json, progress_bar
from workflow.reports import IngestReport, exit_code

if TYPE_CHECKING:
    from workflow.reading_list import ListReport


def run(files: Sequence[Path]) -> list[IngestReport]:
    """Import files one by one; a bad one does not stop the others.

    Args:
        files: Raw source files and lists of papers, also .gz.

    Returns:
        One report a file, in order.
    """
    from workflow.ingest import import_file

    with opened_store() as store, progress_bar("Importing", "papers") as advance:
        return [import_file(store, path, progress=advance) for path in files]


@click.command("import", epilog="Example: landscape import 2023.acl.xml.gz references.bib")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--list", "list_file", type=click.Path(path_type=Path), help="A Markdown reading list.")
@click.option(
    "--map", "map_file", type=click.Path(path_type=Path), help="YAML: from its headings to the grid."
)
@json_option
def command(files: tuple[Path, ...], list_file: Path | None, map_file: Path | None, as_json: bool) -> None:
    """Read papers from files: the same parsing, storing and linking as a harvest.

    Raw files of the sources (Anthology XML, arXiv Atom and OAI-PMH, PMLR posts and BibTeX,
    proceedings pages, OpenReview notes) and lists that people keep (BibTeX, RIS, CSL-JSON, JSONL,
    CSV), told apart by their content, also compressed (.gz). Records that cannot be read are
    listed and kept with their reason; nothing stored is ever lost to a bad file.

    With --list and --map: place the papers of a Markdown reading list by its headings. The map
    is a YAML list of {heading: regular expression, cell: id, topic: id}.
    """
    if (list_file is None) != (map_file is None):
        raise click.UsageError("--list and --map go together.")
    if not files and list_file is None:
        raise click.UsageError("Missing FILES, or --list with --map.")
    reports = run(files) if files else []
    placed: ListReport | None = None
    if list_file is not None and map_file is not None:
        from workflow.reading_list import import_reading_list

        with opened_store() as store:
            placed = import_reading_list(store, list_file, map_file)
        reports.append(placed.ingest)
    if as_json:
        print_json(reports)
    else:
        _print(reports, placed)
    raise SystemExit(exit_code(reports))


def _print(reports: list[IngestReport], placed: ListReport | None) -> None:
    for report in reports:
        click.echo(report.line())
        for reject in report.rejects:
            detail = f" ({reject.field}={reject.value})" if reject.field else ""
            click.echo(f"  rejected {reject.source_id}: {reject.reason}{detail}")
    if placed is not None:
        click.echo(f"{placed.placed} papers placed on the grid")
        for heading, count in placed.unplaced:
            click.echo(f"  no rule for “{heading}”: {count} papers stored without a place")
