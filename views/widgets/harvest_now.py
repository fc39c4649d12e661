"""A harvest now: the reader's request, what became of it, and how a worker is started."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st
from sqlalchemy import func, select
from sqlmodel import Session

from db.schedule import HarvestWish, cancel_request, list_requests, request_harvest
from db.tables import HARVEST_RUN
from foundation.clock import utc_now
from foundation.errors import RefusedInputError
from views.access import change, may_write, reader, say_what_was_done
from views.cached import store
from views.widgets.markup import number, render

REQUESTS_SHOWN = 8
LOOK_AGAIN_SECONDS = 5  # while a request waits or runs
OPEN = ("waiting", "running")
_SOURCES = "harvest_sources"


def harvest_now(enabled: Sequence[str]) -> None:
    """The request's form, and the latest requests; looks again by itself while one is open.

    Args:
        enabled: Sources that a plain harvest asks.
    """
    st.html(render("harvest_head.html"))
    if may_write() and enabled:
        with st.container(key="harvest", horizontal=True, vertical_alignment="bottom"):
            st.multiselect(
                "Sources",
                list(enabled),
                key=_SOURCES,
                placeholder="All enabled sources",
                select_all=False,
                width=420,
            )
            st.button(
                "Harvest now", icon=":material/sync:", key="harvest_now", type="primary", on_click=_request
            )
    with store().read() as session:
        some_open = any(wish.state in OPEN for wish in list_requests(session, limit=REQUESTS_SHOWN))
    st.fragment(_requests, run_every=LOOK_AGAIN_SECONDS if some_open else None)()


def _request() -> None:
    sources = tuple(st.session_state.get(_SOURCES, ()))
    change(
        lambda session: request_harvest(session, by=reader(), at=utc_now(), sources=sources),
        "Asked for. A running scheduler takes it within a minute; without one, "
        "run “landscape schedule run --once”.",
    )


def _requests() -> None:
    say_what_was_done()  # a button in here draws this part anew, not the page
    with store().read() as session:
        wishes = list_requests(session, limit=REQUESTS_SHOWN)
        running = any(wish.state == "running" for wish in wishes)
        progress = _progress(session) if running else ""
    st.html(
        render(
            "harvest_requests.html",
            wishes=[_shown(wish) for wish in wishes],
            waiting=any(wish.state == "waiting" for wish in wishes),
            progress=progress,
        )
    )
    for wish in wishes:
        if wish.state == "waiting" and may_write():
            st.button(
                f"Take request {wish.id} back",
                key=f"harvest_cancel_{wish.id}",
                icon=":material/undo:",
                on_click=_cancel,
                args=(wish.id,),
            )


def _cancel(wish: int) -> None:
    def act(session: Session) -> None:
        if not cancel_request(session, wish, by=reader(), at=utc_now()):
            raise RefusedInputError("the request was taken already; what it fetches is kept")

    change(act, "Request taken back.")


def _progress(session: Session) -> str:
    """How far the runs under way have come."""
    run = HARVEST_RUN.c
    rows = session.execute(
        select(run.source, func.count(), func.sum(run.fetched))
        .where(run.state == "running")
        .group_by(run.source)
    ).all()
    return "; ".join(f"{source}: {number(int(fetched or 0))} records so far" for source, _, fetched in rows)


def _shown(wish: HarvestWish) -> dict[str, Any]:
    return {
        "id": wish.id,
        "at": wish.requested_at,
        "by": wish.requested_by,
        "sources": ", ".join(wish.sources) or "all enabled sources",
        "state": wish.state,
        "taken_at": wish.taken_at,
        "finished_at": wish.finished_at,
        "reason": wish.reason,
    }
