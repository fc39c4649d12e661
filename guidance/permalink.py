"""Answers as the query of an address, and back. Pure; a link that makes no sense opens all the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from foundation.errors import RefusedInputError
from guidance.answers import FIELDS, Answers, parse_answers, parse_value

LONGEST_VALUE = 300  # characters


def answers_query(answers: Answers) -> str:
    """Write answers as a query string, without `?`; empty where nothing was said."""
    return urlencode([(name, _written(value)) for name, value in answers.given().items()])


def answers_from_query(query: Mapping[str, str | Sequence[str]]) -> Answers:
    """Read answers from a query; never raises.

    Args:
        query: Values by name; of a name that stands more than once the last counts.

    Returns:
        The answers; what is unknown or not valid counts as not said.
    """
    found = Answers()
    for name in FIELDS:
        values = query.get(name, ())
        text = values if isinstance(values, str) else (list(values) or [""])[-1]
        if not text or len(text) > LONGEST_VALUE:
            continue
        value: Any = (
            text.split(",") if name == "languages" else text if name == "domain" else parse_value(text)
        )
        try:
            found = parse_answers({**found.given(), name: value})
        except RefusedInputError:
            continue
    return found


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, tuple) else str(value)
