"""`landscape export`: slides, pictures, pages, tables, feeds, data."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from cli.shared import DAY, opened_store, refuse_swapped_days, writable_parent, write_atomically

EPILOG = """\b
Formats:
  pptx                    slides: native shapes, links, notes, alt text
  png svg pdf             the chart as a picture; with --domain the phase slide
  gif                     the build-up; with --through-time quarter by quarter
  html                    one page with chart, papers, search; needs no network
  json                    the counts
  csv xlsx                papers, in xlsx with the counts
  bibtex ris csl          papers for reference managers (Zotero reads all three)
  atom                    the newest papers as a feed; with --compare what moved

\b
Examples:
  landscape export pptx --out landscape.pptx
  landscape export pptx --deck briefing --compare 2026-01-01 --domain Medical --out briefing.pptx
  landscape export pptx --topic inference/context/rag --out rag.pptx
  landscape export svg --domain Legal --out phases.svg
  landscape export xlsx --venue ACL --from 2023-01-01 --out acl.xlsx
  landscape export atom --cell training/model --out model.atom
"""


@click.command("export", epilog=EPILOG)
@click.argument("format_name", metavar="FORMAT")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="File to write.")
@click.option("--as-of", "as_of", type=DAY, help="What the store knew on that day.")
@click.option("--grid", "grid_version", metavar="VERSION", help="Another version of the grid, such as 1.0.")
@click.option("--compare", type=DAY, help="What moved since that day: a slide, or the feed's entries.")
@click.option("--cell", help="Papers of this cell, such as training/model; its slide in a deck.")
@click.option("--topic", help="Papers of this topic, such as inference/context/rag; its slide in a deck.")
@click.option("--venue", "venues", multiple=True, help="Only papers of this venue, such as ACL.")
@click.option("--source", "sources", multiple=True, help="Only papers of this source, such as pmlr.")
@click.option("--from", "from_date", type=DAY, help="Published in or after the year of this day.")
@click.option("--until", "until_date", type=DAY, help="Published in or before the year of this day.")
@click.option("--words", default="", help="Only papers with these words in title or abstract.")
@click.option("--domain", help="Domain of the phase slide, such as Medical.")
@click.option(
    "--deck",
    help="Which slides: landscape, build-up, rows, place, moved, phases or briefing (all of it).",
)
@click.option("--base-url", help="Address of your app: chips link to it instead of to first papers.")
@click.option(
    "--template", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Your own .pptx."
)
@click.option("--plain", is_flag=True, help="Chips as published, without counts.")
@click.option("--growth", is_flag=True, help="Growth marks beside the counts.")
@click.option("--through-time", is_flag=True, help="gif: the landscape quarter by quarter.")
def command(
    format_name: str,
    out: Path,
    as_of: date | None,
    grid_version: str | None,
    compare: date | None,
    cell: str | None,
    topic: str | None,
    venues: tuple[str, ...],
    sources: tuple[str, ...],
    from_date: date | None,
    until_date: date | None,
    words: str,
    domain: str | None,
    deck: str | None,
    base_url: str | None,
    template: Path | None,
    plain: bool,
    growth: bool,
    through_time: bool,
) -> None:
    """Write the landscape, or the papers of a selection, to a file."""
    from datetime import UTC, datetime, time

    from landscape.types import LandscapeFilter
    from workflow.exporting import ExportRequest, export_landscape

    writable_parent(out)
    refuse_swapped_days(from_date, until_date)
    moment = None if as_of is None else datetime.combine(as_of, time.max, tzinfo=UTC)
    request = ExportRequest(
        format_name,
        as_of=moment,
        grid_version=grid_version,
        compare=compare,
        cell=cell,
        topic=topic,
        domain=domain,
        deck=deck,
        chosen=LandscapeFilter(
            venues=venues,
            sources=sources,
            year_from=from_date.year if from_date else None,
            year_until=until_date.year if until_date else None,
            words=words,
        ),
        base_url=base_url,
        template=template,
        show_counts=not plain,
        show_growth=growth,
        through_time=through_time,
    )
    with opened_store() as store:
        exported = export_landscape(store, request)
    write_atomically(out, exported.content)
    click.echo(f"{out}: {len(exported.content):,} bytes")
    if moment and not exported.papers:
        click.echo(
            f"the store knew no paper on {moment:%Y-%m-%d}: papers count from when they came in", err=True
        )
