"""Reads the taxonomy files, checks every cross-reference, and keeps the result."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from foundation.errors import TaxonomyError
from foundation.settings import load_settings
from taxonomy.models import SlideGeometry, Taxonomy

ModelT = TypeVar("ModelT", bound=BaseModel)

FOLDER = Path(__file__).parent
LANDSCAPE_FILE = FOLDER / "landscape.v1.yaml"
REDIRECTS_FILE = FOLDER / "redirects.yaml"
GEOMETRY_FILE = FOLDER / "slide.v1.yaml"
VERSIONS_FOLDER = "taxonomies"  # under LANDSCAPE_HOME
_VERSION_FILE = re.compile(r"^landscape\.v(\d+)\.(\d+)\.yaml$")


def parse_yaml(text: str) -> Any:
    """Parse YAML with the safe schema.

    Args:
        text: The document.

    Returns:
        Plain Python data.

    Raises:
        yaml.YAMLError: It is not YAML.
    """
    # libyaml's loader reads the library ten times faster; it is the same safe schema.
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506


def read_yaml(path: Path) -> Any:
    """Read a YAML file with the safe loader.

    Args:
        path: The file.

    Returns:
        Plain Python data.

    Raises:
        TaxonomyError: The file is missing or is not YAML.
    """
    try:
        return parse_yaml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise TaxonomyError(f"cannot read {path.name}: {error}", hint="Mend the file.", path=path) from error


def validate(model: type[ModelT], data: Any, path: Path) -> ModelT:
    """Validate data against a model; the error names file and field.

    Args:
        model: A pydantic model.
        data: Plain data.
        path: Where the data came from, for the message.

    Returns:
        The validated model.

    Raises:
        TaxonomyError: The data does not fit.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise TaxonomyError(
            f"{path.name} is not valid: {first['msg']}", hint="Mend the file.", field=field
        ) from error


def check_taxonomy(taxonomy: Taxonomy) -> None:
    """Check everything that no single field can know.

    Args:
        taxonomy: A taxonomy whose fields are valid.

    Raises:
        TaxonomyError: An id stands twice, a topic hangs in no cell, a reference or a redirect
            leads nowhere or in a circle.
    """
    ids = [topic.id for topic in taxonomy.topics]
    for name, values in (
        ("pipeline", [row.id for row in taxonomy.pipelines]),
        ("component", [column.id for column in taxonomy.components]),
        ("topic", ids),
        ("redirect", [redirect.from_id for redirect in taxonomy.redirects]),
    ):
        doubled = sorted({value for value in values if values.count(value) > 1})
        if doubled:
            raise TaxonomyError(f"{name} id stands twice", hint="Keep one of them.", id=doubled[0])
    cells = set(taxonomy.cells)
    for topic in taxonomy.topics:
        if topic.cell not in cells:
            raise TaxonomyError(
                "topic hangs in no cell", hint="Name a pipeline and component that exist.", id=topic.id
            )
        for exclusion in topic.excludes:
            if exclusion.see not in taxonomy.topic_by_id or exclusion.see == topic.id:
                raise TaxonomyError(
                    "exclusion leads nowhere", hint="Name another topic.", id=topic.id, see=exclusion.see
                )
    _check_redirects(taxonomy)


def _check_redirects(taxonomy: Taxonomy) -> None:
    followed = {redirect.from_id: redirect.to for redirect in taxonomy.redirects}
    for start in followed:
        if start in taxonomy.topic_by_id:
            raise TaxonomyError("redirect from an id that is in force", hint="Remove it.", id=start)
        seen: set[str] = set()
        current: str | None = start
        while current is not None and current not in taxonomy.topic_by_id:
            if current in seen:
                raise TaxonomyError("redirects run in a circle", hint="Break the circle.", id=start)
            seen.add(current)
            if current not in followed:
                raise TaxonomyError(
                    "redirect leads nowhere", hint="Name a topic that exists.", id=start, to=current
                )
            current = followed[current]


def load_taxonomy_file(path: Path, redirects_path: Path | None = None) -> Taxonomy:
    """Read and check a taxonomy file.

    Args:
        path: The grid and its topics.
        redirects_path: Redirects kept apart, or None.

    Returns:
        The checked taxonomy.

    Raises:
        TaxonomyError: A file is missing, malformed or contradicts itself.
    """
    data = read_yaml(path)
    if not isinstance(data, dict):
        raise TaxonomyError(
            f"{path.name} is not a mapping", hint="See taxonomy/landscape.v1.yaml.", path=path
        )
    if redirects_path is not None:
        data = {**data, "redirects": (read_yaml(redirects_path) or {}).get("redirects", [])}
    taxonomy = validate(Taxonomy, data, path)
    check_taxonomy(taxonomy)
    return taxonomy


@lru_cache(maxsize=1)
def founding_taxonomy() -> Taxonomy:
    """The grid that ships with the project: what library, pages, guidance and shipped model speak of."""
    return load_taxonomy_file(LANDSCAPE_FILE, REDIRECTS_FILE)


def load_taxonomy(home: Path | None = None) -> Taxonomy:
    """The grid in force: the newest version that was accepted, or the one that ships.

    Args:
        home: The user's own folder; the one of the settings when None.

    Returns:
        The checked grid.

    Raises:
        TaxonomyError: The newest accepted version is not valid.
    """
    newest = newest_version_file(load_settings().home if home is None else home)
    if newest is None:
        return founding_taxonomy()
    return _accepted(newest, newest.stat().st_mtime_ns)


def version_files(home: Path) -> dict[tuple[int, int], Path]:
    """Accepted versions under a user's own folder.

    Args:
        home: The user's own folder.

    Returns:
        Files by version, oldest first.
    """
    folder = home / VERSIONS_FOLDER
    try:
        paths = list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise TaxonomyError(
            f"cannot read the accepted versions: {error.strerror}", hint="Mend its rights.", folder=folder
        ) from error
    found = {}
    for path in paths:
        if match := _VERSION_FILE.match(path.name):
            found[int(match[1]), int(match[2])] = path
    return dict(sorted(found.items()))


def newest_version_file(home: Path) -> Path | None:
    """The file of the version in force, or None where nothing was accepted."""
    return next(reversed(version_files(home).values()), None)


@lru_cache(maxsize=8)
def _accepted(path: Path, _changed_ns: int) -> Taxonomy:
    return load_taxonomy_file(path)


@lru_cache(maxsize=1)
def load_geometry() -> SlideGeometry:
    """Geometry and colours of the published slide.

    Raises:
        TaxonomyError: The file is malformed or names a topic, row or column that does not exist.
    """
    geometry = validate(SlideGeometry, read_yaml(GEOMETRY_FILE), GEOMETRY_FILE)
    taxonomy = founding_taxonomy()
    for name, known, used in (
        ("topic", set(taxonomy.topic_by_id), set(geometry.chips_pt)),
        ("pipeline", {row.id for row in taxonomy.pipelines}, set(geometry.pipelines)),
        ("component", {column.id for column in taxonomy.components}, set(geometry.component_heads.boxes_pt)),
    ):
        if known != used:
            raise TaxonomyError(f"slide geometry and taxonomy differ in {name} ids", ids=sorted(known ^ used))
    return geometry
