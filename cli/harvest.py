"""`landscape harvest`: ask the sources for what is new."""

from __future__ import annotations

from datetime import date

import click

from cli.shared import DAY, json_option, opened_store, print_json, progress_bar, refuse_swapped_days
from foundation.settings import load_settings
from harvester.source import HarvestRequest
from workflow.reports import IngestReport, exit_code


def run(sources: tuple[str, ...], request: HarvestRequest) -> list[IngestReport]:
    """Harvest sources one after another.

    Args:
        sources: Names; empty means every enabled source.
        request: What is asked for.

    Returns:
        One report a source.
    """
    from workflow.harvesting import harvest

    settings = load_settings()
    with opened_store(settings) as store, progress_bar("Harvesting", "papers") as advance:
        return harvest(store, settings, sources, request, progress=advance)


def run_citations(max_papers: int | None) -> IngestReport:
    """Ask how often the papers in the store are cited.

    Args:
        max_papers: Stop after so many; None means no limit.

    Returns:
        What became of it.
    """
    from workflow.citations import count_citations

    settings = load_settings()
    with opened_store(settings) as store, progress_bar("Counting", "papers") as advance:
        return count_citations(store, settings, max_papers=max_papers, progress=advance)


@click.command("harvest", epilog="Example: landscape harvest --venue acl-2023 --venue emnlp-2023")
@click.argument("sources", nargs=-1)
@click.option("--venue", "venues", multiple=True, metavar="ID", help="Venue and year, such as acl-2023.")
@click.option(
    "--category", "categories", multiple=True, metavar="NAME", help="arXiv category, such as cs.CL."
)
@click.option("--from", "from_date", type=DAY, help="First day, such as 2024-01-01.")
@click.option("--until", "until_date", type=DAY, help="Last day.")
@click.option("--query", help="Query in the source's own language (arXiv).")
@click.option("--max", "max_records", type=click.IntRange(min=1), help="Stop after so many records.")
@click.option("--citations", is_flag=True, help="Ask for citation counts instead (Semantic Scholar).")
@json_option
def command(
    sources: tuple[str, ...],
    venues: tuple[str, ...],
    categories: tuple[str, ...],
    from_date: date | None,
    until_date: date | None,
    query: str | None,
    max_records: int | None,
    citations: bool,
    as_json: bool,
) -> None:
    """Ask the sources for what is new. Incremental, polite, and safe to stop at any moment.

    Without arguments every enabled source goes on from where its last complete run ended.

    With --citations: no source is asked for papers, but Semantic Scholar for how often those in the
    store are cited. A key of your own goes into LANDSCAPE_CITATIONS__TOKEN.
    """
    refuse_swapped_days(from_date, until_date)
    request = HarvestRequest(venues, categories, from_date, until_date, query, max_records)
    if citations:
        if sources or request != HarvestRequest(max_records=max_records):
            raise click.UsageError("--citations goes with --max alone.")
        reports = [run_citations(max_records)]
    else:
        reports = run(sources, request)
    if as_json:
        print_json(reports)
    else:
        for report in reports:
            click.echo(report.line())
    raise SystemExit(exit_code(reports))
