"""How often papers are cited, as Semantic Scholar counts: optional, asked for by name alone.

Facts: the batch endpoint takes 500 ids a request and answers `null` for a paper it does not know;
a key allows one request a second, without one all callers share a pool that mostly answers 429;
exponential backoff is required of every client (api.semanticscholar.org/api-docs and
semanticscholar.org/product/api, "API license").
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from foundation.clock import Clock
from foundation.errors import SourceError, SuspectAnswerError, TerminalSourceError
from foundation.settings import Settings
from harvester.http import BusyError, HttpLimits, HttpResponse, PoliteClient, Refusal, retry_after_seconds
from harvester.json_page import parse_json
from harvester.xml import DamagedPageError

BATCH_IDS = 500
_WHAT = "Semantic Scholar's answer"
# Schemes of papers.ids by which the service knows papers, in the order in which it is asked.
SCHEMES = ("arxiv", "acl", "doi", "s2")
_PREFIXES = {"arxiv": "ARXIV:", "acl": "ACL:", "doi": "DOI:", "s2": ""}


class NoneKnownError(SourceError):
    """The service knows no paper of a batch, and says so by refusing it."""


class SemanticScholar:
    """Semantic Scholar's Graph API, as `PoliteClient` needs to know it."""

    name = "semantic_scholar"
    label = "Semantic Scholar"
    operator = "semantic_scholar"
    delay_seconds = 1.0  # one request a second with a key; see the module's docstring
    default_base_url = "https://api.semanticscholar.org"
    redirect_hosts: tuple[str, ...] = ()

    def client(
        self, settings: Settings, *, clock: Clock | None = None, limits: HttpLimits | None = None
    ) -> PoliteClient:
        """A client by the service's rules and the user's settings (`LANDSCAPE_CITATIONS__…`)."""
        return PoliteClient.for_place(self, settings.citations, settings, clock=clock, limits=limits)

    def fetch(self, ids: Sequence[tuple[str, str]], client: PoliteClient) -> bytes:
        """Ask for the counts of some papers.

        Args:
            ids: Scheme and canonical value of each paper, at most `BATCH_IDS`.
            client: Of `client`.

        Returns:
            The answer's body, for `parse`.

        Raises:
            TerminalSourceError: The key is not accepted.
            TransientSourceError: Busy, or today's quota is used up.
        """
        names = [_PREFIXES[scheme] + value for scheme, value in ids]
        key = client.account.token

        def check(response: HttpResponse) -> None:
            parse(response.body, len(names))

        try:
            return client.post(
                "/graph/v1/paper/batch",
                {"ids": names},
                {"fields": "citationCount"},
                headers={} if key is None else {"x-api-key": key.get_secret_value()},
                check=check,
                refusal=_refusal,
            ).body
        except NoneKnownError:
            return b"[" + b",".join([b"null"] * len(names)) + b"]"


def parse(payload: bytes, asked: int) -> list[int | None]:
    """Read an answer. Pure.

    Args:
        payload: The answer's body.
        asked: For how many papers it should speak.

    Returns:
        A count a paper, in the order asked; None where the service does not know the paper.

    Raises:
        DamagedPageError: It is no list of papers.
        SuspectAnswerError: It speaks for another number of papers.
    """
    told = parse_json(payload, what=_WHAT)
    if not isinstance(told, list):
        raise DamagedPageError(f"{_WHAT} is no list of papers")
    if len(told) != asked:
        raise SuspectAnswerError(
            "Semantic Scholar answered for another number of papers", asked=asked, answered=len(told)
        )
    return [None if paper is None else _count(paper) for paper in told]


def _count(paper: object) -> int | None:
    count = paper.get("citationCount") if isinstance(paper, dict) else "no object"
    if count is None:
        return None
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise DamagedPageError(f"{_WHAT} has a count that is none", value=count)
    return count


def _refusal(refusal: Refusal) -> SourceError | None:
    """The service's own words: a pause of seconds is not a quota that is used up until tomorrow."""
    try:
        told = parse_json(refusal.body, what=_WHAT)
    except DamagedPageError:
        told = {}
    words = " ".join(str(value) for value in told.values()) if isinstance(told, dict) else ""
    if refusal.status == 400 and "no valid paper ids" in words.lower():
        return NoneKnownError("Semantic Scholar knows none of the papers")
    if refusal.status in (401, 403):
        return TerminalSourceError(
            "Semantic Scholar does not accept the key",
            hint="Check LANDSCAPE_CITATIONS__TOKEN; keys that are not used for 60 days are withdrawn.",
        )
    if refusal.status != 429:
        return None
    if "limit exceeded" in words.lower() or "quota" in words.lower():
        spent = BusyError(
            "Semantic Scholar's quota for today is used up",
            hint="Run it again tomorrow: it goes on where it stopped.",
        )
        spent.retry_after_seconds = _until_tomorrow_seconds(refusal.now)
        return spent
    busy = BusyError(
        "Semantic Scholar has too many callers at the moment",
        hint="Run it again later, or set LANDSCAPE_CITATIONS__TOKEN to a key of your own.",
    )
    busy.retry_after_seconds = retry_after_seconds(refusal.headers.get("retry-after"), refusal.now)
    return busy


def _until_tomorrow_seconds(now: datetime) -> float:
    """Seconds to the next midnight UTC; never so few that a client would wait for it."""
    midnight = datetime.combine(now.date() + timedelta(days=1), time.min, tzinfo=now.tzinfo)
    return max((midnight - now).total_seconds(), 3600.0)
