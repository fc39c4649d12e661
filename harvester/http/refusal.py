"""Reads an answer that is none: which error it is, and whether asking again makes sense."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from urllib3.response import BaseHTTPResponse

from foundation.errors import SourceError, TerminalSourceError
from harvester.http.answer import BadRequestError, BusyError, NotFoundError, Refusal, RefusalReader
from harvester.http.body import error_body
from harvester.http.headers import retry_after_seconds

_TRANSIENT_STATUS = frozenset({408, 421, 425, 429})


def refused(
    raw: BaseHTTPResponse, url: str, headers: Mapping[str, str], reader: RefusalReader | None, now: datetime
) -> SourceError:
    """The error that an answer stands for.

    Args:
        raw: The answer, neither 200 nor a redirect, its body not read yet.
        url: Its address.
        headers: By lower-case name.
        reader: Reads the source's own words; None where it has none.
        now: The present moment, aware.

    Returns:
        The error; a `BusyError` where asking again makes sense.
    """
    status = raw.status
    facts: dict[str, Any] = {"url": url, "status": status}
    body = error_body(raw, headers) if status == 400 or reader is not None else b""
    told = None if reader is None else reader(Refusal(url, status, headers, body, now))
    if told is not None:
        for name, value in facts.items():
            told.facts.setdefault(name, value)
        return told
    if status == 400:
        bad = BadRequestError("the source does not understand the query", hint="Mend the query.", **facts)
        bad.body = body
        return bad
    if status in (404, 410):
        return NotFoundError("the source has nothing at this address", **facts)
    if status in _TRANSIENT_STATUS or status >= 500 or status < 300:
        busy = BusyError("the source is not able to answer now", **facts)
        busy.retry_after_seconds = retry_after_seconds(headers.get("retry-after"), now)
        return busy
    return TerminalSourceError(
        "the source refuses to answer",
        hint="Do not try again before you know why: going on would be taken for an attack.",
        **facts,
    )
