"""BibTeX as people write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.bibtex import Name, read_bibtex, split_names
from harvester.xml import DamagedPageError


def fields(text: str) -> dict[str, str]:
    (entry,) = read_bibtex(text)
    assert entry.fault == ""
    return entry.fields


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("{Tea}", "Tea"),
        ('"Tea"', "Tea"),
        ("2023", "2023"),
        ("{Nested {B}races}", "Nested {B}races"),
        ('"Quotes in {"} braces"', 'Quotes in {"} braces'),
        ('"a" # {b} # "c"', "abc"),
        ("jan # { 7}", "jan 7"),
        ("tea", "Camellia sinensis"),
        ("{Over\n   two lines}", "Over two lines"),
        ("{Mail @home{x}, really}", "Mail @home{x}, really"),
        ("{100\\% \\& more}", "100\\% \\& more"),
    ],
)
def test_values_are_read_as_bibtex_reads_them(value, read):
    assert fields(f"@string{{tea = {{Camellia sinensis}}}}\n@Misc{{k, Title = {value}, }}") == {"title": read}


def test_brackets_spaces_and_trailing_commas_are_forgiven():
    (entry,) = read_bibtex(" @ ARTICLE ( key:1/x , Year=2023 , year = 1999,, )")
    assert (entry.kind, entry.key, entry.fields) == ("article", "key:1/x", {"year": "2023"})


def test_what_is_no_entry_is_left_out():
    text = 'Words @comment{x} @preamble{"y"}\n@string(a = {b})\n@misc{k, t = a}\nmore words, a@b.c'
    assert [entry.key for entry in read_bibtex(text)] == ["k"]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("@misc{}", "citation key"),
        ("@misc{k, title}", "no field"),
        ("@misc{k, title = }", "no value"),
        ("@misc{k, title = {a} # }", "no value"),
        ('@misc{k, title = "a}', "no value"),
        ("@misc{k, = {a}}", "no field"),
    ],
)  # fmt: skip
def test_a_bad_entry_is_named_and_hurts_no_other(body, fault):
    bad, good = read_bibtex(f"{body}\n@misc{{good, title = {{Tea}}}}")
    assert fault in bad.fault
    assert bad.text.startswith("@misc{")
    assert (good.key, good.fault) == ("good", "")


def test_an_entry_without_its_brace_ends_where_the_next_begins():
    found = read_bibtex("@misc{a, t = {x}\n@misc{b, t = {y}}\n@misc{c, t = {z}}")
    assert [(entry.key, bool(entry.fault)) for entry in found] == [("a", True), ("b", False), ("c", False)]


def test_a_file_cut_anywhere_in_its_last_entry_is_refused():
    text = '@misc{a, t = {x}}\n@misc{b, t = {y}, u = "z"}'
    for end in range(text.rindex("@") + len("@misc{"), len(text)):
        with pytest.raises(DamagedPageError, match="cut"):
            read_bibtex(text[:end])


def test_many_broken_entries_take_no_longer_than_they_should():
    assert len(read_bibtex("@misc{a, t = {x}\n" * 20_000 + "@misc{last, t = {y}}")) == 20_001
    assert read_bibtex("@misc{k" + "," * 500_000 + "}")[0].fields == {}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        ("Ada Example", [Name("Ada", "Example")]),
        ("Example, Ada", [Name("Ada", "Example")]),
        ("van der Pot, Jan and Bo van Cup", [Name("Jan", "van der Pot"), Name("Bo", "van Cup")]),
        ("Other, Jr., Bo", [Name("Bo", "Other", "Jr.")]),
        ("{The Tea and Cup Group} AND Plato", [Name("", "The Tea and Cup Group"), Name("", "Plato")]),
        ("{\\'E}mile {de la Tour}", [Name("{\\'E}mile", "{de la Tour}")]),
        ("Alexandra Brand and\n  Anders And", [Name("Alexandra", "Brand"), Name("Anders", "And")]),
        (" and , and ", []),
    ],
)  # fmt: skip
def test_names_are_parted(text, names):
    assert split_names(text) == names


@given(st.text(alphabet='@{}()",=#\\ \nabcstringmisc12', max_size=200))
def test_any_text_is_read_or_refused(text):
    try:
        entries = read_bibtex(text)
    except DamagedPageError:
        return
    for entry in entries:
        assert entry.text in text
        split_names(entry.fields.get("a", ""))
