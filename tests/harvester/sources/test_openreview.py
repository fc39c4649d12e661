"""OpenReview: both APIs, paging that is proven by count, refusals that say what to do."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.errors import (
    ConfigurationError,
    LandscapeError,
    SuspectAnswerError,
    TerminalSourceError,
    TransientSourceError,
)
from foundation.settings import Settings
from harvester import registry
from harvester.files import read_import_file
from harvester.http import HttpLimits, PoliteClient
from harvester.source import HarvestRequest, HarvestSlice
from harvester.sources import openreview_venues
from harvester.sources.openreview_position import OpenReviewPosition, mark

TODAY = date(2026, 3, 4)
GROUP = "ICLR.cc/2025/Conference"
PIECE = HarvestSlice("openreview", GROUP, volume=GROUP)
PASSWORD = "canary-91b2-password"


def _note(number: int, venue: str = "ICLR 2025 Poster") -> dict[str, object]:
    return {
        "id": f"note{number:06d}",
        "forum": f"note{number:06d}",
        "content": {
            "title": {"value": f"Invented Paper {number}"},
            "authors": {"value": ["Ada Example"]},
            "venue": {"value": venue},
            "venueid": {"value": GROUP},
        },
    }


@pytest.fixture
def source():
    return registry.get("openreview")


@pytest.fixture
def client(source, client_for):
    return client_for(source, limits=HttpLimits(tries=2))


@pytest.fixture
def json_answer(replay):
    def make(value, status=200, **more):
        return replay.Answer(json.dumps(value).encode(), status, "application/json", **more)

    return make


@pytest.fixture
def serve(replay_server, json_answer):
    """Serve notes by offset, 1,000 at a time; what there is may change between pages."""

    def go(states, *, size=1000):
        asked = []

        def answer(request):
            notes = states[min(len(asked), len(states) - 1)]
            asked.append(int(request.query["offset"]))
            start = asked[-1]
            return json_answer({"notes": notes[start : start + size], "count": len(notes)})

        replay_server.on("/notes", answer)
        return asked

    return go


@pytest.mark.parametrize("case", ["api1", "api2"])
def test_both_shapes_are_read(case, source, page_of, fixture_folder):
    from dataclasses import replace

    payload = (fixture_folder / f"openreview/{case}.response.json").read_bytes()
    expected = json.loads((fixture_folder / f"openreview/{case}.expected.json").read_text())
    venueid = GROUP if case == "api2" else "ICLR.cc/2023/Conference"
    page = replace(page_of("openreview", payload), facts={"venueid": venueid})
    parsed = source.parse(page)
    found = []
    for record in parsed.records:
        draft = record.draft
        assert [name.key for name in draft.external_ids] == [f"openreview:{draft.source_id}"]
        row = draft.model_dump(mode="json")
        row["authors"] = [author.name for author in draft.authors]
        found.append({name: row[name] for name in expected["records"][0] if name != "deleted"})
        found[-1]["deleted"] = record.deleted
    assert found == expected["records"]
    assert [[reject.wire.source_id, reject.field] for reject in parsed.rejects] == expected["rejects"]
    assert parsed.skipped == expected["skipped"]


def test_a_rejected_record_reads_the_same_alone(source, page_of, fixture_folder):
    page = page_of("openreview", (fixture_folder / "openreview/api2.response.json").read_bytes())
    for reject in source.parse(page).rejects:
        (again,) = source.parse(page_of("openreview", reject.wire.payload)).rejects
        assert (again.reason, again.wire.digest) == (reject.reason, reject.wire.digest)


def test_counts_that_change_without_the_paper_are_no_news(source, page_of):
    first, second = (
        {"notes": [_note(1) | {"tmdate": moment, "details": {"replyCount": moment}}], "count": 1}
        for moment in (1, 2)
    )
    digests = {
        source.parse(page_of("openreview", json.dumps(told).encode())).records[0].wire.digest
        for told in (first, second)
    }
    assert len(digests) == 1


def test_a_venue_is_read_page_by_page(source, client, serve, walk):
    asked = serve([[_note(number) for number in range(2_345)]])
    found = walk(source, PIECE, client)
    assert asked == [0, 999, 1998]  # each page begins with the last note of the page before
    assert len(set(found.keys)) == 2_345


def test_the_question_is_the_documented_one(source, client, serve, replay_server):
    serve([[_note(1)]])
    source.fetch(PIECE, None, client)
    (asked,) = replay_server.requests
    assert asked.path == "/notes"
    assert asked.query == {"content.venueid": GROUP, "limit": "1000", "offset": "0"}


@pytest.mark.parametrize("at", [1, 2])
def test_a_list_that_grows_at_its_head_is_read_anew(source, client, serve, walk, at):
    before = [_note(number) for number in range(2_500)]
    after = [_note(9_999), *before]
    serve([before] * at + [after] * 9)
    found = walk(source, PIECE, client)
    assert {key.partition("v")[0] for key in found.keys} == {note["id"] for note in after}


@pytest.mark.parametrize("at", [1, 2])
def test_a_swap_that_keeps_the_count_is_noticed(source, client, serve, walk, at):
    """One paper goes from the head, another comes at the tail: the count alone would not tell."""
    before = [_note(number) for number in range(2_500)]
    after = [*before[1:], _note(9_999)]
    serve([before] * at + [after] * 9)
    found = walk(source, PIECE, client)
    assert {note["id"] for note in after} <= {key.partition("v")[0] for key in found.keys}


def test_a_list_that_never_rests_is_suspect(source, client, serve, walk):
    serve([[_note(number) for number in range(1_500 + extra)] for extra in range(40)])
    with pytest.raises(SuspectAnswerError, match="keeps changing"):
        walk(source, PIECE, client)


def test_an_ignored_offset_is_noticed(source, client, replay_server, json_answer, walk):
    notes = [_note(number) for number in range(1_500)]
    replay_server.on("/notes", lambda request: json_answer({"notes": notes[:1000], "count": 1_500}))
    with pytest.raises(SuspectAnswerError, match="gave before"):
        walk(source, PIECE, client)


def test_an_empty_page_before_the_end_is_no_end(source, client, replay_server, json_answer):
    replay_server.on("/notes", json_answer({"notes": [], "count": 7}))
    with pytest.raises(TransientSourceError, match="empty page"):
        source.fetch(PIECE, None, client)


def test_no_paper_at_all_is_suspect_unless_it_may_be(source, client, replay_server, json_answer):
    from dataclasses import replace

    replay_server.on("/notes", json_answer({"notes": [], "count": 0}))
    with pytest.raises(SuspectAnswerError, match="no accepted paper"):
        source.fetch(PIECE, None, client)
    page = source.fetch(replace(PIECE, optional=True), None, client)
    assert source.parse(page).skipped == {"not published yet": 1}


def test_a_challenge_fails_at_once_and_says_what_to_do(source, client, replay_server, replay, fixture_folder):
    body = (fixture_folder / "openreview/challenge.response.json").read_bytes()
    replay_server.on("/notes", replay.Answer(body, 403, "application/json"))
    with pytest.raises(TerminalSourceError) as caught:
        source.fetch(PIECE, None, client)
    assert "ChallengeRequired" in str(caught.value)
    assert "LANDSCAPE_SOURCES__OPENREVIEW__USERNAME" in str(caught.value)
    assert len(replay_server.requests) == 1


def test_a_page_for_browsers_is_a_challenge_too(source, client, replay_server, replay):
    replay_server.on("/notes", replay.Answer(b"<html>Verifying your browser</html>", 200, "text/html"))
    with pytest.raises(TerminalSourceError, match="see a browser"):
        source.fetch(PIECE, None, client)
    assert len(replay_server.requests) == 1


def test_a_used_up_quota_yields_and_says_when(source, client, replay_server, replay, fixture_folder):
    body = (fixture_folder / "openreview/quota.response.json").read_bytes()
    replay_server.on("/notes", replay.Answer(body, 429, "application/json"))
    with pytest.raises(TransientSourceError) as caught:
        source.fetch(PIECE, None, client)
    assert caught.value.facts["retry_after_seconds"] == 1808
    assert "in 30 minutes" in str(caught.value)
    assert len(replay_server.requests) == 1


@pytest.fixture
def logged_in(source, replay_server, clock, tmp_path):
    def make(**secrets):
        own = {"base_url": replay_server.base_url, "delay_seconds": 0, **secrets}
        chosen = Settings(home=tmp_path, sources={"openreview": own})
        return PoliteClient.for_source(source, chosen, clock=clock, limits=HttpLimits(tries=2))

    return make


def test_a_login_is_asked_for_once_and_its_token_sent(
    source, logged_in, serve, replay_server, json_answer, walk
):
    replay_server.on("/login", json_answer({"token": "abc.def", "user": {"id": "~Ada_Example1"}}))
    serve([[_note(number) for number in range(1_200)]])
    walk(source, PIECE, logged_in(username="ada@example.org", password=PASSWORD))
    login, *pages = replay_server.requests
    assert login.method == "POST"
    assert json.loads(login.body) == {"id": "ada@example.org", "password": PASSWORD}
    assert [request.path for request in pages] == ["/notes", "/notes"]
    assert {request.headers["authorization"] for request in pages} == {"Bearer abc.def"}


def test_a_token_needs_no_login(source, logged_in, serve, replay_server):
    serve([[_note(1)]])
    source.fetch(PIECE, None, logged_in(token="Bearer abc.def"))
    (asked,) = replay_server.requests
    assert asked.headers["authorization"] == "Bearer abc.def"


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_wrong_login_fails_without_repeating_it(source, logged_in, replay_server, json_answer, status):
    told = {"name": "Error", "message": f"Invalid password {PASSWORD}", "status": status}
    replay_server.on("/login", json_answer(told, status))
    client = logged_in(username="ada@example.org", password=PASSWORD)
    with pytest.raises(TerminalSourceError) as caught:
        source.fetch(PIECE, None, client)
    assert "LANDSCAPE_SOURCES__OPENREVIEW" in str(caught.value)
    for shown in (str(caught.value), repr(caught.value), repr(caught.value.facts), repr(client)):
        assert PASSWORD not in shown
        assert "ada@example.org" not in shown


@pytest.mark.parametrize("told", [{"mfaPending": True}, {"token": ""}, {"token": "a\nb"}, [1]])
def test_a_login_without_a_token_says_how_to_give_one(source, logged_in, replay_server, json_answer, told):
    replay_server.on("/login", json_answer(told))
    with pytest.raises(TerminalSourceError, match="__TOKEN"):
        source.fetch(PIECE, None, logged_in(username="ada@example.org", password=PASSWORD))


def test_old_years_are_asked_of_the_old_api(source, clock, tmp_path, monkeypatch):
    asked = []

    def get(client, path, params=None, **_):
        asked.append(client.base_url)
        raise TransientSourceError("stop here")

    monkeypatch.setattr(PoliteClient, "get", get)
    client = PoliteClient.for_source(source, Settings(home=tmp_path), clock=clock)
    for year in (2023, 2025):
        piece = HarvestSlice("openreview", "x", volume=f"ICLR.cc/{year}/Conference")
        with pytest.raises(TransientSourceError):
            source.fetch(piece, None, client)
    assert asked == ["https://api.openreview.net", "https://api2.openreview.net"]


def test_the_plan_names_venues_as_data_has_them(source):
    plan = source.plan(HarvestRequest(venues=("iclr-2025", "colm-2024", "tmlr-2024", "tmlr-2025")), {}, TODAY)
    assert [piece.volume for piece in plan] == [GROUP, "colmweb.org/COLM/2024/Conference", "TMLR"]
    assert not any(piece.optional for piece in plan)
    assert source.plan(HarvestRequest(venues=("acl-2023",)), {}, TODAY) == []
    for unknown in ("iclr-1999", "iclr-2199", "icrl-2024", "iclr-"):
        with pytest.raises(ConfigurationError):
            source.plan(HarvestRequest(venues=(unknown,)), {}, TODAY)


def test_a_plain_harvest_leaves_finished_conferences_alone(source):
    keys = [piece.key for piece in source.plan(HarvestRequest(), {}, TODAY)]
    assert GROUP in keys
    assert "TMLR" in keys
    assert {piece.key for piece in source.plan(HarvestRequest(), {}, TODAY) if piece.optional} == {
        "NeurIPS.cc/2026/Conference", "ICML.cc/2026/Conference", "colmweb.org/COLM/2026/Conference",
    }  # fmt: skip
    done = {GROUP: "2026-01-02", "TMLR": "2026-03-01", "NeurIPS.cc/2025/Conference": "2025-12-01"}
    again = [piece.key for piece in source.plan(HarvestRequest(), done, TODAY)]
    assert GROUP not in again
    assert {"TMLR", "NeurIPS.cc/2025/Conference"} <= set(again)


def test_every_group_is_found_by_its_own_name():
    for group in openreview_venues.recent_groups(first_year=2021, last_year=2027):
        assert openreview_venues.group_of(group.group) == group
    assert openreview_venues.group_of("ICLR.cc/2025/Workshop/Tea") is None


def test_a_saved_answer_is_told_by_its_content(tmp_path, fixture_folder):
    path = tmp_path / "anything.txt"
    path.write_bytes((fixture_folder / "openreview/api2.response.json").read_bytes())
    found, (page,) = read_import_file(path)
    assert found.name == "openreview"
    assert found.parse(page).skipped["withdrawn"] == 1


@given(
    st.builds(
        OpenReviewPosition,
        st.integers(0, 10**6),
        st.none() | st.integers(0, 10**6),
        st.frozensets(st.text().map(mark), max_size=20),
        st.sampled_from([b"", mark("x")]),
        st.integers(0, 9),
    )
)
@settings(max_examples=50)
def test_a_position_reads_back_as_itself(place):
    assert OpenReviewPosition.from_text(place.text) == place


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["value", "title", "authors", "venue", "venueid", "id"]), inner, max_size=4
    ),
    max_leaves=8,
)  # fmt: skip


@given(
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("id", "forum", "content", "pdate", "mdate", "ddate", "license"), JSON)
    )
    | JSON
)
@settings(max_examples=200, deadline=None)
def test_any_note_becomes_a_record_a_reject_or_is_counted(note):
    from datetime import UTC, datetime

    from harvester.source import WirePage

    payload = json.dumps({"notes": [note], "count": 1}).encode()
    when = datetime(2026, 1, 1, tzinfo=UTC)
    page = WirePage("openreview", "x", "file x", "file:x", when, "application/json", payload)
    try:
        parsed = registry.get("openreview").parse(page)
    except LandscapeError:  # NaN, a lone surrogate: refused as a page
        return
    assert len(parsed.records) + len(parsed.rejects) + sum(parsed.skipped.values()) == 1


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_cut_answer_is_never_read(source, page_of, fixture_folder, cut):
    payload = (fixture_folder / "openreview/api2.response.json").read_bytes()
    at = len(payload) * cut // 60
    with pytest.raises(TransientSourceError):
        source.parse(page_of("openreview", payload[:at]))
