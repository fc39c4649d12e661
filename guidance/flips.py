"""The nearest change of one answer that puts another route first."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Any

from foundation.errors import TaxonomyError
from guidance.answers import CHOICES, FIELDS, Answers
from guidance.facts import derive_facts
from guidance.files import FOLDER, checked
from guidance.ranking import rank
from guidance.types import Flip
from taxonomy.loader import read_yaml

FILE = "ladders.yaml"
_ORDERED = ("knowledge_changes", "expertise")  # choices in an order; the others have none
_LEFT_OUT = ("domain",)  # another domain is another project
_BOOLEAN = (True, False)


@lru_cache(maxsize=1)
def load_ladders() -> dict[str, tuple[Any, ...]]:
    """Values to try, by answer.

    Raises:
        TaxonomyError: The file is malformed, names no answer, or a ladder does not rise.
    """
    ladders = checked(dict[str, tuple[Any, ...]], read_yaml(FOLDER / FILE), FILE)
    assert isinstance(ladders, dict)
    for name, values in ladders.items():
        if name not in FIELDS:
            raise TaxonomyError(f"{FILE} names an answer that does not exist", id=name)
        if name != "languages" and any(low >= high for low, high in pairwise(values)):
            raise TaxonomyError(f"{FILE}: a ladder must rise", id=name)
    ladders["languages"] = tuple(tuple(each) for each in ladders["languages"])
    return ladders


def find_flips(answers: Answers, first_route: str | None) -> tuple[Flip, ...]:
    """For every answer, the least change that puts another route first, where there is one.

    Args:
        answers: What was said.
        first_route: The route that is recommended now; None where none is feasible, so that a flip
            is a change that makes one feasible.

    Returns:
        Nearest first: by rungs of the ladder between, then in the order of the answers.
    """
    found = []
    for name in FIELDS:
        if name in _LEFT_OUT:
            continue
        before = getattr(answers, name)
        for steps, value in _candidates(name, before):
            first = first_route_of(answers.model_copy(update={name: value}))
            if first is not None and first != first_route:
                found.append(Flip(name, before, value, first, steps))
                break
    return tuple(sorted(found, key=lambda flip: flip.steps))


def first_route_of(answers: Answers) -> str | None:
    """The route that is recommended under these answers; None where none is feasible."""
    first = rank(derive_facts(answers))[0]
    return first.route.id if first.feasible else None


def _candidates(name: str, before: Any) -> Iterator[tuple[int, Any]]:
    """Other values by their distance in steps, nearest first."""
    ladder = load_ladders().get(name)
    if name in CHOICES:
        ladder = CHOICES[name] if name in _ORDERED else None
        if ladder is None:
            yield from ((1, value) for value in CHOICES[name] if value != before)
            return
    if ladder is None:
        yield from ((1, value) for value in _BOOLEAN if value != before)
    elif name == "languages":
        yield from ((1, value) for value in ladder if value != before)
    elif before is None:
        yield from enumerate(ladder, start=1)
    else:
        order = list(ladder)
        position = order.index(before) if before in order else None
        below = [value for value in order if position is None and value < before] or order[: position or 0]
        above = [value for value in order if position is None and value > before]
        if position is not None:
            above = order[position + 1 :]
        up, down = list(enumerate(above, start=1)), list(enumerate(reversed(below), start=1))
        yield from sorted([*up, *down], key=lambda each: each[0])
