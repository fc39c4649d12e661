"""`landscape evaluate`: measure the model against hand labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.shared import json_option, print_json, progress_bar
from foundation.errors import RefusedInputError
from foundation.settings import load_settings

if TYPE_CHECKING:
    from classifier.prediction import Classifier


def run(gold: Path, *, baselines: bool = False) -> dict[str, Any]:
    """Score the classifier in force.

    Args:
        gold: Hand labels with title and abstract, JSONL, .gz by name.
        baselines: Score the baselines on the same papers too.

    Returns:
        Measures by name of the system; the classifier in force comes first.

    Raises:
        RefusedInputError: A label has no text.
    """
    from classifier.labels import read_hand_labels
    from classifier.scoring import score
    from classifier.texts import join_texts, read_texts
    from workflow.models import active_classifier

    labels = read_hand_labels(gold)
    joined = join_texts(labels, read_texts([gold]))
    if joined.unresolved:
        raise RefusedInputError(
            "a label has no title and abstract",
            hint="Give rows with both.",
            path=gold,
            id=joined.unresolved[0],
        )
    settings = load_settings()
    texts = [text for _, text in joined.pairs]
    systems: list[Classifier] = [active_classifier(settings)]
    if baselines:
        from classifier.baselines import MajorityBaseline, ZeroShotBaseline
        from classifier.embedder import MiniLmEmbedder
        from taxonomy.loader import load_taxonomy

        taxonomy = load_taxonomy()
        systems.append(MajorityBaseline(read_hand_labels(), taxonomy))
        systems.append(ZeroShotBaseline(MiniLmEmbedder(settings.home / "cache"), taxonomy))
    results = {}
    for system in systems:
        with progress_bar(f"Predicting with {system.name}", "papers", len(texts)) as advance:
            predictions = {each.id: each for each in system.predict(texts, progress=advance)}
        results[f"{system.name} {system.digest[:8]}"] = score(labels, predictions)
    return results


@click.command("evaluate", epilog="Example: landscape evaluate dev.jsonl.gz --baselines")
@click.argument("gold", metavar="GOLD.jsonl", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--baselines", is_flag=True, help="Print the baselines on the same papers beside it.")
@json_option
def command(gold: Path, baselines: bool, as_json: bool) -> None:
    """Measure the model against hand labels: relevance, cells, topics, calibration, coverage.

    GOLD holds one object a line: {"id", "title", "abstract", "relevant", "primary", "others",
    "topics", "stratum"}.
    """
    results = run(gold, baselines=baselines)
    if as_json:
        print_json(results)
        return
    names = list(results)
    width = max(12, *(len(name) for name in names))
    click.echo(" " * 22 + "".join(f"  {name:>{width}}" for name in names))
    for measure in results[names[0]]:
        values = (results[name].get(measure) for name in names)
        cells = (
            "-" if value is None else f"{value:.4f}" if isinstance(value, float) else str(value)
            for value in values
        )
        click.echo(f"{measure:22}" + "".join(f"  {cell:>{width}}" for cell in cells))
