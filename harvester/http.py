"""The only door to the network: polite, bounded, and hard to fool.

Polite: one request at a time an operator and never sooner than its rule (`harvester.gate`), a
User-Agent with name and contact, Retry-After obeyed, a block (403) ends the run at once.
Bounded: connect and read timeouts, a deadline for the whole answer, a cap on the decompressed
body, few redirects, few tries. Hard to fool: Content-Length and checksums must agree, the media
type must fit, redirects stay on the source's hosts, names must lead to public addresses.
"""

from __future__ import annotations

import http.client
import json
import random
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode, urljoin, urlsplit

from pydantic import SecretStr
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from foundation.clock import Clock, SystemClock, as_utc
from foundation.errors import (
    ConfigurationError,
    SourceError,
    SuspectAnswerError,
    TerminalSourceError,
    TransientSourceError,
)
from foundation.settings import Settings, SourceSettings
from harvester.gate import RateGate, Turn
from harvester.hosts import HostRules
from harvester.unpack import DamagedStreamError, Inflater, TooLargeError

if TYPE_CHECKING:
    from harvester.source import Source

PROJECT = "llm-landscape"
_STEP_BYTES = 64 * 1024
_ERROR_BODY_BYTES = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TRANSIENT_STATUS = frozenset({408, 421, 425, 429})
_GZIP, _DEFLATE = frozenset({"gzip", "x-gzip"}), frozenset({"deflate"})
_SECRET_HEADERS = frozenset({"authorization", "x-api-key", "cookie"})
_SECONDS = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,9})?")

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
class _Question:
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


@dataclass
class PoliteClient:
    """Asks one source, by its rules.

    Args:
        base_url: Scheme, host and prefix.
        gate: The operator's rate gate.
        contact: Mail address for the User-Agent; may be empty.
        clock: Time; tests pass their own.
        limits: Bounds.
        redirect_hosts: Further hosts to which the source is known to redirect.
        ref: Git reference, for sources that are read from a repository.
        account: The user's account, for sources that want one.
        jitter: Where randomness comes from.
    """

    base_url: str
    gate: RateGate
    contact: str = ""
    clock: Clock = field(default_factory=SystemClock)
    limits: HttpLimits = field(default_factory=HttpLimits)
    redirect_hosts: frozenset[str] = frozenset()
    ref: str | None = None
    account: Account = field(default_factory=Account)
    jitter: random.Random = field(default_factory=random.Random)

    @classmethod
    def for_source(
        cls,
        source: Source,
        settings: Settings,
        *,
        clock: Clock | None = None,
        limits: HttpLimits | None = None,
    ) -> PoliteClient:
        """A client that is set to a source's rules and the user's settings.

        Args:
            source: The source.
            settings: The user's settings.
            clock: Time; the system's when None.
            limits: Bounds; the defaults when None.

        Returns:
            The client.

        Raises:
            ConfigurationError: The delay set is under the operator's rule and the base URL is
                not loopback.
        """
        return cls.for_place(source, settings.source(source.name), settings, clock=clock, limits=limits)

    @classmethod
    def for_place(
        cls,
        place: Place,
        own: SourceSettings,
        settings: Settings,
        *,
        clock: Clock | None = None,
        limits: HttpLimits | None = None,
    ) -> PoliteClient:
        """A client for any place with rules: a source, or a service that adds to what sources say.

        Args:
            place: Its name, operator, courtesy rule and hosts.
            own: What the user set for it.
            settings: Contact and folder of the gates.
            clock: Time; the system's when None.
            limits: Bounds; the defaults when None.

        Returns:
            The client.

        Raises:
            ConfigurationError: The delay set is under the operator's rule and the base URL is
                not loopback.
        """
        clock = clock or SystemClock()
        rules = HostRules(own.base_url or place.default_base_url)
        delay_seconds = place.delay_seconds if own.delay_seconds is None else own.delay_seconds
        if delay_seconds < place.delay_seconds and not rules.is_loopback:
            raise ConfigurationError(
                f"the delay set for {place.name} is shorter than its operator allows",
                hint="Remove the setting, or set a loopback base URL.",
                delay_seconds=delay_seconds,
                least=place.delay_seconds,
            )
        return cls(
            base_url=rules.base_url.rstrip("/"),
            gate=RateGate(place.operator, delay_seconds, settings.home / "locks", clock),
            contact=settings.contact,
            clock=clock,
            limits=limits or HttpLimits(),
            redirect_hosts=frozenset(place.redirect_hosts),
            ref=own.ref,
            account=Account(own.username, own.password, own.token),
        )

    def get(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        media_types: Sequence[str],
        etag: str | None = None,
        headers: Mapping[str, str] | None = None,
        check: Callable[[HttpResponse], None] | None = None,
        refusal: RefusalReader | None = None,
        enough: Callable[[], Callable[[bytes], bool]] | None = None,
    ) -> HttpResponse:
        """Ask for one page, as often as it makes sense.

        Args:
            path: Path behind the base URL, beginning with `/`.
            params: Query parameters.
            media_types: Content types that the source serves; a missing one passes.
            etag: Validator of an earlier answer; a 304 is then an answer too.
            headers: Further request headers.
            check: Looks at an answer (200 alone) and raises `TransientSourceError` or
                `SuspectAnswerError` for one that should be asked for again.
            refusal: Reads the source's own words where it refuses.
            enough: Makes, for every try, a function that is given each piece of the body as it
                arrives and says whether the rest is not wanted: for an archive whose beginning holds
                all that matters. The body then ends there, and its length is not checked.

        Returns:
            An answer that passed every check.

        Raises:
            BadRequestError: 400.
            NotFoundError: 404, 410.
            TerminalSourceError: 403 and other refusals, TLS, redirects outside the source.
            TransientSourceError: Tries, time or the server's patience ran out.
            SuspectAnswerError: `check` found every answer suspect.
        """
        url = self._url(path, params)
        question = _Question("GET", url, media_types, headers or {}, etag, None, refusal, enough)
        return self._ask(question, check)

    def post(
        self,
        path: str,
        content: object,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        check: Callable[[HttpResponse], None] | None = None,
        refusal: RefusalReader | None = None,
    ) -> HttpResponse:
        """Send JSON, get JSON: for logins and for questions that do not fit into an address.

        Args:
            path: Path behind the base URL, beginning with `/`.
            content: What is sent, as plain data. It is never part of an error.
            params: Query parameters.
            headers: Further request headers.
            check: As for `get`.
            refusal: As for `get`.

        Returns:
            An answer that passed every check.

        Raises:
            SourceError: As for `get`; a redirect is refused.
        """
        body = json.dumps(content, ensure_ascii=True).encode("ascii")
        sent = {"Content-Type": "application/json", **(headers or {})}
        return self._ask(
            _Question("POST", self._url(path, params), JSON_MEDIA_TYPES, sent, None, body, refusal), check
        )

    def _url(self, path: str, params: Mapping[str, str] | None) -> str:
        return self.base_url + path + (f"?{urlencode(params)}" if params else "")

    def _ask(self, question: _Question, check: Callable[[HttpResponse], None] | None) -> HttpResponse:
        url = question.url
        waited_seconds = 0.0
        for number in range(1, self.limits.tries + 1):
            try:
                response = self._follow(question)
                if check is not None and not response.not_modified:
                    check(response)
                return response
            except (TransientSourceError, SuspectAnswerError) as error:
                error.facts.setdefault("url", url)
                error.facts["try"] = number
                asked = error.retry_after_seconds if isinstance(error, BusyError) else None
                wait_seconds = self._wait_seconds(number, asked)
                if not self._worth_another_try(number, asked, waited_seconds + wait_seconds):
                    if not error.hint:
                        error.hint = "Run the harvest again later: it goes on where it stopped."
                    raise
                waited_seconds += wait_seconds
            except SourceError as error:
                error.facts.setdefault("url", url)
                error.facts["try"] = number
                raise
            self.clock.sleep(wait_seconds)
        raise AssertionError("the last try returns or raises")

    def _worth_another_try(self, number: int, asked: float | None, waited_seconds: float) -> bool:
        if asked is not None and asked > self.limits.retry_after_cap_seconds:
            return False
        return number < self.limits.tries and waited_seconds <= self.limits.retry_budget_seconds

    def _wait_seconds(self, number: int, asked: float | None) -> float:
        """Capped exponential backoff with jitter, and never less than the server asked for."""
        least = max(self.gate.delay_seconds, 0.5)
        backoff = min(least * float(2 ** (number - 1)), self.limits.backoff_cap_seconds)
        return max(backoff * self.jitter.uniform(1.0, 1.25), asked or 0.0)

    def _follow(self, question: _Question) -> HttpResponse:
        rules = HostRules(self.base_url, self.redirect_hosts)
        url = question.url
        for _ in range(self.limits.redirects + 1):
            rules.check_url(url)
            with self.gate.turn() as turn:
                answer = self._ask_once(question, url, rules, turn)
            if isinstance(answer, HttpResponse):
                return answer
            if question.method != "GET":
                raise TerminalSourceError("the source redirects what is sent to it", url=url, location=answer)
            try:
                url = urljoin(url, answer)
            except ValueError as error:
                raise TerminalSourceError(
                    "the source redirects to a URL that is none", url=url, location=answer
                ) from error
        raise TerminalSourceError(
            "the source redirects without end", url=url, redirects=self.limits.redirects
        )

    def _ask_once(self, question: _Question, url: str, rules: HostRules, turn: Turn) -> HttpResponse | str:
        """One request: an answer, or the address of a redirect."""
        parts = urlsplit(url)
        headers = dict(question.headers)
        if parts.netloc != urlsplit(question.url).netloc:
            # What proves who we are is for the host that was asked, and for no other.
            headers = {name: value for name, value in headers.items() if name.lower() not in _SECRET_HEADERS}
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sent = {
            "Host": parts.netloc,
            "User-Agent": user_agent(self.contact),
            "Accept": ", ".join(question.media_types),
            "Accept-Encoding": "gzip, deflate",
            "Connection": "close",
            **headers,
        }
        if question.etag:
            sent["If-None-Match"] = question.etag
        with self._connection(parts.scheme, parts.hostname or "", parts.port, rules, url) as connection:
            connection.request(
                question.method,
                target,
                body=question.body,
                headers=sent,
                preload_content=False,
                decode_content=False,
                enforce_content_length=False,  # `_check_length` does, and says what was wrong
            )
            raw = connection.getresponse()
            turn.answered_at = self.clock.monotonic()
            try:
                return self._read(raw, url, question, turn)
            finally:
                raw.close()

    def _read(self, raw: BaseHTTPResponse, url: str, question: _Question, turn: Turn) -> HttpResponse | str:
        status = raw.status
        headers = {name.lower(): value for name, value in raw.headers.items()}
        now = self.clock.now()
        if status in _REDIRECTS:
            if "location" not in headers:
                raise TransientSourceError("a redirect without an address", url=url, status=status)
            return headers["location"]
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if status == 304 and question.etag:
            return HttpResponse(url, status, media_type, headers, b"", now)
        if status != 200:
            raise self._refusal(raw, status, url, headers, question.refusal, turn)
        if media_type and media_type not in question.media_types:
            raise TransientSourceError(
                "the source answers with another kind of page than it serves",
                url=url,
                status=status,
                content_type=media_type,
            )
        return HttpResponse(
            url, status, media_type, headers, self._body(raw, url, headers, question.enough), now
        )

    def _refusal(
        self,
        raw: BaseHTTPResponse,
        status: int,
        url: str,
        headers: Mapping[str, str],
        reader: RefusalReader | None,
        turn: Turn,
    ) -> SourceError:
        facts: dict[str, Any] = {"url": url, "status": status}
        body = _error_body(raw, headers) if status == 400 or reader is not None else b""
        told = None if reader is None else reader(Refusal(url, status, headers, body, self.clock.now()))
        if told is not None:
            for name, value in facts.items():
                told.facts.setdefault(name, value)
            if isinstance(told, BusyError):
                self._remember_pause(told, turn)
            return told
        if status == 400:
            bad = BadRequestError("the source does not understand the query", hint="Mend the query.", **facts)
            bad.body = body
            return bad
        if status in (404, 410):
            return NotFoundError("the source has nothing at this address", **facts)
        if status in _TRANSIENT_STATUS or status >= 500 or status < 300:
            busy = BusyError("the source is not able to answer now", **facts)
            busy.retry_after_seconds = retry_after_seconds(headers.get("retry-after"), self.clock.now())
            self._remember_pause(busy, turn)
            return busy
        return TerminalSourceError(
            "the source refuses to answer",
            hint="Do not try again before you know why: going on would be taken for an attack.",
            **facts,
        )

    def _remember_pause(self, busy: BusyError, turn: Turn) -> None:
        asked = busy.retry_after_seconds
        # The pause holds for every process of this machine, but not on an explicit loopback.
        if asked and self.gate.delay_seconds > 0:
            turn.pause_seconds = min(asked, self.limits.retry_after_cap_seconds)
        if asked:
            busy.facts["retry_after_seconds"] = round(asked)

    def _body(
        self,
        raw: BaseHTTPResponse,
        url: str,
        headers: Mapping[str, str],
        enough: Callable[[], Callable[[bytes], bool]] | None,
    ) -> bytes:
        limit = self.limits.body_bytes
        encoding = headers.get("content-encoding", "identity").strip().lower() or "identity"
        if encoding not in {"identity", *_GZIP, *_DEFLATE}:
            raise TransientSourceError(
                "a content encoding that was not asked for", url=url, encoding=encoding
            )
        inflater = None if encoding == "identity" else Inflater(limit)
        is_enough = enough() if enough is not None and inflater is None else None
        plain = bytearray()
        received = 0
        try:
            while piece := raw.read1(_STEP_BYTES, decode_content=False):
                received += len(piece)
                if inflater is not None:
                    inflater.feed(piece)
                else:
                    plain += piece
                if max(received, len(plain)) > limit:
                    raise TooLargeError(f"more than {limit} bytes")
                if is_enough is not None and is_enough(piece):
                    return bytes(plain)
            self._check_length(received, headers, url)
            return bytes(plain) if inflater is None else inflater.finish()
        except TooLargeError as error:
            raise TerminalSourceError(
                "the answer is larger than any page of this source should be", url=url, limit_bytes=limit
            ) from error
        except DamagedStreamError as error:
            raise TransientSourceError(f"the answer is damaged: {error}", url=url) from error

    @staticmethod
    def _check_length(received: int, headers: Mapping[str, str], url: str) -> None:
        said = headers.get("content-length", "").strip()
        if "chunked" in headers.get("transfer-encoding", "").lower() or not said:
            return
        if not said.isdecimal() or int(said) != received:
            raise TransientSourceError(
                "the answer is cut: its length is not the one announced",
                url=url,
                announced=said,
                received=received,
            )

    @contextmanager
    def _connection(
        self, scheme: str, host: str, port: int | None, rules: HostRules, url: str
    ) -> Iterator[HTTPConnection]:
        """A connection that is shut at the deadline, and whose failures are ours."""
        connection: HTTPConnection | None = None
        watchdog: _Watchdog | None = None
        try:
            connection = self._connect(scheme, host, port, rules)
            watchdog = _Watchdog(connection, self.limits.deadline_seconds)
            connection.timeout = self.limits.read_timeout_seconds
            yield connection
            if watchdog.fired:  # an answer without a length seems to end where it was shut
                raise self._too_slow(url)
        except (
            ssl.SSLError,
            HTTPError,
            http.client.HTTPException,
            OSError,
            ValueError,
            SourceError,
        ) as error:
            if watchdog is not None and watchdog.fired:
                raise self._too_slow(url) from error
            if isinstance(error, SourceError):
                raise
            raise _translated(error, url) from error
        finally:
            if watchdog is not None:
                watchdog.cancel()
            if connection is not None:
                connection.close()

    def _too_slow(self, url: str) -> TransientSourceError:
        return TransientSourceError(
            "the source took too long to answer", url=url, deadline_seconds=self.limits.deadline_seconds
        )

    def _connect(self, scheme: str, host: str, port: int | None, rules: HostRules) -> HTTPConnection:
        timeout = self.limits.connect_timeout_seconds
        failure: OSError | HTTPError | None = None
        for address in rules.addresses(host, port or (443 if scheme == "https" else 80)):
            connection: HTTPConnection
            if scheme == "https":
                connection = HTTPSConnection(
                    address, port, timeout=timeout, server_hostname=host, ssl_context=_tls_context()
                )
            else:
                connection = HTTPConnection(address, port, timeout=timeout)
            try:
                connection.connect()
            except ssl.SSLError:
                connection.close()
                raise
            except (OSError, HTTPError) as error:
                connection.close()
                failure = error
            else:
                return connection
        raise failure or OSError("no address")


class _Watchdog:
    """Shuts a connection when its time is over, even in the middle of a read."""

    def __init__(self, connection: HTTPConnection, deadline_seconds: float) -> None:
        self.fired = False
        self._socket: socket.socket | None = connection.sock
        self._timer = threading.Timer(deadline_seconds, self._fire)
        self._timer.daemon = True
        self._timer.start()

    def _fire(self) -> None:
        self.fired = True
        if self._socket is not None:
            try:
                # The plain method: an SSL socket's own would take the TLS state from under a read.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
            except OSError:
                self._socket = None  # closed in the same moment: what the timer was for

    def cancel(self) -> None:
        """The answer is in, or has failed."""
        self._timer.cancel()


def _error_body(raw: BaseHTTPResponse, headers: Mapping[str, str]) -> bytes:
    """The beginning of what a refusal says; its status says enough where that cannot be read."""
    received = bytearray()
    while len(received) < _ERROR_BODY_BYTES:
        piece = raw.read1(_ERROR_BODY_BYTES - len(received), decode_content=False)
        if not piece:
            break
        received += piece
    if headers.get("content-encoding", "").strip().lower() in _GZIP | _DEFLATE:
        inflater = Inflater(_ERROR_BODY_BYTES)
        try:
            inflater.feed(bytes(received))
            return inflater.finish()
        except (TooLargeError, DamagedStreamError):
            return b""
    return bytes(received)


@lru_cache(maxsize=1)
def user_agent_product() -> str:
    """Name and version, as servers see them."""
    try:
        return f"{PROJECT}/{version(PROJECT)}"
    except PackageNotFoundError:
        return PROJECT


def user_agent(contact: str) -> str:
    """The User-Agent header: who asks, and where to complain.

    Args:
        contact: Mail address from the settings; may be empty.

    Returns:
        `llm-landscape/0.1.0 (+mailto:someone@example.org)`, ASCII alone.
    """
    address = contact.encode("ascii", "ignore").decode("ascii").strip()
    return user_agent_product() + (f" (+mailto:{address})" if address else "")


def retry_after_seconds(value: str | None, now: datetime) -> float | None:
    """Read a Retry-After header.

    Args:
        value: The header: seconds, an HTTP date, or anything else.
        now: The present moment.

    Returns:
        Seconds to wait, above 0; None where the header is absent, past, or makes no sense.
    """
    text = (value or "").strip()
    if _SECONDS.fullmatch(text):
        seconds = float(text)
    else:
        try:
            seconds = (as_utc(parsedate_to_datetime(text)) - now).total_seconds()
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return seconds if seconds > 0 else None


@lru_cache(maxsize=1)
def _tls_context() -> ssl.SSLContext:
    """The system's certificate authorities (SSL_CERT_FILE adds to them); host names checked."""
    return ssl.create_default_context()


def _translated(error: Exception, url: str) -> SourceError:
    """A failure of the transport as one of ours."""
    story = " ".join(str(error).split()) or type(error).__name__
    cause: BaseException = error
    # urllib3 wraps what it meets while reading; the reason decides.
    for inner in (*error.args, error.__cause__):
        if isinstance(inner, ssl.SSLError):
            cause = inner
    cut = isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError)
    if isinstance(cause, ssl.SSLError) and not cut and not isinstance(cause, TimeoutError):
        return TerminalSourceError(
            "the source's TLS certificate or connection cannot be trusted",
            hint="Check this machine's date and certificates; nothing was asked.",
            url=url,
            error=story,
        )
    return TransientSourceError("the connection failed", url=url, error=story)
