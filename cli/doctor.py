"""`landscape doctor`: what is wrong and how to mend it."""

from __future__ import annotations

from pathlib import Path

import click

from cli.shared import json_option, opened_store, print_json, progress_bar


@click.command("doctor", epilog="Example: landscape doctor --library titles.tsv.gz 2023.acl.xml.gz")
@click.option("--library", "library", is_flag=True, help="Check the starter library against FILES.")
@click.option("--retry-rejected", is_flag=True, help="Read rejected records again with today's parsers.")
@click.option("--duplicates", is_flag=True, help="List papers that may be one work, for you to decide.")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@json_option
def command(
    library: bool, retry_rejected: bool, duplicates: bool, files: tuple[Path, ...], as_json: bool
) -> None:
    """Say what is wrong and how to mend it; exit code 2 when something is.

    With --library: compare title, first author and year of every paper of the starter library
    with files of known records (TSV of id, origin, title; JSONL; Anthology XML; arXiv Atom).

    With --retry-rejected: read every rejected record again, after an update has mended a parser.

    With --duplicates: list papers that the matching rule thinks may be one work and cannot decide;
    `landscape link` or `landscape unlink` settles a pair for good.
    """
    if library + retry_rejected + duplicates > 1:
        raise click.UsageError("--library, --retry-rejected and --duplicates are questions apart; ask one.")
    if library:
        raise SystemExit(_check_library(files, as_json=as_json))
    if files:
        raise click.UsageError("FILES are read with --library only.")
    if duplicates:
        _list_duplicates(as_json=as_json)
        return
    if retry_rejected:
        _retry_rejected(as_json=as_json)
        return
    raise SystemExit(_check_store(as_json=as_json))


def _retry_rejected(*, as_json: bool) -> None:
    from workflow.retrying import retry_rejected

    with opened_store() as store, progress_bar("Trying again", "records") as advance:
        report = retry_rejected(store, progress=advance)
    if as_json:
        print_json(report)
        return
    click.echo(report.line())
    for reason, count in report.by_reason:
        click.echo(f"  {count} x {reason}")


def _check_library(files: tuple[Path, ...], *, as_json: bool) -> int:
    from taxonomy.library import load_library
    from workflow.library_check import check_library

    if not files:
        raise click.UsageError("--library needs at least one FILE of known records.")
    result = check_library(load_library(), files)
    if as_json:
        print_json(result)
    else:
        for line in result.lines():
            click.echo(line)
    return 2 if result.mismatches else 0


def _check_store(*, as_json: bool) -> int:
    from db.backup import check_store
    from db.harvests import list_rejects

    with opened_store() as store:
        problems = list(check_store(store))
        with store.read() as session:
            rejects = list_rejects(session, unresolved=True)
            lines = [f"{row.source} {row.source_id}: {row.reason}" for row in rejects]
    if as_json:
        print_json({"problems": problems, "rejected": lines})
    else:
        for problem in problems:
            click.echo(f"problem: {problem}")
        click.echo(f"{len(lines)} rejected records" + (":" if lines else ""))
        for line in lines[:50]:
            click.echo(f"  {line}")
        if not problems:
            click.echo("the store is sound")
    return 2 if problems else 0


def _list_duplicates(*, as_json: bool) -> None:
    from db.links import suspected_duplicates

    with opened_store() as store, store.read() as session:
        suspects = suspected_duplicates(session)
    if as_json:
        print_json({"suspects": suspects})
        return
    for suspect in suspects:
        click.echo(f"{suspect.a_key}  {suspect.b_key}  {suspect.reason}")
        click.echo(f"    {suspect.a_title}")
        click.echo(f"    {suspect.b_title}")
    click.echo(f"{len(suspects)} pairs may be one work each" if suspects else "no pair is in doubt")
