"""What comes back: an answer that passed every check, or one of the ways to be refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from foundation.errors import ConfigurationError, SourceError, TerminalSourceError, TransientSourceError


@dataclass(frozen=True)
class HttpResponse:
    """An answer that passed every check.

    Attributes:
        url: The address that gave it, after redirects.
        status: 200, or 304 where a validator was sent.
        media_type: Content type in lower case, without parameters; empty where not said.
        headers: By lower-case name.
        body: Decompressed.
        retrieved_at: When, aware, UTC.
    """

    url: str
    status: int
    media_type: str
    headers: Mapping[str, str]
    body: bytes
    retrieved_at: datetime

    @property
    def etag(self) -> str | None:
        """The validator for a later conditional request."""
        return self.headers.get("etag") or None

    @property
    def not_modified(self) -> bool:
        """Whether the source says that nothing changed since the validator sent."""
        return self.status == 304


class BadRequestError(TerminalSourceError, ConfigurationError):
    """The source does not understand the query (400): a matter of configuration.

    Attributes:
        body: The beginning of the answer, where the source says why.
    """

    body: bytes = b""


class NotFoundError(TerminalSourceError):
    """The source has nothing at this address (404, 410)."""


class BusyError(TransientSourceError):
    """A failure that may pass, with the pause that the server asked for."""

    retry_after_seconds: float | None = None


@dataclass(frozen=True)
class Refusal:
    """An answer that is none: what a source's own reader of refusals sees.

    Attributes:
        url: The address asked.
        status: HTTP status, neither 200 nor a redirect.
        headers: By lower-case name.
        body: Its first 64 KiB, decompressed; empty where it is damaged.
        now: When it came.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    now: datetime


# Reads a source's refusal; None leaves it to the common reading of its status.
RefusalReader = Callable[[Refusal], SourceError | None]
