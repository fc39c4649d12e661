"""What stands in `model.json`: everything of a model that is not a large array."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from classifier.blend import Blend
from classifier.features import MIN_PAPERS, TITLE_WEIGHT
from classifier.placing import PlacingConfig

NAME = "tfidf-linear"
ACCURATE_NAME = "tfidf-minilm"

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Mode = Literal["fast", "accurate"]


class AccurateConfig(BaseModel):
    """What the accurate mode adds.

    Attributes:
        encoder_digest: Digest of the tuned encoder that the numbers were fitted beside.
        blend: Weights of words and encoder.
        placing: The numbers that turn mixed scores into placements.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    encoder_digest: Digest
    blend: Blend
    placing: PlacingConfig


class ModelConfig(BaseModel):
    """`model.json`: everything of a model that is not a large array.

    Attributes:
        format: Version of the folder's layout.
        name: Kind of model.
        taxonomy_version: The taxonomy whose cells and topics it knows.
        title_weight: How often the title counts; must be what the code does.
        min_papers: Least number of papers a term stood in.
        vocabulary_sha256: Digest of `vocabulary.txt`.
        weights_sha256: Digest of `weights.safetensors`.
        thresholds_chosen: How the thresholds were chosen, in words.
        placing: The numbers that turn scores into placements.
        accurate: What the accurate mode adds; None where the model was fitted without an encoder.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    name: Annotated[str, Field(min_length=1, max_length=60)] = NAME
    taxonomy_version: str
    title_weight: int = TITLE_WEIGHT
    min_papers: Annotated[int, Field(ge=1)] = MIN_PAPERS
    vocabulary_sha256: Digest
    weights_sha256: Digest
    thresholds_chosen: dict[str, str]
    placing: PlacingConfig
    accurate: AccurateConfig | None = None
