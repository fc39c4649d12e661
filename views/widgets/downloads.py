"""Lists of papers as files, made when they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import streamlit as st

from export.registry import FORMATS, ExportMaterial
from foundation.clock import utc_now
from landscape.types import LandscapeFilter, PaperRow
from views.cached import published_layout, snapshot

LIST_FORMATS = {"bibtex": "BibTeX", "ris": "RIS", "csv": "CSV"}


def paper_downloads(key: str, load: Callable[[], tuple[PaperRow, ...]], *, name: str) -> None:
    """The button behind which a list can be saved.

    Args:
        key: Of the widgets.
        load: Gives the papers; asked only on a click.
        name: Beginning of the file's name.
    """
    with st.popover("Save as", icon=":material/download:", key=f"save_{key}"):
        for form, label in LIST_FORMATS.items():
            st.download_button(
                label,
                data=_maker(form, load),
                file_name=f"{name}-{_today():%Y-%m-%d}{FORMATS[form].suffix}",
                mime=FORMATS[form].media_type,
                key=f"save_{key}_{form}",
                on_click="ignore",
                width="stretch",
            )


def _maker(form: str, load: Callable[[], tuple[PaperRow, ...]]) -> Callable[[], bytes]:
    def make() -> bytes:
        counted = snapshot(LandscapeFilter(), None)
        return FORMATS[form].render(ExportMaterial(counted, published_layout(), papers=load()))

    return make


def _today() -> date:
    return utc_now().date()
