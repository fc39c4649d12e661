"""BERTopic over papers that the heads have placed: their words and typical papers, place by place.

BERTopic runs supervised: nothing is reduced, and our calibrated heads stand where it expects a
cluster model, so its live model assigns what the heads assign. A saved BERTopic model loses that
slot; hence nothing of it is ever saved but words and ids, and prediction always calls the heads.

BERTopic takes seconds to import and is imported inside functions only. Groups that no place holds are
found in `classifier.alike`, and `classifier.group_words` keeps the words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from classifier.embedder import Embedder
from classifier.group_words import GroupWords, YearWords
from classifier.prediction import Classifier, PaperText, Prediction
from foundation.errors import RefusedInputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Level = Literal["cell", "topic"]

HYPHENATED_WORD = r"(?u)\b[a-zA-Z][\w-]+\b"  # a word, hyphens inside it kept, no numbers

WORDS_A_GROUP = 10
PAPERS_A_GROUP = 3
WEIGHT_DIGITS = 4
FEWEST_PAPERS_A_YEAR = 20  # the words of fewer are the words of single papers
UNPLACED = -1  # BERTopic's own id for documents without a topic


class PlacedEmbedder:
    """Turns documents into sentence vectors with, as a last column, the place the heads give.

    Args:
        embedder: Gives the sentence vectors.
        classifier: Places the papers.
        level: Whether a place is a cell or a topic.
        places: Ids of all places; the last column holds positions in it, or -1.
    """

    def __init__(
        self, embedder: Embedder, classifier: Classifier, level: Level, places: Sequence[str]
    ) -> None:
        self._embedder = embedder
        self._classifier = classifier
        self._level: Level = level
        self._position = {place: position for position, place in enumerate(places)}

    def embed(
        self, documents: Sequence[str], vectors: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """Embed documents made by `document_of`.

        Args:
            documents: The documents.
            vectors: Their sentence vectors where these are known already.

        Returns:
            Shape `(n_documents, dimensions + 1)`.
        """
        import numpy as np

        papers = [_paper_of(document) for document in documents]
        places = [
            self._position.get(place_of(prediction, self._level), UNPLACED)
            for prediction in self._classifier.predict(papers)
        ]
        if vectors is None:
            vectors = embed_papers(self._embedder, papers)
        return np.hstack([vectors, np.array(places, dtype=np.float32)[:, None]])


class HeadsAsClusters:
    """The heads in BERTopic's cluster slot: a document's cluster is where the heads place it."""

    def __init__(self) -> None:
        self.labels_: NDArray[np.int64] | None = None

    def fit(self, vectors: NDArray[np.float32], y: object = None) -> HeadsAsClusters:
        """Take the places of the documents that the model is fitted on."""
        self.labels_ = self.predict(vectors)
        return self

    def predict(self, vectors: NDArray[np.float32]) -> NDArray[np.int64]:
        """Places of documents, as positions."""
        import numpy as np

        return np.rint(vectors[:, -1]).astype(np.int64)


@dataclass(frozen=True)
class GridTopicModel:
    """A live BERTopic model over placed papers.

    Attributes:
        model: The BERTopic model.
        level: Whether its topics are cells or topics of the grid.
        places: Ids of all places, in the order of the cluster slot.
        papers: The papers it was fitted on.
    """

    model: Any
    level: Level
    places: tuple[str, ...]
    papers: tuple[PaperText, ...]

    @property
    def place_of_topic(self) -> dict[int, str | None]:
        """Grid id of each BERTopic topic; BERTopic numbers its topics anew, by size."""
        mapping = self.model.topic_mapper_.get_mappings()
        return {
            int(topic): None if position == UNPLACED else self.places[int(position)]
            for position, topic in mapping.items()
        }

    def assign(self, papers: Sequence[PaperText]) -> list[str | None]:
        """Where BERTopic's live model puts papers.

        Args:
            papers: Any papers.

        Returns:
            A cell or topic id each; None where the heads place it nowhere at this level, or in a
            place that had no paper when the model was fitted.
        """
        topics, _ = self.model.transform([document_of(paper) for paper in papers])
        place = self.place_of_topic
        return [place.get(int(topic)) for topic in topics]

    def words(self, years: Sequence[int | None] | None = None) -> tuple[GroupWords, ...]:
        """Words and typical papers of every place that has papers, in the order of the grid.

        Args:
            years: Year of each of `papers`, or None where it is not known; without it no words by year.

        Returns:
            One a place; words of a year where `FEWEST_PAPERS_A_YEAR` papers of it stand there.
        """
        places = {place: topic for topic, place in self.place_of_topic.items() if place is not None}
        sizes = self.model.topic_sizes_
        by_year = {} if years is None else self._words_by_year(years)
        id_of = {document_of(paper): paper.id for paper in self.papers}
        return tuple(
            GroupWords(
                id=place,
                papers=int(sizes[places[place]]),
                words=words_of(self.model, places[place]),
                representative=tuple(
                    id_of[document] for document in self.model.get_representative_docs(places[place]) or ()
                ),
                years=tuple(by_year.get(places[place], ())),
            )
            for place in self.places
            if place in places
        )

    def _words_by_year(self, years: Sequence[int | None]) -> dict[int, list[YearWords]]:
        """BERTopic's topics over time, by its own topic numbers.

        Neither tuning is asked for: both pull a year's words towards those of other years, and what
        changed is what is looked for.
        """
        dated = [
            (document_of(paper), int(topic), year)
            for paper, topic, year in zip(self.papers, self.model.topics_, years, strict=True)
            if year is not None
        ]
        if not dated:
            return {}
        documents, topics, stamps = (list(column) for column in zip(*dated, strict=True))
        table = self.model.topics_over_time(
            documents, stamps, topics=topics, global_tuning=False, evolution_tuning=False
        )
        found: dict[int, list[YearWords]] = {}
        for topic, words, papers, year in table.itertuples(index=False):
            if papers >= FEWEST_PAPERS_A_YEAR:
                told = tuple(word for word in str(words).split(", ") if word)
                found.setdefault(int(topic), []).append(YearWords(int(year), int(papers), told))
        return {topic: sorted(each, key=lambda year: year.year) for topic, each in found.items()}


def embed_papers(embedder: Embedder, papers: Sequence[PaperText]) -> NDArray[np.float32]:
    """Sentence vectors of title and abstract, shape `(n_papers, dimensions)`."""
    return embedder.embed([f"{paper.title}. {paper.abstract}" for paper in papers])


def document_of(paper: PaperText) -> str:
    """A paper as one document: title, a line break, abstract."""
    return f"{' '.join(paper.title.split())}\n{paper.abstract}"


def _paper_of(document: str) -> PaperText:
    title, _, abstract = document.partition("\n")
    return PaperText("", title, abstract)


def place_of(prediction: Prediction, level: Level) -> str:
    """Where the heads put a paper: first cell, or first topic; empty where there is none."""
    if level == "cell":
        return prediction.cells[0].cell if prediction.cells else ""
    return prediction.topics[0].topic if prediction.topics else ""


def fit_grid_topics(
    papers: Sequence[PaperText],
    classifier: Classifier,
    embedder: Embedder,
    places: Sequence[str],
    level: Level = "topic",
    vectors: NDArray[np.float32] | None = None,
) -> GridTopicModel:
    """Fit BERTopic over papers with the heads in its cluster slot.

    Args:
        papers: The papers to speak of, at least two of them placed in different places.
        classifier: Places them.
        embedder: Gives sentence vectors.
        places: Every cell id, or every topic id, that the classifier knows.
        level: Whether BERTopic's topics stand for cells or for topics of the grid.
        vectors: Sentence vectors of the papers, where `embed_papers` has made them already.

    Returns:
        The live model.

    Raises:
        RefusedInputError: Fewer than two places have papers.
    """
    from bertopic.backend import BaseEmbedder

    placed = PlacedEmbedder(embedder, classifier, level, places)

    class Backend(BaseEmbedder):  # type: ignore[misc]
        def embed(self, documents: list[str], verbose: bool = False) -> NDArray[np.float32]:
            return placed.embed(documents)

    return _fit(
        papers,
        lambda documents, rows: placed.embed(documents, None if vectors is None else vectors[rows]),
        Backend(),
        places,
        level,
    )


def fit_placed_topics(
    papers: Sequence[PaperText],
    placed: Sequence[str],
    places: Sequence[str],
    level: Level = "topic",
    *,
    own_stop_words: Sequence[str] = (),
) -> GridTopicModel:
    """Fit BERTopic over papers whose places are known: of a store, or hand labels.

    Nothing is embedded and nothing predicted: words, typical papers and words by year need the places
    alone. Such a model cannot `assign`.

    Args:
        papers: The papers to speak of, at least two of them placed in different places.
        placed: Where each of them stands; an id that `places` lacks, or "", is nowhere.
        places: Every cell id, or every topic id.
        level: Whether BERTopic's topics stand for cells or for topics of the grid.
        own_stop_words: Words, beside English ones, that say nothing of a place.

    Returns:
        The live model.

    Raises:
        RefusedInputError: Fewer than two places have papers.
    """
    import numpy as np
    from bertopic.backend import BaseEmbedder

    position = {place: number for number, place in enumerate(places)}
    column = np.array([[position.get(place, UNPLACED)] for place in placed], dtype=np.float32)
    return _fit(papers, lambda _documents, rows: column[rows], BaseEmbedder(), places, level, own_stop_words)


def _fit(
    papers: Sequence[PaperText],
    placed_vectors: Callable[[list[str], list[int]], NDArray[np.float32]],
    backend: object,
    places: Sequence[str],
    level: Level,
    own_stop_words: Sequence[str] = (),
) -> GridTopicModel:
    # One document a text: BERTopic finds representative documents by their text.
    row_of = {document_of(paper): row for row, paper in enumerate(papers)}
    documents, rows = list(row_of), list(row_of.values())
    vectors = placed_vectors(documents, rows)
    clusters = HeadsAsClusters()
    if len(set(clusters.predict(vectors).tolist()) - {UNPLACED}) < 2:
        raise RefusedInputError(
            "too few places have papers to tell their words apart",
            hint="Give papers of at least two cells or topics.",
            papers=len(papers),
        )
    model = bertopic_of(embedding_model=backend, hdbscan_model=clusters, own_stop_words=own_stop_words)
    model.fit(documents, embeddings=vectors)
    return GridTopicModel(model, level, tuple(places), tuple(papers[row] for row in rows))


def bertopic_of(
    *,
    embedding_model: object,
    hdbscan_model: object,
    umap_model: object | None = None,
    longest_phrase: int = 2,
    own_stop_words: Sequence[str] = (),
    words: int = WORDS_A_GROUP,
) -> Any:
    """A BERTopic with every part given: it falls back to other parts in silence where one lacks.

    Args:
        embedding_model: Gives vectors.
        hdbscan_model: Groups them.
        umap_model: Reduces them first; without it they stay as they are.
        longest_phrase: Words in the longest phrase that is counted.
        own_stop_words: Words, beside English ones, that say nothing.
        words: Words kept of each group.

    Returns:
        The model, not fitted.
    """
    from bertopic import BERTopic
    from bertopic.dimensionality import BaseDimensionalityReduction
    from bertopic.vectorizers import ClassTfidfTransformer
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

    return BERTopic(
        embedding_model=embedding_model,
        umap_model=umap_model or BaseDimensionalityReduction(),
        hdbscan_model=hdbscan_model,
        # min_df stays 1: BERTopic counts joined documents, one a topic, and raises with few topics.
        vectorizer_model=CountVectorizer(
            stop_words=sorted({*ENGLISH_STOP_WORDS, *own_stop_words}),
            ngram_range=(1, longest_phrase),
            token_pattern=HYPHENATED_WORD if own_stop_words else r"(?u)\b\w\w+\b",
        ),
        ctfidf_model=ClassTfidfTransformer(reduce_frequent_words=True),
        top_n_words=words,
        calculate_probabilities=False,
        verbose=False,
    )


def words_of(model: Any, topic: int) -> tuple[tuple[str, float], ...]:
    """Words of one of BERTopic's topics with their c-TF-IDF weight, heaviest first."""
    return tuple(
        (str(word), round(float(weight), WEIGHT_DIGITS))
        for word, weight in model.get_topic(topic) or ()
        if word
    )
