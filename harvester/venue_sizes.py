"""How many papers closed volumes hold, as data: what a harvest of them should come to."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from foundation.errors import ConfigurationError
from foundation.settings import SourceName


class _Sizes(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    sizes: dict[SourceName, dict[str, Annotated[int, Field(ge=1)]]]


def known_size(source: str, volume: str) -> int | None:
    """Papers of a volume.

    Args:
        source: Name of the source.
        volume: The source's name of the volume.

    Returns:
        How many papers were counted in it; None where it was not counted, or still grows.
    """
    return dict(_load().sizes).get(source, {}).get(volume)  # type: ignore[call-overload, no-any-return]


@lru_cache(maxsize=1)
def _load() -> _Sizes:
    text = files("harvester").joinpath("venue_sizes.yaml").read_text(encoding="utf-8")
    try:
        return _Sizes.model_validate(yaml.safe_load(text))
    except (ValidationError, yaml.YAMLError) as error:
        raise ConfigurationError(f"harvester/venue_sizes.yaml is not valid: {error}") from error
