"""Grids of other fields that ship as samples: each one file, written as a user would write theirs."""

from __future__ import annotations

from pathlib import Path

from foundation.errors import TaxonomyError
from taxonomy.loader import load_taxonomy_file
from taxonomy.models import Taxonomy

SAMPLES_FOLDER = Path(__file__).parent / "samples"


def sample_names() -> tuple[str, ...]:
    """Names of the samples, in alphabetical order."""
    return tuple(sorted(path.stem for path in SAMPLES_FOLDER.glob("*.yaml")))


def read_grid(name: str) -> Taxonomy:
    """A grid from a file, or a sample by its name.

    Args:
        name: Path of a taxonomy file, or the name of a sample.

    Returns:
        The checked grid.

    Raises:
        TaxonomyError: There is neither such a file nor such a sample, or the grid is not valid.
    """
    path = Path(name)
    if path.is_file():
        return load_taxonomy_file(path)
    if name in sample_names():
        return load_taxonomy_file(SAMPLES_FOLDER / f"{name}.yaml")
    raise TaxonomyError(
        "there is no such taxonomy file",
        hint=f"Give a YAML file, or one of the samples: {', '.join(sample_names())}.",
        file=name,
    )
