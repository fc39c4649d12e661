"""Gathers labels and texts and fits the classifier again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foundation.errors import RefusedInputError

if TYPE_CHECKING:
    from classifier.labels import HandLabel, ListLabel
    from classifier.prediction import PaperText
    from classifier.training import Card
    from classifier.tuned_encoder import EncoderConfig
    from foundation.settings import Settings


@dataclass(frozen=True)
class TrainReport:
    """What a training did.

    Attributes:
        folder: Where the model stands.
        card: Its card.
        unresolved: Ids of labels that no text was found for.
        further_found: How many of the further shipped labels (`more.jsonl`) had a text.
        further: How many of them there are.
    """

    folder: Path
    card: Card
    unresolved: tuple[str, ...]
    further_found: int = 0
    further: int = 0


def label_from_export(row: dict[str, Any]) -> HandLabel:
    """A row of `landscape label export` as a training label.

    Args:
        row: `{id, verdict, cell, topics}` and perhaps `cells`.

    Returns:
        The label. A person who marked a paper unsure gave no cell to learn from; such rows are
        the caller's to leave out.
    """
    from classifier.labels import HandLabel

    cells = list(row.get("cells") or ([row["cell"]] if row.get("cell") else []))
    return HandLabel(
        id=row["id"],
        title=row.get("title", ""),
        stratum="corrections",
        relevant=row["verdict"] != "not-relevant",
        primary=cells[0] if cells else None,
        others=tuple(cells[1:]),
        topics=tuple(row.get("topics") or ()),
    )


def read_labels(path: Path) -> tuple[HandLabel, ...]:
    """Read labels: hand-label files, or what `landscape label export` wrote.

    Args:
        path: JSONL, .gz by name.

    Returns:
        Labels; exported rows with verdict `unsure` are left out.

    Raises:
        RefusedInputError: A row is neither.
    """
    from pydantic import ValidationError

    from classifier.labels import read_hand_labels, read_json_lines

    first = next(read_json_lines(path), None)
    if first is None:
        raise RefusedInputError("the label file is empty", path=path)
    if "verdict" not in first[1]:
        return read_hand_labels(path)
    labels = []
    for number, row in read_json_lines(path):
        if row.get("verdict") == "unsure":
            continue
        try:
            labels.append(label_from_export(row))
        except (KeyError, TypeError, ValidationError) as error:
            raise RefusedInputError(
                "a label row is not valid", hint="Mend the row.", path=path, line=number, reason=str(error)
            ) from error
    return tuple(labels)


def library_labels() -> tuple[HandLabel, ...]:
    """The starter library's placements as training labels."""
    from classifier.labels import HandLabel
    from taxonomy.library import load_library

    return tuple(
        HandLabel(
            id=paper.key,
            title=paper.title,
            venue=paper.venue,
            year=paper.year,
            stratum="library",
            relevant=True,
            primary=paper.cell,
            others=paper.other_cells,
            topics=paper.topics,
        )
        for paper in load_library()
    )


def store_texts(settings: Settings) -> Iterator[PaperText]:
    """Texts of every paper in the store that has an abstract, under each of its ids."""
    from sqlmodel import col, select

    from classifier.prediction import PaperText
    from db.engine import open_store
    from db.models import ExternalId, Paper

    store = open_store(settings.resolved_database_url)
    try:
        with store.read() as session:
            query = (
                select(ExternalId.scheme, ExternalId.value, Paper.title, Paper.abstract)
                .join(Paper, col(Paper.id) == col(ExternalId.paper_id))
                .where(col(Paper.abstract).is_not(None))
            )
            for scheme, value, title, abstract in session.exec(query):
                yield PaperText(f"{scheme}:{value}", title, abstract or "")
    finally:
        store.dispose()


@dataclass(frozen=True)
class _Gathered:
    """Labels beside their texts, the held-out papers apart."""

    fitted: list[tuple[HandLabel, PaperText]]
    held_out: tuple[tuple[HandLabel, PaperText], ...]
    listed: tuple[tuple[ListLabel, PaperText], ...]
    unresolved: tuple[str, ...]
    further_found: int
    further: int


def _gather(
    settings: Settings, label_files: Sequence[Path], text_files: Sequence[Path], library: bool
) -> _Gathered:
    from classifier.labels import DEV_FILE, MORE_FILE, read_hand_labels, read_list_labels, without_held_out
    from classifier.texts import join_texts, read_texts, require_resolved
    from workflow.corrections import people_labels

    labels = list(read_hand_labels())
    further_labels = read_hand_labels(MORE_FILE)
    if not text_files:
        # What people corrected in the store counts wherever its texts are read from.
        labels += people_labels(settings, [*labels, *further_labels])
    for path in label_files:
        labels += read_labels(path)
    dev = read_hand_labels(DEV_FILE)
    # One reading of the texts serves all lists: they may come from a store of a million papers.
    texts = list(read_texts(text_files) if text_files else store_texts(settings))
    joined = join_texts(labels, texts)
    require_resolved(joined)
    pairs = list(joined.pairs)
    # The further shipped labels count as far as their texts are at hand; the card says how many did.
    # A label of the user's own, and one of the first set, stands above them.
    further = join_texts(further_labels, texts)
    known = {label.id for label, _ in pairs}
    pairs = [(label, text) for label, text in further.pairs if label.id not in known] + pairs
    if library:
        # Library papers without an abstract in the texts are left out rather than counted missing.
        curated = join_texts(library_labels(), texts)
        known = {label.id for label, _ in pairs}
        pairs += [(label, text) for label, text in curated.pairs if label.id not in known]
    held_out = join_texts(dev, texts)
    # The dev papers are held out whether their texts are at hand or not.
    absent = {label.id for label in dev} - {label.id for label, _ in held_out.pairs}
    # Reading lists are weak labels: those whose texts are at hand help the topics, as they did in
    # the shipped model.
    listed = join_texts(without_held_out(read_list_labels(), dev), texts)
    return _Gathered(
        fitted=_without(pairs, [label for label in dev if label.id in absent]),
        held_out=held_out.pairs,
        listed=listed.pairs,
        unresolved=joined.unresolved,
        further_found=len(further.pairs),
        further=len(further.pairs) + len(further.unresolved),
    )


def train_model(
    settings: Settings,
    *,
    label_files: Sequence[Path] = (),
    text_files: Sequence[Path] = (),
    library: bool = False,
    folder: Path | None = None,
    encoder_folder: Path | None = None,
    step: Callable[[str], None] | None = None,
) -> TrainReport:
    """Fit the classifier again. Papers of the dev list are reported on and never fitted on.

    Args:
        settings: Where the store and the user's own model are.
        label_files: Further labels beside the shipped training labels.
        text_files: JSONL of texts; empty reads them from the store.
        library: Also learn from the starter library's placements.
        folder: Where to write the model; None means the user's own model.
        encoder_folder: The tuned encoder of the accurate mode; None means the shipped one.
        step: Told what is being done.

    Returns:
        The card, and the labels that no text was found for.

    Raises:
        RefusedInputError: Under 95 % of the labels have a text, or a file is not valid.
        ModelError: The encoder is missing or damaged.
    """
    from classifier.training import train
    from classifier.tuned_encoder import ENCODER_FOLDER, TunedEncoder
    from workflow.models import graph_folder, own_model_folder

    found = _gather(settings, label_files, text_files, library)
    target = folder or own_model_folder(settings)
    target.mkdir(parents=True, exist_ok=True)
    encoder = TunedEncoder(encoder_folder or ENCODER_FOLDER, graph_folder(settings))
    card = train(
        found.fitted, target, listed=found.listed, held_out=found.held_out, encoder=encoder, step=step
    )
    if step is not None:
        step("the words of cells and topics")
    _write_words(target, found.fitted)
    return TrainReport(target, card, found.unresolved, found.further_found, found.further)


def _write_words(folder: Path, fitted: Sequence[tuple[HandLabel, PaperText]]) -> None:
    """Write what the labelled papers of every place speak of beside the model."""
    from classifier.place_words import write_grid_words
    from taxonomy.loader import founding_taxonomy

    taxonomy = founding_taxonomy()
    rows = list({label.id: (label, text) for label, text in fitted if label.relevant}.values())
    cells = [label.primary or "" for label, _ in rows]
    topics = [label.topics[0] if label.topics else "" for label, _ in rows]
    if len(set(cells) & set(taxonomy.cells)) < 2 or len(set(topics) & set(taxonomy.topic_by_id)) < 2:
        return
    years = [label.year for label, _ in rows]
    write_grid_words(folder, [text for _, text in rows], cells, topics, taxonomy, years)


def tune_encoder(
    settings: Settings,
    folder: Path,
    *,
    text_files: Sequence[Path] = (),
    passes: int = 4,
    start_folder: Path | None = None,
    step: Callable[[int, int, float], None] | None = None,
) -> EncoderConfig:
    """Tune the encoder of the accurate mode again.

    Args:
        settings: Where the store is.
        folder: Where to write the encoder.
        text_files: JSONL of texts; empty reads them from the store.
        passes: How often every paper is seen.
        start_folder: An encoder to go on from; None starts from the published layers.
        step: Told step, number of steps and mean loss.

    Returns:
        What stands in `encoder.json`.

    Raises:
        ConfigurationError: torch is not installed.
        RefusedInputError: Under 95 % of the labels have a text, or the encoder to go on from does not fit.
        ModelError: The encoder to go on from is missing or damaged.
    """
    from classifier.encoder_tuning import Tuning, tune
    from classifier.training import without_held_out_texts
    from classifier.tuned_encoder import TunedEncoder
    from taxonomy.loader import founding_taxonomy

    found = _gather(settings, (), text_files, library=False)
    return tune(
        without_held_out_texts(found.fitted, found.held_out),
        folder,
        founding_taxonomy(),
        tuning=Tuning(passes=passes),
        start=None if start_folder is None else TunedEncoder(start_folder),
        step=step,
    )


def _without(
    pairs: list[tuple[HandLabel, PaperText]], dev: list[HandLabel]
) -> list[tuple[HandLabel, PaperText]]:
    from classifier.labels import without_held_out

    kept = {label.id for label in without_held_out([label for label, _ in pairs], dev)}
    return [(label, text) for label, text in pairs if label.id in kept]
