"""How answers and classes of time are written for people, alike on page, slide, Markdown and terminal."""

from __future__ import annotations

from guidance.rules import figure
from guidance.types import TimeClass

NOT_SAID = "not said"


def answer_words(value: object) -> str:
    """An answer's value: yes, no, 2,000, en, not said.

    Args:
        value: As `Answers` or a flip holds it.
    """
    if value is None:
        return NOT_SAID
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or NOT_SAID
    return figure(value)


def input_words(name: str) -> str:
    """The name of an answer, without underscores."""
    return name.replace("_", " ")


def time_words(time_class: TimeClass) -> str:
    """A class of training time: `minutes to hours`."""
    return time_class.replace("-", " to ")
