"""Prose of the topic pages: what has a meaning, and that all else stays text."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from landscape.prose import Block, Run, read_prose, read_runs


def test_paragraphs_and_bullets_are_told_apart() -> None:
    text = "One line\nand the next.\n\n- first\n- second\n  goes on\n\nAfter."
    assert read_prose(text) == (
        Block(False, ((Run("One line and the next."),),)),
        Block(True, ((Run("first"),), (Run("second goes on"),))),
        Block(False, ((Run("After."),),)),
    )


def test_bullets_right_under_a_line_are_a_list_of_their_own() -> None:
    assert [block.bulleted for block in read_prose("Before:\n- one\n- two")] == [False, True]


def test_emphasis_and_links() -> None:
    assert read_runs("See [GPTQ](paper:arxiv:2210.17323), *or* **not**, `x` and _y_.") == (
        Run("See "),
        Run("GPTQ", paper="arxiv:2210.17323"),
        Run(", "),
        Run("or", "em"),
        Run(" "),
        Run("not", "strong"),
        Run(", "),
        Run("x", "code"),
        Run(" and "),
        Run("y", "em"),
        Run("."),
    )


def test_names_with_underscores_and_sums_stay_as_they_are() -> None:
    assert read_runs("snake_case_name and 2 * 3 * 4") == (Run("snake_case_name and 2 * 3 * 4"),)


def test_only_papers_and_web_pages_are_linked_to() -> None:
    assert read_runs("[a](javascript:alert(1))")[0].url is None
    assert read_runs("[a](data:text/html;x)") == (Run("a"),)
    assert read_runs("[a](/etc)") == (Run("a"),)
    assert read_runs("[a](https://example.org/x)") == (Run("a", url="https://example.org/x"),)


def test_markup_of_other_kinds_stays_text() -> None:
    text = "<script>alert(1)</script> &amp; $x$ # no heading"
    assert read_prose(text) == (Block(False, ((Run(text),),)),)


@given(text=st.text(alphabet=st.sampled_from("ab *_`[]()-\n<&:/"), max_size=80))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read_without_losing_letters(text: str) -> None:
    read = "".join(run.text for block in read_prose(text) for item in block.items for run in item)
    # Targets of links are the only letters that are not shown.
    shown = [character for character in read if character.isalpha()]
    if "](" not in text:
        assert shown == [character for character in text if character.isalpha()]
    assert all(item for block in read_prose(text) for item in block.items)
