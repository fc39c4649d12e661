"""`landscape train`: fit the shipped model again from labels."""

from __future__ import annotations

from pathlib import Path

import click

from cli.shared import json_option, print_json, shortened
from foundation.settings import load_settings

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command("train", epilog="Example: landscape train --texts texts.jsonl.gz --out my-model")
@click.option("--labels", "labels", multiple=True, type=_FILE, help="Further labels (JSONL).")
@click.option("--texts", "texts", multiple=True, type=_FILE, help="Texts (JSONL); default: the store.")
@click.option("--library", is_flag=True, help="Learn from the starter library's placements too.")
@click.option(
    "--encoder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Tuned encoder of the accurate mode; default: the shipped one.",
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for the model.")
@json_option
def command(
    labels: tuple[Path, ...],
    texts: tuple[Path, ...],
    library: bool,
    encoder: Path | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Fit the model again from the shipped labels, your corrections and their texts.

    Labels hold no abstracts: texts come from the store or from --texts. Papers of the dev list
    are reported on and never fitted on. The same input gives the same bytes. Without --out the
    new model becomes your own and is used from then on.
    """
    from workflow.training import train_model

    report = train_model(
        load_settings(),
        label_files=labels,
        text_files=texts,
        library=library,
        folder=out,
        encoder_folder=encoder,
        step=lambda text: click.echo(f"… {text}", err=True),
    )
    if as_json:
        print_json(report)
        return
    card = report.card
    click.echo(
        f"model in {report.folder}: {card.papers} papers ({card.dropped} held out), {card.terms} terms"
    )
    if report.unresolved:
        click.echo(f"{len(report.unresolved)} labels have no text: {shortened(report.unresolved)}")
    if report.further_found < report.further:
        click.echo(
            f"{report.further_found} of the {report.further} further shipped labels have a text here: "
            "harvest or import their papers, or name files with --texts, and they count too"
        )
    measured = card.held_out or card.cross_validation
    click.echo(f"measured on {card.held_out_papers} held-out papers" if card.held_out else "cross-validation")
    for name, interval in measured.items():
        click.echo(f"  {name:22} {interval.value:.3f}  ({interval.low:.3f} to {interval.high:.3f})")
