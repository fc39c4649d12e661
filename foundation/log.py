"""Logging set up once, with secrets taken out before anything is written."""

from __future__ import annotations

import logging
import re

# user:password@host in URLs, and key=value pairs whose name says that the value is secret.
_URL_SECRET = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://[^:/@\s]+):[^@/\s]+@", re.IGNORECASE)
_PAIR_SECRET = re.compile(
    r"(?P<name>(?:api[-_]?key|password|passwd|secret|token|authorization)\s*[=:]\s*)"
    r"(?:bearer\s+)?[^\s,;&'\"]+",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """Take passwords, keys and tokens out of a text.

    Args:
        text: Anything on its way to a log, an error or a report.

    Returns:
        The text with each secret replaced by `***`.
    """
    text = _URL_SECRET.sub(lambda match: f"{match['scheme']}:***@", text)
    return _PAIR_SECRET.sub(lambda match: f"{match['name']}***", text)


class RedactingFormatter(logging.Formatter):
    """A formatter whose every line has passed `redact`."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record and take secrets out of the finished line."""
        return redact(super().format(record))


def configure_logging(*, verbose: bool = False) -> None:
    """Send log lines to stderr, redacted. Safe to call more than once.

    Args:
        verbose: Show INFO and above; otherwise WARNING and above.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(RedactingFormatter("%(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO if verbose else logging.WARNING)
