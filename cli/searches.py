"""`landscape searches`: saved searches, and what is new to each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.shared import json_option, opened_store, plural, print_json
from foundation.clock import utc_now
from foundation.errors import RefusedInputError

if TYPE_CHECKING:
    from landscape.saved_search import SearchNews


@click.group("searches", epilog='Example: landscape searches add "RAG at ACL" --topic inference/context/rag')
def command() -> None:
    """Keep searches; see what is new to each, once."""


@command.command("add", epilog='Example: landscape searches add "unlearning" --words "machine unlearning"')
@click.argument("name")
@click.option("--words", help="Words in title or abstract.")
@click.option("--cell", help="Papers of this cell.")
@click.option("--topic", help="Papers of this topic.")
@click.option("--venue", "venues", multiple=True, help="Papers of this venue.")
@click.option("--source", "sources", multiple=True, help="Papers of this source.")
@click.option("--year-from", type=int, help="First year of publication.")
@click.option("--year-until", type=int, help="Last year of publication.")
@click.option("--minimum-score", type=click.FloatRange(0, 1), help="Least score of the primary cell.")
def add_command(name: str, **criteria: Any) -> None:
    """Save a search. What it finds at once is its beginning; only later papers are news."""
    from taxonomy.loader import load_taxonomy
    from workflow.alerts import add_search

    given = {key: value for key, value in criteria.items() if value not in (None, (), "")}
    if not given:
        raise click.UsageError("a search that finds everything says nothing: give --words, --topic ...")
    with opened_store() as store:
        saved = add_search(store, load_taxonomy(), name, given, at=utc_now())
    click.echo(f"saved: {saved.name}")


@command.command("list", epilog="Example: landscape searches list --json")
@json_option
def list_command(as_json: bool) -> None:
    """List saved searches."""
    from db.searches import list_searches

    with opened_store() as store, store.read() as session:
        found = list_searches(session)
    if as_json:
        print_json(found)
        return
    for search in found:
        click.echo(f"{search.name}: {', '.join(f'{key}={value}' for key, value in search.criteria.items())}")


def run_news(name: str | None, *, everything: bool) -> list[SearchNews]:
    """What is new to one search or to all, and not new any more after this.

    Args:
        name: Of a search, or None for all.
        everything: Also what was shown before.

    Returns:
        News by search.
    """
    from db.searches import list_searches, mark_shown
    from landscape.saved_search import search_news
    from taxonomy.loader import load_taxonomy

    with opened_store() as store:
        with store.read() as session:
            searches = [each for each in list_searches(session) if name in (None, each.name)]
            if name is not None and not searches:
                raise RefusedInputError("no such search", hint="See `landscape searches list`.", name=name)
            news = [
                search_news(session, load_taxonomy(), each, unshown_only=not everything) for each in searches
            ]
        with store.write() as session:
            for each in searches:
                mark_shown(session, each.id, at=utc_now())
    return news


@command.command("news", epilog="Example: landscape searches news")
@click.argument("name", required=False)
@click.option("--all", "everything", is_flag=True, help="Also what was shown before.")
@json_option
def news_command(name: str | None, everything: bool, as_json: bool) -> None:
    """Show what is new to you, once: of one search, or of all."""
    news = run_news(name, everything=everything)
    if as_json:
        print_json(
            [
                {"name": each.name, "papers": [{"found_at": at, "paper": row} for row, at in each.papers]}
                for each in news
            ]
        )
        return
    for each in news:
        click.echo(f"{each.name}: {plural(len(each.papers), 'new paper')}")
        for row, at in each.papers:
            click.echo(f"  {at:%Y-%m-%d} {row.title} ({row.id})")


@command.command("remove", epilog='Example: landscape searches remove "unlearning"')
@click.argument("name")
def remove_command(name: str) -> None:
    """Forget a search and what it has found."""
    from db.searches import delete_search

    with opened_store() as store, store.write() as session:
        if not delete_search(session, name):
            raise RefusedInputError("no such search", hint="See `landscape searches list`.", name=name)
    click.echo(f"removed: {name}")
