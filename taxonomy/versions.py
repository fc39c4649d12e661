"""Versions of the grid that people accepted: one file each, under the user's own folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import yaml

from foundation.errors import TaxonomyError
from taxonomy.changes import with_topics
from taxonomy.loader import (
    VERSIONS_FOLDER,
    founding_taxonomy,
    load_taxonomy,
    load_taxonomy_file,
    version_files,
)
from taxonomy.models import Taxonomy, Topic

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


def known_versions(home: Path) -> tuple[str, ...]:
    """Versions of the grid in force, oldest first: the shipped one unless the grid is another."""
    accepted = accepted_versions(home)
    shipped = (founding_taxonomy().version,) if load_taxonomy(home).is_founding else ()
    return tuple(dict.fromkeys((*shipped, *accepted)))


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
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=".", suffix=".part", delete=False
        ) as out:
            out.write(taxonomy_yaml(taxonomy))
        try:
            os.link(out.name, path)  # whole or not at all, and never over another
        finally:
            Path(out.name).unlink()
    except FileExistsError as error:
        raise TaxonomyError(
            "this version was accepted before and is never changed",
            hint="Compare with it: `landscape taxonomy diff`.",
            version=taxonomy.version,
            path=path,
        ) from error
    except OSError as error:
        raise TaxonomyError(
            f"the version cannot be kept: {error.strerror or error}", hint="Mend the folder.", path=path
        ) from error
    return path


def write_version(home: Path, topics: Sequence[Topic], *, today: date) -> Taxonomy:
    """Add topics to the grid in force and keep the result as its next version, which is in force then.

    Args:
        home: The user's own folder.
        topics: New topics, such as accepted emerging ones; each in a cell of the grid.
        today: Day of acceptance.

    Returns:
        The new version. Papers are placed on it by the next `classify`.

    Raises:
        TaxonomyError: A topic's id is taken or was in use once, or its cell does not exist.
    """
    new = with_topics(load_taxonomy(home), topics, today=today)
    save_version(new, home)
    return new


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
    for path in (version_path(home, name), Path(name)):
        if path.is_file():
            return load_taxonomy_file(path)
    versions = known_versions(home)
    shipped = founding_taxonomy()
    if name == shipped.version and name in versions:
        return shipped
    known = ", ".join(versions)
    raise TaxonomyError(
        "no such version of the grid", hint=f"Known versions: {known}; or name a file.", version=name
    )
