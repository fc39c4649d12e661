"""Reads the data files of the guidance: safe YAML in, frozen models out, errors that name the field."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from foundation.errors import TaxonomyError
from taxonomy.loader import founding_taxonomy, read_yaml
from taxonomy.models import CellId, Slug, TopicId

FOLDER = Path(__file__).parent / "data"
ValueT = TypeVar("ValueT")

Prose = Annotated[str, StringConstraints(min_length=10, max_length=900, strip_whitespace=True)]
Web = Annotated[str, StringConstraints(pattern=r"^https://\S+$")]


class Frozen(BaseModel):
    """A row of a data file: unknown fields are refused, values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Source(Frozen):
    """Where a statement comes from.

    Attributes:
        id: How rules name it.
        title: What it is, as a reader would look for it.
        url: Where it can be read; None for texts without a public address.
    """

    id: Slug
    title: Annotated[str, StringConstraints(min_length=5, max_length=200)]
    url: Web | None = None


class Reading(Frozen):
    """When, and at which address, facts of an entry were last read, and which."""

    at: Web
    day: date
    what: Annotated[str, StringConstraints(min_length=4, max_length=40)]


class Places(Frozen):
    """Where something hangs on the landscape.

    Attributes:
        topics: Topic ids.
        cells: Further cells.
    """

    topics: tuple[TopicId, ...] = ()
    cells: tuple[CellId, ...] = ()

    @property
    def all_cells(self) -> tuple[str, ...]:
        """The cells of the topics, then the further cells, each once."""
        return tuple(dict.fromkeys([*(topic.rpartition("/")[0] for topic in self.topics), *self.cells]))


SourceIds = Annotated[tuple[Slug, ...], Field(min_length=1)]


def read_rows(name: str, row_type: type[ValueT]) -> tuple[ValueT, ...]:
    """Read a data file that holds a list.

    Args:
        name: File name under `guidance/data/`.
        row_type: What a row must be.

    Returns:
        The rows, in the order of the file.

    Raises:
        TaxonomyError: The file is missing or malformed, or a row does not fit; names row and field.
    """
    data = read_yaml(FOLDER / name)
    rows: tuple[ValueT, ...] = checked(
        tuple[row_type, ...],  # type: ignore[valid-type]
        tuple(data) if isinstance(data, list) else data,
        name,
    )
    return rows


def checked(kind: Any, data: Any, name: str) -> Any:
    """Validate data of a file.

    Args:
        kind: A type that pydantic knows.
        data: Plain data.
        name: The file, for the message.

    Returns:
        The validated value.

    Raises:
        TaxonomyError: It does not fit.
    """
    try:
        return TypeAdapter(kind).validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise TaxonomyError(
            f"{name} is not valid: {first['msg']}", hint="Mend the file.", field=field
        ) from error


def check_unique(name: str, ids: list[str]) -> None:
    """Check that no id stands twice.

    Raises:
        TaxonomyError: One does.
    """
    doubled = sorted({each for each in ids if ids.count(each) > 1})
    if doubled:
        raise TaxonomyError(f"{name}: an id stands twice", hint="Keep one of them.", id=doubled[0])


def check_places(name: str, owner: str, places: Places) -> None:
    """Check that topics and cells exist.

    Raises:
        TaxonomyError: One does not.
    """
    taxonomy = founding_taxonomy()
    unknown = [topic for topic in places.topics if topic not in taxonomy.topic_by_id]
    unknown += [cell for cell in places.cells if cell not in taxonomy.cells]
    if unknown:
        raise TaxonomyError(f"{name} names a topic or cell that does not exist", id=owner, value=unknown[0])


@lru_cache(maxsize=1)
def load_sources() -> dict[str, Source]:
    """Every source by id."""
    rows = read_rows("sources.yaml", Source)
    check_unique("sources.yaml", [row.id for row in rows])
    return {row.id: row for row in rows}


def check_sources(name: str, owner: str, ids: tuple[str, ...]) -> None:
    """Check that sources exist.

    Raises:
        TaxonomyError: One does not.
    """
    known = load_sources()
    for each in ids:
        if each not in known:
            raise TaxonomyError(f"{name} names a source that does not exist", id=owner, value=each)


def source_text(ids: tuple[str, ...]) -> str:
    """Sources as one line: titles, with addresses where there are any."""
    known = load_sources()
    return "; ".join(
        f"{known[each].title} ({known[each].url})" if known[each].url else known[each].title for each in ids
    )
