"""What the readers of ids share."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from foundation.errors import RefusedInputError


class ExternalIdError(RefusedInputError):
    """A text that is no id of the kind it was offered as; the message names the text."""


def host_path_query(url: str) -> tuple[str, str, str] | None:
    """Host, path and query of an http(s) URL; None where it is none."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    return host.lower(), unquote(parts.path), parts.query


def refusal(text: str, what: str, example: str) -> ExternalIdError:
    """The error that says what a text is not, and what it should look like.

    Args:
        text: The text; shown shortened.
        what: What it was to be.
        example: One that would do.

    Returns:
        The error, to be raised.
    """
    shown = text if len(text) <= 120 else text[:119] + "…"
    return ExternalIdError(f"{shown!r} is not {what}", hint=f"It should look like {example}.")
