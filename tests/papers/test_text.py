from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from papers.text import (
    _STRIPPED,
    ABSTRACT_LIMIT_CHARACTERS,
    AUTHORS_LIMIT,
    TITLE_LIMIT_CHARACTERS,
    cap_abstract,
    cap_authors,
    cap_title,
    clean_text,
    latex_to_text,
    sentences,
    title_key,
)

ANYTHING = st.text(st.characters(codec=None), max_size=200)
INVISIBLE = [
    *map(chr, range(0x20)),
    *map(chr, range(0x7F, 0xA0)),
    *"\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\ufffe\uffff\ud800\udfff",
    *map(chr, range(0x202A, 0x202F)),
    *map(chr, range(0x2066, 0x206A)),
    *map(chr, range(0xFDD0, 0xFDF0)),
    "\U0001fffe",
    "\U0010ffff",
    "\U000e0041",
]


@pytest.mark.parametrize("character", INVISIBLE, ids=lambda c: f"U+{ord(c):04X}")
def test_invisible_characters_are_gone(character: str) -> None:
    cleaned = clean_text(f"one{character}two")
    assert cleaned in ("onetwo", "one two")
    assert character not in cleaned or character == " "


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  a \n b\t\tc ", "a b c"),
        ("e\u0301tude", "étude"),
        ("AT&amp;T", "AT&T"),
        ("a &amp;amp;lt; b", "a < b"),
        ("5 &#62; 3 &#x27;x&apos;", "5 > 3 'x'"),
        ("&notanentity; & alone", "&notanentity; & alone"),
        ("&a\u200bmp;", "&"),
        ("0", "0"),
        ("", ""),
    ],
)
def test_clean_text(raw: str, clean: str) -> None:
    assert clean_text(raw) == clean


@settings(max_examples=300)
@given(ANYTHING)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert (
        json.loads(once.join('""').encode("utf-8")) == once
        if once.isalnum()
        else once.encode("utf-8") is not None
    )


def test_a_chain_of_ampersands_costs_no_more_than_its_length() -> None:
    assert clean_text("&" + "amp;" * 200_000 + "lt;") == "<"


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"Schr\"odinger", "Schrödinger"),
        (r"{\'e}cole", "école"),
        (r"Erd\H{o}s and \L{}ukasz", "Erdős and Łukasz"),
        (r"$\alpha$-divergence", "α-divergence"),
        (r"{BERT}: {P}re-training", "BERT: Pre-training"),
        (r"\textbf{LLM}s with \emph{x}", "LLMs with x"),
        (r"our \ourmethod{} wins", "our ourmethod wins"),
        ("costs $5 and $10", "costs $5 and $10"),
        (r"a gain of 10% & more \% of \$5", "a gain of 10% & more % of $5"),
        (r"$O(n^2)$ at $p<0.05$", "O(n^2) at p<0.05"),
        (r"$\sim$5 and 3$\times$ faster", "∼5 and 3× faster"),
        (r"\href{http://a.example}{text} and \url{http://b.example/~me}", "text and http://b.example/~me"),
        ("see http://x.example/~me, about ~10", "see http://x.example/~me, about ~10"),
        ("unbalanced {brace", "unbalanced brace"),
        ("plain text, C++ and 100 % fine", "plain text, C++ and 100 % fine"),
        ("a_b^c", "a_b^c"),
    ],
)
def test_latex_to_text(latex: str, text: str) -> None:
    assert latex_to_text(latex) == text


@settings(max_examples=300, deadline=None)
@given(st.one_of(ANYTHING, st.text(r"\${}~%&#^_-`'abegnilrt[]", max_size=60)))
def test_latex_never_raises_and_never_empties(text: str) -> None:
    read = latex_to_text(text)
    assert clean_text(read) == read
    assert bool(read) or not clean_text(text)


def test_deep_braces_do_not_recurse() -> None:
    assert latex_to_text("{" * 5_000 + "x" + "}" * 5_000) == "x"


def test_title_key_joins_spellings() -> None:
    keys = {
        title_key(title)
        for title in (
            "BERT: Pre-training",
            "Bert : Pretraining",
            "{BERT}: pre–training",
            "BERT — pre training",
        )
    }
    assert keys == {"bertpretraining"}
    assert title_key(r"Schr\"odinger") == title_key("Schrödinger") == "schrodinger"
    assert title_key("0") == "0"
    assert title_key("???") == "???"


@settings(max_examples=200)
@given(ANYTHING)
def test_title_key_ignores_case_and_space(title: str) -> None:
    assert title_key(title) == title_key(f"  {title}\t")
    assert bool(title_key(title)) == bool(clean_text(title))


def test_sentences_survive_abbreviations() -> None:
    text = (
        "We use e.g. BERT and i.e. GPT. Smith et al. (2020) gain 3.5 points, cf. Fig. 2. Is it so? "
        'Yes! "It is." Then J. Doe (v. 2) came. See Sec. 4 vs. Tab. 3. Code at http://a.example.'
    )
    assert sentences(text) == [
        "We use e.g. BERT and i.e. GPT.",
        "Smith et al. (2020) gain 3.5 points, cf. Fig. 2.",
        "Is it so?",
        "Yes!",
        '"It is."',
        "Then J. Doe (v. 2) came.",
        "See Sec. 4 vs. Tab. 3.",
        "Code at http://a.example.",
    ]
    assert sentences("我们研究模型。结果很好。") == ["我们研究模型。", "结果很好。"]
    assert sentences("") == []


@settings(max_examples=300)
@given(st.one_of(ANYTHING, st.text(".!? aAbB1\"')(", max_size=80)))
def test_sentences_are_verbatim_and_complete(text: str) -> None:
    found = sentences(text)
    at = 0
    for sentence in found:
        at = text.index(sentence, at) + len(sentence)
    assert "".join("".join(found).split()) == "".join(text.split())


def test_caps() -> None:
    assert cap_title("word " * 10) == "word " * 10
    title = cap_title("word " * 1_000)
    assert len(title) <= TITLE_LIMIT_CHARACTERS
    assert title.endswith("word…")
    assert len(cap_title("x" * 5_000)) == TITLE_LIMIT_CHARACTERS
    assert len(cap_abstract("x " * 100_000)) <= ABSTRACT_LIMIT_CHARACTERS
    assert cap_authors(list(range(5_000))) == tuple(range(AUTHORS_LIMIT))


def test_the_short_way_through_clean_text_is_the_long_one() -> None:
    """Whatever comes out as it went in holds nothing that the long way would have changed."""
    for code in range(0x110000):
        cleaned = clean_text(f"a{chr(code)}b")
        if cleaned == f"a{chr(code)}b":
            assert not _STRIPPED.search(cleaned), hex(code)
            assert unicodedata.normalize("NFC", cleaned) == cleaned, hex(code)
            assert " ".join(cleaned.split()) == cleaned, hex(code)
    assert clean_text("e\u0301") == "é"
