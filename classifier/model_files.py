"""Writes the files of a model folder, each whole or not at all."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.atomic import write_whole
from classifier.card import Card, card_json, card_readme
from classifier.features import Vocabulary
from classifier.heads import LinearHeads
from classifier.model import CONFIG_FILE, VOCABULARY_FILE, WEIGHTS_FILE
from classifier.model_config import AccurateConfig, ModelConfig
from classifier.placing import PlacingConfig
from classifier.placing_fit import THRESHOLDS_CHOSEN

if TYPE_CHECKING:
    from taxonomy.models import Taxonomy

CARD_FILE, README_FILE = "card.json", "README.md"


def write_model(
    folder: Path,
    placing: PlacingConfig,
    vocabulary: Vocabulary,
    heads: LinearHeads,
    taxonomy: Taxonomy,
    accurate: AccurateConfig | None = None,
    *,
    min_papers: int,
) -> dict[str, str]:
    """Write `vocabulary.txt`, `weights.safetensors` and, last, `model.json`.

    Args:
        folder: Where to write.
        placing: What turns scores into placements.
        vocabulary: The terms.
        heads: The weights.
        taxonomy: The grid.
        accurate: What the accurate mode adds.
        min_papers: In how many papers each term stood.

    Returns:
        SHA-256 of each file, hex, by name.
    """
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
        accurate=accurate,
        min_papers=min_papers,
    )
    raw_config = (config.model_dump_json(indent=1) + "\n").encode("utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    files = {VOCABULARY_FILE: raw_vocabulary, WEIGHTS_FILE: raw_weights, CONFIG_FILE: raw_config}
    for name, raw in files.items():
        write_whole(folder / name, raw)
    return {name: hashlib.sha256(raw).hexdigest() for name, raw in files.items()}


def write_card(folder: Path, card: Card) -> None:
    """Write the card as `card.json` and as `README.md`."""
    write_whole(folder / CARD_FILE, card_json(card).encode("utf-8"))
    write_whole(folder / README_FILE, card_readme(card).encode("utf-8"))
