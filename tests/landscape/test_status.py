"""The store in figures."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from foundation.settings import SOURCE_NAMES
from landscape.status import take_status
from taxonomy.loader import load_taxonomy


def test_empty_store_names_every_source_as_never_harvested(builder: Any) -> None:
    with builder.read() as session:
        plain = take_status(session, load_taxonomy()).as_json()
    assert plain["sources"].keys() == set(SOURCE_NAMES)
    assert all(
        source == {"state": "never", "reason": "", "last_complete": None, "papers": 0}
        for source in plain["sources"].values()
    )
    del plain["sources"]
    assert plain == {
        "papers": 0,
        "classified": 0,
        "relevant": 0,
        "unassigned": 0,
        "rejected": 0,
        "duplicates_linked": 0,
        "taxonomy_version": "1.0",
        "topics": 44,
        "cells": 18,
        "classifier": None,
    }


def test_figures_are_those_worked_out_by_hand(builder: Any, now: datetime) -> None:
    joined, single = builder.paper("One"), builder.paper("Two")
    builder.label(joined, "training/data")
    builder.label(single, "training/data", verdict="unsure")
    builder.paper("Three")
    builder.record(joined, "arxiv", "2301.00001", version=1)
    builder.record(joined, "arxiv", "2301.00001", version=2)
    builder.record(joined, "acl_anthology", "2023.acl-long.1")
    builder.record(single, "arxiv", "2301.00002", version=1)
    builder.reject("a")
    builder.reject("b", resolved=True)
    with builder.read() as session:
        report = take_status(session, load_taxonomy())
    assert (report.papers, report.classified, report.relevant, report.unassigned) == (3, 2, 2, 1)
    assert (report.rejected, report.duplicates_linked) == (1, 1)
    assert report.classifier == "a model dddddddddddd"
    papers = {source.name: source.papers for source in report.sources}
    assert (papers["arxiv"], papers["acl_anthology"], papers["pmlr"]) == (2, 1, 0)


def test_state_is_the_gravest_of_the_newest_runs(builder: Any, now: datetime) -> None:
    builder.harvest("arxiv", "failed", slice_key="one", reason="blocked", at=now - timedelta(days=3))
    builder.harvest("arxiv", "complete", slice_key="one", at=now - timedelta(days=2))
    builder.harvest("arxiv", "partial", slice_key="two", reason="timed out", at=now - timedelta(days=1))
    builder.harvest("pmlr", "complete", at=now)
    builder.harvest("refs.bib", "suspect", reason="no entries", at=now)
    with builder.read() as session:
        plain = take_status(session, load_taxonomy()).as_json()
    assert plain["sources"]["arxiv"] == {
        "state": "partial",
        "reason": "timed out",
        "last_complete": (now - timedelta(days=2)).isoformat(),
        "papers": 0,
    }
    assert plain["sources"]["pmlr"]["state"] == "complete"
    assert plain["sources"]["refs.bib"]["state"] == "suspect"
    assert json.loads(json.dumps(plain)) == plain


def test_starter_library_is_a_source_that_its_run_completes(builder: Any, now: datetime) -> None:
    paper = builder.paper("One", source="library")
    builder.record(paper, "library", "arxiv:2301.00001")
    builder.label(paper, "training/data", method="library", note="Why it matters.")
    with builder.read() as session:
        library = {source.name: source for source in take_status(session, load_taxonomy()).sources}["library"]
    assert (library.state, library.last_complete, library.papers) == ("complete", now, 1)
