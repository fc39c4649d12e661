"""Names groups of papers: which of their heaviest c-TF-IDF terms to show, and how well these cohere."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import combinations

# Words that nearly every paper of the field has: they tell no group of it from another. English stop
# words come on top.
FIELD_STOP_WORDS = tuple(
    """
    ability abstract achieve achieved achieves achieving across additionally aim aims analysis approach
    approaches art available based benchmark benchmarks best better called capabilities capability
    challenge challenges challenging code com comprehensive consistently contribution current data
    dataset datasets demonstrate demonstrated demonstrates demonstrating despite develop different
    diverse effective effectively effectiveness efficient enable enables enabling enhance enhancing
    evaluate evaluated evaluating evaluation existing experimental experiments explore extensive finally
    findings framework furthermore general github gpt high higher highlight https human identify
    important improve improved improvement improvements improves improving including increasing input
    introduce introduces introducing investigate key language large learning leverage leveraging like
    limited lms llama llm llms lm lower low make making method methods model models moreover natural need
    nlp new novel number open output outperform outperforming outperforms paper papers particularly
    perform performance pre pre-trained present presents pretrained prior problem problems process
    processing propose proposed proposes provide provides publicly qwen range real real-world recent
    recently remain remains require requires research result resulting results robust scale set setting
    settings shot shown shows significant significantly simple single small smaller source specific
    specifically state state-of-the-art strong studies study systematic systems task tasks test text
    texts training trained train understanding unlike use used useful user users uses using various wide
    widely work works world yet
    """.split()  # noqa: SIM905 -- a page of words, not of quotes
)
SHOWN_PHRASES = 8
REPLACES_AT = 0.5  # a longer phrase takes a shorter one's place where it stands in half of its papers
WORDS_FOR_COHERENCE = 10
GAP_CHARACTERS = 12  # between two words of a phrase, where English stop words were left out

_WORD = re.compile(r"[a-zA-Z][\w-]+")
_STOP = frozenset(FIELD_STOP_WORDS)


def choose_phrases(
    weighted: Sequence[tuple[str, float]], texts: Sequence[str], *, most: int = SHOWN_PHRASES
) -> tuple[tuple[str, float], ...]:
    """Pick the terms that name a group, none of them a part of another.

    Args:
        weighted: Terms with c-TF-IDF weights, heaviest first.
        texts: Texts of the group's papers.
        most: How many to pick.

    Returns:
        Terms with their weights, in the order of the heaviest term each stands for.
    """
    token_sets = [tokens_of(text) for text in texts]
    spoken = [" ".join(w.lower() for w in _WORD.findall(text) if w.lower() not in _STOP) for text in texts]
    kept: list[tuple[str, float, int]] = []
    for term, weight in weighted:
        words = term.split()
        if len(set(words)) < len(words):
            continue
        papers = (
            sum(term in tokens for tokens in token_sets)
            if len(words) == 1
            else sum(_stands_in(words, text) for text in spoken)
        )
        related = [place for place, (other, _, _) in enumerate(kept) if _overlap(words, other.split())]
        if not related:
            if papers >= max(2, len(texts) // 10):
                kept.append((term, weight, papers))
            continue
        first = related[0]
        other, other_weight, other_papers = kept[first]
        if len(words) > len(other.split()) and papers >= REPLACES_AT * other_papers and len(related) == 1:
            kept[first] = (term, other_weight, papers)
    return tuple((term, weight) for term, weight, _ in kept[:most])


def _stands_in(words: list[str], text: str) -> bool:
    # The words in this order with at most stop words of English between them.
    place = 0
    for number, word in enumerate(words):
        found = re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text[place:])
        if found is None or (number and found.start() > GAP_CHARACTERS):
            return False
        place += found.end()
    return True


def _overlap(words: list[str], others: list[str]) -> bool:
    """Whether two phrases share a word, a plural counted as its singular."""
    stems = {_stem(word) for word in words}
    return any(_stem(word) in stems for word in others)


def _stem(word: str) -> str:
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def npmi_coherence(weighted: Sequence[tuple[str, float]], papers: Sequence[frozenset[str]]) -> float:
    """How often a group's words stand together: mean normalised pointwise mutual information.

    `NPMI(a, b) = ln(p(a, b) / (p(a) p(b))) / -ln p(a, b)`, over all pairs of the ten heaviest single
    words, with the share of papers as probability (Bouma 2009; Roeder, Both and Hinneburg 2015).

    Args:
        weighted: Terms with weights, heaviest first.
        papers: The words of each paper of the collection.

    Returns:
        Between -1 (never together) and 1 (only together); 0 where there are fewer than two words.
    """
    words = [term for term, _ in weighted if " " not in term][:WORDS_FOR_COHERENCE]
    if len(words) < 2 or not papers:
        return 0.0
    seen: dict[str, int] = dict.fromkeys(words, 0)
    both: dict[tuple[str, str], int] = dict.fromkeys(combinations(words, 2), 0)
    for tokens in papers:
        here = [word for word in words if word in tokens]
        for word in here:
            seen[word] += 1
        for pair in combinations(here, 2):
            both[pair] += 1
    return sum(_npmi(both[pair], seen[pair[0]], seen[pair[1]], len(papers)) for pair in both) / len(both)


def _npmi(together: int, first: int, second: int, total: int) -> float:
    if not together:
        return -1.0
    if together == total:
        return 1.0
    return math.log(together * total / (first * second)) / -math.log(together / total)


def tokens_of(text: str) -> frozenset[str]:
    """The words of a text, as the terms of a group are spelt."""
    return frozenset(word.lower() for word in _WORD.findall(text))
