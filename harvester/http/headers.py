"""Two headers that stand for courtesy: who asks, and how long the server wants to be left alone."""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version

from foundation.clock import as_utc

PROJECT = "llm-landscape"
_SECONDS = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,9})?")


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
