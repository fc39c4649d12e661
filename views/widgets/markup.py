"""HTML for `st.html`, from templates that escape everything they are given.

Titles, names and abstracts come from other people's files. No view joins them into HTML or
Markdown itself: they enter a template of `views/templates/` as values, where Jinja2 escapes
them, and an address becomes a link only after `web_address` has let it through.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parents[1] / "templates"
AUTHORS_SHOWN = 5  # a list row stays two lines long at 1280 px; the paper's page names everyone


def web_address(url: str | None) -> str | None:
    """Let an address through if a reader may follow it.

    Args:
        url: Whatever a source gave.

    Returns:
        The address when it is http(s) with a host and without a password; otherwise None.
    """
    if not url:
        return None
    if any(character.isspace() or unicodedata.category(character) == "Cc" for character in url):
        return None
    try:
        parts = urlsplit(url)
        host, user = parts.hostname, parts.username
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and host and not user else None


def short_authors(authors: Sequence[str]) -> str:
    """Authors as a list row shows them.

    Args:
        authors: Display names in order.

    Returns:
        At most five names, and how many more there are.
    """
    shown = ", ".join(authors[:AUTHORS_SHOWN])
    more = len(authors) - AUTHORS_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def number(value: int) -> str:
    """A count with thousands set apart: `12,345`."""
    return f"{value:,}"


def plural(value: int, noun: str = "paper") -> str:
    """A count with its noun: `1 paper`, `12,345 papers`."""
    return f"{value:,} {noun}" if value == 1 else f"{value:,} {noun}s"


def percent(value: float) -> str:
    """A share in [0, 1] as a percentage without decimals, or with one where it is under 1 %."""
    if 0 < value < 0.01:
        return f"{value * 100:.1f} %"
    return f"{value * 100:.0f} %"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        web_address=web_address,
        short_authors=short_authors,
        number=number,
        plural=plural,
        percent=percent,
    )
    return environment


def render(template: str, **values: Any) -> str:
    """Fill a template.

    Args:
        template: File name under `views/templates/`.
        **values: What the template names; every text is escaped.

    Returns:
        HTML that is safe to show.
    """
    return _environment().get_template(template).render(**values)
