"""Words, typical papers and words by year of every place of the grid, by BERTopic."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.group_words import GroupWords, save_words
from classifier.phrases import FIELD_STOP_WORDS
from classifier.prediction import PaperText
from classifier.topic_model import Level, document_of, fit_placed_topics

if TYPE_CHECKING:
    from taxonomy.models import Taxonomy


def write_grid_words(
    folder: Path,
    papers: Sequence[PaperText],
    cells: Sequence[str],
    topics: Sequence[str],
    taxonomy: Taxonomy,
    years: Sequence[int | None] | None = None,
) -> Path:
    """Fit BERTopic for cells and for topics and write their words into a model folder.

    Args:
        folder: The model folder.
        papers: The papers to speak of.
        cells: First cell of each, or "".
        topics: First topic of each, or "".
        taxonomy: The grid.
        years: Year of each, where known.

    Returns:
        The file, as `save_words` writes it.

    Raises:
        RefusedInputError: The papers fall into fewer than two cells or topics.
    """
    names = tuple(topic.id for topic in taxonomy.topics)
    return save_words(
        folder,
        words_of_places(papers, cells, taxonomy.cells, "cell", years),
        words_of_places(papers, topics, names, "topic", years),
    )


def words_of_places(
    papers: Sequence[PaperText],
    placed: Sequence[str],
    places: Sequence[str],
    level: Level,
    years: Sequence[int | None] | None = None,
) -> tuple[GroupWords, ...]:
    """Words, typical papers and words by year of every place that has papers; see `fit_placed_topics`."""
    live = fit_placed_topics(papers, placed, places, level, own_stop_words=sorted(FIELD_STOP_WORDS))
    if years is None:
        return live.words()
    year_of = {document_of(paper): year for paper, year in zip(papers, years, strict=True)}
    return live.words([year_of[document_of(paper)] for paper in live.papers])
