"""An invented literature, and a small model fitted on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier.labels import HandLabel
from classifier.model import GridClassifier, load_classifier
from classifier.prediction import PaperText
from classifier.training import train
from taxonomy.loader import load_taxonomy

OTHER_FIELDS = (
    ("Moult of arctic terns", "We ringed terns on two islands. Feathers grew back within six weeks."),
    ("Glacier runoff in narrow valleys", "Melt water was measured daily. Rivers rose in early summer."),
    ("Bolts under shear load", "Steel bolts were pulled until they broke. Coatings made no difference."),
    ("Bread with less salt", "Forty tasters ate bread. They noticed no change below a tenth."),
)


def invented_papers(copies: int = 4) -> list[tuple[HandLabel, PaperText]]:
    """A few papers for every topic, worded with its seed phrases, and papers of other fields."""
    papers: list[tuple[HandLabel, PaperText]] = []
    for topic in load_taxonomy().topics:
        phrases = [*topic.seed_phrases, *topic.alt_labels]
        for copy in range(copies):
            first, second = phrases[copy % len(phrases)], phrases[(copy + 1) % len(phrases)]
            title = f"Invented study {copy} of {first} in language models"
            abstract = (
                f"Pretrained language models are everywhere. We work on {first} and on {second}. "
                f"Our part is {topic.label.lower()}. Numbers are reported."
            )
            identifier = f"url:https://invented.example/{topic.id}/{copy}"
            label = HandLabel(
                id=identifier,
                title=title,
                relevant=True,
                primary=topic.cell,
                topics=(topic.id,),
                stratum="natural:invented",
            )
            papers.append((label, PaperText(identifier, title, abstract)))
    for copy in range(copies * 6):
        title, abstract = OTHER_FIELDS[copy % len(OTHER_FIELDS)]
        identifier = f"url:https://invented.example/other/{copy}"
        title = f"{title}, part {copy}"
        label = HandLabel(id=identifier, title=title, relevant=False, stratum="natural:invented")
        papers.append((label, PaperText(identifier, title, abstract)))
    return papers


@pytest.fixture(scope="session")
def invented() -> list[tuple[HandLabel, PaperText]]:
    """Labelled invented papers."""
    return invented_papers()


@pytest.fixture(scope="session")
def small_model_folder(
    invented: list[tuple[HandLabel, PaperText]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A model folder fitted on the invented papers."""
    folder = tmp_path_factory.mktemp("model")
    train(invented, folder)
    return folder


@pytest.fixture(scope="session")
def small_model(small_model_folder: Path) -> GridClassifier:
    """The model fitted on the invented papers."""
    return load_classifier(small_model_folder)
