"""`landscape tune`: tune the encoder of the accurate mode again."""

from __future__ import annotations

from pathlib import Path

import click

from foundation.settings import load_settings

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command("tune", epilog="Example: landscape tune --texts texts.jsonl.gz --out my-encoder")
@click.option("--texts", "texts", multiple=True, type=_FILE, help="Texts (JSONL); default: the store.")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder for the encoder."
)
@click.option(
    "--passes", default=4, show_default=True, type=click.IntRange(1, 20), help="Times each paper is seen."
)
@click.option(
    "--start",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Go on from this encoder, as labels grow; default: the published layers.",
)
def command(texts: tuple[Path, ...], out: Path, passes: int, start: Path | None) -> None:
    """Tune the encoder of the accurate mode from the shipped labels and their texts.

    Needs torch (the extra `fine-tuning`), 160 kB of memory a paper (5 GB for 32,000), and on two quiet
    cores about 35 minutes a pass over 32,000 papers. One paper in eight is kept out, and papers of the
    dev list always. With further labels one pass from the shipped encoder does (--start). Afterwards
    `landscape train --encoder FOLDER` fits a model beside it.
    """
    from workflow.training import tune_encoder

    with click.progressbar(length=1000, label="tuning", show_pos=False) as bar:

        def step(done: int, steps: int, loss: float) -> None:
            bar.label = f"tuning, loss {loss:.2f}"
            bar.update(1000 * done // steps - bar.pos)

        config = tune_encoder(
            load_settings(), out, text_files=texts, passes=passes, start_folder=start, step=step
        )
    click.echo(f"encoder in {out}: tuned on {config.papers} papers, weights {config.weights_sha256[:12]}")
