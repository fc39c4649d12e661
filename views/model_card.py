"""What the classifier is worth, read from the card that lies beside its weights."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from foundation.errors import ModelError
from foundation.settings import Settings

# In the order of what a reader asks first; what each means stands in classifier.scoring.
MEASURES = {
    "relevance_f1": "Relevance (F1)",
    "cell_top1_any": "First cell is one of the right ones",
    "cell_top1": "First cell is the first of the right ones",
    "topic_top1_any": "First topic is one of the right ones",
    "ece": "Calibration error (ECE, lower is better)",
    "coverage_at_90": "Papers placed with 90 % precision",
    "coverage_at_95": "Papers placed with 95 % precision",
}


class Measured(BaseModel):
    """A measure with the bounds of its 95 % bootstrap interval."""

    model_config = ConfigDict(frozen=True)

    value: float
    low: float
    high: float


class ModelCard(BaseModel):
    """What this app shows of a card.

    Attributes:
        name: Kind of model.
        taxonomy_version: The taxonomy it was fitted for.
        papers: How many labelled papers it was fitted on.
        terms: Size of the vocabulary.
        cross_validation: Measures on training papers, each predicted without its fold.
        held_out: The same on papers kept apart; empty where there were none.
        held_out_papers: How many those are.
        cross_validation_papers: How many papers were predicted without their fold; all where it is not said.
        fast_held_out: Held-out measures of the fast mode, without the encoder; empty where it has none.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    taxonomy_version: str
    papers: int
    terms: int
    cross_validation: dict[str, Measured]
    held_out: dict[str, Measured] = {}
    held_out_papers: int = 0
    cross_validation_papers: int | None = None
    fast_held_out: dict[str, Measured] = {}


def model_folder(settings: Settings) -> Path:
    """Folder of the model in force: the user's own where one was trained, else the shipped one."""
    from classifier.model import DEFAULT_FOLDER

    own = settings.home / "model"
    return own if own.is_dir() else DEFAULT_FOLDER


def read_card(folder: Path) -> ModelCard | None:
    """Read the card of a model.

    Args:
        folder: The model's folder.

    Returns:
        The card, or None where the model has none.

    Raises:
        ModelError: There is a card and it cannot be read.
    """
    path = folder / "card.json"
    try:
        return ModelCard.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise ModelError(
            "the classifier's card cannot be read", hint="Train or install the model again.", path=path
        ) from error
