"""Takes one snapshot and hands it to an export format."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from foundation.errors import RefusedInputError

if TYPE_CHECKING:
    from sqlmodel import Session

    from db.engine import Store
    from landscape.types import LandscapeSnapshot, PaperRow
    from taxonomy.models import Taxonomy

PAGE_PAPERS = 1000  # rows a query: bounded memory however long the list


def chip_links(
    session: Session, taxonomy: Taxonomy, snapshot: LandscapeSnapshot, base_url: str | None
) -> dict[str, str]:
    """Where each chip leads.

    Args:
        session: A reading session.
        taxonomy: The grid.
        snapshot: What the slide shows; chips without papers get no paper to lead to.
        base_url: Address of a running app; None links to the first paper instead.

    Returns:
        URLs by topic id, and by cell id for cells without topics.
    """
    from landscape.links import LandscapeState, permalink
    from landscape.reading import list_papers

    places = [(topic.cell, topic.id) for topic in taxonomy.topics]
    places += [(cell, "") for cell in taxonomy.cells if not taxonomy.topics_by_cell[cell]]
    links: dict[str, str] = {}
    for cell, topic in places:
        if base_url is not None:
            state = LandscapeState(topic=topic) if topic else LandscapeState(cell=cell)
            links[topic or cell] = permalink(base_url, state)
            continue
        count = snapshot.topic(topic).n_papers if topic else snapshot.cell(cell).n_papers
        if not count:
            continue
        place = None if topic else cell
        first = list_papers(session, taxonomy, cell=place, topic=topic or None, as_of=snapshot.as_of, limit=1)
        for row in first.rows:
            if row.url:
                links[topic or cell] = row.url
    return links


def all_papers(
    session: Session,
    taxonomy: Taxonomy,
    *,
    cell: str | None,
    topic: str | None,
    as_of: datetime | None,
) -> tuple[PaperRow, ...]:
    """Every paper of a cell, a topic, or of the whole landscape, in the order of the list."""
    from landscape.reading import list_papers

    rows: list[PaperRow] = []
    while True:
        page = list_papers(
            session, taxonomy, cell=cell, topic=topic, as_of=as_of, limit=PAGE_PAPERS, offset=len(rows)
        )
        rows += page.rows
        if len(rows) >= page.total or not page.rows:
            return tuple(rows)


def export_landscape(
    store: Store,
    format_name: str,
    *,
    as_of: datetime | None = None,
    cell: str | None = None,
    topic: str | None = None,
    base_url: str | None = None,
    template: Path | None = None,
    show_counts: bool = True,
) -> bytes:
    """Write the landscape, or a list of papers, in one format.

    Args:
        store: The open store.
        format_name: A name of `export.registry`.
        as_of: What the store knew then; None for now.
        cell: Only papers of this cell, for formats that hold papers.
        topic: Only papers of this topic, for formats that hold papers.
        base_url: Address of a running app that chips lead to.
        template: A user's own .pptx.
        show_counts: Whether chips bear their counts.

    Returns:
        The file's bytes.

    Raises:
        ConfigurationError: There is no such format.
        RefusedInputError: There is no such cell or topic, or the format holds no papers.
    """
    from export.registry import ExportMaterial, export_format
    from landscape.grid import take_snapshot
    from landscape.layout import slide_layout
    from taxonomy.loader import load_taxonomy

    form = export_format(format_name)
    taxonomy = load_taxonomy()
    if cell is not None and cell not in taxonomy.cells:
        raise RefusedInputError("no such cell", hint="See `landscape taxonomy show`.", cell=cell)
    if topic is not None:
        found = taxonomy.resolve_topic(topic)
        if found is None:
            raise RefusedInputError("no such topic", hint="See `landscape taxonomy show`.", topic=topic)
        topic = found
    if form.holds == "landscape" and (cell or topic):
        raise RefusedInputError(
            "this format holds the whole landscape", hint="Use csv for one cell or topic.", format=form.name
        )
    with store.read() as session:
        snapshot = take_snapshot(session, taxonomy, as_of=as_of)
        holds_papers = form.holds == "papers"
        material = ExportMaterial(
            snapshot=snapshot,
            layout=slide_layout(taxonomy),
            papers=all_papers(session, taxonomy, cell=cell, topic=topic, as_of=as_of) if holds_papers else (),
            links={} if holds_papers else chip_links(session, taxonomy, snapshot, base_url),
            show_counts=show_counts,
            template=template,
        )
    return form.render(material)
