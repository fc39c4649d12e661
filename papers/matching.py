"""Whether two records without a common id tell of one work: pure, and cautious.

Evidence is the title, the family names and initials of the authors, the year, and the wording of
the abstract. What the rule cannot decide it calls unsure; a person decides then. The order of the
tests is the rule, and each `reason` names the test that decided:

1. Ids that one work cannot bear together (`conflicting_ids`) make two works, whatever the texts say.
2. A title that many works bear ("Preface", "Editorial") proves nothing; an erratum is not the paper.
3. Numbers in the titles that disagree ("2024" and "2025", "2.0") mark editions, never versions.
4. One title is one work, if authors do not disagree and the years are near. Where a side names no
   authors, the abstracts must not disagree either.
5. A changed title needs likeness of abstract, or of title and abstract; how much depends on whether all
   authors agree. A preprint that is younger than the paper follows it up and is not joined.

Likeness itself is in `papers.likeness`. Every threshold was set on the half of the hand-read pairs marked
`seen` (benchmarks/pairs) and on pairs of records whose ids prove them two works, those of the other half
left out; it was measured on the other half.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import Final, Literal

from papers.blocking import GENERIC, TITLE_WORDS_SPECIFIC
from papers.likeness import HEAD, MatchFacts, containment, content_words, jaccard, words_of

Verdict = Literal["same", "different", "unsure"]

# One work has one id in each of these; two records with different ones are two works. Semantic
# Scholar, which keeps doubles, and bare URLs are not among them.
_ONE_EACH: Final = ("arxiv", "acl", "pmlr", "neurips", "iclr", "openreview")
# Publishers of proceedings: a work appears with one of them.
_PUBLISHERS: Final = ("acl", "pmlr", "neurips", "iclr")

# Thresholds stand just above what the seen near-misses reach, those with conflicting ids included: the
# record that would show the conflict may not be in the store. See benchmarks/pairs/README.md.
RULE_VERSION: Final = "3"  # raised whenever the rule decides otherwise

YEARS_APART: Final = 3  # largest among the seen positives: 2
AUTHORS_AGREE: Final = 0.5  # Jaccard over names
AUTHORS_ALL_AGREE: Final = 0.8  # smallest of the seen positives: 0.88
AUTHORS_DISAGREE: Final = 0.2  # share of the shorter list
TITLE_NEAR_ALONE: Final = 0.8  # all authors agree, an abstract is missing; two works reach 0.78
TITLE_NEAR: Final = 0.66  # all authors agree; near-misses reach 0.64
TITLE_CLOSE: Final = 0.75  # authors missing or agreeing in part; near-misses reach 0.71
TITLE_ALIKE: Final = 0.5  # from here on a pair is shown to a person
TITLE_UNLIKE: Final = 0.34  # below it a copied abstract may be a slip of the source
ABSTRACT_NEAR: Final = 0.5  # all authors agree; near-misses reach 0.43
WORDING_AGREED: Final = 0.5  # all authors agree; two works by the same authors reach 0.459
WORDING_TITLE_WEIGHT: Final = 0.3
ABSTRACT_COPIED: Final = 0.8  # authors missing or agreeing in part; near-misses reach 0.79
ABSTRACT_VERBATIM: Final = 0.9  # from here on it may be a slip
ABSTRACT_ECHO: Final = 0.18  # beside a close title or one name before the colon; near-misses reach 0.14
ABSTRACT_WORDS_SHARED: Final = 0.2  # content words; under one title and without authors

_NOTICE = re.compile(
    r"\s*(?:erratum|errata|corrigendum|correction|retraction|retracted|publisher correction|comment on"
    r"|reply to|response to|addendum)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![\w.])v?(\d+(?:\.\d+)?)(?![\w.]*\d)")
_ORDINALS = frozenset(
    (
        "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
        "eleventh", "twelfth", "thirteenth",
    )
)  # fmt: skip
_EDITION = re.compile(r"(?<!\w)v?[2-9]\.\d|\bv[2-9]\b|\+\+|(?<=\w)\+(?=[\s:]|$)", re.IGNORECASE)
_EVENT = re.compile(r"\bat (?:the )?([a-z][\w@]*)[ -]?(?:19|20)\d\d\b", re.IGNORECASE)


@dataclass(frozen=True)
class MatchVerdict:
    """What the rule says of two records.

    Attributes:
        verdict: same, different or unsure.
        reason: The test that decided, in words with its figures.
        score: Likeness in [0, 1], for ordering; the mean of title, abstract and authors where known.
        one_title: Whether the titles have one key, the stronger ground of the two.
    """

    verdict: Verdict
    reason: str
    score: float
    one_title: bool = False


@dataclass(frozen=True)
class _Likeness:
    """How alike two records are; None where a side does not say."""

    title: float
    abstract: float | None
    words: float | None
    wording: float | None
    authors: float | None
    shorter: float | None

    @property
    def score(self) -> float:
        """Mean of what is known."""
        known = [each for each in (self.title, self.abstract, self.authors) if each is not None]
        return round(sum(known) / len(known), 4)


def match(a: MatchFacts, b: MatchFacts) -> MatchVerdict:
    """Say whether two records tell of one work.

    Args:
        a: One record.
        b: The other; the order does not matter.

    Returns:
        Verdict, reason and score.
    """
    conflict = conflicting_ids(a.ids, b.ids)
    if conflict:
        return MatchVerdict("different", f"two ids of one kind: {conflict}", 0.0)
    like = _likeness(a, b)
    return _by_title(a, b, like) if a.key == b.key else _by_likeness(a, b, like)


def conflicting_ids(a: Iterable[str], b: Iterable[str]) -> str:
    """The ids that forbid that two records are one work.

    Args:
        a: Ids of one record, `scheme:value`.
        b: Ids of the other.

    Returns:
        The two ids, smaller first, or "" where nothing forbids it. A common id of the scheme lifts its veto.
    """
    mine, theirs = _by_scheme(a), _by_scheme(b)
    for scheme in _ONE_EACH:
        found = _disjoint(mine.get(scheme), theirs.get(scheme))
        if found:
            return found
    if not any(mine.get(scheme, set()) & theirs.get(scheme, set()) for scheme in _PUBLISHERS):
        for one, other in product(_PUBLISHERS, repeat=2):
            if one != other and mine.get(one) and theirs.get(other):
                return " and ".join(sorted((min(mine[one]), min(theirs[other]))))
    registrants_a, registrants_b = _by_registrant(mine.get("doi")), _by_registrant(theirs.get("doi"))
    for registrant in sorted(registrants_a.keys() & registrants_b.keys()):
        found = _disjoint(registrants_a[registrant], registrants_b[registrant])
        if found:
            return found
    return ""


def _by_title(a: MatchFacts, b: MatchFacts, like: _Likeness) -> MatchVerdict:
    if a.key in GENERIC or not a.key:
        return MatchVerdict("different", "a title that many works bear", like.score)
    if bool(_EDITION.search(a.title)) != bool(_EDITION.search(b.title)):
        return MatchVerdict("unsure", "one title but for a sign of another edition", like.score)
    if like.shorter is not None and like.shorter <= AUTHORS_DISAGREE:
        return MatchVerdict("unsure", f"one title, authors disagree ({like.shorter:.2f})", like.score)
    if not _years_near(a, b):
        return MatchVerdict("unsure", f"one title, {_years(a, b)} years apart", like.score)
    if like.authors is not None:
        if like.authors >= AUTHORS_AGREE or (like.shorter or 0) >= AUTHORS_AGREE:
            return MatchVerdict("same", f"one title, authors agree ({like.authors:.2f})", like.score, True)
        return MatchVerdict("unsure", f"one title, authors agree in part ({like.authors:.2f})", like.score)
    if len(a.title_words) < TITLE_WORDS_SPECIFIC and (like.abstract or 0) < ABSTRACT_COPIED:
        return MatchVerdict("unsure", "one short title, authors not named", like.score)
    if like.words is not None and like.words < ABSTRACT_WORDS_SHARED:
        return MatchVerdict("unsure", f"one title, abstracts disagree ({like.words:.2f})", like.score)
    if like.words is None and len(a.title_words) <= TITLE_WORDS_SPECIFIC:
        return MatchVerdict("unsure", "one title, nothing else to compare", like.score)
    return MatchVerdict("same", "one title, authors not named", like.score, True)


def _by_likeness(a: MatchFacts, b: MatchFacts, like: _Likeness) -> MatchVerdict:
    copied = like.abstract or 0.0
    near = copied >= ABSTRACT_ECHO or like.title >= TITLE_ALIKE
    shown = f"title {like.title:.2f}, abstract {copied:.2f}"
    if bool(_NOTICE.match(a.title)) != bool(_NOTICE.match(b.title)):
        return MatchVerdict("different", "a notice on a paper is not the paper", like.score)
    if _editions(a.title, b.title):
        verdict: Verdict = "unsure" if near else "different"
        return MatchVerdict(verdict, "numbers or events in the titles disagree", like.score)
    if like.shorter is not None and like.shorter <= AUTHORS_DISAGREE:
        return MatchVerdict("different", f"authors disagree ({like.shorter:.2f}), {shown}", like.score)
    if not _years_near(a, b):
        verdict = "unsure" if near else "different"
        return MatchVerdict(verdict, f"{_years(a, b)} years apart, {shown}", like.score)
    if near and _late_preprint(a, b):
        return MatchVerdict("unsure", f"the preprint came a year after the paper, {shown}", like.score)
    named = "authors not named" if like.authors is None else f"authors agree ({like.authors:.2f})"
    if _alike(a, b, like):
        return MatchVerdict("same", f"{named}, {shown}", like.score)
    if near:
        return MatchVerdict("unsure", f"alike, not enough: {shown}, {named}", like.score)
    return MatchVerdict("different", f"not alike: {shown}", like.score)


def _alike(a: MatchFacts, b: MatchFacts, like: _Likeness) -> bool:
    """Whether two records under two titles are alike enough, by what their authors let expect.

    Sister papers of one group share authors and wording, so that agreement in part proves nothing.
    """
    if _sequel(a, b) or (like.authors is not None and like.authors < AUTHORS_AGREE):
        return False
    all_agree = like.authors is not None and like.authors >= AUTHORS_ALL_AGREE
    if like.abstract is None:
        alone = like.title >= TITLE_NEAR_ALONE and not _two_heads(a, b)
        return all_agree and (alone or _one_head(a, b))
    if like.abstract >= (ABSTRACT_NEAR if all_agree else ABSTRACT_COPIED):
        return not _slip(a, b, like)
    if all_agree and (like.wording or 0.0) + WORDING_TITLE_WEIGHT * like.title >= WORDING_AGREED:
        return not _slip(a, b, like)
    title = TITLE_NEAR if all_agree else TITLE_CLOSE
    close = (like.title >= title and not _two_heads(a, b)) or _one_head(a, b)
    return close and like.abstract >= ABSTRACT_ECHO


def _one_head(a: MatchFacts, b: MatchFacts) -> bool:
    """Whether both titles begin with one name before the colon, or one title is all the other's head."""
    return any(mine.head and mine.head in (theirs.head, theirs.key) for mine, theirs in ((a, b), (b, a)))


def _two_heads(a: MatchFacts, b: MatchFacts) -> bool:
    """Whether each title begins with a name of its own (`MuMath: …`, `MuMath-Code: …`)."""
    return bool(a.head and b.head and a.head != b.head)


def _sequel(a: MatchFacts, b: MatchFacts) -> bool:
    """Whether one title's name goes on from the other's (`RetroMAE: …`, `RetroMAE-2: …`)."""
    return _two_heads(a, b) and (a.head.startswith(b.head) or b.head.startswith(a.head))


def _late_preprint(a: MatchFacts, b: MatchFacts) -> bool:
    """Whether a preprint under another title is younger by a year than the paper: then it follows it up."""
    for one, other in ((a, b), (b, a)):
        preprint = any(name.startswith("arxiv:") for name in one.ids)
        published = any(name.partition(":")[0] in (*_PUBLISHERS, "openreview") for name in other.ids)
        if preprint and published and one.year and other.year and one.year > other.year:
            return True
    return False


def _slip(a: MatchFacts, b: MatchFacts, like: _Likeness) -> bool:
    """Whether the shared abstract may stand by mistake under one of two unlike titles.

    Sources do carry the abstract of another paper (2025.coling-main.57, arXiv 2510.17504): then the
    name that a title coins, or the title as a whole, does not occur in the abstract under it.
    """
    if like.title >= TITLE_UNLIKE or (like.abstract or 0) < ABSTRACT_VERBATIM:
        return False
    return any(_strange(facts) for facts in (a, b))


def _strange(facts: MatchFacts) -> bool:
    head = HEAD.match(facts.title)
    if head and len(words_of(head[1])) <= 3 and not content_words(head[1]) <= facts.abstract_words:
        return True
    found = len(facts.title_words & facts.abstract_words)
    return found < 0.3 * len(facts.title_words)


def _likeness(a: MatchFacts, b: MatchFacts) -> _Likeness:
    both_texts = bool(a.shingles and b.shingles)
    both_names = bool(a.names and b.names)
    return _Likeness(
        title=jaccard(a.title_words, b.title_words) if a.key != b.key else 1.0,
        abstract=containment(a.shingles, b.shingles) if both_texts else None,
        words=containment(a.abstract_words, b.abstract_words) if both_texts else None,
        wording=jaccard(a.abstract_words, b.abstract_words) if both_texts else None,
        authors=jaccard(a.names, b.names) if both_names else None,
        shorter=containment(a.names, b.names) if both_names else None,
    )


def _editions(a: str, b: str) -> bool:
    """Whether numbers or events tell two titles apart: years, editions, versions on one side alone."""
    if bool(_EDITION.search(a)) != bool(_EDITION.search(b)):
        return True
    numbers_a, numbers_b = set(_NUMBER.findall(a)), set(_NUMBER.findall(b))
    if numbers_a and numbers_b and not numbers_a & numbers_b:
        return True
    events_a, events_b = _EVENT.search(a), _EVENT.search(b)
    if events_a and events_b and events_a[1].casefold() != events_b[1].casefold():
        return True
    ordinals_a, ordinals_b = _ORDINALS & set(words_of(a)), _ORDINALS & set(words_of(b))
    return bool(ordinals_a and ordinals_b and ordinals_a != ordinals_b)


def _years(a: MatchFacts, b: MatchFacts) -> int:
    return abs(a.year - b.year) if a.year is not None and b.year is not None else 0


def _years_near(a: MatchFacts, b: MatchFacts) -> bool:
    return _years(a, b) <= YEARS_APART


def _by_scheme(ids: Iterable[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name in ids:
        found.setdefault(name.partition(":")[0], set()).add(name)
    return found


def _by_registrant(dois: set[str] | None) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for doi in dois or ():
        found.setdefault(doi.partition("/")[0], set()).add(doi)
    return found


def _disjoint(a: set[str] | None, b: set[str] | None) -> str:
    if a and b and not a & b:
        return " and ".join(sorted((min(a), min(b))))
    return ""
