"""Notices: nothing here yet, or something went wrong, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from foundation.errors import LandscapeError, StoreError
from foundation.log import redact
from views.widgets.markup import render

_FACT_LIMIT = 300


def failure(error: LandscapeError) -> None:
    """Say what went wrong and what to do next, in place of the page.

    Args:
        error: Carries its own facts and next step.
    """
    steps = [error.hint] if error.hint else []
    if isinstance(error, StoreError):
        steps.append("`landscape doctor` says what is wrong and how to mend it. Then load this page again.")
    facts = [(name, redact(str(value))[:_FACT_LIMIT]) for name, value in error.facts.items()]
    message = redact(error.message)
    st.html(
        render(
            "notice.html",
            kind="failure",
            title=message[:1].upper() + message[1:],
            lines=steps,
            facts=facts,
            links=[],
        )
    )


def nothing_here(title: str, lines: Sequence[str], links: Mapping[str, str] | None = None) -> None:
    """Say that there is nothing to show, and what would change that.

    Args:
        title: What is missing.
        lines: What the reader can do; a command stands in backticks.
        links: Addresses inside the app by label.
    """
    st.html(
        render(
            "notice.html",
            kind="empty",
            title=title,
            lines=list(lines),
            facts=[],
            links=[{"label": label, "href": href} for label, href in (links or {}).items()],
        )
    )
