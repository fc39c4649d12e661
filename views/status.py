"""What the store holds, how fresh it is, and what the classifier is worth."""

from __future__ import annotations

import streamlit as st

from foundation.settings import load_settings
from landscape.status import take_status
from landscape.types import LandscapeFilter
from taxonomy.loader import load_taxonomy
from views.cached import snapshot, store
from views.model_card import MEASURES, Measured, ModelCard, model_folder, read_card
from views.widgets.markup import number, render

_UNHEARD = ("never", "failed", "partial", "suspect")


def show() -> None:
    """Draw the page."""
    taxonomy = load_taxonomy()
    opened = store()
    with opened.read() as session:
        report = take_status(session, taxonomy)
    counted = snapshot(LandscapeFilter(), None)
    card = read_card(model_folder(load_settings()))
    most = max((n_papers for _, n_papers in counted.by_year), default=1)
    st.html(
        render(
            "head.html",
            title="Status",
            parts=[
                {"strong": "", "text": opened.name},
                {"strong": "", "text": f"taxonomy {report.taxonomy_version}"},
                {"strong": number(report.cells), "text": "cells"},
                {"strong": number(report.topics), "text": "topics"},
            ],
        )
    )
    st.html(
        render(
            "status.html",
            figures=[
                {"name": name, "value": number(value)}
                for name, value in (
                    ("papers", report.papers),
                    ("classified", report.classified),
                    ("relevant", report.relevant),
                    ("cell in doubt", report.unassigned),
                    ("records rejected", report.rejected),
                    ("duplicates linked", report.duplicates_linked),
                )
            ],
            sources=report.sources,
            stale_hint=(
                "“landscape harvest” asks the sources; “landscape doctor” says what is wrong with the store."
                if any(source.state in _UNHEARD for source in report.sources)
                else ""
            ),
            years=[
                {"label": year or "unknown", "n_papers": n_papers, "part": f"{n_papers / most:.4f}"}
                for year, n_papers in counted.by_year
            ],
            classifier=report.classifier,
            card=card,
            measures=_measures(card) if card else [],
        )
    )


def _measures(card: ModelCard) -> list[dict[str, str]]:
    def shown(measured: Measured | None) -> str:
        if measured is None:
            return "—"
        return f"{measured.value * 100:.1f} % ({measured.low * 100:.1f}–{measured.high * 100:.1f})"

    return [
        {
            "label": label,
            "held_out": shown(card.held_out.get(name)),
            "cross_validation": shown(card.cross_validation.get(name)),
        }
        for name, label in MEASURES.items()
    ]
