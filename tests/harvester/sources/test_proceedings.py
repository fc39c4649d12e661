"""The proceedings sites of NeurIPS and ICLR: both layouts, and what comes when there is a third."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.errors import (
    ConfigurationError,
    LandscapeError,
    RefusedInputError,
    SuspectAnswerError,
    TerminalSourceError,
    TransientSourceError,
)
from harvester import registry
from harvester.files import UnknownFormatError, read_import_file
from harvester.source import FACT_NOTHING, FACT_RESTARTED, HarvestRequest, HarvestSlice, WirePage
from harvester.sources.proceedings_page import read_index

YEAR = HarvestSlice("neurips", "2023", volume="2023")
NUMBERS = list(range(120))
TODAY = date(2026, 3, 4)


@pytest.fixture(params=["neurips", "iclr"])
def source(request):
    made = registry.get(request.param)
    made._listings.clear()
    return made


@pytest.fixture
def neurips():
    made = registry.get("neurips")
    made._listings.clear()
    return made


@pytest.fixture
def client(client_for):
    return client_for(registry.get("neurips"))


@pytest.fixture
def site(proceedings_replay, replay, replay_server):
    made = proceedings_replay.Site(replay, list(NUMBERS))
    replay_server.on("/.*", made)
    return made


@pytest.fixture
def ids(proceedings_replay):
    return [f"2023/{proceedings_replay.digits(number)}" for number in NUMBERS]


@pytest.fixture
def found(walk):
    def go(*args, **options):
        return [key.removesuffix("vNone") for key in walk(*args, **options).keys]

    return go


@pytest.mark.parametrize("layout", ["old_page", "new_page"])
def test_a_year_is_read_paper_by_paper(source, client_for, site, proceedings_replay, found, ids, layout):
    site.page = getattr(proceedings_replay, layout)
    piece = replace(YEAR, source=source.name)
    assert sorted(found(source, piece, client_for(source))) == sorted(ids)
    assert site.asked[0] == "/paper/2023"
    assert len(site.asked) == 121


def test_fields_come_out_of_either_layout(neurips, client, site, proceedings_replay):
    drafts = []
    for layout in (proceedings_replay.old_page, proceedings_replay.new_page):
        site.page = layout
        page = neurips.fetch(YEAR, None, client)
        parsed = neurips.parse(page)
        assert parsed.total == 120
        drafts.append(parsed.records[0].draft)
    assert drafts[0] == drafts[1]
    assert drafts[0].abstract == "Paper 0 brews tea."
    assert [author.name for author in drafts[0].authors] == ["Author Number0", "Ada Example"]


def test_a_walk_can_be_taken_up_at_every_paper(neurips, client, site, walk, found):
    site.numbers = NUMBERS[:7]
    positions = walk(neurips, YEAR, client).positions
    whole = found(neurips, YEAR, client)
    for number, position in enumerate(positions):
        neurips._listings.clear()  # another process
        site.asked.clear()
        assert found(neurips, YEAR, client, position) == whole[number:]
        assert len(site.asked) == 1 + 7 - number


def test_the_order_of_the_index_does_not_matter(neurips, client, site, found):
    first = found(neurips, YEAR, client)
    site.numbers.reverse()
    assert found(neurips, YEAR, client) == first


def test_an_index_that_changed_is_read_from_the_start(neurips, client, site, found, ids):
    page = neurips.fetch(YEAR, None, client)
    position = neurips.parse(page).next_position
    site.numbers.append(999)
    neurips._listings.clear()
    again = neurips.fetch(YEAR, position, client)
    assert FACT_RESTARTED in again.facts
    assert len(found(neurips, YEAR, client, position)) == 121


def test_a_year_that_is_done_costs_one_request(neurips, client, site):
    done = replace(YEAR, etag=neurips.fetch(YEAR, None, client).etag)
    site.asked.clear()
    page = neurips.fetch(done, None, client)
    assert page.facts == {FACT_NOTHING: "not modified"}
    assert (page.etag, site.asked) == (done.etag, ["/paper/2023"])
    assert neurips.parse(page).next_position is None
    site.numbers.append(999)
    assert neurips.fetch(done, None, client).payload


def test_the_other_address_of_an_index_is_tried(neurips, client, site, proceedings_replay, found, replay):
    site.numbers = [1, 2]
    listed = proceedings_replay.index([proceedings_replay.path(1), proceedings_replay.path(2)])
    site.fault = {
        "/paper/2023": replay.Answer(b"", 404, "text/plain"), "/paper_files/paper/2023": listed,
    }.get  # fmt: skip
    assert len(found(neurips, YEAR, client)) == 2


def test_an_index_in_parts_is_read_part_by_part(neurips, client, site, proceedings_replay, found):
    """NeurIPS 2025 lists its tracks on pages of their own."""
    site.numbers = [0, 1, 2]
    base = "/paper_files/paper/2023"
    answers = {
        "/paper/2023": proceedings_replay.index(
            [], links=[f"{base}/vol38-main", f"{base}/vol38-datasets", "/about"]
        ),
        f"{base}/vol38-main": proceedings_replay.index([proceedings_replay.path(n) for n in (0, 1)]),
        f"{base}/vol38-datasets": proceedings_replay.index([proceedings_replay.path(2)]),
    }  # fmt: skip
    site.fault = answers.get
    assert len(found(neurips, YEAR, client)) == 3


@pytest.mark.parametrize("links", [[], ["/about"], ["/paper_files/paper/2023/vol38-main"]])
def test_an_index_without_papers_is_a_changed_site(neurips, client, site, proceedings_replay, links):
    """Item 25: not a year without papers."""
    site.fault = lambda path: proceedings_replay.index([], links=links)
    with pytest.raises(SuspectAnswerError, match="source-changed") as caught:
        neurips.fetch(YEAR, None, client)
    assert caught.value.exit_code == 4


def test_an_index_that_lists_fewer_than_it_says_is_suspect(neurips, client, site, found, ids):
    site.stated = 121
    with pytest.raises(SuspectAnswerError, match="fewer papers"):
        neurips.fetch(YEAR, None, client)
    site.stated = 120
    assert sorted(found(neurips, YEAR, client)) == sorted(ids)


def test_a_year_that_nobody_promised_may_be_empty_or_absent(neurips, client, site, proceedings_replay):
    site.fault = lambda path: proceedings_replay.index([])
    page = neurips.fetch(replace(YEAR, optional=True), None, client)
    assert neurips.parse(page).skipped == {"not published yet": 1}
    site.fault = None
    absent = replace(YEAR, key="2031", volume="2031")
    page = neurips.fetch(replace(absent, optional=True), None, client)
    assert page.facts == {FACT_NOTHING: "not published yet"}
    with pytest.raises(TerminalSourceError, match="nothing at this address"):
        neurips.fetch(absent, None, client)


def test_a_few_abstracts_may_be_missing(neurips, client, site, proceedings_replay, found):
    """98 % of 120: two may lack what every page should have."""
    site.page = lambda number, year: proceedings_replay.new_page(number, year, abstract=number not in (7, 77))
    assert len(found(neurips, YEAR, client)) == 120


@pytest.mark.parametrize("field", ["abstract", "title", "authors"])
def test_under_98_percent_is_a_changed_site(neurips, client, site, proceedings_replay, walk, field):
    """Item 24: the third missing field of 120 papers ends the run, at whatever place."""
    lost = (3, 50, 100)
    site.page = lambda number, year: proceedings_replay.new_page(number, year, **{field: number not in lost})
    walked = []
    with pytest.raises(SuspectAnswerError, match="source-changed") as caught:
        walk(neurips, YEAR, client, found=(seen := _Seen()))
    walked = seen.keys
    assert (caught.value.facts["lost"], caught.value.facts["of"]) == (3, 120)
    assert 90 < len(walked) <= 119


class _Seen:
    """A walk's notes that outlive its failure."""

    def __init__(self) -> None:
        self.keys, self.positions, self.rejects = [], [], 0


def test_a_new_layout_is_noticed_at_once(neurips, client, site, proceedings_replay, walk):
    site.numbers = list(range(1_000))
    site.page = lambda number, year: proceedings_replay._html("Tea", f"<div>Paper {number}</div>")
    with pytest.raises(SuspectAnswerError, match="source-changed"):
        walk(neurips, YEAR, client)
    assert len(site.asked) == 1 + 5


def test_a_page_that_is_listed_and_absent_is_a_reject(
    neurips, client, site, proceedings_replay, walk, replay
):
    gone = proceedings_replay.path(5)
    site.fault = lambda path: replay.Answer(b"", 404, "text/plain") if path == gone else None
    seen = walk(neurips, YEAR, client)
    assert (len(seen.keys), seen.rejects) == (119, 1)


def test_another_paper_s_page_is_not_taken_for_the_one_asked(neurips, client, site, proceedings_replay, walk):
    site.page = lambda number, year: proceedings_replay.old_page(6 if number == 5 else number, year)
    seen = walk(neurips, YEAR, client)
    assert seen.rejects == 1
    assert len(set(seen.keys)) == 119


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"", "text/html"),
        (b"Rate exceeded.", "text/plain"),
        (b"<html><body>cut", "text/html"),
        (b"<html>\xff</html>", "text/html"),
        (b"{}", "application/json"),
    ],
)
def test_an_outage_is_asked_again(neurips, client, site, replay, body, media_type):
    outage = replay.Answer(body, media_type=media_type)
    bad = {"/paper/2023": 1}
    site.fault = lambda path: outage if bad.get(path, 0) and not bad.update({path: 0}) else None
    assert neurips.fetch(YEAR, None, client).payload
    site.fault = lambda path: None if path == "/paper/2023" else outage
    with pytest.raises(TransientSourceError):
        neurips.fetch(YEAR, None, client)


def test_pages_cut_behind_the_length_header_are_asked_for_again(
    neurips, client, site, replay, proceedings_replay
):
    whole = proceedings_replay.new_page(0)
    for end in range(0, len(whole) - 1, 37):
        cuts = itertools.chain([replay.Answer(whole[:end], media_type="text/html")], itertools.repeat(None))
        site.fault = lambda path, cuts=cuts: None if path == "/paper/2023" else next(cuts)
        assert neurips.fetch(YEAR, None, client).payload


def test_venues_are_years(source):
    (piece,) = source.plan(HarvestRequest(venues=(f"{source.name}-2024", "acl-2023")), {}, TODAY)
    assert (piece.source, piece.volume, piece.optional) == (source.name, "2024", False)


def test_a_plain_harvest_looks_at_two_years(neurips):
    pieces = neurips.plan(HarvestRequest(), {}, TODAY)
    assert [(piece.volume, piece.optional) for piece in pieces] == [("2025", False), ("2026", True)]
    assert not neurips.enabled_by_default


def test_every_year_since_1987_can_be_asked_for(neurips):
    assert len(neurips.plan(HarvestRequest(venues=("neurips",)), {}, TODAY)) == 39
    with pytest.raises(ConfigurationError, match="1987"):
        neurips.plan(HarvestRequest(venues=("neurips-1986",)), {}, TODAY)


@pytest.mark.parametrize(
    "position", ["", "paper=1", "paper=1&of=2&list=zz", "start=100", "paper=1&of=2&list=0123456789ab&x=1"]
)
def test_a_position_that_is_none_is_said(neurips, client, site, position):
    with pytest.raises(ConfigurationError, match="position"):
        neurips.fetch(YEAR, position, client)


def test_a_position_behind_the_end_begins_anew(neurips, client, site):
    page = neurips.fetch(YEAR, None, client)
    mark = page.etag.removeprefix("list-")
    assert FACT_RESTARTED in neurips.fetch(YEAR, f"paper=120&of=120&list={mark}", client).facts


def test_both_sites_share_one_gate():
    sites = [registry.get(name) for name in ("neurips", "iclr")]
    assert {(one.operator, one.delay_seconds) for one in sites} == {("proceedings", 1.0)}


def test_links_of_every_kind_are_told_apart(proceedings_replay):
    paths = [
        proceedings_replay.path(1, track="Conference"),
        "/paper/2009/hash/2387337ba1e0b0249ba90f55b2ba2521-Abstract.html",
        "https://proceedings.neurips.cc/paper_files/paper/2021/hash/" + "a" * 32 + "-Abstract-round1.html",
        "/paper/2023/file/" + "b" * 32 + "-Paper.pdf",
        "/paper_files/paper/2023/hash/short-Abstract.html",
        "/paper_files/paper/../../etc/hash/" + "c" * 32 + "-Abstract.html",
        "javascript:alert(1)",
        "http://[broken/paper/2023/hash/" + "d" * 32 + "-Abstract.html",
    ]
    index = read_index(proceedings_replay.index(paths))
    assert [paper.path.rpartition("/")[2][:8] for paper in index.papers] == [
        "2387337b",
        "aaaaaaaa",
        "00000000",
    ]


def test_saved_pages_are_imported(fixture_folder, tmp_path):
    for name, case in (("neurips", "old_layout"), ("neurips", "new_layout"), ("iclr", "new_layout")):
        path = tmp_path / f"{name}-{case}.html"
        path.write_bytes((fixture_folder / name / f"{case}.response.html").read_bytes())
        reader, (page,) = read_import_file(path)
        assert reader.name == name
        parsed = reader.parse(page)
        assert len(parsed.records) == 1
        assert parsed.next_position is None
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(RefusedInputError, match="cut"):
        read_import_file(path)
    path.write_bytes(b"<!DOCTYPE html><html><body>Rate exceeded.</body></html>")
    with pytest.raises(UnknownFormatError):
        read_import_file(path)


CASES = [
    ("neurips", "old_layout"), ("neurips", "old_without_metadata"), ("neurips", "new_layout"),
    ("neurips", "new_datasets"), ("iclr", "new_layout"),
]  # fmt: skip
SHARDS = [
    b"",
    b"<",
    b">",
    b"&",
    b"</p>",
    b"<p>",
    b"</html>",
    b"<h4>",
    b"<!--",
    b'"',
    b"\x00",
    b"\xff",
    b"<section>",
]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damage_anywhere_raises_nothing_but_our_errors(data, fixture_folder):
    name, case = data.draw(st.sampled_from(CASES))
    payload = bytearray((fixture_folder / name / f"{case}.response.html").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(payload) - 1))
        piece = data.draw(st.sampled_from(SHARDS) | st.binary(max_size=4))
        payload[place : place + data.draw(st.integers(0, 30))] = piece
    when = datetime(2026, 1, 1, tzinfo=UTC)
    page = WirePage(name, "s", "paper=1&of=900&list=0123456789ab", "file:x", when, "", bytes(payload))
    try:
        parsed = registry.get(name).parse(page)
    except LandscapeError:
        return
    assert len(parsed.records) + len(parsed.rejects) == 1
    assert all(record.draft.title for record in parsed.records)
