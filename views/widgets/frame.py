"""What every page has around it: style, links that do not reload, and friendly failures."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from pathlib import Path

import streamlit as st

from foundation.errors import LandscapeError
from foundation.memory import settle_memory
from views.widgets.notices import failure

_LOG = logging.getLogger(__name__)
_HERE = Path(__file__).parent
_links = st.components.v2.component("landscape_links", js=(_HERE / "links.js").read_text(encoding="utf-8"))


def framed(show: Callable[[], None]) -> Callable[[], None]:
    """Give a view its frame.

    Args:
        show: Draws the page.

    Returns:
        The same, with the shared style and link behaviour, and with a notice in place of the
        page when something that the reader can act on went wrong.
    """

    @wraps(show)
    def run() -> None:
        st.html(_HERE / "style.css")
        with st.container(key="link_behaviour"):
            _links(key="links")
        try:
            show()
        except LandscapeError as error:
            _LOG.warning("%s", error)
            failure(error)
        settle_memory()

    return run
