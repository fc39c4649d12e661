"""Which classifier is in force: the user's own, if one was trained, else the one that ships.

Both know one version of the founding grid. On a later version their predictions are carried over; on
another grid nobody has labels yet, and papers are placed by what its file says of its topics.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifier.prediction import Classifier
    from foundation.settings import Settings
    from taxonomy.models import Taxonomy


def own_model_folder(settings: Settings) -> Path:
    """Where `landscape train` puts a model: the user's own, never the shipped one."""
    return settings.home / "model"


def graph_folder(settings: Settings) -> Path:
    """Where built graphs of encoders are kept, so that they are built once."""
    return settings.home / "cache"


def active_classifier(settings: Settings, taxonomy: Taxonomy | None = None) -> Classifier:
    """Load the classifier in force.

    Args:
        settings: Where the user's own model and grid would be.
        taxonomy: The grid to place papers on; the one in force when None.

    Returns:
        On the founding grid the user's own model where there is one, else the shipped one; carried
        over where a later version is in force. On another grid, the classifier by descriptions.

    Raises:
        ModelError: The model is damaged or was made for another taxonomy.
    """
    from classifier.carried import CarriedClassifier
    from classifier.described import DescribedClassifier
    from classifier.model import DEFAULT_FOLDER, load_classifier
    from taxonomy.loader import founding_taxonomy, load_taxonomy

    taxonomy = taxonomy or load_taxonomy(settings.home)
    if not taxonomy.is_founding:
        return DescribedClassifier(taxonomy)
    own, founding = own_model_folder(settings), founding_taxonomy()
    model = load_classifier(
        own if own.is_dir() else DEFAULT_FOLDER,
        founding,
        mode=settings.classifier_mode,
        cache_folder=graph_folder(settings),
    )
    return model if taxonomy == founding else CarriedClassifier(model, founding, taxonomy)
