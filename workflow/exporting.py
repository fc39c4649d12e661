"""Takes one snapshot and hands it to an export format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from foundation.clock import utc_now
from foundation.errors import RefusedInputError

if TYPE_CHECKING:
    from sqlmodel import Session

    from db.engine import Store
    from export.registry import ExportFormat
    from landscape.types import LandscapeSnapshot, PaperRow
    from taxonomy.models import Taxonomy

PAGE_PAPERS = 1000  # rows a query: bounded memory however long the list


@dataclass(frozen=True)
class Exported:
    """A file to be.

    Attributes:
        content: Its bytes.
        papers: How many papers the store knew; none on a day before the first harvest.
    """

    content: bytes
    papers: int


def chip_links(
    session: Session, taxonomy: Taxonomy, snapshot: LandscapeSnapshot, base_url: str | None, day: date | None
) -> dict[str, str]:
    """Where each chip leads.

    Args:
        session: A reading session.
        taxonomy: The grid.
        snapshot: What the slide shows; chips without papers get no paper to lead to.
        base_url: Address of a running app; None links to the first paper instead.
        day: Day whose knowledge the app shall show; None for whatever it knows.

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
            place = LandscapeState(topic=topic) if topic else LandscapeState(cell=cell)
            links[topic or cell] = permalink(base_url, replace(place, as_of=day))
            continue
        count = snapshot.topic(topic).n_papers if topic else snapshot.cell(cell).n_papers
        if not count:
            continue
        first = list_papers(
            session,
            taxonomy,
            cell=None if topic else cell,
            topic=topic or None,
            as_of=snapshot.as_of,
            limit=1,
        )
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
) -> Exported:
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
        The file's bytes, and how many papers the store knew.

    Raises:
        ConfigurationError: There is no such format.
        RefusedInputError: There is no such cell or topic, the format cannot do what is asked, the
            day lies ahead, or the base URL is no web address.
    """
    from export.registry import ExportMaterial, export_format
    from export.text_safety import safe_link
    from landscape.grid import take_snapshot
    from landscape.layout import slide_layout
    from landscape.selection import known_place
    from taxonomy.loader import load_taxonomy

    form = export_format(format_name)
    taxonomy = load_taxonomy()
    cell, topic = known_place(taxonomy, cell=cell, topic=topic)
    if form.holds == "landscape" and (cell or topic):
        raise RefusedInputError(
            "this format holds the whole landscape",
            hint=f"For one cell or topic use {_names(lambda each: each.holds == 'papers')}.",
            format=form.name,
        )
    if not form.draws and (template is not None or base_url is not None or not show_counts):
        raise RefusedInputError(
            "this format draws no chips: template, links and plain chips mean nothing to it",
            hint=f"They go with {_names(lambda each: each.draws)}.",
            format=form.name,
        )
    if base_url is not None and safe_link(base_url) is None:
        raise RefusedInputError(
            "the address of the app is no http or https address",
            hint="It looks like https://landscape.example.org.",
            base_url=base_url,
        )
    now = utc_now()
    if as_of is not None and as_of.date() > now.date():
        raise RefusedInputError(
            "that day has not come", hint=f"Today is {now.date()} (UTC).", as_of=as_of.date()
        )
    with store.read() as session:
        snapshot = take_snapshot(session, taxonomy, as_of=as_of)
        holds_papers = form.holds == "papers"
        day = as_of.date() if as_of is not None else None
        material = ExportMaterial(
            snapshot=snapshot,
            layout=slide_layout(taxonomy),
            papers=all_papers(session, taxonomy, cell=cell, topic=topic, as_of=as_of) if holds_papers else (),
            links={} if holds_papers else chip_links(session, taxonomy, snapshot, base_url, day),
            show_counts=show_counts,
            template=template,
        )
    return Exported(form.render(material), snapshot.papers)


def _names(wanted: Callable[[ExportFormat], bool]) -> str:
    from export.registry import FORMATS

    names = [form.name for form in FORMATS.values() if wanted(form)]
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
