"""The client that sources are given: asks, waits, asks again, and knows when not to."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urljoin, urlsplit

from urllib3.response import BaseHTTPResponse

from foundation.clock import Clock, SystemClock
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
from harvester.http.answer import BusyError, HttpResponse, RefusalReader
from harvester.http.body import read_body
from harvester.http.headers import user_agent
from harvester.http.question import JSON_MEDIA_TYPES, Account, HttpLimits, Place, Question
from harvester.http.refusal import refused
from harvester.http.transport import connected

if TYPE_CHECKING:
    from harvester.source import Source

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SECRET_HEADERS = frozenset({"authorization", "x-api-key", "cookie"})


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
        question = Question("GET", url, media_types, headers or {}, etag, None, refusal, enough)
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
            Question("POST", self._url(path, params), JSON_MEDIA_TYPES, sent, None, body, refusal), check
        )

    def _url(self, path: str, params: Mapping[str, str] | None) -> str:
        return self.base_url + path + (f"?{urlencode(params)}" if params else "")

    def _ask(self, question: Question, check: Callable[[HttpResponse], None] | None) -> HttpResponse:
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

    def _follow(self, question: Question) -> HttpResponse:
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

    def _ask_once(self, question: Question, url: str, rules: HostRules, turn: Turn) -> HttpResponse | str:
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
        with connected(url, rules, self.limits) as connection:
            connection.request(
                question.method,
                target,
                body=question.body,
                headers=sent,
                preload_content=False,
                decode_content=False,
                enforce_content_length=False,  # `read_body` checks it, and says what was wrong
            )
            raw = connection.getresponse()
            turn.answered_at = self.clock.monotonic()
            try:
                return self._read(raw, url, question, turn)
            finally:
                raw.close()

    def _read(self, raw: BaseHTTPResponse, url: str, question: Question, turn: Turn) -> HttpResponse | str:
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
            error = refused(raw, url, headers, question.refusal, self.clock.now())
            if isinstance(error, BusyError):
                self._remember_pause(error, turn)
            raise error
        if media_type and media_type not in question.media_types:
            raise TransientSourceError(
                "the source answers with another kind of page than it serves",
                url=url,
                status=status,
                content_type=media_type,
            )
        body = read_body(raw, url, headers, question.enough, self.limits.body_bytes)
        return HttpResponse(url, status, media_type, headers, body, now)

    def _remember_pause(self, busy: BusyError, turn: Turn) -> None:
        asked = busy.retry_after_seconds
        # The pause holds for every process of this machine, but not on an explicit loopback.
        if asked and self.gate.delay_seconds > 0:
            turn.pause_seconds = min(asked, self.limits.retry_after_cap_seconds)
        if asked:
            busy.facts["retry_after_seconds"] = round(asked)
