"""`landscape classify`: label what is new or stale, then fill in the vectors behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import click

from cli.shared import json_option, login_name, opened_store, plain, print_json, progress_bar
from foundation.settings import load_settings
from workflow.classifying import ClassifyReport
from workflow.vectors import BRIEF_SECONDS, VectorReport

VectorWish = Literal["some", "all", "none"]


@dataclass(frozen=True)
class Outcome:
    """What was labelled, and what was embedded behind it; None where that was not asked for."""

    labels: ClassifyReport
    vectors: VectorReport | None


def run(*, everything: bool = False, vectors: VectorWish = "some", fast: bool = False) -> Outcome:
    """Label papers in the store, then embed relevant ones for meaning search, discovery and map.

    Args:
        everything: Label every paper again, not only new and stale ones.
        vectors: Briefly, to the end, or not at all.
        fast: Read words alone, whatever the settings say.

    Returns:
        How many were labelled, by verdict; how many vectors were filled in.
    """
    from workflow.classifying import classify_store, count_to_label
    from workflow.vectors import count_missing, fill_vectors

    settings = load_settings()
    if fast:
        settings = settings.model_copy(update={"classifier_mode": "fast"})
    with opened_store(settings) as store:
        total = count_to_label(store, settings, everything=everything)
        with progress_bar("Classifying", "papers", total) as advance:
            labels = classify_store(store, settings, everything=everything, progress=advance)
        if vectors == "none":
            return Outcome(labels, None)
        with progress_bar("Embedding", "papers", count_missing(store, settings)) as advance:
            filled = fill_vectors(
                store,
                settings,
                within_seconds=None if vectors == "all" else BRIEF_SECONDS,
                progress=advance,
            )
        return Outcome(labels, filled)


@click.command("classify", epilog="Example: landscape classify --vectors all")
@click.option("--all", "everything", is_flag=True, help="Label every paper again.")
@click.option(
    "--vectors",
    type=click.Choice(["some", "all", "none"]),
    default="some",
    show_default=True,
    help="Embed relevant papers for 20 seconds, to the end (with the map), or not at all.",
)
@click.option("--fast", is_flag=True, help="Read words alone: some 15 times faster, a little less right.")
@click.option("--preview", is_flag=True, help="Say what a changed model would move; store nothing.")
@click.option(
    "--take-back", is_flag=True, help="Take the newest run back: earlier labels are in force again."
)
@json_option
def command(
    everything: bool, vectors: VectorWish, fast: bool, preview: bool, take_back: bool, as_json: bool
) -> None:
    """Label papers that no run of the present model has seen. Labels of people are never touched.

    The mode in use counts as the model: after --fast, a plain `landscape classify` labels again.

    Where the model has changed, what it moves is said: look first with --preview, and go back with
    --take-back. Labels that a run took back stay in the history.

    Behind the labels, relevant papers get the sentence vectors that meaning search, emerging topics
    and the map are made from. That may be stopped at any time and goes on at the next call.
    """
    if preview and take_back:
        raise click.UsageError("--preview and --take-back do not go together.")
    if preview or take_back:
        _reviewed(preview=preview, everything=everything, fast=fast, as_json=as_json)
        return
    outcome = run(everything=everything, vectors=vectors, fast=fast)
    if as_json:
        print_json({**plain(outcome.labels), "vectors": outcome.vectors})
        return
    click.echo(outcome.labels.line())
    if outcome.labels.moved is not None:
        from workflow.relabelling import moved_lines

        click.echo("\n".join(moved_lines(outcome.labels.moved, would=False)))
    if outcome.vectors is not None:
        click.echo(outcome.vectors.line())


def _reviewed(*, preview: bool, everything: bool, fast: bool, as_json: bool) -> None:
    """Look at what a changed model would move, or take its run back."""
    from workflow.classifying import count_to_label
    from workflow.relabelling import moved_lines, preview_moves, take_back_newest_run

    settings = load_settings()
    if fast:
        settings = settings.model_copy(update={"classifier_mode": "fast"})
    with opened_store(settings) as store:
        if not preview:
            labels = take_back_newest_run(store, login_name())
            if as_json:
                print_json({"taken_back": labels})
            else:
                click.echo(f"{labels} labels of the newest run taken back")
            return
        total = count_to_label(store, settings, everything=everything)
        with progress_bar("Looking", "papers", total) as advance:
            moved = preview_moves(store, settings, everything=everything, progress=advance)
    if as_json:
        print_json(moved)
    else:
        click.echo("\n".join(moved_lines(moved, would=True)))
