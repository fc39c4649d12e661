"""Which of several records are one work, seen together: pure, and the same in any order.

`papers.matching` judges two records. Three can contradict each other: one preprint that matches two
papers of one volume belongs to neither, as far as a rule can tell. So what holds between units (records
joined by ids) is decided here for all of them at once, from nothing but the units and what people said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from papers.likeness import MatchFacts
from papers.matching import MatchVerdict, conflicting_ids, match

Pair = tuple[int, int]


def match_units(a: Sequence[MatchFacts], b: Sequence[MatchFacts]) -> MatchVerdict:
    """Judge two units by all that their records ever said.

    Args:
        a: What each record, and each version of it, says; the ids of all of them on each.
        b: The same of the other.

    Returns:
        The best verdict of any two records: an early version's title counts as much as the last one's.
    """
    order = {"same": 2, "unsure": 1, "different": 0}
    return max(
        (match(mine, theirs) for mine in a for theirs in b),
        key=lambda found: (order[found.verdict], found.one_title, found.score, found.reason),
    )


def resolve(
    ids: Mapping[int, frozenset[str]],
    edges: Mapping[Pair, MatchVerdict],
    *,
    joined: Iterable[Pair] = (),
    kept_apart: Iterable[Pair] = (),
) -> list[frozenset[int]]:
    """Group units into works.

    What a person joined is joined. Then what has one title, then what is alike under two titles: a link
    is taken unless it, or another link of the same unit, would bring together what ids or a person keep
    apart; then none of the links in question is taken.

    Args:
        ids: Ids by unit.
        edges: What the rule calls the same, by pair of units.
        joined: Pairs that a person joined, in the order they were said.
        kept_apart: Pairs that a person keeps apart.

    Returns:
        Groups of units, each unit in one.
    """
    groups = _Groups(ids, frozenset(frozenset(pair) for pair in kept_apart))
    for a, b in joined:
        if not groups.forbidden_by_person(groups.of(a), groups.of(b)):
            groups.join([(a, b)])
    for one_title in (True, False):
        _take(groups, [pair for pair, found in edges.items() if found.one_title is one_title])
    return groups.all()


class _Groups:
    """Units in groups, and what must not come together."""

    def __init__(self, ids: Mapping[int, frozenset[str]], kept_apart: frozenset[frozenset[int]]) -> None:
        self._ids = ids
        self._kept_apart = kept_apart
        self._group = {unit: frozenset([unit]) for unit in ids}

    def of(self, unit: int) -> frozenset[int]:
        """The group of a unit."""
        return self._group[unit]

    def all(self) -> list[frozenset[int]]:
        """Every group, by smallest unit."""
        return sorted(set(self._group.values()), key=min)

    def join(self, pairs: Iterable[Pair]) -> None:
        """Make one group of the groups of each pair."""
        for a, b in pairs:
            whole = self.of(a) | self.of(b)
            for unit in whole:
                self._group[unit] = whole

    def forbidden_by_person(self, a: frozenset[int], b: frozenset[int]) -> bool:
        """Whether a person keeps any of two groups' units apart."""
        return any(frozenset((x, y)) in self._kept_apart for x in a for y in b)

    def forbidden(self, a: frozenset[int], b: frozenset[int]) -> bool:
        """Whether two groups must not become one."""
        return a != b and (
            self.forbidden_by_person(a, b)
            or any(conflicting_ids(self._ids[x], self._ids[y]) for x in a for y in b)
        )


def _take(groups: _Groups, pairs: Sequence[Pair]) -> None:
    """Take the links of one rank that contradict nothing."""
    links = {
        frozenset((groups.of(a), groups.of(b))): (a, b) for a, b in pairs if groups.of(a) != groups.of(b)
    }
    links = {ends: pair for ends, pair in links.items() if not groups.forbidden(*ends)}
    neighbours: dict[frozenset[int], set[frozenset[int]]] = defaultdict(set)
    for ends in links:
        one, other = ends
        neighbours[one].add(other)
        neighbours[other].add(one)
    torn = {group for group, others in neighbours.items() if _contradict(others, groups.forbidden)}
    links = {ends: pair for ends, pair in links.items() if not ends & torn}
    for chain in _chains(links):
        if not _contradict({end for ends in chain for end in ends}, groups.forbidden):
            groups.join(links[ends] for ends in chain)


def _contradict(
    found: set[frozenset[int]], forbidden: Callable[[frozenset[int], frozenset[int]], bool]
) -> bool:
    ordered = sorted(found, key=min)
    return any(forbidden(a, b) for at, a in enumerate(ordered) for b in ordered[at + 1 :])


def _chains(
    links: Mapping[frozenset[frozenset[int]], Pair],
) -> list[list[frozenset[frozenset[int]]]]:
    """Links that hang together, chain by chain."""
    chains: list[tuple[set[frozenset[int]], list[frozenset[frozenset[int]]]]] = []
    for ends in links:
        touching = [chain for chain in chains if chain[0] & ends]
        merged: tuple[set[frozenset[int]], list[frozenset[frozenset[int]]]] = (set(ends), [ends])
        for chain in touching:
            merged[0].update(chain[0])
            merged[1].extend(chain[1])
            chains.remove(chain)
        chains.append(merged)
    return [chain for _, chain in chains]
