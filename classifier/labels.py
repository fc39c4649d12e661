"""The project's hand labels and weak labels as typed data, and what keeps dev out of training."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from foundation.errors import RefusedInputError
from papers.text import title_key
from taxonomy.models import CellId, TopicId

LABELS_FOLDER = Path(__file__).parent / "labels"
TRAIN_FILE = LABELS_FOLDER / "train.jsonl"
MORE_FILE = LABELS_FOLDER / "more.jsonl"
DEV_FILE = LABELS_FOLDER / "dev.jsonl"
LISTS_FILE = LABELS_FOLDER / "lists.jsonl"


class HandLabel(BaseModel):
    """What a reader said of one paper.

    Attributes:
        id: `scheme:value`.
        title: As published; finds the text where ids differ.
        venue: Where it was drawn from.
        year: Of that venue.
        stratum: How it was drawn (`natural:…`, `targeted:…`, `active:…`, `likely:…`).
        relevant: Whether it is about pre-trained language models.
        primary: The one primary cell; None exactly where it is not relevant.
        others: At most two more cells.
        topics: Topics of those cells.
        sure: 3 clear, 2 some doubt, 1 a coin flip.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Annotated[str, Field(min_length=1)]
    title: str = ""
    venue: str = ""
    year: int | None = None
    stratum: str = "natural"
    relevant: bool
    primary: CellId | None = None
    others: tuple[CellId, ...] = ()
    topics: tuple[TopicId, ...] = ()
    sure: Literal[1, 2, 3] = 3

    @model_validator(mode="after")
    def _cells_agree(self) -> HandLabel:
        if self.relevant != (self.primary is not None):
            raise ValueError("a relevant paper has a primary cell and another has none")
        for topic in self.topics:
            if topic.rpartition("/")[0] not in self.cells:
                raise ValueError(f"topic {topic} hangs in none of the paper's cells")
        return self

    @property
    def cells(self) -> tuple[str, ...]:
        """Primary cell first, then the others."""
        return () if self.primary is None else (self.primary, *self.others)


class ListPlacement(BaseModel):
    """Where one heading of one reading list puts a paper.

    Attributes:
        cell: The cell that the heading stands for.
        topic: The topic, where the heading is that narrow.
        secondary: A second topic that the heading names, or None.
        confidence: How well heading and cell agree.
        list: The list, as `owner/name` or a survey's short name.
        heading: As the list writes it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    cell: CellId
    topic: TopicId | None
    secondary: str | None
    confidence: Literal["high", "low"]
    list: str
    heading: str


class ListLabel(BaseModel):
    """Where public reading lists put a paper: weak labels, and never "not relevant"."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Annotated[str, Field(min_length=1)]
    title: str
    labels: Annotated[tuple[ListPlacement, ...], Field(min_length=1)]


class Titled(Protocol):
    """Anything with an id and a title."""

    @property
    def id(self) -> str:
        """`scheme:value`."""
        ...

    @property
    def title(self) -> str:
        """As published."""
        ...


RowT = TypeVar("RowT", bound=BaseModel)
TitledT = TypeVar("TitledT", bound=Titled)


def read_json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read a JSONL file, gzipped where its name ends in `.gz`.

    Args:
        path: The file.

    Yields:
        Line number, counted from 1, and the object on that line.

    Raises:
        RefusedInputError: The file cannot be read, or a line is not a JSON object.
    """
    number = 0
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8-sig")
            if path.name.endswith(".gz")
            else path.open(encoding="utf-8-sig")
        ) as stream:
            for number, line in enumerate(stream, 1):
                if not line.strip():
                    continue
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise RefusedInputError(
                        "a line is not a JSON object", hint="One object a line.", file=path, line=number
                    )
                yield number, row
    except (OSError, EOFError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise RefusedInputError(
            f"cannot read the file as JSONL: {error}", hint="Mend the file.", file=path, line=number
        ) from error


def _read(path: Path, model: type[RowT]) -> tuple[RowT, ...]:
    rows = []
    for number, row in read_json_lines(path):
        try:
            rows.append(model.model_validate(row))
        except ValidationError as error:
            first = error.errors()[0]
            raise RefusedInputError(
                f"a label row is not valid: {first['msg']}",
                hint="Mend the row.",
                file=path,
                line=number,
                field=".".join(str(part) for part in first["loc"]),
            ) from error
    return tuple(rows)


def read_hand_labels(path: Path = TRAIN_FILE) -> tuple[HandLabel, ...]:
    """Read hand labels.

    Args:
        path: JSONL, or JSONL in gzip; the shipped training labels by default.

    Returns:
        All rows in order.

    Raises:
        RefusedInputError: The file cannot be read or a row is not valid; names file, line, field.
    """
    return _read(path, HandLabel)


def read_list_labels(path: Path = LISTS_FILE) -> tuple[ListLabel, ...]:
    """Read weak labels from reading lists; raises as `read_hand_labels` does."""
    return _read(path, ListLabel)


def without_held_out(rows: Iterable[TitledT], held_out: Sequence[Titled]) -> list[TitledT]:
    """Drop every row that is one of the held-out papers, by id or by normalised title.

    Every training source passes here, so that no figure on held-out papers is flattered: hand
    labels, weak labels and the starter library alike.

    Args:
        rows: Training rows of any source.
        held_out: The papers that figures are reported on.

    Returns:
        The rows left, in order.
    """
    ids = {row.id for row in held_out}
    titles = {title_key(row.title) for row in held_out if row.title}
    return [row for row in rows if row.id not in ids and not (row.title and title_key(row.title) in titles)]
