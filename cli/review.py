"""`landscape review`: answer the papers whose label would teach most, one key each."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import click

from cli.shared import json_option, login_name, opened_store, plural, print_json
from foundation.errors import RefusedInputError
from foundation.settings import load_settings

if TYPE_CHECKING:
    from db.engine import Store
    from landscape.review import Agreement, ReviewerModel, ReviewItem
    from taxonomy.models import Taxonomy

WIDTH = 96
# The app's keys, and those that a terminal's reader expects beside them.
OFF = "0"
WHOLE = ("9", "\r", "\n")
SKIP = (" ", "\x1b[C", "\x1bOC")  # arrow to the right, as terminals send it
UNDO = ("\x7f", "\b", "\x1b[D", "\x1bOD")  # arrow to the left
_LEAVE = ("\x1b", "\x03", "\x04")


_by = click.option("--by", "by", help="Who answers; default: the login name.")


@click.group(
    "review",
    invoke_without_command=True,
    epilog="Examples: landscape review · landscape review --json --limit 5 · "
    "landscape review answer arxiv:2106.09685 training/model/peft",
)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000), help="At most so many.")
@click.option("--skip", "skip", multiple=True, metavar="ID", help="Leave a paper out; may be repeated.")
@_by
@json_option
@click.pass_context
def command(ctx: click.Context, limit: int, skip: tuple[str, ...], by: str | None, as_json: bool) -> None:
    """Answer the papers whose label would teach the classifier most, those first.

    On a terminal each paper takes one key: a number for a likely place, a letter for a cell, Enter for
    what the model said. With --json the papers are listed instead. Answers are kept as corrections:
    no model overwrites them, and `landscape train` learns from them.
    """
    if ctx.invoked_subcommand is not None:
        return
    import sys

    from landscape.review import review_item, review_queue
    from taxonomy.loader import load_taxonomy

    taxonomy = load_taxonomy()
    reviewer = _reviewer(taxonomy)
    with opened_store() as store:
        if not as_json and sys.stdin.isatty():
            _session(store, taxonomy, reviewer, by or login_name(), limit, list(skip))
            return
        with store.read() as session:
            queue = review_queue(session, taxonomy, reviewer, most=limit, skip=skip)
            items = [review_item(session, taxonomy, reviewer, public_id) for public_id in queue]
    if as_json:
        print_json([_as_row(item) for item in items])
        return
    for item in items:
        click.echo(_told(item, taxonomy) + "\n")
    click.echo("Answer with: landscape review answer ID PLACE" if items else _nothing_left())


@command.command("answer", epilog="Example: landscape review answer arxiv:2106.09685 training/model/peft")
@click.argument("paper", metavar="ID")
@click.argument("place", metavar="PLACE")
@_by
@json_option
def answer_command(paper: str, place: str, by: str | None, as_json: bool) -> None:
    """Say where paper ID belongs.

    PLACE is a cell, a topic, several of them with commas between (the first is the primary one), or
    `off` for a paper that is not about pre-trained language models.
    """
    from landscape.review import place_named
    from taxonomy.loader import load_taxonomy

    taxonomy = load_taxonomy()
    cells, topics = place_named(taxonomy, place)
    with opened_store() as store:
        _keep(store, taxonomy, paper, cells, topics, by or login_name())
    kept = {"id": paper, "cells": list(cells), "topics": list(topics), "by": by or login_name()}
    if as_json:
        print_json(kept)
    else:
        click.echo(f"kept: {paper} is {', '.join((*cells, *topics)) or 'off the subject'}")


@command.command("undo", epilog="Example: landscape review undo")
@_by
@json_option
def undo_command(by: str | None, as_json: bool) -> None:
    """Take back your newest answer that still stands; again for the one before."""
    with opened_store() as store:
        paper = _undo(store, by or login_name())
    if as_json:
        print_json({"taken_back": paper})
    else:
        click.echo(f"taken back: the answer on {paper}" if paper else "nothing to take back")


@command.command("agreement", epilog="Example: landscape review agreement")
@json_option
def agreement_command(as_json: bool) -> None:
    """Say how often people agree with the model, and with each other."""
    from landscape.review import agreement_between_people, agreement_with_model
    from taxonomy.loader import load_taxonomy

    with opened_store() as store, store.read() as session:
        found = {
            "model": agreement_with_model(session, load_taxonomy()),
            "people": agreement_between_people(session),
        }
    if as_json:
        print_json(found)
        return
    click.echo(_agreement_line("people and the model", found["model"]))
    click.echo(_agreement_line("two people", found["people"]))
    click.echo("reviewed papers are those that the model doubts: it agrees more often elsewhere")


def _reviewer(taxonomy: Taxonomy) -> ReviewerModel:
    from classifier.model import DEFAULT_FOLDER
    from landscape.review import load_reviewer
    from workflow.models import own_model_folder

    own = own_model_folder(load_settings())
    return load_reviewer(taxonomy, own if own.is_dir() else DEFAULT_FOLDER)


def _keep(
    store: Store, taxonomy: Taxonomy, paper: str, cells: tuple[str, ...], topics: tuple[str, ...], by: str
) -> None:
    from db.papers import find_paper_ids
    from db.review import keep_answer
    from foundation.clock import utc_now

    with store.write() as session:
        found = find_paper_ids(session, [paper]).get(paper)
        if found is None:
            raise RefusedInputError(
                "no paper in the store has this id", hint="Look for it with `landscape search`", id=paper
            )
        keep_answer(
            session, found, cells=cells, topics=topics, taxonomy_version=taxonomy.version, by=by, at=utc_now()
        )


def _undo(store: Store, by: str) -> str | None:
    from db.review import undo_last_answer
    from foundation.clock import utc_now

    with store.write() as session:
        return undo_last_answer(session, by=by, at=utc_now())


def _session(
    store: Store, taxonomy: Taxonomy, reviewer: ReviewerModel, by: str, limit: int, skipped: list[str]
) -> None:
    """Ask one paper after the other until the limit, or until the reader leaves."""
    from landscape.review import agreement_with_model, review_item, review_queue

    with store.read() as session:
        queue = review_queue(session, taxonomy, reviewer, most=limit, skip=skipped)
    if not queue:
        click.echo(_nothing_left())
        return
    place = answered = 0
    while place < len(queue):
        with store.read() as session:
            item = review_item(session, taxonomy, reviewer, queue[place])
        click.clear()
        click.echo(_told(item, taxonomy))
        click.echo(f"\n{_keys(taxonomy)}\n\npaper {place + 1} of {len(queue)}, {plural(answered, 'answer')}")
        said = _ask(item, taxonomy)
        if said == "leave":
            break
        if said == "undo":
            taken = _undo(store, by)
            if taken is not None:
                answered = max(0, answered - 1)
                place = queue.index(taken) if taken in queue else place
        elif said == "skip":
            place += 1
        else:
            cells, topics = said
            _keep(store, taxonomy, item.row.id, cells, topics, by)
            answered += 1
            place += 1
    with store.read() as session:
        agreement = agreement_with_model(session, taxonomy)
    click.echo(f"\n{plural(answered, 'answer')} kept. {_agreement_line('people and the model', agreement)}")
    if answered:
        click.echo("landscape train learns from them")


def _ask(item: ReviewItem, taxonomy: Taxonomy) -> Any:
    """Wait for a key that means something: a word for what to do, or cells and topics."""
    from landscape.review import cell_keys

    cells = {key: cell for cell, key in cell_keys(taxonomy).items()}
    while True:
        key = click.getchar()
        if key in _LEAVE:
            return "leave"
        if key in SKIP:
            return "skip"
        if key in UNDO:
            return "undo"
        if key == OFF:
            return (), ()
        if key in WHOLE and item.row.cells:
            return item.row.cells, item.row.topics
        if key.isdecimal() and 1 <= int(key) <= len(item.places):
            chosen = item.places[int(key) - 1]
            return (chosen.cell,), ((chosen.topic,) if chosen.topic else ())
        if key.upper() in cells:
            cell = cells[key.upper()]
            topics = taxonomy.topics_by_cell[cell]
            if not topics:
                return (cell,), ()
            click.echo(taxonomy.cell_label(cell) + ": 0 none of its topics")
            for number, topic in enumerate(topics, 1):
                click.echo(f"  {number} {topic.label}")
            digit = click.getchar()
            if digit.isdecimal() and int(digit) <= len(topics):
                return (cell,), ((topics[int(digit) - 1].id,) if int(digit) else ())
            click.echo("no such topic: choose again")


def _told(item: ReviewItem, taxonomy: Taxonomy) -> str:
    row = item.row
    lines = [*textwrap.wrap(row.title, WIDTH), f"{row.id}  {row.venue or ''} {row.year or ''}".rstrip(), ""]
    lines += textwrap.wrap(item.abstract or "no abstract", WIDTH)
    said = ", ".join((*row.cells, *row.topics)) or "not about pre-trained language models"
    score = f" ({row.score:.0%})" if row.score is not None else ""
    lines += ["", f"the model said: {said}{score}"]
    lines += [f"  because: {piece.text}" for piece in item.evidence[:1]]
    for number, place in enumerate(item.places, 1):
        label = (
            f"{taxonomy.topic_by_id[place.topic].label} in {taxonomy.cell_label(place.cell)}"
            if place.topic
            else f"{taxonomy.cell_label(place.cell)}, none of its topics"
        )
        lines.append(f"  {number}  {label} ({place.score:.0%})")
    if item.nearest:
        lines.append("nearest labelled papers:")
    for near in item.nearest:
        place_of = ", ".join(near.topics) or near.cell or "off the subject"
        lines.append(f"  {near.nearness:.2f}  {near.title} [{place_of}]")
    return "\n".join(lines)


def _keys(taxonomy: Taxonomy) -> str:
    from landscape.review import cell_keys

    keys = cell_keys(taxonomy)
    rows = [
        "  ".join(
            f"{keys[cell]} {cell}"
            for cell in taxonomy.cells
            if cell in keys and cell.startswith(f"{row.id}/")
        )
        for row in taxonomy.pipelines
    ]
    return "\n".join(
        [
            *rows,
            "number likely place · 0 off the subject · 9 or Enter as the model said · → or Space skip · "
            "← or Backspace undo · Esc leave",
        ]
    )


def _agreement_line(who: str, found: Agreement) -> str:
    if not found.papers:
        return f"{who}: no paper read by both yet"
    low, high = found.first_cell_interval
    return (
        f"{who} agree on relevance in {found.relevance} of {plural(found.papers)}, on the first cell in "
        f"{found.first_cell} of {found.on_subject} ({low:.0%} to {high:.0%}), and the other's first cell "
        f"is any of the person's in {found.any_cell}"
    )


def _nothing_left() -> str:
    return "nothing to review: no unread paper bears a model's label; landscape classify labels what is new"


def _as_row(item: ReviewItem) -> dict[str, Any]:
    from cli.search import as_list_row

    return {
        **as_list_row(item.row),
        "abstract": item.abstract,
        "verdict": item.row.verdict,
        "evidence": [piece.text for piece in item.evidence],
        "places": [
            {"cell": place.cell, "topic": place.topic, "score": round(place.score, 6)}
            for place in item.places
        ],
        "nearest": item.nearest,
    }
