from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from export.bibliography import PersonName, references, split_name


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Ada Example", PersonName("Example", "Ada")),
        ("Grace B. van der Sample", PersonName("van der Sample", "Grace B.")),
        ("Sample, Grace", PersonName("Sample", "Grace")),
        ("Plato", PersonName("Plato")),
        ("John Q. Sample Jr.", PersonName("Sample", "John Q.", "Jr.")),
        ("van Sample", PersonName("Sample", "van")),
        ("王小明", PersonName("王小明")),
        ("", PersonName("")),
    ],
)
def test_names_are_split_as_bibtex_splits_them(name: str, parts: PersonName) -> None:
    assert split_name(name) == parts


def test_keys_are_ascii_and_unlike(make_paper: Any) -> None:
    papers = [
        make_paper(),
        make_paper(),
        make_paper(authors=("Zoë Müller-Łuk",), title="The Größe of Models"),
        make_paper(authors=(), year=None, title="深層学習"),
        make_paper(authors=("王小明",), title="On the"),
    ]
    keys = [reference.key for reference in references(papers)]
    assert keys[:4] == ["example2023counting", "example2023counting-2", "mulleruk2023groe", "anonymous"]
    assert len(set(keys)) == len(keys)
    assert all(key.isascii() and key == key.lower() and " " not in key for key in keys)


def test_kinds_dates_and_links(make_paper: Any) -> None:
    journal, preprint, bare, other_year = references(
        [
            make_paper(venue="TACL"),
            make_paper(venue="arXiv"),
            make_paper(venue=None, published=None, url="javascript:alert(1)", topics=(), cells=()),
            make_paper(published=date(2022, 12, 30)),
        ]
    )
    assert (journal.kind, preprint.kind, bare.kind, other_year.kind) == (
        "journal",
        "preprint",
        "preprint",
        "conference",
    )
    assert (journal.month, journal.day) == (1, 2)
    assert (bare.month, bare.url, bare.keywords) == (None, "", ())
    assert other_year.month is None  # a month beside another year's would be wrong
