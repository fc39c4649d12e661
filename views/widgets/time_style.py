"""Style and figures of the pages through time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

_STYLE = Path(__file__).with_name("time.css")


def time_style() -> None:
    """The style sheet that Trends, What moved and Status share."""
    st.html(_STYLE)


def plain_chart(figure: Any, *, key: str, alt: str) -> None:
    """A figure that is looked at, as wide as its place.

    Args:
        figure: A figure of `charts`.
        key: Of the widget.
        alt: What a screen reader says in its place.
    """
    st.plotly_chart(
        figure, key=key, theme=None, config={"displayModeBar": False, "scrollZoom": False}, alt=alt
    )
