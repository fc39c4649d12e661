"""What the store holds, how fresh it is, what is missing, and what the classifier is worth."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import streamlit as st
from sqlalchemy import func, select

from db.models import RejectedRecordRow
from db.rejects import open_rejects
from db.tables import CLASSIFIER_RUN
from foundation.clock import utc_now
from foundation.settings import load_settings
from harvester import registry
from harvester.schedule import load_schedule
from landscape.coverage import CoverageLedger, take_coverage
from landscape.gaps import CellGap, take_gaps
from landscape.health import Health, take_health
from landscape.status import StatusReport, take_status
from landscape.types import LandscapeFilter
from taxonomy.loader import load_taxonomy
from taxonomy.models import Taxonomy
from views.access import read_only_note, say_what_was_done
from views.cached import StoreVersion, snapshot, store, store_version
from views.model_card import MEASURES, Measured, ModelCard, model_folder, read_card
from views.widgets.coverage import coverage_html
from views.widgets.harvest_now import harvest_now
from views.widgets.markup import number, render
from views.widgets.time_style import time_style

if TYPE_CHECKING:
    from db.engine import Store

_UNHEARD = ("never", "failed", "partial", "suspect")
REJECTS_SHOWN = 20
HEALTH_WORDS = {
    "off": "No schedule has ever run here: `landscape schedule run` keeps the store current.",
    "healthy": "The schedule keeps the store current.",
    "late": "The schedule is late: no scheduler is running. `landscape schedule run` starts one.",
    "failing": "A source fails again and again.",
}


@dataclass(frozen=True)
class _Facts:
    """What is read anew only where the store changed."""

    report: StatusReport
    ledger: CoverageLedger
    gaps: tuple[CellGap, ...]
    rejects: tuple[RejectedRecordRow, ...]
    labelled_at: datetime | None


def show() -> None:
    """Draw the page."""
    time_style()
    settings, taxonomy = load_settings(), load_taxonomy()
    opened = store()
    with st.spinner("Reading the state of the store …"):
        facts = _facts(store_version(opened), taxonomy, opened)
    enabled = registry.enabled(settings)
    with opened.read() as session:
        health = take_health(session, load_schedule(settings.home), enabled, utc_now())
    counted = snapshot(LandscapeFilter(), None)
    st.html(_head(opened.name, facts.report))
    say_what_was_done()
    read_only_note()
    st.html(render("status_figures.html", figures=_figures(facts.report)))
    st.html(render("status_sources.html", **_sources(facts.report, health)))
    harvest_now(enabled)
    st.html(coverage_html(facts.ledger))
    st.html(render("status_gaps.html", gaps=[_gap(gap) for gap in facts.gaps]))
    st.html(render("status_rejects.html", total=facts.report.rejected, **_rejects(facts.rejects)))
    most = max((n_papers for _, n_papers in counted.by_year), default=1)
    card = read_card(model_folder(settings))
    st.html(
        render(
            "status.html",
            years=[
                {"label": year or "unknown", "n_papers": n_papers, "part": f"{n_papers / most:.4f}"}
                for year, n_papers in counted.by_year
            ],
            classifier=facts.report.classifier,
            labelled_at=facts.labelled_at,
            card=card,
            measures=_measures(card) if card else [],
        )
    )


# Not `cache_data`: it would pickle; what is kept here is frozen, rejected records apart from their session.
@st.cache_resource(show_spinner=False, max_entries=2)
def _facts(version: StoreVersion, _taxonomy: Taxonomy, _opened: Store) -> _Facts:
    run = CLASSIFIER_RUN.c
    with _opened.read() as session:
        return _Facts(
            report=take_status(session, _taxonomy),
            ledger=take_coverage(session),
            gaps=take_gaps(session, _taxonomy),
            rejects=tuple(open_rejects(session, limit=REJECTS_SHOWN)),
            labelled_at=session.execute(
                select(func.max(run.finished_at)).where(run.method == "model")
            ).scalar_one(),
        )


def _head(name: str, report: StatusReport) -> str:
    return render(
        "head.html",
        title="Status",
        parts=[
            {"strong": "", "text": name},
            {"strong": "", "text": f"taxonomy {report.taxonomy_version}"},
            {"strong": number(report.cells), "text": "cells"},
            {"strong": number(report.topics), "text": "topics"},
        ],
    )


def _figures(report: StatusReport) -> list[dict[str, str]]:
    return [
        {"name": name, "value": number(value)}
        for name, value in (
            ("papers", report.papers),
            ("classified", report.classified),
            ("relevant", report.relevant),
            ("cell in doubt", report.unassigned),
            ("records rejected", report.rejected),
            ("duplicates linked", report.duplicates_linked),
        )
    ]


def _sources(report: StatusReport, health: Health) -> dict[str, Any]:
    scheduled = {each.source: each for each in health.sources}
    return {
        "sources": [
            {
                "name": source.name,
                "state": source.state,
                "reason": source.reason,
                "papers": source.papers,
                "last_complete": source.last_complete,
                "next_due": scheduled[source.name].next_due if source.name in scheduled else None,
                "missed": scheduled[source.name].missed if source.name in scheduled else 0,
            }
            for source in report.sources
        ],
        "stale_hint": (
            "“landscape harvest” asks the sources; “landscape doctor” says what is wrong with the store."
            if any(source.state in _UNHEARD for source in report.sources)
            else ""
        ),
        "health": health.state,
        "health_words": HEALTH_WORDS[health.state],
        "reasons": health.reasons,
        "last_snapshot": health.last_snapshot,
    }


def _gap(gap: CellGap) -> dict[str, str]:
    return {
        "label": gap.label,
        "kind": gap.kind,
        "href": f"./?cell={gap.cell}",
        "line": gap.line().removeprefix(f"{gap.label}: "),
    }


def _rejects(rows: tuple[RejectedRecordRow, ...]) -> dict[str, Any]:
    kinds = Counter((row.source, row.reason) for row in rows)
    return {
        "kinds": [
            {"source": source, "reason": reason, "count": count}
            for (source, reason), count in kinds.most_common()
        ],
        "rows": [
            {
                "source": row.source,
                "id": row.source_id,
                "reason": row.reason,
                "field": row.field,
                "url": row.url,
                "at": row.rejected_at,
            }
            for row in rows
        ],
    }


def _measures(card: ModelCard) -> list[dict[str, str]]:
    def shown(measured: Measured | None) -> str:
        if measured is None:
            return "—"
        return f"{measured.value * 100:.1f} % ({measured.low * 100:.1f}–{measured.high * 100:.1f})"

    return [
        {
            "label": label,
            "held_out": shown(card.held_out.get(name)),
            "fast": shown(card.fast_held_out.get(name)),
            "cross_validation": shown(card.cross_validation.get(name)),
        }
        for name, label in MEASURES.items()
    ]
