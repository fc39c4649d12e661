"""Fits a model from labelled texts: heads by folds, calibration on what the folds left out.

Everything is seeded and every fit runs on one BLAS thread, folds side by side: the same labels and
texts give the same bytes on one machine. Where a tuned encoder is given, the mix of words and encoder
is fitted on the papers that its tuning never saw.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from classifier import heads_fit
from classifier.card import Card
from classifier.features import TITLE_WEIGHT, Vocabulary, least_papers
from classifier.folds import FOLDS, cross_validated, fit_accurate, fit_side_by_side, fold_of_each
from classifier.heads import HeadScores
from classifier.heads_fit import listed_topics
from classifier.labels import HandLabel, ListLabel, Titled, TitledT, without_held_out
from classifier.model_config import ACCURATE_NAME, NAME, AccurateConfig, Mode
from classifier.model_files import write_card, write_model
from classifier.placing_fit import fit_placing, targets_of
from classifier.prediction import PaperText
from classifier.scoring import Interval, bootstrap
from classifier.term_matrix import count_known, count_matrix, tfidf
from foundation.errors import RefusedInputError
from papers.text import title_key
from taxonomy.loader import founding_taxonomy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from classifier.tuned_encoder import TunedEncoder
    from taxonomy.models import Taxonomy

__all__ = ["Card", "fold_of_each", "train", "without_held_out_texts"]

# Weight of a label by how sure its reader was; see `heads_fit` for what other weights change.
SURE_WEIGHT = {1: 0.6, 2: 0.85, 3: 1.0}
FEWEST_PAPERS = 20
# The mix has eight weights, its calibration some eighty numbers under a ridge: from a few hundred papers on.
FEWEST_UNSEEN = 200
MANY = 10_000


LabelledText = tuple[HandLabel, PaperText]
ListedText = tuple[ListLabel, PaperText]
Step = Callable[[str], None]


def train(
    labelled: Sequence[LabelledText],
    folder: Path,
    *,
    listed: Sequence[ListedText] = (),
    held_out: Sequence[LabelledText] = (),
    taxonomy: Taxonomy | None = None,
    encoder: TunedEncoder | None = None,
    step: Step | None = None,
) -> Card:
    """Fit a model and write its folder.

    Args:
        labelled: Labels beside their texts; those among the held-out papers are dropped, and of
            two labels of one id the later one counts.
        folder: Where to write; files of the same names are replaced whole, at the end.
        listed: Papers that reading lists place, as weak labels of topics; held-out papers and
            those with a hand label are dropped.
        held_out: Papers to report on and never to fit on.
        taxonomy: The taxonomy in force; the shipped one by default.
        encoder: The tuned encoder to mix in; None, or too few labelled papers that its tuning never
            saw, gives a model with the fast mode alone.
        step: Told what is being done, for a progress line.

    Returns:
        The card, also written as `card.json`.

    Raises:
        RefusedInputError: Too few papers, or a label names a cell or topic that does not exist.
    """
    from threadpoolctl import threadpool_limits

    taxonomy = taxonomy or founding_taxonomy()
    tell = step or (lambda _: None)
    # A later label of the same paper is a correction of the earlier one.
    newest = list({label.id: (label, text) for label, text in labelled}.values())
    kept = without_held_out_texts(newest, held_out)
    weak = without_held_out_texts(without_held_out_texts(listed, held_out), kept)
    _check(kept, taxonomy)
    with threadpool_limits(1):
        return _train(kept, weak, len(newest) - len(kept), folder, held_out, taxonomy, encoder, tell)


def _train(
    labelled: Sequence[LabelledText],
    listed: Sequence[ListedText],
    dropped: int,
    folder: Path,
    held_out: Sequence[LabelledText],
    taxonomy: Taxonomy,
    encoder: TunedEncoder | None,
    tell: Step,
) -> Card:
    import numpy as np

    cells, topics = taxonomy.cells, tuple(topic.id for topic in taxonomy.topics)
    labels = [label for label, _ in labelled]
    targets = targets_of(labels, cells, topics, SURE_WEIGHT)
    tell("counting words")
    terms, counts = count_matrix([text for _, text in labelled])
    weak_counts = count_known([text for _, text in listed], terms)
    weak_topics = listed_topics([label for label, _ in listed], topics)
    folds = fold_of_each(labels)
    tell(f"the heads, and {FOLDS} times without a fold")
    rows = [np.flatnonzero(folds != fold) for fold in range(FOLDS) if (folds == fold).any()]
    left = [np.flatnonzero(folds == fold) for fold in range(FOLDS) if (folds == fold).any()]
    fits = fit_side_by_side(
        [*rows, np.arange(len(labels))], counts, targets, weak_counts, weak_topics, len(labels)
    )
    columns = np.zeros((len(labels), 1 + 2 * len(cells) + len(topics)))
    for outside, (known, idf, heads) in zip(left, fits, strict=False):
        columns[outside] = tfidf(counts[outside], known, idf) @ heads.weights + heads.bias
    scores = HeadScores.from_columns(columns, len(cells))
    tell("calibration and thresholds")
    placing = fit_placing(scores, targets, cells, topics)
    unseen, read, accurate = _unseen(labelled, encoder), None, None
    if encoder is not None and len(unseen) >= FEWEST_UNSEEN:
        tell(f"{len(unseen)} papers that the encoder was not tuned on")
        read = encoder.score_all([labelled[int(row)][1] for row in unseen])
        blend, mixed = fit_accurate(scores.rows(unseen), read, targets.rows(unseen), taxonomy, fast=placing)
        accurate = AccurateConfig(encoder_digest=encoder.digest, blend=blend, placing=mixed)
    fast_crossed, accurate_crossed = cross_validated(labels, folds, scores, targets, taxonomy, unseen, read)
    crossed = fast_crossed if accurate is None else accurate_crossed
    crossed_labels = labels if accurate is None else [labels[int(row)] for row in unseen]
    known, idf, heads = fits[-1]
    vocabulary = Vocabulary(tuple(terms[column] for column in known), idf)
    tell("writing and reading back")
    least = least_papers(len(labels))
    files = write_model(folder, placing, vocabulary, heads, taxonomy, accurate, min_papers=least)
    fast_held_out = _measure(folder, held_out, taxonomy, "fast", None)
    card = Card(
        name=NAME if accurate is None else ACCURATE_NAME,
        taxonomy_version=taxonomy.version,
        papers=len(labels),
        relevant=int(targets.relevant.sum()),
        dropped=dropped,
        listed=len(listed),
        terms=len(vocabulary.terms),
        strata=dict(sorted(Counter(label.stratum.partition(":")[0] for label in labels).items())),
        settings={
            "title_weight": TITLE_WEIGHT,
            "min_papers": least,
            "folds": FOLDS,
            "seed": heads_fit.SEED,
            "relevance_c": heads_fit.RELEVANCE_C,
            "primary_c": heads_fit.PRIMARY_C,
            "many_c": heads_fit.MANY_C,
            "sure_weight": SURE_WEIGHT,
            "list_weight": heads_fit.LIST_WEIGHT,
        },
        cross_validation=bootstrap(crossed_labels, crossed, rounds=200),
        cross_validation_papers=len(crossed_labels),
        held_out=fast_held_out
        if accurate is None
        else _measure(folder, held_out, taxonomy, "accurate", encoder),
        held_out_papers=len(held_out),
        # Of so many papers the interval is narrow, and a round takes half a second.
        fast_cross_validation=bootstrap(labels, fast_crossed, rounds=200 if len(labels) < MANY else 50),
        fast_held_out=fast_held_out,
        encoder={} if accurate is None or encoder is None else _told(encoder),
        files=files,
    )
    write_card(folder, card)
    return card


def _unseen(labelled: Sequence[LabelledText], encoder: TunedEncoder | None) -> NDArray[np.int64]:
    """Rows of the papers that the encoder's tuning kept out."""
    import numpy as np

    if encoder is None:
        return np.zeros(0, dtype=np.int64)
    return np.array(
        [row for row, (_, text) in enumerate(labelled) if encoder.config.unseen(text.title)], dtype=np.int64
    )


def _told(encoder: TunedEncoder) -> dict[str, float | int | str]:
    """What the card says of the encoder."""
    config = encoder.config
    return {
        "digest": encoder.digest,
        "papers": config.papers,
        "max_tokens": config.max_tokens,
        "first_tuned_layer": config.first_tuned_layer,
        "folds": config.folds,
        **config.settings,
    }


def without_held_out_texts(
    rows: Sequence[tuple[TitledT, PaperText]], held_out: Sequence[tuple[Titled, PaperText]]
) -> list[tuple[TitledT, PaperText]]:
    """Drop held-out papers by the label's id and title, and by the text's own title too.

    Args:
        rows: Training rows of any source, beside their texts.
        held_out: The papers that figures are reported on, beside their texts.

    Returns:
        The rows left, in order.
    """
    kept = {label.id for label in without_held_out([row for row, _ in rows], [held for held, _ in held_out])}
    # A label may bear no title, or another spelling of it than its text.
    titles = {title_key(text.title) for _, text in held_out if text.title}
    return [
        (label, text)
        for label, text in rows
        if label.id in kept and not (text.title and title_key(text.title) in titles)
    ]


def _check(labelled: Sequence[LabelledText], taxonomy: Taxonomy) -> None:
    relevant = sum(label.relevant for label, _ in labelled)
    primary = {label.primary for label, _ in labelled if label.primary}
    if relevant < FEWEST_PAPERS or relevant == len(labelled) or len(primary) < 2:
        raise RefusedInputError(
            "too few labelled papers to fit a model",
            hint=f"Give {FEWEST_PAPERS} relevant papers of two cells, and some that are not relevant.",
            papers=len(labelled),
            relevant=relevant,
            cells=len(primary),
        )
    for label, _ in labelled:
        for name, known in (
            *((cell, cell in taxonomy.cells) for cell in label.cells),
            *((topic, topic in taxonomy.topic_by_id) for topic in label.topics),
        ):
            if not known:
                raise RefusedInputError(
                    "a label names a cell or topic that the taxonomy lacks",
                    hint="Mend the row, or use the taxonomy that it was made for.",
                    id=label.id,
                    name=name,
                    taxonomy=taxonomy.version,
                )


def _measure(
    folder: Path,
    held_out: Sequence[LabelledText],
    taxonomy: Taxonomy,
    mode: Mode,
    encoder: TunedEncoder | None,
) -> dict[str, Interval]:
    """Measures of the written model on held-out papers, through the same door as any user."""
    from classifier.model import load_classifier

    model = load_classifier(
        folder, taxonomy, mode=mode, **({} if encoder is None else {"encoder_folder": encoder.folder})
    )
    if not held_out:
        return {}
    predictions = {p.id: p for p in model.predict([text for _, text in held_out], evidence=False)}
    return bootstrap([label for label, _ in held_out], predictions)
