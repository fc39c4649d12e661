"""Fits a model from labelled texts: heads by folds, calibration on what the folds left out.

Everything is seeded and runs on one BLAS thread: the same labels and texts give the same bytes
on one machine.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.features import MIN_PAPERS, TITLE_WEIGHT, Vocabulary, count_terms
from classifier.heads import HeadScores, LinearHeads
from classifier.labels import HandLabel, ListLabel, Titled, TitledT, without_held_out
from classifier.model import CONFIG_FILE, NAME, VOCABULARY_FILE, WEIGHTS_FILE, ModelConfig
from classifier.placing import PlacingConfig, calibrate, place
from classifier.placing_fit import THRESHOLDS_CHOSEN, Targets, fit_placing, targets_of
from classifier.prediction import PaperText, Prediction
from classifier.scoring import Interval, bootstrap
from foundation.errors import RefusedInputError
from papers.text import title_key
from taxonomy.loader import load_taxonomy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from taxonomy.models import Taxonomy

CARD_FILE, README_FILE = "card.json", "README.md"
FOLDS = 5
SEED = 0
# Inverse strength of the ridge, and the weight of a label by how sure its reader was.
# Cross-validation on train is flat about these values: a third or three times of each C, or equal
# weights, moves the first cell, any cell and the first topic by half a point at most; MANY_C at a
# third costs two points of the topics' macro F1.
RELEVANCE_C = 10.0
PRIMARY_C = 30.0
MANY_C = 30.0
SURE_WEIGHT = {1: 0.6, 2: 0.85, 3: 1.0}
FEWEST_PAPERS = 20
# Log-odds of a class with fewer than two papers: it cannot be learnt.
UNKNOWN_LOG_ODDS = -8.0

# A placement in a reading list counts so much less than a reader's. Cross-validation on train: list
# papers as further positives of the topic heads add 0.7 points to the first topic and 1.2 to the
# topics' macro F1; in the cell heads they add nothing, so they are not used there.
LIST_WEIGHT = 0.1

LabelledText = tuple[HandLabel, PaperText]
ListedText = tuple[ListLabel, PaperText]
Step = Callable[[str], None]


@dataclass(frozen=True)
class Card:
    """What there is to know about a model.

    Attributes:
        name: Kind of model.
        taxonomy_version: The taxonomy it was fitted for.
        papers: How many labelled papers it was fitted on.
        relevant: How many of them are relevant.
        dropped: How many training rows were dropped for standing among the held-out papers.
        listed: How many papers of reading lists stood by the topic heads.
        terms: Size of the vocabulary.
        strata: Training papers by how they were drawn.
        settings: Every setting of the fit.
        cross_validation: Measures on train, each paper predicted by heads and calibration
            fitted without its fold, with 95 % bootstrap intervals.
        held_out: The same on held-out papers; empty where none were given.
        held_out_papers: How many those are.
        files: SHA-256 of the model's files.
    """

    name: str
    taxonomy_version: str
    papers: int
    relevant: int
    dropped: int
    listed: int
    terms: int
    strata: dict[str, int]
    settings: dict[str, Any]
    cross_validation: dict[str, Interval]
    held_out: dict[str, Interval] = field(default_factory=dict)
    held_out_papers: int = 0
    files: dict[str, str] = field(default_factory=dict)


def train(
    labelled: Sequence[LabelledText],
    folder: Path,
    *,
    listed: Sequence[ListedText] = (),
    held_out: Sequence[LabelledText] = (),
    taxonomy: Taxonomy | None = None,
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
        step: Told what is being done, for a progress line.

    Returns:
        The card, also written as `card.json`.

    Raises:
        RefusedInputError: Too few papers, or a label names a cell or topic that does not exist.
    """
    from threadpoolctl import threadpool_limits

    taxonomy = taxonomy or load_taxonomy()
    tell = step or (lambda _: None)
    # A later label of the same paper is a correction of the earlier one.
    newest = list({label.id: (label, text) for label, text in labelled}.values())
    kept = without_held_out_texts(newest, held_out)
    weak = without_held_out_texts(without_held_out_texts(listed, held_out), kept)
    _check(kept, taxonomy)
    with threadpool_limits(1):
        return _train(kept, weak, len(newest) - len(kept), folder, held_out, taxonomy, tell)


def _train(
    labelled: Sequence[LabelledText],
    listed: Sequence[ListedText],
    dropped: int,
    folder: Path,
    held_out: Sequence[LabelledText],
    taxonomy: Taxonomy,
    tell: Step,
) -> Card:
    import numpy as np

    cells, topics = taxonomy.cells, tuple(topic.id for topic in taxonomy.topics)
    labels = [label for label, _ in labelled]
    targets = targets_of(labels, cells, topics, SURE_WEIGHT)
    tell("counting words")
    terms, counts = count_matrix([text for _, text in labelled])
    weak_counts = count_known([text for _, text in listed], terms)
    weak_topics = _listed_topics([label for label, _ in listed], topics)
    folds = fold_of_each(labels)
    columns = np.zeros((len(labels), 1 + 2 * len(cells) + len(topics)))
    for fold in range(FOLDS):
        tell(f"cross-validation, fold {fold + 1} of {FOLDS}")
        inside, outside = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        if not len(outside):
            continue
        known, idf = weigh_terms(counts[inside])
        heads = fit_heads(
            tfidf(counts[inside], known, idf),
            targets.rows(inside),
            tfidf(weak_counts, known, idf),
            weak_topics,
        )
        columns[outside] = tfidf(counts[outside], known, idf) @ heads.weights + heads.bias
    scores = HeadScores.from_columns(columns, len(cells))
    tell("calibration and thresholds")
    placing = fit_placing(scores, targets, cells, topics)
    cross_validated: dict[str, Prediction] = {}
    for fold in range(FOLDS):
        inside, outside = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        if len(outside):
            fold_placing = fit_placing(scores.rows(inside), targets.rows(inside), cells, topics)
            cross_validated.update(
                _predictions([labels[row] for row in outside], scores.rows(outside), fold_placing)
            )
    tell("the final heads")
    known, idf = weigh_terms(counts)
    heads = fit_heads(tfidf(counts, known, idf), targets, tfidf(weak_counts, known, idf), weak_topics)
    vocabulary = Vocabulary(tuple(terms[column] for column in known), idf)
    tell("writing and reading back")
    files = _write_model(folder, placing, vocabulary, heads, taxonomy)
    card = Card(
        name=NAME,
        taxonomy_version=taxonomy.version,
        papers=len(labels),
        relevant=int(targets.relevant.sum()),
        dropped=dropped,
        listed=len(listed),
        terms=len(vocabulary.terms),
        strata=dict(sorted(Counter(label.stratum.partition(":")[0] for label in labels).items())),
        settings={
            "title_weight": TITLE_WEIGHT,
            "min_papers": MIN_PAPERS,
            "folds": FOLDS,
            "seed": SEED,
            "relevance_c": RELEVANCE_C,
            "primary_c": PRIMARY_C,
            "many_c": MANY_C,
            "sure_weight": SURE_WEIGHT,
            "list_weight": LIST_WEIGHT,
        },
        cross_validation=bootstrap(labels, cross_validated, rounds=200),
        held_out=_measure(folder, held_out, taxonomy),
        held_out_papers=len(held_out),
        files=files,
    )
    _write_card(folder, card)
    return card


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


def fold_of_each(labels: Sequence[HandLabel]) -> NDArray[np.int64]:
    """Fold of each paper, in `0 .. FOLDS - 1`.

    The fold hangs on the normalised title, so that a paper that was labelled twice (as preprint
    and as published) never stands on both sides.
    """
    import numpy as np

    keys = [title_key(label.title) if label.title else label.id for label in labels]
    return np.array(
        [int.from_bytes(hashlib.sha256(key.encode("utf-8")).digest()[:8], "big") % FOLDS for key in keys],
        dtype=np.int64,
    )


def count_matrix(texts: Sequence[PaperText]) -> tuple[list[str], csr_matrix]:
    """Count every term that stands in at least `MIN_PAPERS` papers.

    Args:
        texts: The papers.

    Returns:
        Terms in alphabetical order, and counts of shape `(n_papers, n_terms)`.
    """
    counted = [count_terms(text) for text in texts]
    frequency: Counter[str] = Counter()
    for counts in counted:
        frequency.update(counts.keys())
    terms = sorted(term for term, papers in frequency.items() if papers >= MIN_PAPERS)
    return terms, _as_matrix(counted, terms)


def count_known(texts: Sequence[PaperText], terms: Sequence[str]) -> csr_matrix:
    """Count the given terms; shape `(n_papers, n_terms)`."""
    return _as_matrix([count_terms(text) for text in texts], terms)


def _as_matrix(counted: Sequence[Counter[str]], terms: Sequence[str]) -> csr_matrix:
    import numpy as np
    from scipy.sparse import csr_matrix

    column_of = {term: column for column, term in enumerate(terms)}
    indptr: list[int] = [0]
    indices: list[int] = []
    data: list[int] = []
    for counts in counted:
        row = sorted((column_of[term], count) for term, count in counts.items() if term in column_of)
        indices.extend(column for column, _ in row)
        data.extend(count for _, count in row)
        indptr.append(len(indices))
    return csr_matrix(
        (
            np.array(data, dtype=np.float64),
            np.array(indices, dtype=np.int64),
            np.array(indptr, dtype=np.int64),
        ),
        shape=(len(counted), len(terms)),
    )


def _listed_topics(labels: Sequence[ListLabel], topics: Sequence[str]) -> NDArray[np.bool_]:
    """Topics that reading lists name, shape `(n_papers, n_topics)`; unknown ones are passed over."""
    import numpy as np

    at = {topic: place for place, topic in enumerate(topics)}
    found = np.zeros((len(labels), len(topics)), dtype=bool)
    for row, label in enumerate(labels):
        found[row, [at[p.topic] for p in label.labels if p.topic in at]] = True
    return found


def weigh_terms(counts: csr_matrix) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The columns with at least `MIN_PAPERS` papers, and their inverse document frequencies."""
    import numpy as np

    papers = np.bincount(counts.indices, minlength=counts.shape[1])
    known = np.flatnonzero(papers >= MIN_PAPERS)
    return known, (np.log((1 + counts.shape[0]) / (1 + papers[known])) + 1.0).astype(np.float32)


def tfidf(counts: csr_matrix, known: NDArray[np.int64], idf: NDArray[np.float32]) -> csr_matrix:
    """TF-IDF rows of length 1 over the known columns; the same as `Vocabulary.vector` gives."""
    import numpy as np
    from scipy.sparse import csr_matrix

    kept = csr_matrix(counts[:, known])
    kept.sort_indices()
    kept.data = (1.0 + np.log(kept.data)) * idf[kept.indices]
    squares = np.sqrt(np.asarray(kept.multiply(kept).sum(axis=1)).ravel())
    kept.data /= np.repeat(np.where(squares > 0, squares, 1.0), np.diff(kept.indptr))
    return kept


def fit_heads(
    features: csr_matrix, targets: Targets, weak_features: csr_matrix, weak_topics: NDArray[np.bool_]
) -> LinearHeads:
    """Fit every head.

    Args:
        features: TF-IDF rows, shape `(n_papers, n_terms)`.
        targets: Labels.
        weak_features: TF-IDF rows of papers from reading lists; may have no rows.
        weak_topics: Their topics, shape `(n_listed_papers, n_topics)`; each is a further
            positive of its topics' heads, and no list paper is ever a negative.

    Returns:
        Weights, rounded to half precision as they are stored.
    """
    import numpy as np
    from scipy.sparse import vstack
    from sklearn.linear_model import LogisticRegression

    n_cells, n_topics = targets.cells.shape[1], targets.topics.shape[1]
    n_heads = 1 + 2 * n_cells + n_topics
    weights = np.zeros((features.shape[1], n_heads))
    bias = np.full(n_heads, UNKNOWN_LOG_ODDS)

    def binary(
        column: int, rows: Any, right: NDArray[np.bool_], sample: NDArray[np.float64], c: float
    ) -> None:
        if right.sum() < 2 or right.all():
            return
        fitted = LogisticRegression(
            C=c, solver="liblinear", dual=True, tol=1e-2, max_iter=1000, random_state=SEED
        ).fit(rows, right, sample_weight=sample)
        weights[:, column], bias[column] = fitted.coef_[0], fitted.intercept_[0]

    binary(0, features, targets.relevant, targets.weight, RELEVANCE_C)
    own, truth = features[targets.relevant], targets.rows(targets.relevant)
    fitted = LogisticRegression(C=PRIMARY_C, solver="newton-cg", tol=1e-3, max_iter=200).fit(
        own, truth.primary, sample_weight=truth.weight
    )
    if len(fitted.classes_) == 2:
        # One row of weights stands for both classes: the first is its opposite.
        weights[:, 1 + fitted.classes_] = np.stack([-fitted.coef_[0] / 2, fitted.coef_[0] / 2], axis=1)
        bias[1 + fitted.classes_] = [-fitted.intercept_[0] / 2, fitted.intercept_[0] / 2]
    else:
        weights[:, 1 + fitted.classes_] = fitted.coef_.T
        bias[1 + fitted.classes_] = fitted.intercept_
    for cell in range(n_cells):
        binary(1 + n_cells + cell, own, truth.cells[:, cell], truth.weight, MANY_C)
    for topic in range(n_topics):
        more = np.flatnonzero(weak_topics[:, topic])
        rows = vstack([own, weak_features[more]], format="csr")
        right = np.concatenate([truth.topics[:, topic], np.ones(len(more), dtype=bool)])
        sample = np.concatenate([truth.weight, np.full(len(more), LIST_WEIGHT)])
        binary(1 + 2 * n_cells + topic, rows, right, sample, MANY_C)
    return LinearHeads(weights.astype(np.float16).astype(np.float32), bias.astype(np.float32), n_cells)


def _predictions(
    labels: Sequence[HandLabel], scores: HeadScores, placing: PlacingConfig
) -> dict[str, Prediction]:
    calibrated = calibrate(scores, placing)
    found = {}
    for row, label in enumerate(labels):
        placed = place(calibrated, row, placing)
        found[label.id] = Prediction(label.id, placed.verdict, placed.relevance, placed.cells, placed.topics)
    return found


def _measure(folder: Path, held_out: Sequence[LabelledText], taxonomy: Taxonomy) -> dict[str, Interval]:
    """Measures of the written model on held-out papers, through the same door as any user."""
    from classifier.model import load_classifier

    model = load_classifier(folder, taxonomy)
    if not held_out:
        return {}
    predictions = {p.id: p for p in model.predict([text for _, text in held_out], evidence=False)}
    return bootstrap([label for label, _ in held_out], predictions)


def _write_model(
    folder: Path, placing: PlacingConfig, vocabulary: Vocabulary, heads: LinearHeads, taxonomy: Taxonomy
) -> dict[str, str]:
    import numpy as np
    from safetensors.numpy import save

    raw_vocabulary = "".join(f"{term}\n" for term in vocabulary.terms).encode("utf-8")
    raw_weights = save(
        {
            "weights": np.ascontiguousarray(heads.weights.astype(np.float16)),
            "bias": heads.bias,
            "idf": vocabulary.idf,
        }
    )
    config = ModelConfig(
        taxonomy_version=taxonomy.version,
        vocabulary_sha256=hashlib.sha256(raw_vocabulary).hexdigest(),
        weights_sha256=hashlib.sha256(raw_weights).hexdigest(),
        thresholds_chosen=THRESHOLDS_CHOSEN,
        placing=placing,
    )
    raw_config = (config.model_dump_json(indent=1) + "\n").encode("utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    files = {VOCABULARY_FILE: raw_vocabulary, WEIGHTS_FILE: raw_weights, CONFIG_FILE: raw_config}
    for name, raw in files.items():
        _write_whole(folder / name, raw)
    return {name: hashlib.sha256(raw).hexdigest() for name, raw in files.items()}


def _write_whole(path: Path, data: bytes) -> None:
    """Write beside the target and rename, so that no reader meets half a file."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _write_card(folder: Path, card: Card) -> None:
    text = json.dumps(_rounded(asdict(card)), indent=1, ensure_ascii=False) + "\n"
    _write_whole(folder / CARD_FILE, text.encode("utf-8"))
    _write_whole(folder / README_FILE, _readme(card).encode("utf-8"))


def _readme(card: Card) -> str:
    """The card for people."""
    rows = []
    for name, crossed in card.cross_validation.items():
        cells = [
            f"{i.value:.3f} ({i.low:.3f} to {i.high:.3f})" for i in (crossed, card.held_out.get(name)) if i
        ]
        rows.append(f"| {name} | " + " | ".join(cells) + " |")
    held_out = f" | {card.held_out_papers} held-out papers" if card.held_out else ""
    return "\n".join(
        [
            f"# Model `{card.name}`, taxonomy {card.taxonomy_version}",
            "",
            f"Fitted on {card.papers} labelled papers ({card.relevant} of them relevant), with {card.listed}",
            f"papers of reading lists as weak labels of topics. {card.terms} words and pairs of words.",
            "Text and plain numbers alone: `model.json`, `vocabulary.txt`, `weights.safetensors`.",
            "",
            f"| measure (95 % bootstrap interval) | cross-validation on train{held_out} |",
            "|---|---|" + ("---|" if card.held_out else ""),
            *rows,
            "",
            "The shipped labels were given by language models of one kind, reading by written rules: where",
            "readers of another kind would differ, these figures flatter. Written by `landscape train`.",
            "",
        ]
    )


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {str(key): _rounded(inner) for key, inner in value.items()}
    return value
