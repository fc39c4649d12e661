"""Joins labels, which hold no text, with texts from wherever they lie."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from classifier.labels import Titled, read_json_lines
from classifier.prediction import PaperText
from foundation.errors import RefusedInputError
from papers.text import title_key

LEAST_RESOLVED = 0.95  # below it a fit would be of another data set than the one that is named

LabelT = TypeVar("LabelT", bound=Titled)


@dataclass(frozen=True)
class Joined(Generic[LabelT]):
    """Labels beside their texts.

    Attributes:
        pairs: Label and text, in the order of the labels.
        unresolved: Ids of the labels that no text was found for, in order.
    """

    pairs: tuple[tuple[LabelT, PaperText], ...]
    unresolved: tuple[str, ...]

    @property
    def share_resolved(self) -> float:
        """Share of the labels with a text, in [0, 1]; 1 where there are no labels."""
        total = len(self.pairs) + len(self.unresolved)
        return len(self.pairs) / total if total else 1.0


def read_texts(paths: Iterable[Path]) -> Iterator[PaperText]:
    """Read texts from JSONL files with `id`, `title` and `abstract` (or `summary`), .gz by name.

    Args:
        paths: The files, in order.

    Yields:
        One text a row that has an id or a title.

    Raises:
        RefusedInputError: A file cannot be read, or a field is not text; names file and line.
    """
    for path in paths:
        for number, row in read_json_lines(path):
            abstract = row.get("abstract")
            fields = {
                "id": row.get("id", ""),
                "title": row.get("title", ""),
                "abstract": row.get("summary") if abstract is None else abstract,
            }
            for name, value in fields.items():
                if value is not None and not isinstance(value, str):
                    raise RefusedInputError(
                        "a text field is not text", hint="Mend the row.", file=path, line=number, field=name
                    )
            if fields["id"] or fields["title"]:
                yield PaperText(fields["id"] or "", fields["title"] or "", fields["abstract"] or "")


def join_texts(labels: Sequence[LabelT], texts: Iterable[PaperText]) -> Joined[LabelT]:
    """Find the text of every label, by id or else by normalised title.

    Where several texts answer to one label, one with an abstract wins over one without, an id
    over a title, and the first over the later ones.

    Args:
        labels: Labels with id and title.
        texts: Any number of texts, also of papers that no label names.

    Returns:
        The pairs and the ids left over. Texts bear the label's id.
    """
    by_id: dict[str, PaperText] = {}
    by_title: dict[str, PaperText] = {}
    ids = {label.id for label in labels}
    title_keys = {title_key(label.title) for label in labels if label.title}
    for text in texts:
        if text.id in ids:
            _keep(by_id, text.id, text)
        if text.title and (key := title_key(text.title)) in title_keys:
            _keep(by_title, key, text)
    pairs: list[tuple[LabelT, PaperText]] = []
    unresolved: list[str] = []
    for label in labels:
        found = [by_id.get(label.id), by_title.get(title_key(label.title)) if label.title else None]
        candidates = [text for text in found if text is not None]
        best = next((text for text in candidates if text.abstract), next(iter(candidates), None))
        if best is None:
            unresolved.append(label.id)
        else:
            pairs.append((label, PaperText(label.id, best.title or label.title, best.abstract)))
    return Joined(tuple(pairs), tuple(unresolved))


def require_resolved(joined: Joined[LabelT], least: float = LEAST_RESOLVED) -> None:
    """Refuse to go on where too many labels have no text.

    Args:
        joined: Labels beside their texts.
        least: The least share that must be resolved.

    Raises:
        RefusedInputError: Too few are resolved; names the share and the first ids left over.
    """
    if joined.share_resolved < least:
        raise RefusedInputError(
            "too few labels have a text",
            hint="Harvest or import the papers, or name files with --texts.",
            resolved=f"{joined.share_resolved:.1%}",
            needed=f"{least:.0%}",
            unresolved=len(joined.unresolved),
            first=", ".join(joined.unresolved[:5]),
        )


def _keep(found: dict[str, PaperText], key: str, text: PaperText) -> None:
    held = found.get(key)
    if held is None or (text.abstract and not held.abstract):
        found[key] = text
