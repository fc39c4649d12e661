"""Makes an emerging topic a topic: a new version of the grid, and the papers placed on it again.

The group's own papers, and papers of its cell that are as near to its centre, bear the new topic by a
run of their own, so that every label says where it came from. Papers that come later are recognised by
the topic's phrases (`classifier.carried`) until the model is trained again. What people said stays.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from foundation.clock import Clock, SystemClock
from foundation.errors import RefusedInputError
from workflow.classifying import classify_store
from workflow.vectors import default_embedder

if TYPE_CHECKING:
    from sqlmodel import Session

    from classifier.embedder import Embedder
    from db.discovery import StoredSubTopic
    from db.engine import Store
    from foundation.settings import Settings
    from landscape.columns import PaperColumns
    from taxonomy.models import Taxonomy

# Papers at least as near to the centre as a quarter of the group's own join it.
NEAR_QUANTILE = 0.25
# A phrase tells the topic where it stands in so many of its papers, and so much oftener than elsewhere.
TELLING_SHARE = 0.1
TELLING_LIFT = 8.0
WORD_LIFT = 25.0  # of a single word: a paper may hold it by chance
SEED_PHRASES = 6
LABEL_LIMIT_CHARACTERS = 60


@dataclass(frozen=True)
class PlaceChange:
    """A cell or topic before and after."""

    id: str
    before: int
    after: int


@dataclass(frozen=True)
class AcceptReport:
    """What accepting an emerging topic changed.

    Attributes:
        topic: Id of the new topic.
        label: As shown on its chip.
        version_before: Version of the grid until now.
        version: The new one.
        file: Where it lies.
        papers: Papers that bear the topic now.
        from_group: Of them, papers of the group.
        without_topic_before: Of them, papers that bore no topic of their cell before.
        changed_cell: Papers whose primary cell differs.
        verdicts: Papers by verdict, before and after.
        cells: Cells whose count of primary papers differs.
        topics: Topics whose count differs.
    """

    topic: str
    label: str
    version_before: str
    version: str
    file: Path
    papers: int
    from_group: int
    without_topic_before: int
    changed_cell: int
    verdicts: tuple[PlaceChange, ...]
    cells: tuple[PlaceChange, ...]
    topics: tuple[PlaceChange, ...]

    def lines(self) -> list[str]:
        """The report as a terminal shows it."""
        lines = [
            f"{self.label} ({self.topic}) is a topic of version {self.version}: {self.file}",
            f"{self.papers} papers bear it, {self.from_group} of them from the group; "
            f"{self.without_topic_before} of them bore no topic of their cell before",
            f"{self.changed_cell} papers changed their first cell",
        ]
        for title, changes in (("verdict", self.verdicts), ("cell", self.cells), ("topic", self.topics)):
            lines += [f"  {title} {each.id}: {each.before} → {each.after}" for each in changes]
        return lines


def find_group(groups: Sequence[StoredSubTopic], wanted: str) -> StoredSubTopic:
    """A proposal by its number, its slug or its name.

    Args:
        groups: Groups of the newest discovery.
        wanted: What a person typed.

    Returns:
        The one group that is meant.

    Raises:
        RefusedInputError: None is meant, or several, or it became a topic before.
    """
    text = wanted.strip().casefold()
    found = [
        group for group in groups if text in (str(group.id), group.slug.casefold(), group.name.casefold())
    ]
    if not found:
        found = [group for group in groups if text and group.name.casefold().startswith(text)]
    if len(found) != 1:
        raise RefusedInputError(
            "no such emerging topic" if not found else "several emerging topics bear this name",
            hint="Give the number that `landscape emerging` prints.",
            wanted=wanted,
        )
    if found[0].accepted_as is not None:
        raise RefusedInputError("this group is a topic already", topic=found[0].accepted_as)
    return found[0]


def accept_group(
    store: Store,
    settings: Settings,
    wanted: str,
    *,
    name: str | None = None,
    embedder: Embedder | None = None,
    progress: Callable[[int], None] | None = None,
    clock: Clock | None = None,
) -> AcceptReport:
    """Write the next version of the grid with a group as a topic, and place the papers on it again.

    Cut short, `landscape classify` does what is left.

    Args:
        store: The open store.
        settings: Where accepted versions lie.
        wanted: The group's number, slug or name.
        name: The topic's label; made from the group's first phrase when None.
        embedder: Whose vectors; the one that ships when None.
        progress: Called with the number of papers placed since the last call.
        clock: Tells when; tests pass their own.

    Returns:
        What changed.

    Raises:
        RefusedInputError: There is no such group, or its name is empty or too long.
        TaxonomyError: The cell has a topic of this name.
    """
    from db.discovery import latest_discovery, mark_accepted, sub_topic_papers, sub_topics
    from landscape.columns import load_columns
    from taxonomy.loader import load_taxonomy
    from taxonomy.versions import save_version

    clock = clock or SystemClock()
    before = load_taxonomy(settings.home)
    with store.read() as session:
        run = latest_discovery(session)
        if run is None:
            raise RefusedInputError("nothing was discovered yet", hint="Run `landscape emerging` first.")
        group = find_group(sub_topics(session), wanted)
        members = sub_topic_papers(session, group.id)
        columns = load_columns(session, before)
        near = _near_papers(session, group.cell, members, columns, embedder or default_embedder(settings))
        seeds = _telling_phrases(session, group, members, columns)
    label = _label(name, group)
    after = _next_version(before, group, label, seeds, clock.now())
    topic = next(each.id for each in after.topics if each.id not in before.topic_by_id)
    with store.write() as session:
        mark_accepted(session, group.id, topic, near)
        file = save_version(after, settings.home)  # refused, nothing is marked either
    classify_store(store, settings, progress=progress, clock=clock)
    with store.read() as session:
        columns_after = load_columns(session, after)
    return _report(
        before, after, columns, columns_after, topic=topic, label=label, file=file, members=members
    )


def _near_papers(
    session: Session, cell: str, members: Sequence[int], columns: PaperColumns, embedder: Embedder
) -> list[int]:
    """Papers of the cell, beside the group's own, that are as near to its centre as these, nearest first."""
    import numpy as np

    from db.vectors import load_vectors

    code = columns.cell_ids.index(cell)
    places = np.union1d(
        np.flatnonzero(columns.cell == code), columns.further[columns.further[:, 1] == code, 0]
    )
    here = {int(paper) for paper in columns.paper_id[places]}
    table = load_vectors(session, embedder.name, embedder.dimensions, only=here | set(members))
    own = np.isin(table.paper_ids, members)
    if not own.any():
        return []
    vectors = table.vectors.astype(np.float32)
    centre = vectors[own].mean(axis=0)
    alike = vectors @ (centre / max(float(np.linalg.norm(centre)), 1e-12))
    near = np.flatnonzero(~own & (alike >= np.quantile(alike[own], NEAR_QUANTILE)))
    return [int(paper) for paper in table.paper_ids[near[np.argsort(-alike[near], kind="stable")]]]


def _telling_phrases(
    session: Session, group: StoredSubTopic, members: Sequence[int], columns: PaperColumns
) -> tuple[str, ...]:
    """The group's phrases that tell its papers from other relevant ones, most telling first."""
    from sqlalchemy import select

    from db.tables import PAPER, chunks

    phrases = [phrase for phrase, _ in group.phrases]
    patterns = {phrase: re.compile(rf"(?<![\w-]){re.escape(phrase)}(?![\w-])") for phrase in phrases}
    relevant = [int(paper) for paper in columns.paper_id[columns.cell >= 0]]
    inside, outside = Counter[str](), Counter[str]()
    own = set(members)
    for piece in chunks(relevant):
        query = select(PAPER.c.id, PAPER.c.title, PAPER.c.abstract).where(PAPER.c.id.in_(piece))
        for paper, title, abstract in session.execute(query):
            text = f"{title}. {abstract or ''}".casefold()
            stand = [phrase for phrase, pattern in patterns.items() if pattern.search(text)]
            (inside if paper in own else outside).update(stand)
    others = max(len(relevant) - len(own), 1)
    lift = {
        phrase: (inside[phrase] / len(own)) / ((outside[phrase] + 1) / others)
        for phrase in phrases
        if inside[phrase] >= TELLING_SHARE * len(own)
    }
    telling = sorted(
        (p for p in lift if lift[p] >= (TELLING_LIFT if " " in p else WORD_LIFT)), key=lambda p: -lift[p]
    )
    return tuple(phrase for phrase in telling[:SEED_PHRASES] if len(phrase) <= LABEL_LIMIT_CHARACTERS)


def _label(name: str | None, group: StoredSubTopic) -> str:
    label = " ".join((name if name is not None else group.phrases[0][0].capitalize()).split())
    if not label or len(label) > LABEL_LIMIT_CHARACTERS:
        raise RefusedInputError(
            "a topic's name has 1 to 60 characters", hint="Give another one with --name.", name=label[:80]
        )
    return label


def _next_version(
    before: Taxonomy, group: StoredSubTopic, label: str, seeds: Sequence[str], at: datetime
) -> Taxonomy:
    from taxonomy.changes import TopicChange, apply_changes, require_free, topic_slug
    from taxonomy.models import Taxonomy

    topic = f"{group.cell}/{topic_slug(label)}"
    require_free([*before.topic_by_id, topic])
    change = TopicChange("added", None, topic, label_after=label, cell_after=group.cell)
    after = apply_changes(before, [change], today=at.date(), reason="An emerging topic was accepted")
    data = after.model_dump(mode="json", by_alias=True)
    (row,) = [each for each in data["topics"] if each["id"] == topic]
    # Only what tells the topic: papers are matched against the note's words too (`classifier.described`).
    words = ", ".join(seeds) or label
    row["scope_note"] = f"{label}: {words}."
    row["seed_phrases"] = list(dict.fromkeys((label, *seeds)))
    return Taxonomy.model_validate(data)


def _report(
    before: Taxonomy,
    after: Taxonomy,
    old: PaperColumns,
    new: PaperColumns,
    *,
    topic: str,
    label: str,
    file: Path,
    members: Sequence[int],
) -> AcceptReport:
    import numpy as np

    from landscape.columns import VERDICTS

    kept = np.intersect1d(old.paper_id, new.paper_id)
    were, are = np.searchsorted(old.paper_id, kept), np.searchsorted(new.paper_id, kept)
    bearing = new.borne[new.borne[:, 1] == new.topic_ids.index(topic), 0]
    papers = {int(paper) for paper in new.paper_id[bearing]}
    cell = topic.rpartition("/")[0]
    own = [code for code, each in enumerate(old.topic_ids) if each.rpartition("/")[0] == cell]
    held = {int(paper) for paper in old.paper_id[old.borne[np.isin(old.borne[:, 1], own), 0]]}

    def tally(columns: PaperColumns) -> tuple[Counter[str], Counter[str], Counter[str]]:
        cells = Counter(
            columns.cell_ids[code] for code in columns.cell.tolist() if 0 <= code < len(columns.cell_ids)
        )
        topics = Counter(columns.topic_ids[code] for code in columns.borne[:, 1].tolist())
        return Counter(VERDICTS[code] or "no label" for code in columns.verdict.tolist()), cells, topics

    changes = []
    for first, second in zip(tally(old), tally(new), strict=True):
        names = dict.fromkeys((*first, *second))
        changes.append(
            tuple(
                PlaceChange(name, first[name], second[name]) for name in names if first[name] != second[name]
            )
        )
    return AcceptReport(
        topic=topic,
        label=label,
        version_before=before.version,
        version=after.version,
        file=file,
        papers=len(papers),
        from_group=len(papers & set(members)),
        without_topic_before=len(papers - held),
        changed_cell=int((old.cell[were] != new.cell[are]).sum()),
        verdicts=changes[0],
        cells=changes[1],
        topics=changes[2],
    )
