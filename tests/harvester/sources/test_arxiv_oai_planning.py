"""What arXiv's OAI-PMH interface is asked for, and where a walk through a list stands."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import ConfigurationError
from harvester import registry
from harvester.oai import read_day
from harvester.source import HarvestRequest
from harvester.sources.arxiv_oai_position import OaiPosition
from harvester.sources.arxiv_oai_record import split_names
from harvester.sources.arxiv_oai_windows import set_of

TODAY = date(2026, 3, 4)


@pytest.fixture
def source():
    made = registry.get("arxiv_oai")
    made._identities.clear()
    return made


@pytest.mark.parametrize(
    ("done", "start"),
    [
        ({}, None),
        ({"cs:cs:CL arXiv": "2026-03-01"}, date(2026, 2, 26)),
        ({"cs:cs:CL arXiv since 2026-01-01": "2026-02-01"}, date(2026, 1, 29)),
        (
            {"cs:cs:CL arXiv since 2026-01-01": "2026-02-01", "cs:cs:CL arXiv": "2026-01-15"},
            date(2026, 1, 29),
        ),
        ({"cs:cs:CL arXiv 2026-01-01..2026-02-01": "2026-02-01"}, None),
        ({"cs:cs:CL arXivRaw": "2026-02-01", "cs:cs:LG arXiv": "2026-02-01"}, None),
        ({"cs:cs:CL arXiv": "nonsense"}, None),
    ],
)
def test_a_run_goes_on_from_the_last_complete_one_less_an_overlap(source, done, start):
    (piece,) = source.plan(HarvestRequest(), done, TODAY)
    assert (piece.key, piece.category, piece.from_date, piece.until_date) == (
        "cs:cs:CL arXiv", "cs:cs:CL", start, None,
    )  # fmt: skip


def test_days_and_formats_that_are_asked_for_are_asked(source):
    request = HarvestRequest(
        categories=("cs.LG", "hep-th"), from_date=date(2026, 1, 1), query="metadataPrefix=arXivRaw"
    )
    first, second = source.plan(request, {"cs:cs:LG arXivRaw": "2026-03-01"}, TODAY)
    assert (first.key, first.from_date, first.query) == (
        "cs:cs:LG arXivRaw since 2026-01-01", date(2026, 1, 1), "arXivRaw",
    )  # fmt: skip
    assert second.category == "physics:hep-th"
    (closed,) = source.plan(
        HarvestRequest(from_date=date(2026, 1, 1), until_date=date(2026, 1, 31)), {}, TODAY
    )
    assert (closed.key, closed.until_date) == ("cs:cs:CL arXiv 2026-01-01..2026-01-31", date(2026, 1, 31))


@pytest.mark.parametrize(
    "request_",
    [
        HarvestRequest(categories=("cs.CL OR all",)),
        HarvestRequest(categories=("",)),
        HarvestRequest(query="all:teapots"),
        HarvestRequest(query="metadataPrefix=marcxml"),
        HarvestRequest(query="metadataPrefix=arXiv&set=cs"),
        HarvestRequest(from_date=date(2026, 2, 1), until_date=date(2026, 1, 1)),
        HarvestRequest(from_date=TODAY + timedelta(1)),
    ],
)
def test_requests_that_make_no_sense_are_refused(source, request_):
    with pytest.raises(ConfigurationError):
        source.plan(request_, {}, TODAY)


@pytest.mark.parametrize(
    ("category", "name"),
    [
        ("cs.CL", "cs:cs:CL"), ("cs", "cs"), ("stat.ML", "stat:stat:ML"), ("math.PR", "math:math:PR"),
        ("hep-th", "physics:hep-th"), ("math-ph", "physics:math-ph"), ("q-bio.NC", "q-bio:q-bio:NC"),
        ("cond-mat.stat-mech", "physics:cond-mat:stat-mech"), ("physics.optics", "physics:physics:optics"),
    ],
)  # fmt: skip
def test_categories_lie_in_sets(category, name):
    assert set_of(category) == name


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ada Example", ["Ada Example"]),
        ("A. B, C. D and E. F", ["A. B", "C. D", "E. F"]),
        ("A. B, and C. D", ["A. B", "C. D"]),
        ("A. B (1), C. D (1 and 2) ((1) Uni, Town, (2) Other)", ["A. B", "C. D"]),
        ("Martin King, Jr., Ada Example III", ["Martin King Jr.", "Ada Example III"]),
        ("Alexandra Brand & Anders And", ["Alexandra Brand", "Anders And"]),
        (" , : and ", []),
        ("(((", []),
    ],
)
def test_a_line_of_names_is_parted(text, names):
    assert split_names(text) == names


def test_a_tombstone_says_that_it_is_one(source, fixture_folder, page_of):
    parsed = source.parse(
        page_of("arxiv_oai", (fixture_folder / "arxiv_oai" / "page.response.xml").read_bytes())
    )
    assert [record.draft.source_id for record in parsed.records if record.deleted] == ["2601.00012"]
    assert parsed.next_position is None, "a file does not go on"


def test_a_record_keeps_its_digest_whatever_stands_around_it(source, oai_replay, page_of):
    one = oai_replay.record(1)
    alone = source.parse(page_of("arxiv_oai", oai_replay.listing([one], "")))
    among = source.parse(
        page_of("arxiv_oai", oai_replay.listing([oai_replay.record(2), f"<!-- x -->{one}"], "token"))
    )
    assert alone.records[0].wire.digest == among.records[1].wire.digest


@given(st.text(max_size=80))
def test_any_text_is_a_position_or_refused(text):
    try:
        place = OaiPosition.from_text(text)
    except ConfigurationError:
        return
    assert OaiPosition.from_text(place.text) == place


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60).map(str.strip),
    st.none() | st.dates(date(1991, 1, 1), date(2100, 1, 1)),
    st.none() | st.dates(date(1991, 1, 1), date(2100, 1, 1)),
    st.booleans(),
    st.integers(0, 2_000),
)
def test_positions_come_back_as_they_were(token, first, last, falling, pages):
    place = OaiPosition(
        token=token, first=first, last=last, begun=first, falling=falling, pages=pages, mark="0123456789ab",
        seen=("0123456789ab", ""), restarts=pages % 4, day="20260304",
    )  # fmt: skip
    assert OaiPosition.from_text(place.text) == place


@pytest.mark.parametrize(
    ("text", "day"),
    [("2026-03-01", date(2026, 3, 1)), (" 2026-03-01T12:00:00Z ", date(2026, 3, 1)),
     ("2026-02-30", None), ("", None)],
)  # fmt: skip
def test_datestamps_are_days(text, day):
    assert read_day(text) == day
