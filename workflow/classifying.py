"""Labels what the store holds: papers without a label by the present model, and stale ones."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from foundation.clock import Clock, SystemClock
from workflow.models import active_classifier

if TYPE_CHECKING:
    from classifier.prediction import Classifier, Prediction
    from db.engine import Store
    from db.labels import NewLabel, PaperToLabel
    from db.relabelled import Moved
    from foundation.settings import Settings
    from taxonomy.models import Taxonomy

BATCH_PAPERS = 512  # one write transaction a batch: short enough that the app never waits long


@dataclass(frozen=True)
class ClassifyReport:
    """What a classification did.

    Attributes:
        papers: Papers labelled.
        verdicts: Papers by verdict, most first.
        classifier: Name and digest of the model.
        seconds: Wall time.
        moved: What moved against an earlier model; None where nothing was labelled by one.
    """

    papers: int
    verdicts: tuple[tuple[str, int], ...]
    classifier: str
    seconds: float
    moved: Moved | None = None

    def line(self) -> str:
        """One line for a terminal."""
        if not self.papers:
            return f"nothing new to label (classifier {self.classifier})"
        shares = ", ".join(f"{count} {verdict}" for verdict, count in self.verdicts)
        rate = self.papers / self.seconds if self.seconds else 0.0
        return f"{self.papers} papers labelled in {self.seconds:.1f} s ({rate:.0f} a second): {shares}"


def classifier_name(classifier: Classifier) -> str:
    """Name and short digest, as shown to people."""
    return f"{classifier.name} {classifier.digest[:12]}"


def label_from(prediction: Prediction, paper: PaperToLabel, by: str) -> NewLabel:
    """A prediction as a label row.

    Args:
        prediction: What the model said.
        paper: What the model read; a text that changed meanwhile stays stale.
        by: Name of the model.
    """
    from db.labels import NewLabel

    return NewLabel(
        paper_id=paper.paper_id,
        verdict=prediction.verdict,
        relevance=prediction.relevance,
        cells=tuple((cell.cell, cell.score) for cell in prediction.cells),
        topics=tuple((topic.topic, topic.score) for topic in prediction.topics),
        evidence=tuple(
            {"text": e.text, "cell": e.cell, "weight": e.weight, "phrases": list(e.phrases)}
            for e in prediction.evidence
        ),
        method="model",
        by=by,
        note="",
        text_revision=paper.text_revision,
    )


def count_to_label(store: Store, settings: Settings, *, everything: bool = False) -> int:
    """How many papers `classify_store` would label now."""
    from db.labels import count_papers_to_label

    model = active_classifier(settings)
    with store.read() as session:
        return count_papers_to_label(
            session, digest=model.digest, taxonomy_version=model.taxonomy_version, everything=everything
        )


def classify_store(
    store: Store,
    settings: Settings,
    *,
    everything: bool = False,
    progress: Callable[[int], None] | None = None,
    clock: Clock | None = None,
    taxonomy: Taxonomy | None = None,
) -> ClassifyReport:
    """Label what is new or stale. A run that is cut short keeps what it has labelled.

    Args:
        store: The open store.
        settings: Which classifier is in force.
        everything: Label every paper again in a new run.
        progress: Called with the number of papers done since the last call.
        clock: Tells when a label was made; tests pass their own.
        taxonomy: The version of the grid to label for; the one in force when None.

    Returns:
        Counts by verdict.
    """
    from classifier.prediction import PaperText
    from db.labels import add_labels, begin_classifier_run, finish_classifier_run, papers_to_label
    from db.relabelled import moved_by_run
    from taxonomy.loader import load_taxonomy
    from workflow.group_topics import keep_group_topics

    started = time.monotonic()
    clock = clock or SystemClock()
    model = active_classifier(settings) if taxonomy is None else active_classifier(settings, taxonomy)
    name = classifier_name(model)
    verdicts: Counter[str] = Counter()
    run: int | None = None
    after = 0
    while True:
        with store.read() as session:
            batch = papers_to_label(
                session,
                digest=model.digest,
                taxonomy_version=model.taxonomy_version,
                everything=everything,
                after_paper_id=after,
                limit=BATCH_PAPERS,
            )
        if not batch:
            break
        after = batch[-1].paper_id
        texts = [PaperText(str(row.paper_id), row.title, row.abstract or "") for row in batch]
        labels = [
            label_from(prediction, paper, name)
            for prediction, paper in zip(model.predict(texts, progress), batch, strict=True)
        ]
        with store.write() as session:
            if run is None:
                run = begin_classifier_run(
                    session,
                    method="model",
                    name=model.name,
                    digest=model.digest,
                    taxonomy_version=model.taxonomy_version,
                    at=clock.now().replace(microsecond=0),
                )
            add_labels(
                session,
                run,
                labels,
                taxonomy_version=model.taxonomy_version,
                at=clock.now().replace(microsecond=0),
            )
        verdicts.update(label.verdict for label in labels)
    if run is not None:
        with store.write() as session:
            finish_classifier_run(
                session, run, at=clock.now().replace(microsecond=0), papers=verdicts.total()
            )
    seconds = time.monotonic() - started
    moved: Moved | None = None
    if run is not None:
        with store.read() as session:
            found = moved_by_run(session, run, taxonomy_version=model.taxonomy_version)
        moved = found if found.compared else None
    keep_group_topics(store, load_taxonomy(settings.home), clock=clock)
    return ClassifyReport(verdicts.total(), tuple(verdicts.most_common()), name, seconds, moved)
