"""PMLR: volumes as archives of front matter, and as BibTeX."""

from __future__ import annotations

import gzip
import random
import re
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
from harvester import registry, venues
from harvester.archive import END, read_archive, single_file
from harvester.files import read_import_file
from harvester.http import HttpLimits
from harvester.source import FACT_NOTHING, HarvestRequest, HarvestSlice, WirePage

TODAY = date(2026, 3, 4)
VOLUME = HarvestSlice("pmlr", "v202", volume="v202")
PATH = "/mlresearch/v202/tar.gz/HEAD"
COMMIT = "2b93c4af27abbb7dd9406219ca3b815ecb3243c7"
POSTS = re.compile(r".*_posts/.*")


@pytest.fixture
def source():
    return registry.get("pmlr")


@pytest.fixture
def client(source, client_for):
    return client_for(source)


@pytest.fixture
def volume(fixture_folder):
    return (fixture_folder / "pmlr" / "volume.response.tar").read_bytes()


@pytest.fixture
def answer(replay):
    def make(plain, **options):
        return replay.Answer(gzip.compress(plain, mtime=0), media_type="application/x-gzip", **options)

    return make


def test_a_volume_is_one_request_and_its_commit_is_kept(source, client, replay_server, answer, volume):
    replay_server.on(PATH, answer(volume, headers={"ETag": 'W/"abc"'}))
    page = source.fetch(VOLUME, None, client)
    assert page.facts == {"ref": "HEAD", "commit": COMMIT}
    assert page.etag == 'W/"abc"'
    parsed = source.parse(page)
    assert [record.draft.source_id for record in parsed.records] == [
        f"v202/example23{letter}" for letter in "abcd"
    ]
    assert parsed.next_position is None
    url = parsed.records[0].wire.url
    assert url.endswith(f"/mlresearch/v202/tar.gz/{COMMIT}#_posts/2023-07-03-example23a.md")


def test_what_lies_behind_the_posts_is_not_fetched(source, client_for, replay_server, answer, volume):
    """A volume whose repository holds its PDFs: they come after the posts and are left alone."""
    pdf = random.Random(7).randbytes(200_000)
    noise = b"".join(single_file(f"v202-{COMMIT}/zzz/{n}.pdf", pdf)[: -len(END)] for n in range(20))
    replay_server.on(PATH, answer(volume[: -len(END)] + noise + END))
    client = client_for(source, limits=HttpLimits(body_bytes=1_000_000))  # a quarter of the archive
    page = source.fetch(VOLUME, None, client)
    assert len(page.payload) < 20_000
    assert len(source.parse(page).records) == 4


def test_the_user_s_reference_is_asked_for(source, client, replay_server, answer, volume):
    client.ref = "refs/heads/gh-pages"
    replay_server.on("/mlresearch/v202/tar.gz/refs/heads/gh-pages", answer(volume))
    assert source.fetch(VOLUME, None, client).facts["ref"] == "refs/heads/gh-pages"


def test_nothing_changed_is_one_small_answer(source, client, replay_server, replay):
    replay_server.on(PATH, replay.Answer(status=304))
    page = source.fetch(replace(VOLUME, etag='"v1"'), None, client)
    assert page.facts == {FACT_NOTHING: "not modified"}
    assert (page.etag, source.parse(page).records) == ('"v1"', ())
    assert replay_server.requests[0].headers["if-none-match"] == '"v1"'


def test_a_volume_that_is_not_there_is_named(source, client, replay_server):
    with pytest.raises(TerminalSourceError, match="nothing at this address"):
        source.fetch(VOLUME, None, client)
    page = source.fetch(replace(VOLUME, optional=True), None, client)
    assert source.parse(page).skipped == {"not published yet": 1}


def test_an_archive_cut_anywhere_is_asked_for_again(source, client, replay_server, replay, answer, volume):
    whole = answer(volume)
    for end in range(0, len(whole.body), 97):
        replay_server.clear()
        # No length header and a regular end: only the archive itself can tell.
        replay_server.on(PATH, replace(whole, body=whole.body[:end], announce=-1), whole)
        page = source.fetch(VOLUME, None, client)
        assert len(source.parse(page).records) == 4


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"", "application/x-gzip"),
        (b"<!DOCTYPE html><html>Down</html>", "text/html"),
        (b"<!DOCTYPE html><html>Down</html>", "application/x-gzip"),
        (gzip.compress(b"<html>Down</html>"), "application/x-gzip"),
        (gzip.compress(bytes(512)), "application/x-gzip"),
    ],
)
def test_an_outage_with_status_200_is_no_volume(
    source, client, replay_server, replay, answer, volume, body, media_type
):
    outage = replay.Answer(body, media_type=media_type)
    replay_server.on(PATH, outage, answer(volume))
    assert len(source.parse(source.fetch(VOLUME, None, client)).records) == 4
    replay_server.clear()
    replay_server.on(PATH, outage)
    with pytest.raises(TransientSourceError):
        source.fetch(VOLUME, None, client)


def test_a_bomb_is_refused_at_once(source, client, replay_server, answer):
    replay_server.on(PATH, answer(single_file("v202-x/README.md", bytes(30_000_000))))
    with pytest.raises(TerminalSourceError, match="larger"):
        source.fetch(VOLUME, None, client)
    assert len(replay_server.requests) == 1


def test_a_volume_without_posts_is_no_volume_without_papers(source, client, replay_server, answer):
    replay_server.on(PATH, answer(single_file(f"v202-{COMMIT}/papers/a.md", b"---\ntitle: Moved\n---\n")))
    page = source.fetch(VOLUME, None, client)
    with pytest.raises(SuspectAnswerError, match="source-changed"):
        source.parse(page)


def test_front_matter_that_changed_is_no_heap_of_rejects(source, page_of, volume):
    posts = [single_file(f"v/_posts/{n}.md", b"---\nname: New\n---\n")[: -len(END)] for n in range(21)]
    page = page_of("pmlr", b"".join(posts) + END)
    assert len(source.parse(page).rejects) == 21, "a file is read as it is"
    with pytest.raises(SuspectAnswerError, match="source-changed"):
        source.parse(replace(page, facts={"ref": "HEAD"}))


def test_a_post_that_is_far_too_large_is_rejected(source, page_of, volume):
    huge = single_file("v/_posts/2023-07-03-huge23a.md", b"---\ntitle: " + b"x" * 300_000 + b"\n---\n")
    parsed = source.parse(replace(page_of("pmlr", huge), slice_key="v202"))
    assert [(r.wire.source_id, r.field) for r in parsed.rejects] == [("v202/huge23a", "size")]


@pytest.mark.parametrize(
    ("venue", "volume"),
    [
        ("icml-2018", "v80"), ("icml-2019", "v97"), ("icml-2020", "v119"), ("icml-2021", "v139"),
        ("icml-2022", "v162"), ("icml-2023", "v202"), ("icml-2024", "v235"), ("icml-2025", "v267"),
        ("aistats-2023", "v206"), ("icml-2013", "v28"),
    ],
)  # fmt: skip
def test_venues_lie_in_volumes(source, venue, volume):
    (piece,) = source.plan(HarvestRequest(venues=(venue, "acl-2023")), {}, TODAY)
    assert (piece.key, piece.volume, piece.optional) == (volume, volume, False)
    assert venues.edition_of("pmlr", volume).id == venue


def test_no_volume_stands_for_two_venues():
    volumes = [v.volume_of(year) for v in venues.venues("pmlr") for year in v.years]
    assert len(volumes) == len(set(volumes))


def test_a_plain_harvest_looks_at_three_years(source):
    volumes = {piece.volume for piece in source.plan(HarvestRequest(), {}, date(2025, 12, 1))}
    assert {"v202", "v235", "v267", "v206"} <= volumes
    assert "v162" not in volumes


def test_a_slice_of_another_kind_is_refused(source, client):
    with pytest.raises(ConfigurationError):
        source.fetch(replace(VOLUME, volume="../etc"), None, client)


def test_bibtex_of_a_volume_is_read(source, fixture_folder):
    reader, (page,) = read_import_file(fixture_folder / "pmlr" / "aistats.bib")
    assert reader is source
    parsed = source.parse(page)
    first, quoted, last = (record.draft for record in parsed.records)
    assert (first.title, first.pages, first.venue, first.volume_id) == (
        "Improved TEA Bounds for k Cups", "1-10", "AISTATS", "v206",
    )  # fmt: skip
    assert [author.name for author in first.authors] == [
        "Ada Example", "Jan van der Pot", "Paul-Christian Bürkner",
    ]  # fmt: skip
    assert (first.published, first.year) == (date(2023, 4, 11), 2023)
    assert first.abstract == "We prove an Õ(nk) bound (k ≤ n); see also @home."
    # No id of the site can be had from the key; a wrong one would join two papers.
    assert [name.key for name in first.external_ids] == [
        "url:https://proceedings.mlr.press/v206/?bibtex=example23"
    ]
    assert quoted.source_id == "v206/other23a"
    assert [author.name for author in quoted.authors] == ["The Kettle Collaboration", "Bo Other Jr."]
    assert [author.family for author in last.authors] == ["Example", "van Kettle"]
    assert [(reject.wire.source_id, reject.field) for reject in parsed.rejects] == [
        ("untitled23", "title"), ("unclosed23", "entry"),
    ]  # fmt: skip


def test_an_entry_can_be_read_again_from_its_own_bytes(source, fixture_folder):
    _, (page,) = read_import_file(fixture_folder / "pmlr" / "aistats.bib")
    parsed = source.parse(page)
    for record in parsed.records:
        (again,) = source.parse(replace(page, payload=record.wire.payload)).records
        assert (again.draft, again.wire.digest) == (record.draft, record.wire.digest)
    (again,) = source.parse(replace(page, payload=parsed.rejects[0].wire.payload)).rejects
    assert again.reason == parsed.rejects[0].reason


def test_bibtex_cut_within_an_entry_is_refused(source, fixture_folder, tmp_path):
    whole = (fixture_folder / "pmlr" / "aistats.bib").read_bytes().rstrip()
    last = whole.rindex(b"@InProceedings")
    path = tmp_path / "cut.bib"
    for end in range(last + 15, len(whole)):
        path.write_bytes(whole[:end])
        with pytest.raises(RefusedInputError, match="cut"):
            read_import_file(path)


def test_bibtex_of_other_kinds_is_left_to_its_own_reader(fixture_folder):
    (volume_bibtex,) = [f for f in registry.get("pmlr").file_formats if f.name == "PMLR volume BibTeX"]
    assert not volume_bibtex.recognises("x.bib", b"@article{a, title={b}}")
    assert not volume_bibtex.recognises("x.bib", b"@Proceedings{a,\n  title = {b},\n  year = 2023\n}\n")


def test_a_single_post_is_imported(source, volume, tmp_path):
    member = read_archive(volume, wanted=POSTS).members[0]
    path = tmp_path / "2023-07-03-example23a.md"
    path.write_bytes(member.content)
    reader, (page,) = read_import_file(path)
    assert reader is source
    assert source.parse(page).records[0].draft.source_id == "v202/example23a"
    path.write_bytes(member.content[:-20])
    with pytest.raises(RefusedInputError, match="cut"):
        read_import_file(path)


SHARDS = [b"", b"---\n", b"\x00" * 512, b"'", b"{", b"- ", b"&a ", b"*a", b"!!python/name:x ", b"\xff"]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damage_anywhere_raises_nothing_but_our_errors(data, fixture_folder):
    name = data.draw(st.sampled_from(["volume.response.tar", "rejects.response.tar", "aistats.bib"]))
    payload = bytearray((fixture_folder / "pmlr" / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(payload) - 1))
        piece = data.draw(st.sampled_from(SHARDS) | st.binary(max_size=4))
        payload[place : place + data.draw(st.just(len(piece)) | st.integers(0, 30))] = piece
    when = datetime(2026, 1, 1, tzinfo=UTC)
    try:
        parsed = registry.get("pmlr").parse(WirePage("pmlr", "s", "f", "file:x", when, "", bytes(payload)))
    except LandscapeError:
        return
    assert all(record.draft.title for record in parsed.records)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["v206_posts.tar.gz", "v206_aistats23.bib.gz"])
def test_a_recorded_volume_is_read_to_the_last_paper(shared_data, source, name):
    reader, (page,) = read_import_file(shared_data / "data" / "pmlr" / name)
    assert reader is source
    parsed = source.parse(page)
    assert (len(parsed.records), parsed.rejects) == (496, ())
    drafts = [record.draft for record in parsed.records]
    assert len({draft.source_id for draft in drafts}) == 496
    for draft in drafts:
        assert draft.abstract
        assert (draft.venue, draft.year, draft.volume_id) == ("AISTATS", 2023, "v206")
        assert re.fullmatch(r"\d+-\d+", draft.pages)
        assert not re.search(r"\\[a-z]{3}", draft.title)
