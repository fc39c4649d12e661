from __future__ import annotations

import math

import pytest

from classifier.phrases import choose_phrases, npmi_coherence, tokens_of

TEXTS = [
    "Visual token pruning for speed",
    "Pruning visual tokens early",
    "We prune: visual token pruning again",
]


def test_a_longer_phrase_takes_the_place_of_the_word_that_it_explains() -> None:
    weighted = [("pruning", 0.9), ("visual token pruning", 0.8), ("speed", 0.4), ("absent", 0.3)]
    assert choose_phrases(weighted, [*TEXTS, "speed"]) == (("visual token pruning", 0.9), ("speed", 0.4))


def test_a_longer_phrase_that_few_papers_have_does_not_replace_the_word() -> None:
    texts = ["pruning trees", "pruning roses", "pruning hedges", "pruning visual things"]
    assert choose_phrases([("pruning", 0.9), ("pruning roses", 0.8)], texts) == (("pruning", 0.9),)


def test_no_phrase_shares_a_word_with_another_and_the_number_is_kept() -> None:
    weighted = [("tokens", 0.9), ("token", 0.8), ("visual", 0.7), ("prune", 0.1)]
    chosen = choose_phrases(weighted, [*TEXTS, "prune tokens"], most=2)
    assert [phrase for phrase, _ in chosen] == ["tokens", "visual"]


def test_npmi_is_one_for_words_that_only_come_together_and_less_for_strangers() -> None:
    papers = [tokens_of("alpha beta"), tokens_of("alpha beta"), tokens_of("gamma"), tokens_of("delta")]
    assert npmi_coherence([("alpha", 1.0), ("beta", 0.9)], papers) == pytest.approx(1.0)
    assert npmi_coherence([("alpha", 1.0), ("gamma", 0.9)], papers) == -1.0
    mixed = [tokens_of("a1 b1"), tokens_of("a1"), tokens_of("b1"), tokens_of("c1")]
    expected = math.log(0.25 / (0.5 * 0.5)) / -math.log(0.25)
    assert npmi_coherence([("a1", 1.0), ("b1", 0.9)], mixed) == pytest.approx(expected)
    assert npmi_coherence([("alpha", 1.0)], papers) == 0.0
