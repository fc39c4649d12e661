"""What is asked, of whom, for whom and within which bounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import SecretStr

from harvester.http.answer import RefusalReader

XML_MEDIA_TYPES = (
    "application/atom+xml",
    "application/xml",
    "text/xml",
    "text/plain",  # raw.githubusercontent.com says so of every file
    "application/octet-stream",
)
JSON_MEDIA_TYPES = ("application/json",)


@dataclass(frozen=True)
class HttpLimits:
    """Bounds on one call of `PoliteClient.get`.

    Attributes:
        connect_timeout_seconds: Until the connection stands.
        read_timeout_seconds: Between two pieces of an answer. arXiv takes 5-6 s for a large page,
            up to 90 s in bad hours, which are better tried again.
        deadline_seconds: For one whole answer, however steadily it drips.
        body_bytes: Cap on the decompressed body. The largest known page, an Anthology
            collection, has 5 MB.
        redirects: Hops.
        tries: How often one page is asked for.
        retry_budget_seconds: Cap on all waiting between those tries.
        retry_after_cap_seconds: A longer Retry-After ends the run as partial.
        backoff_cap_seconds: Longest pause that grows by itself.
    """

    connect_timeout_seconds: float = 10.0
    read_timeout_seconds: float = 60.0
    deadline_seconds: float = 120.0
    body_bytes: int = 64 * 1024 * 1024
    redirects: int = 5
    tries: int = 5
    retry_budget_seconds: float = 600.0
    retry_after_cap_seconds: float = 300.0
    backoff_cap_seconds: float = 60.0


@dataclass
class Account:
    """What a source wants to know of its user. Secrets are never shown, not even in a repr.

    Attributes:
        username: For sources with a login.
        password: For sources with a login.
        token: Given by the user, or got by logging in.
    """

    username: SecretStr | None = None
    password: SecretStr | None = None
    token: SecretStr | None = None


@dataclass(frozen=True)
class Question:
    """One request, before it is known where redirects lead."""

    method: str
    url: str
    media_types: Sequence[str]
    headers: Mapping[str, str]
    etag: str | None = None
    body: bytes | None = None
    refusal: RefusalReader | None = None
    enough: Callable[[], Callable[[bytes], bool]] | None = None


class Place(Protocol):
    """What a client needs to know of whom it asks."""

    name: str
    operator: str
    delay_seconds: float
    default_base_url: str
    redirect_hosts: tuple[str, ...]
