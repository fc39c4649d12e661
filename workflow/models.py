"""Which classifier is in force: the user's own, if one was trained, else the one that ships."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifier.model import GridClassifier
    from foundation.settings import Settings


def own_model_folder(settings: Settings) -> Path:
    """Where `landscape train` puts a model: the user's own, never the shipped one."""
    return settings.home / "model"


def active_classifier(settings: Settings) -> GridClassifier:
    """Load the classifier in force.

    Args:
        settings: Where the user's own model would be.

    Returns:
        The user's own model where there is one, else the shipped one.

    Raises:
        ModelError: The model is damaged or was made for another taxonomy.
    """
    from classifier.model import DEFAULT_FOLDER, load_classifier

    own = own_model_folder(settings)
    return load_classifier(own if own.is_dir() else DEFAULT_FOLDER)
