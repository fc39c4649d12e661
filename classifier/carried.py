"""A trained classifier carried over to a later version of its grid.

Topics that were renamed or moved take their papers along by the redirects. A topic that is new has no
trained head yet: it is recognised by its own phrases (`classifier.described`) among the papers that the
trained model placed, until the model is trained again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from classifier.described import DescribedClassifier, fold_words
from classifier.placing import CELLS_AT_MOST
from classifier.prediction import CellScore, PaperText, Prediction, TopicScore, Verdict

if TYPE_CHECKING:
    from classifier.prediction import Classifier, Progress
    from taxonomy.models import Taxonomy

ADDED_SCORE = 0.5  # of a topic known by its phrases alone: not measured


class CarriedClassifier:
    """Predictions of an older version of the grid, told on the version in force.

    Attributes:
        name: Of the trained model.
        digest: Over model and grid: a new version gives a new digest, and papers are labelled again.
        taxonomy_version: The version in force.
    """

    def __init__(self, model: Classifier, trained_on: Taxonomy, taxonomy: Taxonomy) -> None:
        """Prepare.

        Args:
            model: The trained model.
            trained_on: The version that it knows.
            taxonomy: The version in force.
        """
        self.name = model.name
        self.taxonomy_version = taxonomy.version
        content = f"carried 1\n{model.digest}\n{taxonomy.model_dump_json(by_alias=True)}"
        self.digest = hashlib.sha256(content.encode("utf-8")).hexdigest()
        self._model = model
        self._taxonomy = taxonomy
        self._successor = {topic.id: taxonomy.resolve_topic(topic.id) for topic in trained_on.topics}
        added = set(taxonomy.topic_by_id) - {new for new in self._successor.values() if new}
        self._added = DescribedClassifier(taxonomy, added) if added else None

    def predict(self, papers: Sequence[PaperText], progress: Progress | None = None) -> Iterator[Prediction]:
        """Place papers on the grid in force.

        Args:
            papers: Any number; order is kept.
            progress: Called with the number of papers done since the last call.

        Yields:
            One prediction a paper, in order.
        """
        for paper, prediction in zip(papers, self._model.predict(papers, progress), strict=True):
            yield self._carried(paper, prediction)

    def _carried(self, paper: PaperText, said: Prediction) -> Prediction:
        if said.verdict == "not-relevant":
            return said
        topics: dict[str, float] = {}
        moved_from: dict[str, str] = {}  # cell that a topic left, and where it went
        staying = set()
        for each in said.topics:
            new = self._successor[each.topic]
            old_cell = each.topic.rpartition("/")[0]
            if new is None:
                staying.add(old_cell)
                continue
            topics[new] = max(each.score, topics.get(new, 0.0))
            if (new_cell := new.rpartition("/")[0]) != old_cell:
                moved_from.setdefault(old_cell, new_cell)
            else:
                staying.add(old_cell)
        cells: dict[str, float] = {}
        renamed: dict[str, str] = {}
        for cell in said.cells:
            # A paper follows its topics: where all that held it in a cell has moved, it moves too.
            place = (
                moved_from[cell.cell] if cell.cell in moved_from and cell.cell not in staying else cell.cell
            )
            if place in self._taxonomy.cells:
                cells[place] = max(cell.score, cells.get(place, 0.0))
                renamed[cell.cell] = place
        if not cells:
            return Prediction(said.id, "not-relevant", said.relevance)  # its cells are gone from the grid
        if self._added is not None:
            self._add_new(paper, topics, cells)
        kept = list(cells)[:CELLS_AT_MOST]
        for topic, score in topics.items():
            home = topic.rpartition("/")[0]
            if home not in kept and len(kept) < CELLS_AT_MOST:
                kept.append(home)
                cells.setdefault(home, min(score, cells[kept[0]]))
        borne = sorted((t for t in topics if t.rpartition("/")[0] in kept), key=lambda t: -topics[t])
        verdict: Verdict = (
            said.verdict if said.verdict == "unsure" else "labelled" if borne else "cell-no-topic"
        )
        return Prediction(
            id=said.id,
            verdict=verdict,
            relevance=said.relevance,
            cells=tuple(CellScore(cell, cells[cell]) for cell in kept),
            topics=tuple(TopicScore(topic, topics[topic]) for topic in borne),
            evidence=tuple(
                replace(piece, cell=renamed.get(piece.cell, piece.cell)) for piece in said.evidence
            ),
        )

    def _add_new(self, paper: PaperText, topics: dict[str, float], cells: dict[str, float]) -> None:
        """New topics that the paper's words speak for clearly."""
        assert self._added is not None
        evidence = self._added.topic_evidence(fold_words(paper.title), fold_words(paper.abstract))
        for topic in self._added.bears(evidence):
            if topic.rpartition("/")[0] in cells or len(cells) < CELLS_AT_MOST:
                topics.setdefault(topic, ADDED_SCORE)
