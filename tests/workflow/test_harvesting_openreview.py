"""OpenReview through the whole path: off by default, and secrets that leave no trace."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from cli.shared import plain
from foundation.errors import ConfigurationError
from foundation.settings import Settings
from harvester.source import HarvestRequest
from workflow.harvesting import chosen_sources, harvest
from workflow.reports import exit_code

PASSWORD = "canary-5d1e-password"
TOKEN = "canary-5d1e-token"
USER = "canary-5d1e-user@example.org"
REQUEST = HarvestRequest(venues=("iclr-2025",))
FIXTURES = Path(__file__).resolve().parents[1] / "fixtures/openreview"


@pytest.fixture
def with_login(server, tmp_path):
    own = {"base_url": server.base_url, "delay_seconds": 0, "username": USER, "password": PASSWORD}
    return Settings.model_validate({"home": tmp_path / "home", "sources": {"openreview": own}})


def _answer(replay, value, status=200):
    return replay.Answer(json.dumps(value).encode(), status, "application/json")


def _no_trace(folder, reports, log):
    shown = [json.dumps(plain(reports)), *(report.line() for report in reports), repr(reports), log]
    kept = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert any(content.startswith(b"SQLite format 3") for content in kept)
    for secret in (PASSWORD, TOKEN, USER):
        assert not any(secret in text for text in shown)
        assert not any(secret.encode() in content for content in kept)


def test_it_is_asked_only_where_it_is_named_or_enabled():
    assert "openreview" not in [source.name for source in chosen_sources(Settings(), (), HarvestRequest())]
    enabled = Settings.model_validate({"sources": {"openreview": {"enabled": True}}})
    assert "openreview" in [source.name for source in chosen_sources(enabled, (), HarvestRequest())]
    with pytest.raises(ConfigurationError):
        chosen_sources(Settings(), ("openreveiw",), HarvestRequest())


def test_a_harvest_with_a_login_leaves_no_trace_of_it(
    store, with_login, clock, server, replay, tmp_path, caplog
):
    caplog.set_level(logging.DEBUG)
    server.on("/login", _answer(replay, {"token": TOKEN}))
    server.on(
        "/notes", replay.Answer((FIXTURES / "api2.response.json").read_bytes(), 200, "application/json")
    )
    reports = harvest(store, with_login, ("openreview",), REQUEST, clock=clock)
    (report,) = reports
    assert (report.state, report.new, report.rejected) == ("complete", 2, 2)
    assert dict(report.skipped)["withdrawn"] == 1
    store.dispose()
    _no_trace(tmp_path, reports, caplog.text)


@pytest.mark.parametrize("status", [400, 403, 429, 500])
def test_a_refused_login_leaves_no_trace_of_it(
    store, with_login, clock, server, replay, tmp_path, caplog, status
):
    caplog.set_level(logging.DEBUG)
    told = {"name": "Error", "message": f"no {USER} {PASSWORD}. Please try again in 54 seconds"}
    server.on("/login", _answer(replay, told, status))
    reports = harvest(store, with_login, ("openreview",), REQUEST, clock=clock)
    assert exit_code(reports) == (3 if status in (429, 500) else 2)
    assert reports[0].reason
    store.dispose()
    _no_trace(tmp_path, reports, caplog.text)


def test_a_quota_ends_partial_and_the_next_run_goes_on(store, with_login, clock, server, replay):
    server.on("/login", _answer(replay, {"token": TOKEN}))
    notes = [
        {
            "id": f"note{number:06d}",
            "forum": f"note{number:06d}",
            "content": {
                "title": {"value": f"Invented Paper {number}"},
                "authors": {"value": ["Ada Example"]},
                "venue": {"value": "ICLR 2025 Poster"},
                "venueid": {"value": "ICLR.cc/2025/Conference"},
            },
        }
        for number in range(1_010)
    ]

    def page(request):
        start = int(request.query["offset"])
        return _answer(replay, {"notes": notes[start : start + 1000], "count": len(notes)})

    quota = replay.Answer((FIXTURES / "quota.response.json").read_bytes(), 429, "application/json")
    server.on("/notes", page, quota, page)
    (first,) = harvest(store, with_login, ("openreview",), REQUEST, clock=clock)
    assert (first.state, first.new) == ("partial", 1000)
    assert "minutes" in first.reason
    (second,) = harvest(store, with_login, ("openreview",), REQUEST, clock=clock)
    assert (second.state, second.new, second.unchanged) == ("complete", 10, 1)
