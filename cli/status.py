"""`landscape status`: what is known and how fresh it is."""

from __future__ import annotations

from itertools import groupby

import click

from cli.shared import json_option, opened_store, plain, print_json
from foundation.settings import load_settings
from landscape.coverage import CoverageLedger, take_coverage
from landscape.gaps import CellGap, take_gaps
from landscape.health import Health, take_health
from landscape.status import StatusReport, take_status
from taxonomy.loader import load_taxonomy


def run() -> StatusReport:
    """Read the state of the store.

    Returns:
        Counts, sources, classifier.
    """
    with opened_store() as store, store.read() as session:
        return take_status(session, load_taxonomy())


def run_coverage() -> CoverageLedger:
    """Read what the store holds of what there is.

    Returns:
        The ledger.
    """
    with opened_store() as store, store.read() as session:
        return take_coverage(session)


def run_health() -> tuple[Health, tuple[CellGap, ...]]:
    """Whether the store keeps itself current, and which cells are thin or unseen.

    Returns:
        Health of the schedule, and gaps by cell.
    """
    from foundation.clock import utc_now
    from harvester.schedule import load_schedule
    from workflow.scheduling import enabled_sources

    settings = load_settings()
    with opened_store(settings) as store, store.read() as session:
        schedule = load_schedule(settings.home)
        health = take_health(session, schedule, enabled_sources(settings), utc_now())
        return health, take_gaps(session, load_taxonomy())


@click.command("status", epilog="Example: landscape status --json; landscape status --coverage")
@click.option("--coverage", is_flag=True, help="By venue and year, category and week: what is missing.")
@click.option("--check", is_flag=True, help="End with 3 where the schedule is late, 2 where it fails.")
@json_option
def command(coverage: bool, check: bool, as_json: bool) -> None:
    """Say what is known and how fresh it is.

    With --coverage: what the store holds of each venue and year and of each category, and every gap
    with the command that closes it. With --check the exit code tells a monitor how the schedule fares.
    """
    if coverage:
        _print_coverage(run_coverage(), as_json=as_json)
        return
    report = run()
    health, gaps = run_health()
    _print_status(report, health, gaps, as_json=as_json)
    if check:
        raise SystemExit(health.exit_code)


def _print_status(report: StatusReport, health: Health, gaps: tuple[CellGap, ...], *, as_json: bool) -> None:
    if as_json:
        print_json({**report.as_json(), "health": health.as_json(), "thin_cells": gaps})
        return
    state = report.as_json()
    click.echo(
        f"{state['papers']} papers, {state['classified']} classified, {state['relevant']} relevant, "
        f"{state['unassigned']} unassigned, {state['rejected']} rejected records, "
        f"{state['duplicates_linked']} duplicates linked"
    )
    click.echo(f"taxonomy {state['taxonomy_version']}: {state['cells']} cells, {state['topics']} topics")
    click.echo(f"classifier: {state['classifier'] or 'none has run yet: landscape classify'}")
    never = [name for name, source in state["sources"].items() if source["state"] == "never"]
    for name, source in state["sources"].items():
        if name not in never:
            reason = f" — {source['reason']}" if source["reason"] else ""
            last = source["last_complete"] or "never"
            click.echo(f"{name}: {source['state']}, {source['papers']} papers, last complete {last}{reason}")
    if never:
        click.echo(f"never asked: {', '.join(never)}")
    for gap in gaps:
        click.echo(f"gap: {gap.line()}")
    if health.state != "off":
        click.echo(f"schedule: {'; '.join((health.state, *health.reasons))}")


def _print_coverage(ledger: CoverageLedger, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "venues": [{"id": row.id, "gap": row.gap, **plain(row)} for row in ledger.venues],
                "categories": ledger.categories,
                "gaps": ledger.gaps,
            }
        )
        return
    for row in ledger.venues:
        if row.state == "never" and not row.papers:
            continue
        of = "" if row.expected is None else f" of {row.expected}"
        last = row.last_complete.date().isoformat() if row.last_complete else "never"
        harvested = "never harvested" if row.state == "never" else f"{row.state}, last complete {last}"
        rejected = f", {row.rejected} rejected" if row.rejected else ""
        other = f", {row.papers} in all" if row.papers != row.got else ""
        click.echo(f"{row.source} {row.id}: {row.got}{of} papers{other}{rejected}, {harvested}")
    for category in ledger.categories:
        click.echo(
            f"{category.source} {category.category}: {category.days} days complete from {category.first} "
            f"to {category.last}"
        )
    for gap in ledger.gaps:
        if gap.kind != "never":
            click.echo(f"gap: {gap.what}: {gap.detail} — {gap.command}")
    never = [row for row in ledger.venues if row.gap == "never"]
    if never:
        click.echo(f"never harvested, {len(never)} venue-years:")
    for (source, venue), rows in groupby(never, key=lambda row: (row.source, row.venue)):
        years = _year_ranges([row.year for row in rows if row.year is not None])
        click.echo(f"  {source} {venue}{': ' if years else ''}{years}")


def _year_ranges(years: list[int]) -> str:
    """Years in short: `2017-2019, 2021`."""
    ranges: list[list[int]] = []
    for year in sorted(years):
        if ranges and year == ranges[-1][-1] + 1:
            ranges[-1].append(year)
        else:
            ranges.append([year])
    return ", ".join(f"{each[0]}-{each[-1]}" if len(each) > 1 else str(each[0]) for each in ranges)
