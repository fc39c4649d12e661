"""arXiv by OAI-PMH: what it serves, and every way in which such lists have been seen to fail."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.errors import (
    ConfigurationError,
    LandscapeError,
    SuspectAnswerError,
    TransientSourceError,
)
from harvester import registry
from harvester.oai import NothingMatchesError, OaiRequestError, read_identity
from harvester.source import FACT_RESTARTED, FACT_WATERMARK, HarvestSlice, WirePage
from harvester.sources.arxiv_oai_position import EMPTY_PAGES, OaiPosition

OAI = "/oai"
PIECE = HarvestSlice(
    "arxiv_oai", "cs:cs:CL arXiv", category="cs:cs:CL", from_date=date(2026, 3, 1), query="arXiv"
)
WHOLE = replace(PIECE, from_date=None)
DAYS = [f"2026-03-{1 + number // 13:02d}" for number in range(45)]
IDS = [f"2601.{number:05d}" for number in range(45)]


@pytest.fixture
def source():
    made = registry.get("arxiv_oai")
    made._identities.clear()
    return made


@pytest.fixture
def client(source, client_for):
    return client_for(source)


@pytest.fixture
def repository(oai_replay, replay, replay_server):
    made = oai_replay.Repository(
        replay, [(day, oai_replay.record(number, day)) for number, day in enumerate(DAYS)]
    )
    replay_server.on(OAI, made)
    return made


@pytest.fixture
def ids(walk):
    def go(*args, **kwargs):
        return [key.partition("v")[0] for key in walk(*args, **kwargs).keys]

    return go


def test_a_list_is_read_page_by_page(source, client, repository, ids):
    assert ids(source, PIECE, client) == IDS
    assert repository.asked[0] == {"metadataPrefix": "arXiv", "set": "cs:cs:CL", "from": "2026-03-01"}
    assert repository.asked[1] == {"resumptionToken": "2026-03-01||10"}
    assert all("until" not in asked for asked in repository.asked)


def test_a_walk_can_be_taken_up_at_every_page(source, client, repository, walk):
    positions = walk(source, PIECE, client).positions
    assert len(positions) == 5
    for number, position in enumerate(positions):
        found = walk(source, PIECE, client, position).keys
        assert [key.partition("v")[0] for key in found] == IDS[number * 10 :]


@pytest.mark.parametrize(
    "ending",
    ["", "<resumptionToken></resumptionToken>", "<resumptionToken/>",
     "<resumptionToken> \n </resumptionToken>",
     '<resumptionToken cursor="40" completeListSize="45"/>'],
)  # fmt: skip
def test_every_form_of_an_end_is_one(source, client, repository, oai_replay, ids, ending):
    def fault(number, query):
        if query.get("resumptionToken", "").endswith("|40"):
            records = "".join(text for _, text in repository.records[40:])
            return oai_replay.answer(f"<ListRecords>{records}{ending}</ListRecords>")
        return None

    repository.fault = fault
    assert ids(source, PIECE, client) == IDS


def test_a_token_is_handed_back_as_it_came(source, client, repository, oai_replay, ids):
    """A token is opaque: signs that an address or a form would change come back as they were."""
    odd = "6460044|1001&amp;x=%20+ü/?#=="

    def fault(number, query):
        if number == 1:
            return oai_replay.listing([oai_replay.record(1)], odd)
        assert query == {"resumptionToken": odd.replace("&amp;", "&")}
        return oai_replay.listing([oai_replay.record(2)], "")

    repository.fault = fault
    assert ids(source, PIECE, client) == ["2601.00001", "2601.00002"]


@pytest.mark.parametrize("lost", range(2, 6))
def test_a_lost_token_begins_the_rest_anew(source, client, repository, oai_replay, ids, lost):
    """Item 31: at every page; nothing lost, and what comes twice is the same."""
    repository.fault = lambda number, query: (
        oai_replay.error("badResumptionToken") if number == lost else None
    )
    found = ids(source, PIECE, client)
    assert set(found) == set(IDS)
    last_stored = DAYS[10 * (lost - 1) - 1]
    assert repository.asked[lost]["from"] == last_stored
    assert len(found) - len(IDS) <= 13, "only the last day stored comes again"


def test_a_list_that_does_not_rise_is_begun_anew_from_its_start(source, client, repository, oai_replay, ids):
    repository.records.reverse()
    repository.fault = lambda number, query: oai_replay.error("badResumptionToken") if number == 3 else None
    assert set(ids(source, PIECE, client)) == set(IDS)
    assert repository.asked[3]["from"] == "2026-03-01"


def test_the_first_page_after_a_restart_may_be_one_already_stored(source, client, repository, oai_replay):
    first = source.parse(source.fetch(PIECE, None, client)).next_position
    repository.fault = lambda number, query: (
        oai_replay.error("badResumptionToken") if "resumptionToken" in query else None
    )
    page = source.fetch(PIECE, first, client)
    assert FACT_RESTARTED in page.facts


def test_tokens_that_are_always_lost_end_the_day_and_not_the_harvest(
    source, client, clock, repository, oai_replay, ids
):
    repository.fault = lambda number, query: (
        oai_replay.error("badResumptionToken") if "resumptionToken" in query else None
    )
    with pytest.raises(TransientSourceError, match="forgetting"):
        ids(source, PIECE, client)
    stuck = OaiPosition(
        token="2026-03-01||10", first=date(2026, 3, 1), restarts=3, day=f"{clock.now():%Y%m%d}"
    ).text
    with pytest.raises(TransientSourceError, match="forgetting"):
        source.fetch(PIECE, stuck, client)
    clock.sleep(86_400)
    assert source.fetch(PIECE, stuck, client).payload


def test_a_token_handed_out_twice_is_no_end(source, client, repository, oai_replay, ids):
    repository.fault = lambda number, query: oai_replay.listing([oai_replay.record(number)], "same")
    with pytest.raises(SuspectAnswerError, match="token once more") as caught:
        ids(source, PIECE, client)
    assert caught.value.exit_code == 4
    assert len(repository.asked) == 2


@pytest.mark.parametrize("length", [2, 3, 7])
def test_tokens_that_go_round_are_noticed(source, client, repository, oai_replay, ids, length):
    repository.fault = lambda number, query: oai_replay.listing(
        [oai_replay.record(number)], f"t{number % length}"
    )
    with pytest.raises(SuspectAnswerError, match="token once more"):
        ids(source, PIECE, client)
    assert len(repository.asked) < 5 * length


@pytest.mark.parametrize("length", [1, 2, 5])
def test_pages_that_go_round_under_new_tokens_are_noticed(
    source, client, repository, oai_replay, ids, length
):
    repository.fault = lambda number, query: oai_replay.listing(
        [oai_replay.record(number % length)], f"token{number}"
    )
    with pytest.raises(SuspectAnswerError, match="page of the list once more"):
        ids(source, PIECE, client)
    assert len(repository.asked) < 5 * length + 3


@pytest.mark.parametrize("place", range(2, 10))
def test_a_token_or_page_that_comes_twice_in_a_row_is_noticed_at_once(
    source, client, repository, oai_replay, ids, place
):
    """A stale page under a new token hides the page that should stand there: it is not passed over."""

    def stale_page(number, query):
        shown = place - 1 if number == place else number
        return oai_replay.listing([oai_replay.record(shown)], f"token{number}" if number < 12 else "")

    repository.fault = stale_page
    with pytest.raises(SuspectAnswerError, match="page of the list once more"):
        ids(source, PIECE, client)
    assert len(repository.asked) == place
    repository.asked.clear()
    repository.fault = lambda number, query: oai_replay.listing(
        [oai_replay.record(number)], f"token{min(number, place - 1)}"
    )
    with pytest.raises(SuspectAnswerError, match="token once more"):
        ids(source, PIECE, client)
    assert len(repository.asked) == place


def test_a_few_empty_pages_are_passed_over(source, client, repository, oai_replay, ids):
    def fault(number, query):
        if number == 1:
            return None
        if number <= EMPTY_PAGES:
            return oai_replay.listing([], f"2026-03-01||{10 if number == EMPTY_PAGES else 7 * number}")
        return None

    repository.fault = fault
    assert ids(source, PIECE, client) == IDS


def test_empty_pages_without_end_are_partial(source, client, repository, oai_replay, ids):
    repository.fault = lambda number, query: (
        None if number == 1 else oai_replay.listing([], f"2026-03-01||x{number}")
    )
    with pytest.raises(TransientSourceError, match="without a record") as caught:
        ids(source, PIECE, client)
    assert caught.value.exit_code == 3
    assert len(repository.asked) == 1 + EMPTY_PAGES


def test_an_empty_last_page_is_asked_for_twice(source, client, repository, oai_replay, ids):
    def fault(number, query):
        place = query.get("resumptionToken", "").rpartition("|")[2]
        return oai_replay.listing([], "") if place == "20" else None

    repository.fault = fault
    assert ids(source, PIECE, client) == IDS[:20]
    assert len(repository.asked) == 4
    once = [0]

    def changing(number, query):
        if query.get("resumptionToken", "").endswith("|20"):
            once[0] += 1
            return oai_replay.listing([], "") if once[0] == 1 else None
        return None

    repository.fault = changing
    with pytest.raises(TransientSourceError, match="two answers"):
        ids(source, PIECE, client)


def test_a_list_without_records_is_no_proof_of_nothing(source, client, repository, oai_replay, ids):
    repository.fault = lambda number, query: oai_replay.listing([], None)
    with pytest.raises(SuspectAnswerError, match="without records"):
        ids(source, PIECE, client)


def test_nothing_at_first_is_proven(source, client, repository, clock):
    """Item 33: the protocol's own word for an empty window."""
    piece = replace(PIECE, from_date=date(2026, 4, 1))
    page = source.fetch(piece, None, client)
    parsed = source.parse(page)
    assert (parsed.records, parsed.next_position, parsed.skipped) == ((), None, {"nothing changed": 1})
    assert page.facts[FACT_WATERMARK] == clock.now().date().isoformat()
    assert len(repository.asked) == 1


def test_nothing_in_the_middle_is_an_error(source, client, repository, oai_replay, ids):
    repository.fault = lambda number, query: oai_replay.error("noRecordsMatch") if number == 3 else None
    with pytest.raises(NothingMatchesError) as caught:
        ids(source, PIECE, client)
    assert caught.value.exit_code == 4


def test_nothing_behind_a_lost_token_is_an_error(source, client, repository, oai_replay, ids):
    def fault(number, query):
        return {2: oai_replay.error("badResumptionToken"), 3: oai_replay.error("noRecordsMatch")}.get(number)

    repository.fault = fault
    with pytest.raises(NothingMatchesError):
        ids(source, PIECE, client)


def test_a_set_that_holds_nothing_at_all_is_suspect(source, client, repository, ids):
    repository.records.clear()
    with pytest.raises(SuspectAnswerError, match="no record at all"):
        ids(source, WHOLE, client)


@pytest.mark.parametrize("code", ["badArgument", "cannotDisseminateFormat", "noSetHierarchy", "badVerb", ""])
@pytest.mark.parametrize("status", [200, 400, 422])
def test_a_request_that_is_not_accepted_is_configuration(
    source, client, oai_replay, replay, replay_server, code, status
):
    replay_server.on(OAI, replay.Answer(oai_replay.error(code), status))
    with pytest.raises(OaiRequestError, match="does not accept") as caught:
        source.fetch(PIECE, None, client)
    assert isinstance(caught.value, ConfigurationError)
    assert caught.value.exit_code == 2
    assert len(replay_server.requests) == 1


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"", "text/xml"),
        (b"Rate exceeded.", "text/plain"),
        (b"<!DOCTYPE html><html><body>Down</body></html>", "text/html"),
        (b"<!DOCTYPE html><html><body>Down</body></html>", "text/xml"),
        (b'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"></OAI-PMH>', "text/xml"),
        (b'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords/></OAI-PMH>', "text/xml"),
        (b"<record/>", "text/xml"),
    ],
)
def test_an_outage_with_status_200_is_no_answer(
    source, client, oai_replay, replay, replay_server, repository, ids, body, media_type
):
    replay_server.clear()
    outage = replay.Answer(body, media_type=media_type)
    replay_server.on(OAI, outage, repository)
    assert ids(source, PIECE, client) == IDS
    replay_server.clear()
    replay_server.on(OAI, outage)
    with pytest.raises(TransientSourceError):
        ids(source, PIECE, client)


def test_a_page_cut_behind_the_length_header_is_asked_for_again(
    source, client, oai_replay, replay, replay_server
):
    whole = oai_replay.listing([oai_replay.record(number) for number in range(5)], "on")
    for end in range(0, len(whole) - 1, 211):
        replay_server.clear()
        replay_server.on(OAI, replay.Answer(whole[:end]), replay.Answer(whole))
        assert source.fetch(PIECE, None, client).payload == whole


def test_the_first_harvest_of_a_set_asks_who_answers(source, client, repository, replay_server):
    page = source.fetch(WHOLE, None, client)
    assert page.facts["deleted_record"] == "persistent"
    assert repository.asked == [{"metadataPrefix": "arXiv", "set": "cs:cs:CL", "from": "2005-09-16"}]
    source.fetch(WHOLE, None, client)
    verbs = [request.query["verb"] for request in replay_server.requests]
    assert verbs == ["Identify", "ListRecords", "ListRecords"], "once a process is enough"


@pytest.mark.parametrize("case", ["404", "400", "badVerb", "another answer"])
def test_a_server_without_identify_is_asked_from_the_documented_day(
    source, client, oai_replay, replay, replay_server, case
):
    page = oai_replay.listing([oai_replay.record(1)], "")
    said = {
        "404": replay.Answer(b"", 404),
        "400": replay.Answer(oai_replay.error("badVerb"), 400),
        "badVerb": replay.Answer(oai_replay.error("badVerb")),
        "another answer": replay.Answer(page),
    }[case]
    replay_server.on(OAI, said, query={"verb": "Identify"})
    replay_server.on(OAI, page)
    assert source.fetch(WHOLE, None, client).payload == page
    assert replay_server.requests[-1].query["from"] == "2005-09-16"


def test_identify_is_read_strictly(fixture_folder):
    whole = (fixture_folder / "arxiv_oai" / "identify.xml").read_bytes()
    found = read_identity(whole)
    assert (found.earliest, found.granularity, found.deleted_record) == (
        date(2005, 9, 16), "YYYY-MM-DD", "persistent",
    )  # fmt: skip
    with pytest.raises(TransientSourceError, match="earliest"):
        read_identity(whole.replace(b"2005-09-16", b"long ago"))


def test_the_next_run_asks_from_the_first_answers_day(source, client, repository, walk):
    """A list that is read over midnight: what changed while it was read is asked for next time."""
    repository.moments = ("2026-03-04T23:59:58Z", "2026-03-05T00:00:01Z")
    position, facts = None, {}
    while True:
        page = source.fetch(PIECE, position, client)
        facts = page.facts
        position = source.parse(page).next_position
        if position is None:
            break
    assert facts[FACT_WATERMARK] == "2026-03-04"


def test_a_wrong_clock_of_ours_does_not_matter(source, client, clock, repository):
    clock.wall = datetime(2036, 1, 1, tzinfo=UTC)
    assert source.fetch(PIECE, None, client).facts[FACT_WATERMARK] == "2026-03-04"


def test_a_closed_window_is_asked_as_one(source, client, repository, ids):
    piece = replace(PIECE, until_date=date(2026, 3, 2))
    assert ids(source, piece, client) == IDS[:26]
    assert repository.asked[0]["until"] == "2026-03-02"


SHARDS = [
    b"",
    b"<",
    b">",
    b"&",
    b"\x00",
    b"\xff",
    b"</record>",
    b"]]>",
    b"<!--",
    b"9",
    b"<b/>",
    b'status="deleted"',
]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damage_anywhere_raises_nothing_but_our_errors(data, fixture_folder):
    name = data.draw(st.sampled_from(["page", "raw", "dublin_core", "rejects", "bad_token"]))
    payload = bytearray((fixture_folder / "arxiv_oai" / f"{name}.response.xml").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(payload) - 1))
        piece = data.draw(st.sampled_from(SHARDS) | st.binary(max_size=4))
        payload[place : place + data.draw(st.integers(0, 30))] = piece
    position = OaiPosition(first=date(2026, 3, 1)).text
    when = datetime(2026, 1, 1, tzinfo=UTC)
    page = WirePage("arxiv_oai", "s", position, "file:x", when, "", bytes(payload))
    try:
        parsed = registry.get("arxiv_oai").parse(page)
    except LandscapeError:
        return
    assert all(record.draft.title for record in parsed.records)


@pytest.mark.shared
def test_recorded_answers_are_read_to_the_last_record(shared_data, source):
    from harvester.files import read_import_file

    found = {}
    for path in sorted((shared_data / "data" / "arxiv_oai").glob("*.xml")):
        reader, pages = read_import_file(path)
        assert reader is source
        for page in pages:
            parsed = source.parse(page)
            assert parsed.rejects == ()
            found[path.name] = len(parsed.records)
            for record in parsed.records:
                draft = record.draft
                assert draft.abstract
                assert draft.published is not None
                assert draft.published <= draft.updated.date()
                assert all(len(author.name) > 1 for author in draft.authors)
                assert [
                    again.draft for again in source.parse(replace(page, payload=record.wire.payload)).records
                ] == [draft]
    assert len(found) == 20
    assert sum(found.values()) == 35
