"""Errors that carry their facts and say what to do next.

Every error that a user can meet derives from `LandscapeError`. Its text is one line: what
happened, the facts in `name=value` form, and the next step.
"""

from __future__ import annotations

from typing import Any


class LandscapeError(Exception):
    """A failure that a user can understand and act on.

    Args:
        message: What happened, one clause, without a full stop.
        hint: What to do next, one clause; empty when there is nothing to do.
        **facts: The values that matter: url, id, field, value, path, status ...

    Attributes:
        exit_code: What the command line ends with: 2 refused or failed, 3 partial, 4 suspect.
    """

    exit_code: int = 2

    def __init__(self, message: str, *, hint: str = "", **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.facts = facts

    def __str__(self) -> str:
        """The whole story on one line."""
        facts = ", ".join(f"{name}={_short(value)}" for name, value in self.facts.items())
        text = self.message + (f" ({facts})" if facts else "")
        return " ".join(text.split()) + (f". {self.hint}" if self.hint else "")


class ConfigurationError(LandscapeError, ValueError):
    """A setting is unknown, of the wrong type, or impossible."""


class RefusedInputError(LandscapeError, ValueError):
    """A file or value that was offered cannot be read as what it claims to be."""


class StoreError(LandscapeError):
    """The database is missing, damaged, locked, of another program or of a newer version."""


class SourceError(LandscapeError):
    """A source gave no usable answer."""


class TransientSourceError(SourceError):
    """A source failed in a way that may pass: worth another try later. The run is partial."""

    exit_code = 3


class TerminalSourceError(SourceError):
    """A source refused: authorisation, block, TLS, wrong query. Trying again does not help."""


class SuspectAnswerError(SourceError):
    """An answer that is well formed and yet cannot be right, such as an odd zero."""

    exit_code = 4


class TaxonomyError(LandscapeError, ValueError):
    """The taxonomy file contradicts itself or names something that does not exist."""


class ModelError(LandscapeError):
    """A classifier model is missing, damaged, or made for another taxonomy."""


def _short(value: Any, limit: int = 200) -> str:
    """A fact as text, cut so that one bad payload cannot fill the screen."""
    text = str(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
