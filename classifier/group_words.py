"""What the papers of a cell or topic speak of, kept beside a model: words, weights and ids, nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from classifier.atomic import write_whole
from foundation.errors import ModelError

WORDS_FILE = "words.json"


@dataclass(frozen=True)
class YearWords:
    """What the papers of one year speak of.

    Attributes:
        year: The year.
        papers: How many papers of it there are.
        words: Words and pairs of words, heaviest first.
    """

    year: int
    papers: int
    words: tuple[str, ...]


@dataclass(frozen=True)
class GroupWords:
    """What the papers of one cell or topic speak of.

    Attributes:
        id: Cell or topic id.
        papers: How many papers were placed there.
        words: Words and pairs of words with their c-TF-IDF weight, heaviest first.
        representative: Ids of the most typical papers, most typical first.
        years: Words year by year, earliest first; a year with few papers is left out.
    """

    id: str
    papers: int
    words: tuple[tuple[str, float], ...]
    representative: tuple[str, ...]
    years: tuple[YearWords, ...] = ()


def save_words(folder: Path, cells: Sequence[GroupWords], topics: Sequence[GroupWords]) -> Path:
    """Write words and typical papers of cells and topics into a model folder.

    Args:
        folder: The model folder.
        cells: Words of cells.
        topics: Words of topics.

    Returns:
        The file: JSON, words and ids alone.
    """
    path = folder / WORDS_FILE
    data = {"cells": [asdict(group) for group in cells], "topics": [asdict(group) for group in topics]}
    write_whole(path, (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode("utf-8"))
    return path


def load_words(folder: Path) -> dict[str, GroupWords]:
    """Read what `save_words` wrote.

    Args:
        folder: The model folder.

    Returns:
        Words by cell or topic id; empty where the model has none.

    Raises:
        ModelError: The file is damaged.
    """
    path = folder / WORDS_FILE
    if not path.is_file():
        return {}
    build = partial(_group_from, path=path)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        groups = [build(row) for key in ("cells", "topics") for row in data[key]]
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{WORDS_FILE} cannot be read: {error}", hint="Train again.", path=path) from error
    return {group.id: group for group in groups}


def _group_from(row: dict[str, Any], path: Path) -> GroupWords:
    return GroupWords(
        id=str(row["id"]),
        papers=int(row["papers"]),
        words=tuple((str(word), float(weight)) for word, weight in row["words"]),
        representative=tuple(str(identifier) for identifier in row["representative"]),
        years=tuple(
            YearWords(int(year["year"]), int(year["papers"]), tuple(str(word) for word in year["words"]))
            for year in row.get("years", ())
        ),
    )
