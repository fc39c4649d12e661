"""arXiv's query API: what it serves, and every way in which it has been seen to fail."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

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
from harvester import registry
from harvester.source import HarvestSlice, WirePage
from harvester.sources.arxiv import ArxivQueryError, query_params

API = "/api/query"
WEEK = HarvestSlice(
    "arxiv",
    "cs.CL 2024-01-01..2024-01-07",
    category="cs.CL",
    from_date=date(2024, 1, 1),
    until_date=date(2024, 1, 7),
)
QUERY = HarvestSlice("arxiv", "query teapots", query="all:teapots")


@pytest.fixture
def source():
    return registry.get("arxiv")


@pytest.fixture
def client(source, client_for):
    return client_for(source)


@pytest.fixture
def entries(replay):
    return [replay.arxiv_entry(number) for number in range(250)]


KEYS = [f"2401.{number:05d}v1" for number in range(250)]


def _dated(replay, entries):
    """A server that obeys submittedDate: entries are (minute, text)."""

    def answer(request):
        query = request.query["search_query"]
        chosen = sorted(entries)
        if "submittedDate:[" in query:
            first, _, last = query.partition("submittedDate:[")[2].rstrip("]").partition(" TO ")
            chosen = [entry for entry in chosen if first <= entry[0] <= last]
        start, count = int(request.query["start"]), int(request.query["max_results"])
        texts = [text for _, text in chosen[start : start + count]]
        return replay.Answer(replay.arxiv_feed(texts, start=start, total=len(chosen)))

    return answer


def test_a_slice_is_read_page_by_page(source, client, replay_server, replay, entries, walk):
    replay_server.on(API, replay.arxiv_pages(entries))
    found = walk(source, WEEK, client)
    assert found.keys == KEYS
    assert [request.query["start"] for request in replay_server.requests] == ["0", "100", "200"]
    assert replay_server.requests[0].query == {
        "search_query": "cat:cs.CL AND submittedDate:[202401010000 TO 202401072359]",
        "sortBy": "submittedDate",
        "sortOrder": "ascending",
        "start": "0",
        "max_results": "100",
    }


def test_a_walk_can_be_taken_up_at_every_page(source, client, replay_server, replay, entries, walk):
    replay_server.on(API, replay.arxiv_pages(entries))
    positions = walk(source, WEEK, client).positions
    assert len(positions) == 3
    for number, position in enumerate(positions):
        assert walk(source, WEEK, client, position).keys == KEYS[number * 100 :]


def test_order_does_not_matter(source, client, replay_server, replay, entries, walk):
    shuffled = random.Random(7).sample(entries, len(entries))
    replay_server.on(API, replay.arxiv_pages(shuffled))
    assert sorted(walk(source, WEEK, client).keys) == KEYS


def test_a_server_that_gives_less_than_asked_loses_nothing(
    source, client, replay_server, replay, entries, walk
):
    def answer(request):
        start = int(request.query["start"])
        return replay.Answer(replay.arxiv_feed(entries[start : start + 33], start=start, total=250))

    replay_server.on(API, answer)
    assert walk(source, WEEK, client).keys == KEYS


def test_a_window_that_holds_too_much_is_narrowed_before_it_is_read(
    source, client, replay_server, replay, walk
):
    minutes = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=4 * number) for number in range(2_500)]
    made = [(f"{minute:%Y%m%d%H%M}", replay.arxiv_entry(n)) for n, minute in enumerate(minutes)]
    replay_server.on(API, _dated(replay, made))
    found = walk(source, WEEK, client)
    assert sorted(found.keys) == sorted(f"2401.{n:05d}v1" for n in range(2_500))
    assert len(found.keys) == 2_500  # windows do not overlap
    for request in replay_server.requests:
        if request.query["start"] != "0":
            first, _, last = request.query["search_query"].partition("[")[2].rstrip("]").partition(" TO ")
            assert sum(first <= minute <= last for minute, _ in made) < 1_000


def test_a_window_that_cannot_be_narrowed_is_read_as_it_is(source, client, replay_server, replay, walk):
    """A server that ignores the dates matches as much in half the window: its papers are still papers."""
    many = [replay.arxiv_entry(number) for number in range(1_234)]
    replay_server.on(API, replay.arxiv_pages(many))
    found = walk(source, WEEK, client)
    assert len(set(found.keys)) == 1_234


def test_one_minute_with_too_much_is_read_as_it_is(source, client, replay_server, replay, walk):
    made = [("202401030000", replay.arxiv_entry(number)) for number in range(1_100)]
    replay_server.on(API, _dated(replay, made))
    assert len(set(walk(source, WEEK, client).keys)) == 1_100


def test_more_than_the_api_gives_is_said(source, client, replay_server, replay):
    page = replay.arxiv_feed([replay.arxiv_entry(n) for n in range(100)], start=29_900, total=31_000)
    replay_server.on(API, page)
    fetched = source.fetch(QUERY, "start=29900", client)
    with pytest.raises(TerminalSourceError, match="31000"):
        source.parse(fetched)


def test_an_empty_page_in_the_middle_is_asked_for_again(source, client, replay_server, replay, entries, walk):
    empty = replay.Answer(replay.arxiv_feed([], start=100, total=250))
    replay_server.on(API, empty, replay.arxiv_pages(entries), query={"start": "100"})
    replay_server.on(API, replay.arxiv_pages(entries))
    assert walk(source, WEEK, client).keys == KEYS


@pytest.mark.parametrize("start", [0, 100, 200])
def test_a_page_that_stays_empty_is_never_the_end(
    source, client, replay_server, replay, entries, walk, start
):
    empty = replay.Answer(replay.arxiv_feed([], start=start, total=250))
    replay_server.on(API, empty, query={"start": str(start)})
    replay_server.on(API, replay.arxiv_pages(entries))
    with pytest.raises(TransientSourceError, match="empty page"):
        walk(source, WEEK, client)


def test_another_page_than_asked_for_is_suspect(source, client, replay_server, replay, entries, walk):
    replay_server.on(API, replay.arxiv_feed(entries[:100], start=0, total=250))
    with pytest.raises(SuspectAnswerError, match="another page"):
        walk(source, WEEK, client)


def test_the_same_page_under_another_number_is_suspect(source, client, replay_server, replay, entries, walk):
    def answer(request):
        return replay.Answer(replay.arxiv_feed(entries[:100], start=int(request.query["start"]), total=250))

    replay_server.on(API, answer)
    with pytest.raises(SuspectAnswerError, match="once more"):
        walk(source, WEEK, client)


def test_a_zero_after_papers_is_suspect(source, client, replay_server, replay, entries, walk):
    zero = replay.Answer(replay.arxiv_feed([], start=100, total=0))
    replay_server.on(API, zero, query={"start": "100"})
    replay_server.on(API, replay.arxiv_pages(entries))
    with pytest.raises(SuspectAnswerError, match="finds nothing") as caught:
        walk(source, WEEK, client)
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("total", [120, 249, 251, 400])
def test_a_total_that_will_not_rest_is_suspect(source, client, replay_server, replay, entries, walk, total):
    other = replay.Answer(replay.arxiv_feed(entries[100:200], start=100, total=total))
    replay_server.on(API, other, query={"start": "100"})
    replay_server.on(API, replay.arxiv_pages(entries))
    with pytest.raises(SuspectAnswerError, match="keeps changing"):
        walk(source, WEEK, client)


def test_a_window_that_was_given_up_is_taken_up_on_another_day(
    source, client, clock, replay_server, replay, entries, walk
):
    """What made the total change has long settled: the stored position must not be a dead end."""
    stuck = "start=100&first=202401010000&last=202401072359&end=202401072359&total=999&mark=ab&restarts=2"
    replay_server.on(API, replay.arxiv_pages(entries))
    with pytest.raises(SuspectAnswerError):
        walk(source, WEEK, client, f"{stuck}&day={clock.now():%Y%m%d}")
    clock.sleep(86_400)
    found = walk(source, WEEK, client, f"{stuck}&day=20260304")
    assert set(found.keys) == set(KEYS)


@pytest.mark.parametrize("place", [0, 50, 150, 249])
def test_a_paper_that_comes_while_reading_is_not_lost(
    source, client, replay_server, replay, entries, walk, place
):
    """Something is put in before the second page: what shifted is read again."""
    state = list(entries)

    def answer(request):
        if len(replay_server.requests) == 2 and len(state) == 250:
            state.insert(place, replay.arxiv_entry(999))
        return replay.arxiv_pages(state)(request)

    replay_server.on(API, answer)
    assert set(walk(source, WEEK, client).keys) == {*KEYS, "2401.00999v1"}


@pytest.mark.parametrize("place", [0, 50, 99])
def test_a_paper_that_goes_while_reading_hides_no_other(
    source, client, replay_server, replay, entries, walk, place
):
    state = list(entries)

    def answer(request):
        if len(replay_server.requests) == 2 and len(state) == 250:
            del state[place]
        return replay.arxiv_pages(state)(request)

    replay_server.on(API, answer)
    assert set(walk(source, WEEK, client).keys) == set(KEYS)  # the one gone was read before it went


def test_a_growing_answer_to_a_query_is_read_on(source, client, replay_server, replay, entries, walk):
    """Without dates the total drifts by itself: no reason to begin anew."""

    def answer(request):
        start = int(request.query["start"])
        return replay.Answer(
            replay.arxiv_feed(entries[start : start + 100], start=start, total=250 - (start == 0))
        )

    replay_server.on(API, answer)
    assert walk(source, QUERY, client).keys == KEYS
    assert len(replay_server.requests) == 3


@pytest.mark.parametrize(
    "answer",
    [
        (b"", "application/atom+xml"),
        (b"Rate exceeded.", "text/plain"),
        (b"<!DOCTYPE html><html><body>Down</body></html>", "text/html"),
        (b"<!DOCTYPE html><html><body>Down</body></html>", "application/xml"),
        (b'{"message": "down"}', "application/json"),
        (b'<feed xmlns="http://www.w3.org/2005/Atom"></feed>', "application/atom+xml"),
    ],
)
def test_an_outage_with_status_200_is_no_answer(source, client, replay_server, replay, entries, walk, answer):
    outage = replay.Answer(answer[0], media_type=answer[1])
    replay_server.on(API, outage, replay.arxiv_pages(entries))
    assert walk(source, WEEK, client).keys == KEYS
    replay_server.clear()
    replay_server.on(API, outage)
    with pytest.raises(TransientSourceError):
        walk(source, WEEK, client)


def test_a_page_cut_behind_the_length_header_is_asked_for_again(
    source, client, replay_server, replay, entries, walk
):
    whole = replay.arxiv_feed(entries[:100], start=0, total=250)
    for end in range(0, len(whole) - 1, 4_001):
        replay_server.clear()
        replay_server.on(API, replay.Answer(whole[:end]), replay.arxiv_pages(entries))
        page = source.fetch(WEEK, None, client)
        assert page.payload == whole


def test_nothing_in_a_busy_category_on_a_working_day_is_suspect(source, client, replay_server, replay, walk):
    replay_server.on(API, replay.arxiv_feed([], total=0))
    with pytest.raises(SuspectAnswerError, match="working day"):
        walk(source, WEEK, client)


def test_nothing_is_believed_when_the_category_is_alive(source, client, replay_server, replay, walk):
    quiet = replace(WEEK, key="cs.GL 2024-01-01..2024-01-07", category="cs.GL")
    replay_server.on(
        API, replay.arxiv_feed([replay.arxiv_entry(1)], total=17), query={"search_query": "cat:cs.GL"}
    )
    replay_server.on(API, replay.arxiv_feed([], total=0))
    found = walk(source, quiet, client)
    assert found.keys == []
    assert len(replay_server.requests) == 2


def test_nothing_at_all_in_a_category_is_suspect(source, client, replay_server, replay, walk):
    unknown = replace(WEEK, key="cs.XX 2024-01-01..2024-01-07", category="cs.XX")
    replay_server.on(API, replay.arxiv_feed([], total=0))
    with pytest.raises(SuspectAnswerError, match=r"cs\.XX"):
        walk(source, unknown, client)


def test_nothing_for_a_query_is_an_answer(source, client, replay_server, replay, walk):
    replay_server.on(API, replay.arxiv_feed([], total=0))
    assert walk(source, QUERY, client).keys == []


@pytest.mark.parametrize("case", ["error", "error_published"])
@pytest.mark.parametrize("status", [200, 400])
def test_the_error_entry_is_an_error_and_names_the_query(
    source, client, replay_server, replay, fixture_folder, walk, case, status
):
    body = (fixture_folder / "arxiv" / f"{case}.response.xml").read_bytes()
    replay_server.on(API, replay.Answer(body, status))
    with pytest.raises(ArxivQueryError, match="incorrect id format for teapot") as caught:
        walk(source, QUERY, client)
    assert isinstance(caught.value, ConfigurationError)
    assert isinstance(caught.value, TerminalSourceError)
    assert caught.value.facts["query"] == "all:teapots"
    assert len(replay_server.requests) == 1


def test_a_400_without_a_feed_names_the_query_too(source, client, replay_server, replay, walk):
    replay_server.on(API, replay.Answer(b"bad", 400, "text/plain"))
    with pytest.raises(ArxivQueryError) as caught:
        walk(source, QUERY, client)
    assert caught.value.facts["query"] == "all:teapots"


def test_bad_records_do_not_move_the_paging(source, client, replay_server, replay, entries, walk):
    damaged = [
        entry.replace("title>", "titel>") if number % 3 == 0 else entry
        for number, entry in enumerate(entries)
    ]
    replay_server.on(API, replay.arxiv_pages(damaged))
    found = walk(source, WEEK, client)
    assert found.keys == [key for n, key in enumerate(KEYS) if n % 3]
    assert found.rejects == 84
    assert [request.query["start"] for request in replay_server.requests] == ["0", "100", "200"]


FIELDS = ["id", "title", "updated", "summary", "category", "published", "arxiv:primary_category", "author"]


@pytest.mark.parametrize("name", FIELDS)
def test_a_missing_field_costs_one_record_at_most(source, page_of, replay, name):
    whole = [replay.arxiv_entry(number) for number in range(3)]
    for number in range(3):
        head, _, rest = whole[number].partition(f"<{name}")
        closing = "/>" if name in ("category", "arxiv:primary_category") else f"</{name}>"
        end = rest.index(closing) + len(closing)
        page = replay.arxiv_feed(
            [head + rest[end:] if n == number else entry for n, entry in enumerate(whole)]
        )
        parsed = source.parse(page_of("arxiv", page))
        needed = name in ("id", "title", "published", "author")
        assert len(parsed.records) == (2 if needed else 3)
        assert [reject.field for reject in parsed.rejects] == ([name] if needed else [])


def test_a_crowd_of_authors_and_a_long_text_are_capped(source, page_of, replay):
    entry = replay.arxiv_entry(1, title="T" * 10_000)
    crowd = "<author><name>One More</name></author>" * 5_000
    entry = entry.replace("<author>", crowd + "<author>", 1).replace("brews tea", "brews tea " * 500_000)
    (record,) = source.parse(page_of("arxiv", replay.arxiv_feed([entry]))).records
    assert len(record.draft.title) <= 1_000
    assert len(record.draft.authors) <= 2_000
    assert len(record.draft.abstract or "") <= 20_000


@pytest.mark.shared
def test_all_recorded_replies_are_read(source, page_of, shared_data):
    versions: dict[str, set[int | None]] = {}
    errors, entries = [], 0
    for path in sorted((shared_data / "data/arxiv_api/recorded").glob("*.json")):
        reply = json.loads(path.read_text(encoding="utf-8"))
        try:
            parsed = source.parse(page_of("arxiv", reply["body"].encode()))
        except ArxivQueryError as error:
            errors.append(str(error))
            continue
        assert parsed.rejects == ()
        entries += len(parsed.records)
        for record in parsed.records:
            versions.setdefault(record.draft.source_id, set()).add(record.draft.source_version)
            assert record.draft.abstract
            assert record.draft.published is not None
            assert record.draft.source_categories
    assert entries == 221
    assert len(versions) == 105
    assert None not in set.union(*versions.values())
    assert {"astro-ph/0601001", "quant-ph/0201082"} <= set(versions)
    assert len(errors) == 1
    assert "incorrect id format for abc" in errors[0]


@pytest.mark.shared
def test_recorded_papers_served_on_loopback_are_all_found(
    source, client, replay_server, replay, shared_data, walk
):
    recorded = replay.recorded_arxiv_entries(shared_data / "data/arxiv_api/recorded")
    assert len(recorded) == 105
    replay_server.on(API, replay.arxiv_pages(recorded))
    for piece in (WEEK, QUERY):
        found = walk(source, piece, client)
        assert len(found.keys) == len(set(found.keys)) == 105
        assert found.rejects == 0


@pytest.mark.shared
def test_recorded_replies_are_refused_when_cut(source, page_of, shared_data):
    path = shared_data / "data/arxiv_api/recorded/q_testing_s0_m10_bc5a6c384fe9.json"
    payload = json.loads(path.read_text(encoding="utf-8"))["body"].encode().rstrip()
    for end in range(0, len(payload), 97):
        with pytest.raises(LandscapeError):
            source.parse(page_of("arxiv", payload[:end]))


def test_query_parameters_come_from_the_arxiv_package():
    import arxiv

    params = query_params("cat:cs.CL", start=5, max_results=7)
    assert params["sortBy"] == arxiv.SortCriterion.SubmittedDate.value
    assert (params["start"], params["max_results"]) == ("5", "7")


SHARDS = [b"", b"<", b">", b"&", b"\x00", b"\xff", b"</entry>", b"]]>", b"<!--", b"9", b"<b/>"]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damage_anywhere_raises_nothing_but_our_errors(data, fixture_folder):
    """Bytes of a real envelope, changed, cut, doubled: read or refused, never anything else."""
    name = data.draw(st.sampled_from(["page", "rejects", "error"]))
    payload = bytearray((fixture_folder / "arxiv" / f"{name}.response.xml").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(payload) - 1))
        piece = data.draw(st.sampled_from(SHARDS) | st.binary(max_size=4))
        payload[place : place + data.draw(st.integers(0, 30))] = piece
    page = WirePage("arxiv", "s", "f x", "file:x", datetime(2026, 1, 1, tzinfo=UTC), "", bytes(payload))
    try:
        parsed = registry.get("arxiv").parse(page)
    except LandscapeError:
        return
    assert all(record.draft.title for record in parsed.records)
