"""Lists of papers as people keep them: the good is kept, the bad is named, nothing stops the rest."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.errors import LandscapeError, RefusedInputError
from harvester import registry
from harvester.files import UnknownFormatError, read_import_file
from harvester.formats.bibtex import bibtex_authors, latex_field
from harvester.formats.facts import arxiv_year, venue_of
from harvester.formats.rows_arxiv import without_feed_marks
from harvester.source import WirePage
from papers.ids import title_id


def _read(path: Path):
    reader, pages = read_import_file(path)
    parsed = [reader.parse(page) for page in pages]
    skipped: Counter[str] = Counter()
    for page in parsed:
        skipped.update(page.skipped)
    drafts = [record.draft for page in parsed for record in page.records]
    rejects = [reject for page in parsed for reject in page.rejects]
    return reader, drafts, rejects, dict(skipped)


def _ids(draft) -> list[str]:
    return [name.key for name in draft.external_ids]


def _authors(draft) -> list[str]:
    return [author.name for author in draft.authors]


def test_a_bibtex_list(fixture_folder):
    reader, drafts, rejects, skipped = _read(fixture_folder / "formats/list.bib")
    assert reader.name == "bibtex"
    tea, cups, kettles, titled, after = drafts
    assert tea.title == "BERT Brews Tea: Études on α-Leaves & <Cups>"
    assert _authors(tea) == ["Ada Example", "Bo van der Sample Jr.", "The Tea Consortium", "Chen Exámple"]
    assert [author.family for author in tea.authors] == ["Example", "van der Sample", None, "Exámple"]
    assert tea.venue == "ACL"
    assert tea.container_title is not None
    assert tea.container_title.startswith("Proceedings of the 61st")
    assert tea.container_title.endswith("(Volume 1: Long Papers)")
    assert _ids(tea) == ["acl:2023.acl-long.99999", "doi:10.18653/v1/2023.acl-long.99999"]
    assert tea.url == "https://aclanthology.org/2023.acl-long.99999"
    assert (tea.year, tea.published, tea.abstract) == (2023, None, "We brew tea at 100% strength.")
    assert tea.source_categories == ("tea", "LLM")
    assert tea.bibtex_key == "example-2023-tea"
    assert (_ids(cups), cups.venue, cups.year) == (["arxiv:2402.01234"], "arXiv", 2024)
    assert cups.external_ids[0].version == 2
    assert _ids(kettles) == ["arxiv:2403.00001"]
    assert str(kettles.published) == "2024-03-05"
    assert _ids(titled) == [title_id("A paper that only its title names", "Example", 2020).key]
    assert (titled.source_id, titled.url) == (_ids(titled)[0], None)
    assert (_ids(after), after.year) == (["doi:10.1234/after"], 2025)
    assert skipped == {"@proceedings": 1}
    assert {reject.wire.source_id: reject.field for reject in rejects} == {
        "list.bib nameless": "id",
        "list.bib broken": "",
        "list.bib untitled": "title",
    }


def test_a_ris_list(fixture_folder):
    reader, drafts, rejects, _ = _read(fixture_folder / "formats/list.ris")
    assert reader.name == "ris"
    tea, cups = drafts
    assert tea.title == "Brewing Tea with Language Models"
    assert _authors(tea) == ["Ada Example", "Bo van der Sample Jr.", "The Tea Consortium"]
    assert (tea.venue, tea.year, str(tea.published), tea.pages) == ("ICML", 2023, "2023-07-09", "1-14")
    assert _ids(tea) == ["arxiv:2301.00001", "doi:10.1234/tea.1"]
    assert tea.url == "https://example.org/tea"
    assert (_ids(cups), cups.venue, cups.year) == (["openreview:cupsInvented"], "TMLR", 2020)
    assert [(reject.wire.source_id, reject.field) for reject in rejects] == [
        ("list.ris record[3]", "ER"), ("list.ris record[4]", "title"), ("list.ris record[5]", "id"),
    ]  # fmt: skip


def test_a_csl_json_list(fixture_folder):
    reader, drafts, rejects, _ = _read(fixture_folder / "formats/list.csl.json")
    assert reader.name == "csl"
    tea, cups = drafts
    assert tea.title == "Brewing Tea with Models"
    assert _authors(tea) == ["Ada Example", "Bo van der Sample Jr.", "The Tea Consortium"]
    assert (tea.venue, tea.year, str(tea.published)) == ("Findings", 2023, "2023-07-09")
    assert _ids(tea) == ["doi:10.1234/tea.1"]
    assert tea.abstract == "We brew tea."
    assert (_ids(cups), cups.venue, cups.year) == (["arxiv:2402.01234"], "arXiv", 2024)
    assert [(reject.wire.source_id, reject.field) for reject in rejects] == [
        ("list.csl.json item[3]", "issued"), ("list.csl.json item[4]", "id"), ("list.csl.json item[5]", ""),
    ]  # fmt: skip


def test_rows_of_many_kinds(fixture_folder):
    reader, drafts, rejects, skipped = _read(fixture_folder / "formats/rows.jsonl")
    assert reader.name == "jsonl"
    rss, announced, old, accepted, site, proceedings, service = drafts
    assert (rss.title, rss.abstract) == ("Brewing α-Tea", "We brew tea.")
    assert (_ids(rss), rss.external_ids[0].version, rss.year, rss.venue) == (
        ["arxiv:2201.00001"], 3, 2022, "arXiv",
    )  # fmt: skip
    assert rss.source_categories == ("cs.CL",)
    assert (announced.abstract, announced.external_ids[0].version) == ("We hold cups.", 1)
    assert (_ids(old), old.year, old.comment) == (["arxiv:hep-th/9901001"], 1999, None)
    assert old.abstract == "Old but good."
    assert (_ids(accepted), _authors(accepted)) == (
        ["openreview:abcInvent1"],
        ["Ada Example", "Chen Exámple"],
    )
    assert (_ids(site), len(site.authors)) == (["url:https://icml.cc/virtual/2025/poster/1"], 3)
    assert _ids(proceedings) == ["pmlr:v202/example23a", "openreview:abcInvent4"]
    assert _ids(service) == ["arxiv:2301.00009", "doi:10.1234/y", "s2:CorpusId:7"]
    assert (service.venue, str(service.published), _authors(service)) == (
        "NeurIPS", "2023-01-02", ["Ada Example"],
    )  # fmt: skip
    assert skipped == {"desk reject": 1, "withdraw": 1}
    assert [(reject.wire.source_id, reject.field) for reject in rejects] == [
        ("rows.jsonl row[9]", "id"),
        ("rows.jsonl row[10]", "title"),
        ("rows.jsonl row[11]", ""),
        ("rows.jsonl row[12]", ""),
        ("rows.jsonl row[13]", "authors"),
    ]


def test_a_file_named_after_a_venue_says_venue_and_year(tmp_path):
    path = tmp_path / "emnlp2023_openreview.jsonl"
    rows = [
        {"id": "abcInvent1", "title": "One", "status": "Long Findings"},
        {"id": "abcInvent2", "title": "Two", "status": "Long Main"},
        {"id": "abcInvent3", "title": "Three", "status": "Long Main", "venue": "ACL", "year": 2021},
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows))
    _, drafts, _, _ = _read(path)
    assert [(draft.venue, draft.year) for draft in drafts] == [
        ("Findings", 2023),
        ("EMNLP", 2023),
        ("ACL", 2021),
    ]
    other = path.rename(tmp_path / "daily2023.jsonl")
    assert [draft.venue for draft in _read(other)[1]] == [None, None, "ACL"]


def test_csv_with_a_header(tmp_path):
    path = tmp_path / "neurips2023_oral.csv"
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["paper_id", "Title", "link", "keywords", "abstract"])
    writer.writerow(
        ["abcInvent1", "Tea, Cups", "https://openreview.net/forum?id=abcInvent1", "a,b", 'Say "tea".']
    )
    out.write("abcInvent2,Commas, Unquoted, Spill,https://openreview.net/forum?id=abcInvent2,a,b\r\n")
    path.write_text(out.getvalue())
    reader, drafts, rejects, _ = _read(path)
    assert reader.name == "jsonl"
    (draft,) = drafts
    assert (_ids(draft), draft.title, draft.abstract) == (
        ["openreview:abcInvent1"],
        "Tea, Cups",
        'Say "tea".',
    )
    assert (draft.venue, draft.year) == ("NeurIPS", 2023)
    (reject,) = rejects
    assert "more values" in reject.reason


def test_a_json_array_and_one_spread_object_are_rows_too(tmp_path):
    row = {"id": "arxiv:2301.00001", "title": "Tea", "authors": ["Ada Example"]}
    for name, text in (("a.json", json.dumps([row, row], indent=2)), ("b.json", json.dumps(row, indent=2))):
        path = tmp_path / name
        path.write_text(text)
        assert {draft.title for draft in _read(path)[1]} == {"Tea"}


@pytest.mark.parametrize(
    ("name", "reader"),
    [("list.bib", "bibtex"), ("list.ris", "ris"), ("list.csl.json", "csl"), ("rows.jsonl", "jsonl")],
)
def test_a_format_is_told_by_content_and_a_reject_reads_the_same_alone(
    tmp_path, fixture_folder, name, reader
):
    path = tmp_path / "download.txt"
    path.write_bytes(
        b"\xef\xbb\xbf" + (fixture_folder / "formats" / name).read_bytes().replace(b"\n", b"\r\n")
    )
    found, pages = read_import_file(path)
    assert found.name == reader
    assert registry.reader(reader) is found
    (page,) = pages
    first = found.parse(page)
    assert first.records
    for reject in first.rejects:
        again = found.parse(replace(page, payload=reject.wire.payload, position="retry"))
        assert [(each.reason, each.field) for each in again.rejects] == [(reject.reason, reject.field)]
    for record in first.records:
        (again_record,) = found.parse(replace(page, payload=record.wire.payload, position="retry")).records
        assert (again_record.draft, again_record.wire.digest) == (record.draft, record.wire.digest)


def test_a_long_list_comes_in_pages_that_number_on(tmp_path):
    path = tmp_path / "long.jsonl"
    path.write_text(
        "\n".join(json.dumps({"id": f"arxiv:2301.{number:05d}", "title": ""}) for number in range(1, 1_203))
    )
    reader, pages = read_import_file(path)
    assert [page.position for page in pages] == ["record 1", "record 501", "record 1001"]
    assert reader.parse(pages[2]).rejects[0].wire.source_id == "long.jsonl row[1001]"


def test_one_work_without_a_name_is_one_in_two_lists(tmp_path):
    (tmp_path / "a.bib").write_text(
        "@article{x, title={{T}ea-Brewing with Models}, author={van Example, Ada and Sample, Bo}, year=2023}"
    )
    (tmp_path / "b.ris").write_text(
        "TY  - JOUR\nTI  - Tea Brewing with models\nAU  - van Example, Ada\nPY  - 2023\nER  - \n"
    )
    (tmp_path / "c.jsonl").write_text(
        json.dumps({"title": "Tea-brewing with Models", "authors": ["Ada van Example"], "year": 2023})
    )
    keys = {_read(tmp_path / name)[1][0].source_id for name in ("a.bib", "b.ris", "c.jsonl")}
    assert len(keys) == 1


def test_two_files_may_use_one_citation_key_for_two_papers(tmp_path):
    drafts = []
    for number in (1, 2):
        path = tmp_path / f"{number}.bib"
        path.write_text(f"@article{{same, title={{Paper {number}}}, doi={{10.1234/{number}}}}}")
        drafts += _read(path)[1]
    assert len({draft.source_id for draft in drafts}) == 2


@pytest.mark.parametrize(
    "content", [b"plain words", b"{\"cells\": []}", b"a,b\n1,2\n", b"[1, 2]", b"mail me @ home {now}"]
)  # fmt: skip
def test_what_is_no_list_of_papers_is_left_alone(tmp_path, content):
    path = tmp_path / "file.txt"
    path.write_bytes(content)
    with pytest.raises(UnknownFormatError):
        read_import_file(path)


@pytest.mark.parametrize(
    "content",
    [
        b"@article{a, title={Caf\xe9}, doi={10.1234/1}}",
        b"TY  - JOUR\nTI  - Caf\xe9\nDO  - 10.1234/1\nER  - \n",
        b'[{"title": "Cut", "type": "article", "DOI": "10.1/1"}, {"ti',
        b'[{"title": "cut", "id"',
        b"[" * 100_000 + b'{"title": 1}',
    ],
)
def test_a_damaged_file_is_refused_whole_and_by_name(tmp_path, content):
    path = tmp_path / "damaged.txt"
    path.write_bytes(content)
    with pytest.raises(RefusedInputError, match=r"damaged\.txt"):
        read_import_file(path)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ada Example and Sample, Bo", ["Ada Example", "Bo Sample"]),
        ("{Tea and Cups Ltd.} and Bo Sample", ["Tea and Cups Ltd.", "Bo Sample"]),
        (r"M{\"u}ller, J{\"o}rg and Erd\H{o}s, P.", ["Jörg Müller", "P. Erdős"]),
        ("van den Berg, Jr., Ada", ["Ada van den Berg Jr."]),
        ("Plato and others", ["Plato"]),
        ("", []),
    ],
)
def test_names_in_bibtex(text, names):
    assert [author.name for author in bibtex_authors(text)] == names


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Advances in Neural Information Processing Systems 36", "NeurIPS"),
        ("Findings of the Association for Computational Linguistics: EMNLP 2023", "Findings"),
        ("Proc. of the North American Chapter of the Association for Computational Linguistics", "NAACL"),
        ("The Twelfth International Conference on Learning Representations", "ICLR"),
    ],
)
def test_long_names_of_venues_have_short_ones(name, short):
    assert venue_of(name) == (short, name)


@pytest.mark.parametrize("name", ["ACL", "Journal of Tea", "", "Tea Computational Linguistics Days"])
def test_short_names_stay_as_they_are(name):
    assert venue_of(name) == (name, "")


def test_feed_marks_come_off_and_nothing_else():
    title, _, marks = without_feed_marks("On X (arXiv:2201.00001v1 [math.AG])", "a")
    assert (title, marks.names, marks.categories) == ("On X", ("arxiv:2201.00001",), ("math.AG",))
    plain = ("A Study of (arXiv) Titles", "We announce: Abstract: types")
    assert without_feed_marks(*plain)[:2] == plain


def test_years_of_arxiv_ids():
    assert [arxiv_year(value) for value in ("2303.01248", "hep-th/9901001", "cs/0001001", "0704.0001")] == [
        2023, 1999, 2000, 2007,
    ]  # fmt: skip


@given(st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_any_latex_field_becomes_text(text):
    assert isinstance(latex_field(text), str)


ANYTHING = st.one_of(
    st.text(alphabet='@{}(),="#\\ \nabtitle10./doi', max_size=120).map(lambda text: "@article{a,\n" + text),
    st.text(alphabet="TYIERAU -\n0x,", max_size=120).map(lambda text: "TY  - JOUR\n" + text),
    st.text(max_size=60).map(lambda text: json.dumps({"title": text, "id": text, "authors": text})),
    st.text(alphabet='title,"\n x;', max_size=60).map(lambda text: "title,link\n" + text),
)


@given(ANYTHING, st.sampled_from(["bibtex", "ris", "csl", "jsonl"]))
@settings(max_examples=300, deadline=None)
def test_no_list_breaks_a_reader(text, name):
    from datetime import UTC, datetime

    reader = registry.reader(name)
    assert reader is not None
    when = datetime(2026, 1, 1, tzinfo=UTC)
    for file_format in reader.file_formats:
        try:
            pages = list(file_format.pages("x.txt", text.encode("utf-8", "replace"), when))
            for page in [
                *pages,
                WirePage(name, "x", "x", "file:x", when, "text/plain", text.encode("utf-8", "replace")),
            ]:
                reader.parse(page)
        except LandscapeError:
            continue


@pytest.mark.parametrize(
    ("path", "records", "rejected", "left_out"),
    [
        ("paperlists/colm2024.jsonl.gz", 299, 0, 0),
        ("paperlists/icml2023.jsonl.gz", 1865, 0, 0),
        ("paperlists/iclr2023.jsonl.gz", 1585, 0, 3380),
        ("paperlists/emnlp2023_openreview.jsonl.gz", 2011, 0, 9),
        ("arxiv/raw_days/2025-07-14.jsonl.gz", 203, 0, 0),
        ("neurips/neurips2023_openreview_oral.csv.gz", 61, 6, 0),
        ("neurips/neurips2023_schedule.jsonl.gz", 3559, 0, 0),
    ],
)
@pytest.mark.shared
def test_public_lists(shared_data, path, records, rejected, left_out):
    _, drafts, rejects, skipped = _read(shared_data / "data" / path)
    assert (len(drafts), len(rejects), sum(skipped.values())) == (records, rejected, left_out)
    assert not any("arXiv:" in draft.title or "Announce Type" in (draft.abstract or "") for draft in drafts)
