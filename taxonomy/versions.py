"""Versions of the grid that people accepted: one file each, under the user's own folder."""

from __future__ import annotations

from pathlib import Path

import yaml

from foundation.errors import TaxonomyError
from taxonomy.loader import VERSIONS_FOLDER, founding_taxonomy, load_taxonomy_file, version_files
from taxonomy.models import Taxonomy

_HEAD = "# A version of the grid. Order in the file is reading order on the chart.\n"


def taxonomy_yaml(taxonomy: Taxonomy) -> str:
    """A grid as a file that `load_taxonomy_file` reads back.

    Args:
        taxonomy: The grid.

    Returns:
        YAML, with its redirects.
    """
    data = taxonomy.model_dump(mode="json", by_alias=True)
    text: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100)
    return _HEAD + text


def version_path(home: Path, version: str) -> Path:
    """Where a version lies."""
    return home / VERSIONS_FOLDER / f"landscape.v{version}.yaml"


def accepted_versions(home: Path) -> tuple[str, ...]:
    """Versions that were accepted, oldest first."""
    return tuple(f"{major}.{minor}" for major, minor in version_files(home))


def save_version(taxonomy: Taxonomy, home: Path) -> Path:
    """Keep an accepted version.

    Args:
        taxonomy: The grid, checked.
        home: The user's own folder.

    Returns:
        The file.

    Raises:
        TaxonomyError: This version was accepted before; versions are never changed.
    """
    path = version_path(home, taxonomy.version)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as out:
            out.write(taxonomy_yaml(taxonomy))
    except FileExistsError as error:
        raise TaxonomyError(
            "this version was accepted before and is never changed",
            hint="Compare with it: `landscape taxonomy diff`.",
            version=taxonomy.version,
            path=path,
        ) from error
    return path


def find_version(name: str, home: Path) -> Taxonomy:
    """A version by number, or a file.

    Args:
        name: `1.0`, an accepted version, or the path of a taxonomy file.
        home: The user's own folder.

    Returns:
        The checked grid.

    Raises:
        TaxonomyError: There is no such version, or the file is not valid.
    """
    shipped = founding_taxonomy()
    if name == shipped.version:
        return shipped
    for path in (version_path(home, name), Path(name)):
        if path.is_file():
            return load_taxonomy_file(path)
    known = ", ".join(dict.fromkeys((shipped.version, *accepted_versions(home))))
    raise TaxonomyError(
        "no such version of the grid", hint=f"Known versions: {known}; or name a file.", version=name
    )
