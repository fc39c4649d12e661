"""`landscape import`: papers from raw source files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from cli.shared import json_option, opened_store, print_json, progress_bar
from workflow.reports import IngestReport, exit_code


def run(files: Sequence[Path]) -> list[IngestReport]:
    """Import files one by one; a bad one does not stop the others.

    Args:
        files: Raw source files, also .gz.

    Returns:
        One report a file, in order.
    """
    from workflow.ingest import import_file

    with opened_store() as store, progress_bar("Importing", "papers") as advance:
        return [import_file(store, path, progress=advance) for path in files]


@click.command("import", epilog="Example: landscape import 2023.acl.xml.gz 2023.emnlp.xml.gz")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
def command(files: tuple[Path, ...], as_json: bool) -> None:
    """Read papers from raw source files: the same parsing and linking as a harvest.

    Reads Anthology XML and arXiv Atom feeds, also compressed (.gz). Records that cannot be read
    are listed and kept with their reason; nothing stored is ever lost to a bad file.
    """
    reports = run(files)
    if as_json:
        print_json(reports)
    else:
        for report in reports:
            click.echo(report.line())
            for reject in report.rejects:
                detail = f" ({reject.field}={reject.value})" if reject.field else ""
                click.echo(f"  rejected {reject.source_id}: {reject.reason}{detail}")
    raise SystemExit(exit_code(reports))
