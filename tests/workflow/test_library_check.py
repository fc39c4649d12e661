import json
from pathlib import Path

import pytest

from foundation.errors import RefusedInputError
from taxonomy.library import LibraryPaper, load_library
from workflow.library_check import arxiv_year, check_library

PAPER = LibraryPaper.model_validate(
    {
        "title": "An Invented Study of Adapters",
        "authors": ["Ada Example", "Bob Other"],
        "year": 2023,
        "venue": "ACL",
        "ids": {"arxiv": "2301.00001"},
        "cell": "training/model",
        "topics": ["training/model/peft"],
        "summary": "Trains small invented adapters between frozen layers and reports that this suffices.",
    }
)


def _tsv(tmp_path: Path, title: str, origin: str = "arxiv") -> Path:
    path = tmp_path / "titles.tsv"
    path.write_text(f"2301.00001\t{origin}\t{title}\n2301.00002\tarxiv\tAnother\n", encoding="utf-8")
    return path


def test_equal_facts_are_counted_as_checked(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        json.dumps(
            {"id": "2301.00001", "title": "An invented study of adapters.", "authors": ["Ada Example"]}
        )
    )
    result = check_library([PAPER], [_tsv(tmp_path, "An Invented Study of  Adapters"), rows])
    assert (result.titles_checked, result.authors_checked, result.years_checked) == (1, 1, 1)
    assert not result.mismatches
    assert not result.unchecked


def test_each_difference_is_a_mismatch(tmp_path: Path) -> None:
    result = check_library([PAPER], [_tsv(tmp_path, "A Different Study")])
    assert [wrong.field for wrong in result.mismatches] == ["title"]
    wrong_year = PAPER.model_copy(update={"year": 2022})
    result = check_library([wrong_year], [_tsv(tmp_path, PAPER.title)])
    assert [wrong.field for wrong in result.mismatches] == ["year"]
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"id": "2301.00001", "title": PAPER.title, "authors": ["Bob Other"]}))
    result = check_library([PAPER], [rows])
    assert [wrong.field for wrong in result.mismatches] == ["first author"]


def test_reading_lists_are_compared_loosely(tmp_path: Path) -> None:
    shortened = _tsv(tmp_path, "An Invented Study of Adapters (ACL 2023)", origin="list")
    result = check_library([PAPER], [shortened])
    assert (result.titles_checked, result.titles_loose, result.mismatches) == (0, 1, [])
    result = check_library([PAPER], [_tsv(tmp_path, "Entirely Other Words", origin="list")])
    assert [wrong.field for wrong in result.mismatches] == ["title (loose)"]


def test_names_in_one_string_are_parted(tmp_path: Path) -> None:
    """Some lists write `A, B`, some `A;B`: the first author of both is A."""
    for names in ("Ada Example, Bob Other", "Ada Example;Bob Other"):
        rows = tmp_path / "rows.jsonl"
        rows.write_text(json.dumps({"id": "2301.00001", "title": PAPER.title, "author": names}))
        assert not check_library([PAPER], [rows]).mismatches


def test_what_no_file_holds_is_listed(tmp_path: Path) -> None:
    other = PAPER.model_copy(update={"ids": PAPER.ids.model_copy(update={"arxiv": "2301.99999"})})
    assert check_library([other], [_tsv(tmp_path, "x")]).unchecked == ["arxiv:2301.99999"]


def test_a_bad_file_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "titles.tsv"
    path.write_text("only one column\n", encoding="utf-8")
    with pytest.raises(RefusedInputError) as caught:
        check_library([PAPER], [path])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "year"), [("2106.09685", 2021), ("hep-th/9901001", 1999), ("math/0309136", 2003)]
)
def test_year_of_an_arxiv_id(value: str, year: int) -> None:
    assert arxiv_year(value) == year


@pytest.mark.shared
def test_library_agrees_with_the_recorded_data(shared_data: Path) -> None:
    """At least 90 % of the titles can be checked, and nothing that can be checked is wrong."""
    data = shared_data / "data"
    files = [data / "arxiv" / "titles.tsv.gz", data / "arxiv" / "daily_2025.jsonl.gz"]
    files += sorted((data / "acl_anthology" / "xml").glob("*.gz"))
    files += sorted((data / "paperlists").glob("*.gz"))
    files.append(data / "neurips" / "neurips2023_schedule.jsonl.gz")
    result = check_library(load_library(), files)
    assert not result.mismatches
    assert (result.titles_checked + result.titles_loose) / result.papers >= 0.9
