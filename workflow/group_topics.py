"""Papers of accepted groups bear the topic that their group became, whichever model runs later.

A model that was trained before the topic came knows it by its phrases at best. The group's papers are
known: they get the topic by a run of its own, so that every label says where it came from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from db.labels import GROUP_RUN
from foundation.clock import Clock, SystemClock

if TYPE_CHECKING:
    from sqlmodel import Session

    from db.engine import Store
    from db.labels import NewLabel
    from taxonomy.models import Taxonomy

MEMBER_SCORE = 0.5  # a person accepted the group as a whole; of its single papers nothing was measured


def keep_group_topics(store: Store, taxonomy: Taxonomy, *, clock: Clock | None = None) -> int:
    """Give the papers of accepted groups their topic where a model's label in force lacks it.

    Args:
        store: The open store, labelled on this grid.
        taxonomy: The grid in force.
        clock: Tells when; tests pass their own.

    Returns:
        How many labels were added. People's and the library's labels are never touched.
    """
    from db.discovery import accepted_groups, sub_topic_papers
    from db.labels import add_labels, begin_classifier_run, finish_classifier_run

    at = (clock or SystemClock()).now().replace(microsecond=0)
    added = 0
    with store.read() as session:
        groups = accepted_groups(session)
        held = {group.id: sub_topic_papers(session, group.id) for group in groups}
    for group in groups:
        topic = taxonomy.resolve_topic(group.accepted_as or "")
        if topic is None:
            continue
        with store.read() as session:
            labels = _labels_lacking(session, taxonomy, topic, held[group.id])
        if not labels:
            continue
        content = f"{GROUP_RUN} 1\n{taxonomy.version}\n{topic}\n{group.id}"
        with store.write() as session:
            run = begin_classifier_run(
                session,
                method="model",
                name=GROUP_RUN,
                digest=hashlib.sha256(content.encode()).hexdigest(),
                taxonomy_version=taxonomy.version,
                at=at,
            )
            added += add_labels(session, run, labels, taxonomy_version=taxonomy.version, at=at)
            finish_classifier_run(session, run, at=at)
    return added


def _labels_lacking(
    session: Session, taxonomy: Taxonomy, topic: str, papers: Sequence[int]
) -> list[NewLabel]:
    """Labels in force of models, with the topic added, of papers that lack it."""
    from sqlalchemy import select

    from classifier.placing import CELLS_AT_MOST
    from db.labels import NewLabel, current_assignment_id
    from db.tables import LABEL, LABEL_CELL, LABEL_TOPIC, PAPER, chunks
    from landscape.reading import scored_names

    found = []
    home = topic.rpartition("/")[0]
    for piece in chunks(papers):
        best = current_assignment_id(PAPER.c.id, taxonomy_version=taxonomy.version)
        query = (
            select(LABEL)
            .select_from(PAPER.join(LABEL, LABEL.c.id == best))
            .where(PAPER.c.id.in_(piece), LABEL.c.method == "model", LABEL.c.verdict != "not-relevant")
            .order_by(PAPER.c.id)
        )
        rows = session.execute(query).all()
        ids = [row.id for row in rows]
        all_cells = scored_names(session, LABEL_CELL, LABEL_CELL.c.cell, ids)
        all_topics = scored_names(session, LABEL_TOPIC, LABEL_TOPIC.c.topic, ids)
        for row in rows:
            cells, topics = all_cells.get(row.id, []), all_topics.get(row.id, [])
            if topic in {taxonomy.resolve_topic(each) for each, _ in topics}:
                continue
            if home not in dict(cells):
                if len(cells) >= CELLS_AT_MOST:
                    continue
                cells = [*cells, (home, min([MEMBER_SCORE, *(score for _, score in cells[-1:])]))]
            borne = sorted((*topics, (topic, MEMBER_SCORE)), key=lambda pair: -pair[1])
            found.append(
                NewLabel(
                    paper_id=row.paper_id,
                    verdict="labelled" if row.verdict == "cell-no-topic" else row.verdict,
                    relevance=row.relevance,
                    cells=tuple(cells),
                    topics=tuple(borne),
                    evidence=tuple(row.evidence),
                    method="model",
                    by=GROUP_RUN,
                    text_revision=row.text_revision,
                )
            )
    return found
