"""What people said of the store's papers, as labels to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlmodel import Session

    from classifier.labels import HandLabel
    from foundation.settings import Settings


def people_labels(settings: Settings, shipped: Sequence[HandLabel]) -> tuple[HandLabel, ...]:
    """People's standing labels of papers with an abstract, the newest one a paper.

    Args:
        settings: Where the store is.
        shipped: The project's own labels. A correction of one of their papers bears its id, so that it
            stands in its place.

    Returns:
        Labels in the order they were given. Topics that the trained grid lacks are left out, and so are
        labels whose cells it lacks, and those of people who could not tell.
    """
    from classifier.labels import HandLabel
    from db.decisions import export_human_labels
    from db.engine import open_store
    from db.papers import find_paper_ids
    from db.review import names_of_papers
    from papers.text import title_key
    from taxonomy.loader import founding_taxonomy

    grid = founding_taxonomy()
    id_of: dict[str, str] = {}
    for label in shipped:
        id_of.setdefault(label.id, label.id)
        if label.title:
            id_of.setdefault(title_key(label.title), label.id)
    store = open_store(settings.resolved_database_url)
    try:
        with store.read() as session:
            rows = {row["id"]: row for row in export_human_labels(session)}
            numbers = find_paper_ids(session, list(rows))
            names = names_of_papers(session, list(numbers.values()))
            texts = _titles(session, list(numbers.values()))
    finally:
        store.dispose()
    found: list[HandLabel] = []
    for key, row in rows.items():
        number = numbers.get(key)
        cells = list(row.get("cells") or ([row["cell"]] if row["cell"] else []))
        if (
            number is None
            or number not in texts
            or row["verdict"] == "unsure"
            or not set(cells) <= set(grid.cells)
        ):
            continue
        name = names[number]
        same = [id_of[other] for other in (*sorted(name.ids), name.title_key) if other in id_of]
        topics = [topic for topic in map(grid.resolve_topic, row["topics"]) if topic]
        found.append(
            HandLabel(
                id=same[0] if same else key,
                title=texts[number],
                stratum="corrections",
                relevant=bool(cells),
                primary=cells[0] if cells else None,
                others=tuple(cells[1:]),
                topics=tuple(topic for topic in topics if topic.rpartition("/")[0] in cells),
            )
        )
    return tuple(found)


def _titles(session: Session, paper_ids: Sequence[int]) -> dict[int, str]:
    """Titles of the papers that have an abstract."""
    from sqlalchemy import select

    from db.tables import PAPER, chunks

    return {
        number: title
        for piece in chunks(paper_ids)
        for number, title in session.connection().execute(
            select(PAPER.c.id, PAPER.c.title).where(PAPER.c.id.in_(piece), PAPER.c.abstract.is_not(None))
        )
    }
