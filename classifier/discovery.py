"""Discovery: groups of like papers inside every cell, and which of them no topic of the grid holds.

Every group is a *sub-topic* of its cell. It is *proposed* as an emerging topic where the cell is its
home, it is not just one of the cell's topics over again, and it ranks among the first of its cell
by distance from the topics, growth, tightness and size. Nothing here knows what any group is about.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from classifier.alike import FEWEST_PAPERS_IN_GROUP, SEED, group_alike
from classifier.phrases import FIELD_STOP_WORDS, choose_phrases, npmi_coherence, tokens_of
from classifier.prediction import PaperText

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from classifier.alike import SubTopic

# A topic holds a paper that it was given with at least this probability.
HELD_SCORE = 0.5
# Tuned on the shipped labels' papers, without their topics (docs/discovery.md).
LEAST_HOME_SHARE = 0.4
LEAST_TIGHTNESS = 0.65
SAME_AS_TOPIC = 0.45  # F1 between a group and a topic of the cell: above it they are one thing
SAME_GROUP = 0.3  # Jaccard overlap of two groups' papers
# Memory and time grow with the papers of a cell: beyond this number the newest count.
MOST_PAPERS_A_CELL = 15_000
PROPOSALS_A_CELL = 18  # ranks of close groups change from model to model: the twelfth may be the fifteenth
FAR_DEVIATIONS = 1.5  # papers farther from the centre than this are left out of a group
NAME_LIMIT_CHARACTERS = 60
YEAR = timedelta(days=365)
LEAST_FOR_GROWTH = 5  # papers in either year, below which growth says nothing


@dataclass(frozen=True)
class PlacedPaper:
    """A relevant paper with what is said of it.

    Attributes:
        text: Its text; the id is what groups name it by.
        cells: Its cells, primary first.
        topics: Its topics with scores, best first.
        published: Day of publication, or None.
    """

    text: PaperText
    cells: tuple[str, ...]
    topics: tuple[tuple[str, float], ...]
    published: date | None = None


@dataclass(frozen=True)
class Group:
    """A group of like papers inside a cell.

    Attributes:
        cell: The cell.
        slug: `cell/name-with-hyphens`, unique within one discovery.
        name: Its first phrases.
        phrases: Phrases with c-TF-IDF weights, heaviest first.
        papers: Ids, most typical first.
        coherence: Mean NPMI of its words over the papers of the cell, in [-1, 1].
        tightness: Mean cosine of its papers to their centre.
        growth: Papers of the last 12 months over the 12 before; None if either is under 5.
        nearest_topic: Topic of the grid whose papers' centre is nearest; None where none has papers.
        nearness: Cosine to that centre.
        held: Share of its papers that one topic of the cell holds.
        score: Rank among the groups of its cell, in [0, 1]; 0 for groups that are not proposed.
        proposed: Whether it is proposed as an emerging topic.
    """

    cell: str
    slug: str
    name: str
    phrases: tuple[tuple[str, float], ...]
    papers: tuple[str, ...]
    coherence: float
    tightness: float
    growth: float | None
    nearest_topic: str | None
    nearness: float
    held: float
    score: float = 0.0
    proposed: bool = False


@dataclass(frozen=True)
class _Traits:
    """What the decision on a group needs beside the group."""

    home: float  # share of its papers whose primary cell this is
    same: float  # F1 with the topic of the cell that shares most papers with it
    recent: float  # share of its dated papers that are of the last 12 months


def discover(
    papers: Sequence[PlacedPaper],
    vectors: NDArray[np.float32],
    cells: Sequence[str],
    *,
    fewest_papers: int = FEWEST_PAPERS_IN_GROUP,
    seed: int = SEED,
    progress: Callable[[str], None] | None = None,
) -> tuple[Group, ...]:
    """Find the groups of every cell and say which of them no topic holds.

    Args:
        papers: Relevant papers.
        vectors: Their sentence vectors, shape `(n_papers, dimensions)`, rows of length 1.
        cells: Every cell of the grid.
        fewest_papers: Smallest group.
        seed: Seed of UMAP; the same papers in the same order give the same groups on one machine.
        progress: Told each cell that is done.

    Returns:
        Groups cell by cell, proposed ones first, best first.
    """
    row_of = {paper.text.id: row for row, paper in enumerate(papers)}
    centres = _topic_centres(papers, vectors)
    newest = max((paper.published for paper in papers if paper.published), default=None)
    found: list[tuple[Group, _Traits]] = []
    slugs: Counter[str] = Counter()
    for cell in cells:
        rows = _newest([row for row, paper in enumerate(papers) if cell in paper.cells], papers)
        here = [papers[row] for row in rows]
        groups = group_alike(
            [paper.text for paper in here],
            vectors[rows],
            fewest_papers=fewest_papers,
            seed=seed,
            own_stop_words=FIELD_STOP_WORDS,
        )
        bags = [tokens_of(f"{paper.text.title} {paper.text.abstract}") for paper in here]
        topic_sizes = Counter(topic for paper in here for topic in _held_topics(paper, cell))
        for raw in groups:
            built = _build(cell, raw, papers, vectors, row_of, centres, newest, fewest_papers)
            if built is None:
                continue
            group, traits = built
            slugs[group.slug] += 1
            if slugs[group.slug] > 1:
                group = replace(group, slug=f"{group.slug}-{slugs[group.slug]}")
            members = [papers[row_of[paper]] for paper in group.papers]
            held, same = _held(members, cell, topic_sizes)
            group = replace(group, held=held, coherence=round(npmi_coherence(raw.words, bags), 4))
            found.append((group, replace(traits, same=same)))
        if progress is not None:
            progress(cell)
    ranked = _without_repeats([group for cell in cells for group in _rank_cell(cell, found)])
    order = {cell: place for place, cell in enumerate(cells)}
    return tuple(sorted(ranked, key=lambda group: (order[group.cell], -group.score, group.slug)))


def _newest(rows: list[int], papers: Sequence[PlacedPaper]) -> list[int]:
    """The rows of the newest papers, as many as one cell may have, in the order given."""
    if len(rows) <= MOST_PAPERS_A_CELL:
        return rows
    by_day = sorted(rows, key=lambda row: papers[row].published or date.min, reverse=True)
    return sorted(by_day[:MOST_PAPERS_A_CELL])


def _build(
    cell: str,
    raw: SubTopic,
    papers: Sequence[PlacedPaper],
    vectors: NDArray[np.float32],
    row_of: dict[str, int],
    centres: dict[str, NDArray[np.float32]],
    newest: date | None,
    fewest_papers: int,
) -> tuple[Group, _Traits] | None:
    """A group with its measures, papers far from its centre left out."""
    import numpy as np

    rows = np.array([row_of[paper] for paper in raw.papers])
    nearness = vectors[rows] @ _centre(vectors[rows])
    near = nearness >= nearness.mean() - FAR_DEVIATIONS * nearness.std()
    if near.sum() >= fewest_papers:
        rows = rows[near]
    centre = _centre(vectors[rows])
    nearness = vectors[rows] @ centre
    rows = rows[np.argsort(-nearness, kind="stable")]
    members = [papers[row] for row in rows]
    phrases = choose_phrases(raw.words, [f"{p.text.title}. {p.text.abstract}" for p in members])
    if not phrases:
        return None
    name = _name([phrase for phrase, _ in phrases])
    closest: tuple[float, str | None] = max(
        ((float(other @ centre), topic) for topic, other in centres.items()), default=(0.0, None)
    )
    recent, growth = _growth(members, newest)
    group = Group(
        cell=cell,
        slug=f"{cell}/{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}",
        name=name,
        phrases=phrases,
        papers=tuple(paper.text.id for paper in members),
        coherence=0.0,
        tightness=round(float(nearness.mean()), 4),
        growth=growth,
        nearest_topic=closest[1],
        nearness=round(closest[0], 4),
        held=0.0,
    )
    home = sum(paper.cells[0] == cell for paper in members) / len(members)
    return group, _Traits(home, 0.0, recent)


def _rank_cell(cell: str, found: Sequence[tuple[Group, _Traits]]) -> list[Group]:
    """Score a cell's candidates by their ranks; equal shares for distance and growth, half for the rest."""
    here = [(group, traits) for group, traits in found if group.cell == cell]
    fit = [
        traits.home >= LEAST_HOME_SHARE and traits.same < SAME_AS_TOPIC and group.tightness >= LEAST_TIGHTNESS
        for group, traits in here
    ]
    candidates = [pair for pair, is_fit in zip(here, fit, strict=True) if is_fit]
    ranks = [
        (0.5, _ranks([1 - group.nearness for group, _ in candidates])),
        (0.5, _ranks([1 - group.held for group, _ in candidates])),
        (1.0, _ranks([traits.recent for _, traits in candidates])),
        (0.5, _ranks([group.tightness for group, _ in candidates])),
        (0.5, _ranks([len(group.papers) for group, _ in candidates])),
    ]
    whole = sum(weight for weight, _ in ranks)
    scores = iter(
        sum(weight * values[place] for weight, values in ranks) / whole for place in range(len(candidates))
    )
    scored = [
        replace(group, score=round(next(scores), 4), proposed=True) if is_fit else group
        for (group, _), is_fit in zip(here, fit, strict=True)
    ]
    best = sorted((group for group in scored if group.proposed), key=lambda group: -group.score)
    kept = {group.slug for group in best[:PROPOSALS_A_CELL]}
    return [group if group.slug in kept else replace(group, score=0.0, proposed=False) for group in scored]


def _without_repeats(groups: Sequence[Group]) -> list[Group]:
    """Of proposals that share their papers, propose the best alone; the others stay sub-topics."""
    kept: list[set[str]] = []
    result: dict[str, Group] = {}
    for group in sorted(groups, key=lambda group: (-group.score, group.slug)):
        papers = set(group.papers)
        if group.proposed:
            if any(len(papers & other) / len(papers | other) >= SAME_GROUP for other in kept):
                group = replace(group, score=0.0, proposed=False)  # noqa: PLW2901
            else:
                kept.append(papers)
        result[group.slug] = group
    return list(result.values())


def _held_topics(paper: PlacedPaper, cell: str) -> list[str]:
    return [t for t, score in paper.topics if score >= HELD_SCORE and t.rpartition("/")[0] == cell]


def _held(members: Sequence[PlacedPaper], cell: str, sizes: Counter[str]) -> tuple[float, float]:
    """Share of a group that one topic of the cell holds, and F1 of group and topic."""
    counts = Counter(topic for paper in members for topic in _held_topics(paper, cell))
    if not counts:
        return 0.0, 0.0
    topic, both = min(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return round(both / len(members), 4), 2 * both / (len(members) + sizes[topic])


def _growth(members: Sequence[PlacedPaper], newest: date | None) -> tuple[float, float | None]:
    """Share of dated papers of the newest 12 months, and their number over that of the 12 before."""
    dates = [paper.published for paper in members if paper.published is not None]
    if newest is None or not dates:
        return 0.0, None
    recent = sum(day > newest - YEAR for day in dates)
    before = sum(newest - 2 * YEAR < day <= newest - YEAR for day in dates)
    growth = round(recent / before, 4) if min(recent, before) >= LEAST_FOR_GROWTH else None
    return recent / len(dates), growth


def _topic_centres(
    papers: Sequence[PlacedPaper], vectors: NDArray[np.float32]
) -> dict[str, NDArray[np.float32]]:
    """Centre of the papers that bear each topic first."""
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for row, paper in enumerate(papers):
        if paper.topics and paper.topics[0][1] >= HELD_SCORE:
            rows[paper.topics[0][0]].append(row)
    return {topic: _centre(vectors[held]) for topic, held in rows.items() if len(held) >= LEAST_FOR_GROWTH}


def _centre(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    import numpy as np

    mean = vectors.mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), dtype=np.float32)


def _ranks(values: Sequence[float]) -> list[float]:
    """Rank of each value in (0, 1), equal values sharing their mean rank."""
    ordered = sorted(values)
    first = {value: place for place, value in reversed(list(enumerate(ordered)))}
    counts = Counter(values)
    return [(first[value] + counts[value] / 2) / len(values) for value in values]


def _name(phrases: Sequence[str]) -> str:
    name = phrases[0]
    for phrase in phrases[1:3]:
        if len(name) + len(phrase) + 2 <= NAME_LIMIT_CHARACTERS:
            name = f"{name}, {phrase}"
    return name[:NAME_LIMIT_CHARACTERS]
