"""Placing papers on a grid without labels."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.described import HIGHEST_SCORE, DescribedClassifier, fold_words
from classifier.prediction import PaperText
from taxonomy.models import Taxonomy
from taxonomy.samples import read_grid, sample_names

GRID = Taxonomy.model_validate(
    {
        "grid": "gardens",
        "version": "1.0",
        "title": "A Landscape of Gardens",
        "published": "2026-01-01",
        "subject": {
            "scope_note": "Gardens and what grows in them.",
            "phrases": ["garden", "plants"],
            "together_with": ["soil", "seeds", "roses"],
            "excludes": ["garden furniture"],
        },
        "pipelines": [
            {
                "id": "growing",
                "label": "Growing",
                "scope_note": "What makes plants grow.",
                "phrases": ["grow"],
            },
            {
                "id": "resting",
                "label": "Resting",
                "scope_note": "What people do there.",
                "phrases": ["visitors"],
            },
        ],
        "components": [
            {
                "id": "ground",
                "label": "Ground",
                "scope_note": "What lies below.",
                "phrases": ["soil"],
            },
            {"id": "bloom", "label": "Bloom", "scope_note": "What stands above the ground."},
        ],
        "topics": [
            {
                "id": "growing/ground/compost",
                "label": "Compost",
                "scope_note": "Rotting leaves that feed the soil.",
                "seed_phrases": ["compost heap", "humus"],
                "rules": [{"all_of": ["leaves", "soil"], "none_of": ["asphalt"]}],
            },
            {
                "id": "growing/bloom/roses",
                "label": "Roses",
                "scope_note": "Roses, their thorns and their scent.",
                "seed_phrases": ["rose bush", "thorns"],
            },
        ],
    }
)


def say(title: str, abstract: str = ""):
    return DescribedClassifier(GRID).predict_one(PaperText("1", title, abstract))


def test_a_topic_named_in_the_title_is_borne_with_its_sentence_as_evidence() -> None:
    said = say("Compost heaps in the garden", "Weather was fine. Humus feeds the soil and the plants.")
    assert said.verdict == "labelled"
    assert [topic.topic for topic in said.topics] == ["growing/ground/compost"]
    assert said.cells[0].cell == "growing/ground"
    assert {piece.text for piece in said.evidence} == {
        "Compost heaps in the garden",
        "Humus feeds the soil and the plants.",
    }


def test_a_rule_suffices_unless_its_exception_holds() -> None:
    ruled = say("A garden study", "Leaves return to the soil.")
    assert [topic.topic for topic in ruled.topics] == ["growing/ground/compost"]
    assert say("A garden study", "Leaves return to the soil under asphalt.").topics == ()


def test_two_cells_with_as_much_evidence_leave_doubt() -> None:
    said = say("Compost heap and rose bush in the garden", "Humus, compost; thorns, roses.")
    assert said.verdict == "unsure"
    assert {cell.cell for cell in said.cells} == {"growing/ground", "growing/bloom"}


def test_row_and_column_alone_give_a_cell_without_a_topic() -> None:
    said = say("Visitors on garden soil", "Visitors look at soil. Visitors like soil.")
    assert (said.verdict, said.cells[0].cell, said.topics) == ("cell-no-topic", "resting/ground", ())


@pytest.mark.parametrize(
    "title",
    ["Asphalt roads", "Garden furniture for roses", "Garden plants without a word of what else is wanted"],
)
def test_what_is_off_the_subject_stands_nowhere(title: str) -> None:
    said = say(title)
    assert (said.verdict, said.cells, said.topics) == ("not-relevant", (), ())


def test_a_paper_that_says_nothing_more_is_unsure_and_still_has_a_cell() -> None:
    said = say("Plants and seeds")
    assert said.verdict == "unsure"
    assert len(said.cells) == 1
    assert said.cells[0].score < 0.3


def test_plurals_accents_and_hyphens_do_not_matter() -> None:
    assert fold_words("Rosé-Bushes analysis") == ["rose", "bushe", "analysis"]
    assert say("Plants: the rose-bush and its seeds").topics[0].topic == "growing/bloom/roses"


def test_the_digest_follows_the_grid() -> None:
    other = GRID.model_copy(update={"title": "Another"})
    assert DescribedClassifier(GRID).digest == DescribedClassifier(GRID).digest
    assert DescribedClassifier(GRID).digest != DescribedClassifier(other).digest


@given(st.text(max_size=80), st.text(max_size=300))
@settings(max_examples=60, deadline=None)
def test_any_text_gets_a_sound_answer(title: str, abstract: str) -> None:
    said = say(title, f"{abstract} garden soil plants {title}")
    assert 0 <= said.relevance <= 1
    assert said.verdict == "not-relevant" or said.cells
    cells = {cell.cell for cell in said.cells}
    assert cells <= set(GRID.cells)
    assert all(topic.topic.rpartition("/")[0] in cells for topic in said.topics)
    assert all(0 <= score <= HIGHEST_SCORE for score in (c.score for c in said.cells))
    assert all(piece.text in f"{title} {abstract} garden soil plants {title}" for piece in said.evidence)


@pytest.mark.parametrize(
    ("sample", "title", "abstract", "topic"),
    [
        (
            "vision-models",
            "Hiding more patches: masked autoencoders that look twice",
            "We pre-train a vision transformer with a high mask ratio on unlabelled images.",
            "learning/objective/masked-images",
        ),
        (
            "vision-models",
            "Boxes in the fog",
            "An object detector predicts bounding boxes in foggy images.",
            "perceiving/task/detection",
        ),
        (
            "clinical-nlp",
            "Codes from discharge letters",
            "ICD coding of clinical notes with a language model that reads the whole stay.",
            "serving/method/coding",
        ),
        (
            "clinical-nlp",
            "Removing names from hospital notes",
            "De-identification finds protected health information in patient records.",
            "guarding/text/de-identification",
        ),
    ],
)
def test_the_samples_place_what_they_describe(sample: str, title: str, abstract: str, topic: str) -> None:
    grid = read_grid(sample)
    said = DescribedClassifier(grid).predict_one(PaperText("1", title, abstract))
    assert topic in [each.topic for each in said.topics]


@pytest.mark.parametrize("sample", sample_names())
def test_every_topic_of_a_sample_is_recognised_by_its_own_words(sample: str) -> None:
    """A topic whose phrases point elsewhere would never gather papers."""
    grid = read_grid(sample)
    classifier = DescribedClassifier(grid)
    assert grid.subject is not None
    about = f"{grid.subject.phrases[0]} {' '.join(grid.subject.together_with[:1])}"
    missed = []
    for topic in grid.topics:
        text = ". ".join(topic.seed_phrases)
        said = classifier.predict_one(
            PaperText("1", f"{topic.label}, {about}", f"{topic.scope_note} {text}.")
        )
        if topic.id not in [each.topic for each in said.topics]:
            missed.append(topic.id)
    assert missed == []
