"""The ACL Anthology: what it serves, old and new, and what it will serve unannounced."""

from __future__ import annotations

import gzip
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.errors import ConfigurationError, LandscapeError, TransientSourceError
from foundation.settings import Settings
from harvester import registry
from harvester.files import read_import_file
from harvester.http import NotFoundError, PoliteClient
from harvester.source import HarvestRequest, HarvestSlice, WirePage
from harvester.xml import DamagedPageError

TODAY = date(2026, 3, 4)
PIECE = HarvestSlice("acl_anthology", "2023.acl", volume="2023.acl")
PLACE = r"/acl-org/acl-anthology/master/data/xml/2023\.acl\.xml"


@pytest.fixture
def source():
    return registry.get("acl_anthology")


@pytest.fixture
def client(source, client_for):
    return client_for(source)


@pytest.fixture
def payload(fixture_folder):
    return (fixture_folder / "acl_anthology/present.response.xml").read_bytes()


def _collection(paper: str, volume: str = "long", collection: str = "2023.acl", meta: str = "") -> bytes:
    return (
        f'<collection id="{collection}"><volume id="{volume}"><meta><year>2023</year>{meta}</meta>{paper}'
        "</volume></collection>"
    ).encode()


def test_a_collection_is_fetched_at_its_place_and_read(source, client, replay_server, replay, payload):
    replay_server.on(PLACE, replay.Answer(payload, media_type="text/plain", headers={"ETag": 'W/"1"'}))
    page = source.fetch(PIECE, None, client)
    assert page.payload == payload
    assert page.etag == 'W/"1"'
    assert page.position == "2023.acl.xml"
    assert len(source.parse(page).records) == 5


def test_the_reference_can_be_set(source, clock, tmp_path, replay_server, payload):
    own = {"base_url": replay_server.base_url, "delay_seconds": 0, "ref": "0123abc"}
    client = PoliteClient.for_source(source, Settings(home=tmp_path, sources={source.name: own}), clock=clock)
    replay_server.on("/acl-org/acl-anthology/0123abc/data/xml/2023.acl.xml", payload)
    assert source.fetch(PIECE, None, client).payload == payload


def test_an_unchanged_collection_is_not_sent_again(source, client, replay_server, replay):
    replay_server.on(PLACE, replay.Answer(b"", 304))
    page = source.fetch(replace(PIECE, etag='W/"1"'), None, client)
    parsed = source.parse(page)
    assert parsed.records == ()
    assert parsed.skipped == {"not modified": 1}
    assert page.etag == 'W/"1"'
    assert replay_server.requests[0].headers["if-none-match"] == 'W/"1"'


def test_a_collection_that_may_not_exist_yet_is_no_failure(source, client):
    page = source.fetch(replace(PIECE, optional=True), None, client)
    assert source.parse(page).skipped == {"not published yet": 1}
    with pytest.raises(NotFoundError):
        source.fetch(PIECE, None, client)


def test_a_damaged_collection_is_asked_for_again(source, client, replay_server, replay, payload):
    replay_server.on(PLACE, replay.Answer(payload[:-20]), payload)
    assert source.fetch(PIECE, None, client).payload == payload
    replay_server.clear()
    replay_server.on(PLACE, replay.Answer(b"<html>Down</html>", media_type="text/plain"))
    with pytest.raises(TransientSourceError):
        source.fetch(PIECE, None, client)


def test_a_slice_of_another_source_is_refused(source, client):
    with pytest.raises(ConfigurationError):
        source.fetch(HarvestSlice("acl_anthology", "x", volume="../../secrets"), None, client)


def test_a_plan_follows_the_venues(source):
    slices = source.plan(HarvestRequest(venues=("acl-2023", "findings-2023", "acl-2023")), {}, TODAY)
    assert [piece.key for piece in slices] == ["2023.acl", "2023.findings"]
    assert not any(piece.optional for piece in slices)
    with pytest.raises(ConfigurationError, match="no venue"):
        source.plan(HarvestRequest(venues=("acl-1066",)), {}, TODAY)


def test_a_plain_plan_covers_three_years_and_looks_for_new_ones(source):
    slices = {piece.key: piece.optional for piece in source.plan(HarvestRequest(), {}, TODAY)}
    assert slices["2024.acl"] is False
    assert slices["2026.acl"] is True
    assert "2023.acl" not in slices
    early = source.plan(HarvestRequest(from_date=date(2021, 1, 1), until_date=date(2022, 1, 1)), {}, TODAY)
    assert {piece.key[:4] for piece in early} == {"2021", "2022"}


@pytest.mark.parametrize(
    ("month", "published"),
    [
        ("July", date(2023, 7, 1)),
        ("july", date(2023, 7, 1)),
        ("Jul", date(2023, 7, 1)),
        ("Sept", date(2023, 9, 1)),
        ("July–August", date(2023, 7, 1)),
        ("November 30 - December 2", date(2023, 11, 1)),
        ("7", date(2023, 7, 1)),
        ("13", None),
        ("0", None),
        ("spring", None),
        ("", None),
    ],
)
def test_months_are_read_in_every_form(source, page_of, month, published):
    page = _collection('<paper id="1"><title>T</title></paper>', meta=f"<month>{month}</month>")
    (record,) = source.parse(page_of("acl_anthology", page)).records
    assert record.draft.published == published
    assert record.draft.year == 2023


@pytest.mark.parametrize(
    ("collection", "volume", "paper", "acl_id"),
    [
        ("2023.acl", "long", "1", "2023.acl-long.1"),
        ("2020.acl", "main", "778", "2020.acl-main.778"),
        ("P19", "1", "1", "P19-1001"),
        ("W15", "3", "7", "W15-0307"),
        ("W15", "12", "34", "W15-1234"),
        ("C69", "1", "1", "C69-0101"),
        ("D19", "1", "12", "D19-1012"),
        ("D19", "50", "12", "D19-5012"),
    ],
)
def test_ids_are_built_as_the_anthology_builds_them(source, page_of, collection, volume, paper, acl_id):
    page = _collection(f'<paper id="{paper}"><title>T</title></paper>', volume, collection)
    (record,) = source.parse(page_of("acl_anthology", page)).records
    assert record.draft.source_id == acl_id
    assert record.draft.external_ids[0].key == f"acl:{acl_id}"
    assert record.draft.url == f"https://aclanthology.org/{acl_id}/"


@pytest.mark.parametrize(
    ("collection", "tags", "venue"),
    [
        ("2023.acl", ["acl"], "ACL"),
        ("2023.conll", ["babylm", "ws", "conll"], "CoNLL"),
        ("2022.aacl", ["ijcnlp", "aacl"], "AACL"),
        ("2023.ijcnlp", ["ijcnlp", "aacl"], "IJCNLP"),
        ("2023.findings", ["findings", "emnlp"], "Findings"),
        ("2023.teaws", ["xtea", "wmt"], "WMT"),
        ("2023.teaws", ["xtea"], "XTEA"),
        ("P19", [], "ACL"),
        ("Q19", [], "TACL"),
        ("X99", [], None),
    ],
)
def test_venues_come_from_tags_and_collection(source, page_of, collection, tags, venue):
    meta = "".join(f"<venue>{tag}</venue>" for tag in tags)
    page = _collection('<paper id="1"><title>T</title></paper>', "1", collection, meta)
    (record,) = source.parse(page_of("acl_anthology", page)).records
    assert record.draft.venue == venue


TITLES = [
    ("Plain", "Plain"),
    ("<fixed-case>BERT</fixed-case> and tea", "BERT and tea"),
    ("A <b>b <i>c</i></b> d", "A b c d"),
    ("<tex-math>\\alpha</tex-math>-tea", "α-tea"),
    ("x <tex-math> </tex-math>y", "x y"),
    ("one<!-- c -->two", "onetwo"),
    ("one<?pi?>two", "onetwo"),
    ("see <url>https://example.org</url>.", "see https://example.org."),
    ("a <span>new <em>kind</em> of</span> markup", "a new kind of markup"),
    ("5 &lt; 6 &amp; 7", "5 < 6 & 7"),
    ("  two\n   lines ", "two lines"),
    ("<![CDATA[<b>]]> literal", "<b> literal"),
    ("&#x202E;reversed", "reversed"),
    ("caf&#xE9; cafe&#x301;", "café café"),
    ("0", "0"),
]


@pytest.mark.parametrize(("markup", "text"), TITLES)
def test_text_is_complete_whatever_the_markup(source, page_of, markup, text):
    page = _collection(f'<paper id="1"><title>{markup}</title><abstract>{markup}</abstract></paper>')
    (record,) = source.parse(page_of("acl_anthology", page)).records
    assert record.draft.title == text
    assert record.draft.abstract == text


@pytest.mark.parametrize(
    "where", ["collection", "volume", "meta", "frontmatter", "paper", "author", "title", "abstract"]
)
@pytest.mark.parametrize(
    "what", ["<novelty x='1'>n</novelty>", "<!-- c -->", "<?pi?>", "<n:x xmlns:n='urn:n'/>"]
)
def test_nothing_new_in_the_schema_costs_a_record(source, page_of, payload, where, what):
    before = source.parse(page_of("acl_anthology", payload))
    tag = f"<{where}".encode()
    start = payload.index(b">", payload.index(tag)) + 1
    changed = payload[:start] + what.encode() + payload[start:]
    after = source.parse(page_of("acl_anthology", changed))
    assert len(after.records) == len(before.records)
    assert len(after.rejects) == len(before.rejects)
    if what.startswith("<!") or what.startswith("<?"):
        assert [record.draft for record in after.records] == [record.draft for record in before.records]
        assert [record.wire.digest for record in after.records] == [r.wire.digest for r in before.records]
    elif where not in ("frontmatter",):
        assert sum(after.unknown_elements.values()) >= sum(before.unknown_elements.values()) + 1


def test_a_digest_changes_with_what_is_read_and_with_nothing_else(source, page_of, payload):
    def digests(page: bytes) -> list[str]:
        return [record.wire.digest for record in source.parse(page_of("acl_anthology", page)).records]

    before = digests(payload)
    assert digests(payload.replace(b"<address>Nowhere</address>", b"")) == before
    assert digests(payload.replace(b"<editor><first>Ada</first><last>Teapot</last></editor>", b"")) == before
    assert digests(payload.replace(b'ingest-date="2023-07-08" ', b"")) == before
    moved = digests(payload.replace(b"<month>July", b"<month>June"))
    assert all(now != then for now, then in zip(moved[:4], before[:4], strict=True))
    assert moved[4] == before[4]
    corrected = digests(payload.replace(b"The Last of the Volume", b"The Last in the Volume"))
    assert [now == then for now, then in zip(corrected, before, strict=True)] == [
        True,
        True,
        True,
        False,
        True,
    ]


def test_a_collection_without_papers_is_an_answer(source, page_of):
    page = b'<collection id="2023.aacl"><event id="aacl-2023"><links/></event></collection>'
    parsed = source.parse(page_of("acl_anthology", page))
    assert parsed.records == ()
    assert parsed.skipped == {"event": 1}


COUNTS = {
    "2021.naacl": 560, "2022.aacl": 176, "2022.acl": 774, "2022.cl": 40, "2022.coling": 632,
    "2022.conll": 28, "2022.emnlp": 941, "2022.findings": 1132, "2022.naacl": 538, "2022.tacl": 84,
    "2023.aacl": 0, "2023.acl": 1249, "2023.cl": 30, "2023.conll": 72, "2023.eacl": 335,
    "2023.emnlp": 1182, "2023.findings": 2158, "2023.ijcnlp": 121, "2024.acl": 1031, "2024.cl": 41,
    "2024.coling": 0, "2024.conll": 69, "2024.emnlp": 1447, "2024.findings": 1429, "2024.naacl": 662,
    "2024.tacl": 95, "2025.cl": 9, "2025.coling": 848, "2025.findings": 474, "2025.tacl": 9,
}  # fmt: skip


@pytest.mark.shared
def test_every_recorded_collection_is_read_without_loss(source, shared_data):
    counts: dict[str, int] = {}
    fields: Counter[str] = Counter()
    ids: set[str] = set()
    for path in sorted((shared_data / "data/acl_anthology/xml").glob("*.xml.gz")):
        found, (page,) = read_import_file(path)
        assert found is source
        parsed = source.parse(page)
        assert parsed.rejects == ()
        assert parsed.unknown_elements == {}
        counts[page.slice_key] = len(parsed.records)
        assert len(parsed.records) == gzip.decompress(path.read_bytes()).count(b"<paper id=")
        for record in parsed.records:
            draft = record.draft
            ids.add(draft.source_id)
            fields.update(
                name
                for name in ("abstract", "venue", "year", "url", "licence", "bibtex_key")
                if getattr(draft, name)
            )
            fields["authors"] += bool(draft.authors)
            fields["doi"] += any(name.scheme == "doi" for name in draft.external_ids)
            fields["retracted"] += draft.retracted is not None
    assert counts == COUNTS
    assert counts["2023.acl"] + counts["2023.emnlp"] + counts["2023.findings"] == 4_589
    total = sum(counts.values())
    assert len(ids) == total == 16_166
    assert {name for name in fields if fields[name] == total} >= {
        "venue",
        "year",
        "url",
        "licence",
        "bibtex_key",
    }
    assert fields["abstract"] == 15_939  # and 4 empty elements
    assert fields["doi"] == 14_002
    assert fields["retracted"] == 1


@pytest.mark.shared
def test_a_recorded_collection_cut_anywhere_is_refused(source, shared_data, page_of):
    whole = gzip.decompress((shared_data / "data/acl_anthology/xml/2025.tacl.xml.gz").read_bytes()).rstrip()
    for end in range(0, len(whole), 101):
        with pytest.raises(DamagedPageError):
            source.parse(page_of("acl_anthology", whole[:end]))


SHARDS = [b"", b"<", b">", b"&", b"\x00", b"\xff", b"</paper>", b"]]>", b"<!--", b"<b/>", b'id="', b"<title>"]


@settings(max_examples=150, deadline=None)
@given(data=st.data(), name=st.sampled_from(["present", "old", "journal", "findings"]))
def test_damage_anywhere_raises_nothing_but_our_errors(fixture_folder, data, name):
    payload = bytearray((fixture_folder / "acl_anthology" / f"{name}.response.xml").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(payload) - 1))
        shard = data.draw(st.sampled_from(SHARDS) | st.binary(max_size=4))
        payload[place : place + data.draw(st.integers(0, 30))] = shard
    page = WirePage("acl_anthology", "s", "f", "file:f", datetime(2026, 1, 1, tzinfo=UTC), "", bytes(payload))
    try:
        parsed = registry.get("acl_anthology").parse(page)
    except LandscapeError:
        return
    assert all(record.draft.title and record.draft.source_id for record in parsed.records)


XML_TEXT = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Z")), max_size=40)


@settings(max_examples=150, deadline=None)
@given(
    collection=XML_TEXT,
    volume=XML_TEXT,
    paper=XML_TEXT,
    title=XML_TEXT,
    year=XML_TEXT,
    month=XML_TEXT,
    doi=XML_TEXT,
)
def test_any_values_make_records_or_rejects(collection, volume, paper, title, year, month, doi):
    from lxml import etree

    root = etree.Element("collection", id=collection)
    element = etree.SubElement(root, "volume", id=volume)
    meta = etree.SubElement(element, "meta")
    for name, text in (("year", year), ("month", month), ("venue", volume)):
        etree.SubElement(meta, name).text = text
    record = etree.SubElement(element, "paper", id=paper)
    for name, text in (("title", title), ("doi", doi), ("abstract", title), ("language", doi)):
        etree.SubElement(record, name).text = text
    etree.SubElement(etree.SubElement(record, "author"), "last").text = title
    page = WirePage(
        "acl_anthology",
        "s",
        "f",
        "file:f",
        datetime(2026, 1, 1, tzinfo=UTC),
        "",
        etree.tostring(root, encoding="utf-8"),
    )
    parsed = registry.get("acl_anthology").parse(page)
    skipped = parsed.skipped.get("front matter", 0)
    assert len(parsed.records) + len(parsed.rejects) + skipped == 1
