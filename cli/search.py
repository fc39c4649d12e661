"""`landscape search`: find papers by words, or by what these mean."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import click

from cli.shared import DAY, json_option, opened_store, plural, print_json, refuse_swapped_days
from foundation.errors import RefusedInputError

if TYPE_CHECKING:
    from sqlmodel import Session

    from landscape.types import PaperPage, PaperRow
    from taxonomy.models import Taxonomy


def as_list_row(row: PaperRow) -> dict[str, Any]:
    """A paper in the shape that scripts read in every list."""
    return {
        "id": row.id,
        "title": row.title,
        "authors": list(row.authors),
        "year": row.year,
        "venue": row.venue,
        "ids": row.ids,
        "url": row.url,
        "cell": row.cell,
        "topics": list(row.topics),
        "score": row.score,
    }


EPILOG = """\b
Examples:
  landscape search 'low-rank adaptation' --from 2023-01-01
  landscape search --meaning 'models that know when they do not know'
"""


@click.command("search", epilog=EPILOG)
@click.argument("query")
@click.option("--cell", help="Only papers of this cell.")
@click.option("--topic", help="Only papers of this topic.")
@click.option("--venue", "venues", multiple=True, help="Only papers of this venue, such as ACL.")
@click.option("--from", "from_date", type=DAY, help="Published in or after the year of this day.")
@click.option("--until", "until_date", type=DAY, help="Published in or before the year of this day.")
@click.option("--meaning", is_flag=True, help="By meaning and by words together; best match first.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000), help="At most so many.")
@json_option
def command(
    query: str,
    cell: str | None,
    topic: str | None,
    venues: tuple[str, ...],
    from_date: date | None,
    until_date: date | None,
    meaning: bool,
    limit: int,
    as_json: bool,
) -> None:
    """Find papers by words of title, abstract and authors, best match first.

    With --meaning also those that say the same in other words; `landscape classify` makes the vectors
    for it, and the score is then the likeness to the query.
    """
    from landscape.search import find_papers
    from landscape.selection import known_place
    from landscape.types import EVERYTHING, LandscapeFilter
    from taxonomy.loader import load_taxonomy

    if not query.strip():
        raise RefusedInputError("the query is empty", hint="Give words to look for.")
    refuse_swapped_days(from_date, until_date)
    taxonomy = load_taxonomy()
    cell, topic = known_place(taxonomy, cell=cell, topic=topic)
    wanted = LandscapeFilter(
        venues=venues,
        year_from=from_date.year if from_date else None,
        year_until=until_date.year if until_date else None,
    )
    with opened_store() as store, store.read() as session:
        if meaning:
            page = _by_meaning(session, taxonomy, query, cell=cell, topic=topic, filter=wanted, limit=limit)
        else:
            page = find_papers(session, taxonomy, query, cell=cell, topic=topic, filter=wanted, limit=limit)
    if as_json:
        print_json([as_list_row(row) for row in page.rows])
        return
    for row in page.rows:
        authors = ", ".join(row.authors[:3]) + (" et al." if len(row.authors) > 3 else "")
        place = f"{row.venue or '?'} {row.year or ''} · {row.cell or 'no cell'}"
        click.echo(f"{row.id}  {row.title}\n    {authors} · {place}")
    if page.total:
        click.echo(f"{len(page.rows)} of {plural(page.total)}")
    else:
        narrowed = cell or topic or wanted != EVERYTHING
        click.echo("no paper holds these words" + (" under these filters" if narrowed else ""))


def _by_meaning(session: Session, taxonomy: Taxonomy, query: str, **narrowed: Any) -> PaperPage:
    from foundation.settings import load_settings
    from landscape.meaning import find_by_meaning, load_index
    from workflow.vectors import default_embedder

    embedder = default_embedder(load_settings())
    index = load_index(session, embedder)
    if not len(index):
        raise RefusedInputError(
            "no paper has a sentence vector yet", hint="Run `landscape classify --vectors all` first."
        )
    return find_by_meaning(session, taxonomy, index, embedder, query, **narrowed)
