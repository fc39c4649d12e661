"""`landscape evaluate`: measure the model against hand labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.shared import json_option, print_json, progress_bar
from foundation.errors import RefusedInputError
from foundation.settings import load_settings

if TYPE_CHECKING:
    from classifier.prediction import Classifier
    from classifier.scoring import Interval
    from foundation.settings import Settings


_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@dataclass(frozen=True)
class Measured:
    """How good one system is.

    Attributes:
        measures: As `classifier.scoring.score` names them.
        intervals: 95 % bootstrap intervals over papers, of the shares among them.
    """

    measures: dict[str, float]
    intervals: dict[str, Interval]


def evaluated(
    gold: Path | None, *, texts: Sequence[Path] = (), baselines: bool = False
) -> dict[str, Measured]:
    """Score the classifier in force.

    Args:
        gold: Hand labels, JSONL, .gz by name; the project's own dev list when None.
        texts: Where title and abstract of the labels stand; empty reads them from `gold` itself, and
            those of the dev list from the store.
        baselines: Score its peers on the same papers too.

    Returns:
        Measures by name of the system; the classifier in force comes first.

    Raises:
        RefusedInputError: A label of `gold` has no text, or under 95 % of the labels have one where texts
            come from elsewhere.
    """
    from classifier.labels import DEV_FILE, read_hand_labels
    from classifier.scoring import bootstrap, score
    from classifier.texts import join_texts, read_texts, require_resolved
    from workflow.models import active_classifier
    from workflow.training import store_texts

    settings = load_settings()
    if gold is not None and not texts:
        joined = join_texts(read_hand_labels(gold), read_texts([gold]))
        without = [
            *joined.unresolved,
            *(text.id for _, text in joined.pairs if not text.title + text.abstract),
        ]
        if without:
            raise RefusedInputError(
                "a label has no title and abstract",
                hint="Give rows with both, or name files with --texts.",
                path=gold,
                id=without[0],
            )
    else:
        found = read_texts(texts) if texts else store_texts(settings)
        joined = join_texts(read_hand_labels(gold or DEV_FILE), found)
        require_resolved(joined)
    labels = [label for label, _ in joined.pairs]
    papers = [text for _, text in joined.pairs]
    systems: list[Classifier] = [active_classifier(settings)]
    if baselines:
        # The words alone stand beside both together, where the model in force has two modes.
        words = active_classifier(settings.model_copy(update={"classifier_mode": "fast"}))
        systems += [] if words.digest == systems[0].digest else [words]
        systems += _peers(settings)
    results = {}
    for system in systems:
        with progress_bar(f"Predicting with {system.name}", "papers", len(papers)) as advance:
            predictions = {each.id: each for each in system.predict(papers, progress=advance)}
        results[f"{system.name} {system.digest[:8]}"] = Measured(
            score(labels, predictions), bootstrap(labels, predictions)
        )
    return results


def run(gold: Path, *, baselines: bool = False) -> dict[str, dict[str, float]]:
    """Measures alone, by name of the system; see `evaluated`."""
    return {name: found.measures for name, found in evaluated(gold, baselines=baselines).items()}


def _peers(settings: Settings) -> list[Classifier]:
    """The peers, simplest first; all of them know the founding grid."""
    from classifier.baselines import MajorityBaseline, ZeroShotBaseline
    from classifier.embedder import MiniLmEmbedder
    from classifier.labels import read_hand_labels
    from classifier.model import load_classifier
    from classifier.peers import MiniLmPeer, RememberingEmbedder, WordsPeer
    from taxonomy.loader import founding_taxonomy

    grid = founding_taxonomy()
    embedder = RememberingEmbedder(MiniLmEmbedder(settings.home / "cache"))
    return [
        MajorityBaseline(read_hand_labels(), grid),
        ZeroShotBaseline(embedder, grid),
        MiniLmPeer(embedder),
        WordsPeer(load_classifier(taxonomy=grid, mode="fast")),
    ]


@click.command("evaluate", epilog="Example: landscape evaluate dev.jsonl.gz --baselines")
@click.argument("gold", metavar="[GOLD.jsonl]", required=False, type=_FILE)
@click.option("--texts", multiple=True, type=_FILE, help="Titles and abstracts of the labels (JSONL).")
@click.option("--baselines", is_flag=True, help="Print its peers on the same papers beside it.")
@json_option
def command(gold: Path | None, texts: tuple[Path, ...], baselines: bool, as_json: bool) -> None:
    """Measure the model against hand labels: relevance, cells, topics, calibration, coverage.

    GOLD holds one object a line: {"id", "title", "abstract", "relevant", "primary", "others",
    "topics", "stratum"}. Without GOLD it is the project's own dev list, whose texts come from the store
    or from --texts. Behind each share stands its 95 % bootstrap interval over papers. The
    peers: the most frequent place; zero-shot, nearest description in MiniLM vectors; logistic
    regression over MiniLM vectors; logistic regression over TF-IDF.
    """
    results = evaluated(gold, texts=texts, baselines=baselines)
    if as_json:
        print_json({name: _as_object(found) for name, found in results.items()})
        return
    for name, found in results.items():
        click.echo(name)
        for measure, value in found.measures.items():
            interval = found.intervals.get(measure)
            bounds = f"  ({interval.low:.4f} to {interval.high:.4f})" if interval else ""
            shown = f"{value:.4f}" if isinstance(value, float) else str(value)
            click.echo(f"  {measure:22} {shown:>7}{bounds}")
    if len(results) > 1:
        click.echo()
        _side_by_side(results)


def _side_by_side(results: dict[str, Measured]) -> None:
    names = list(results)
    width = max(len(name) for name in names)
    click.echo(" " * 22 + "".join(f"  {name:>{width}}" for name in names))
    for measure in results[names[0]].measures:
        values = (results[name].measures.get(measure) for name in names)
        cells = (
            "-" if value is None else f"{value:.4f}" if isinstance(value, float) else str(value)
            for value in values
        )
        click.echo(f"{measure:22}" + "".join(f"  {cell:>{width}}" for cell in cells))


def _as_object(found: Measured) -> dict[str, Any]:
    intervals = {name: [interval.low, interval.high] for name, interval in found.intervals.items()}
    return {**found.measures, "intervals": intervals}
