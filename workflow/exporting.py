"""Takes one snapshot and hands it to an export format."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from foundation.clock import utc_now
from foundation.errors import RefusedInputError
from landscape.types import EVERYTHING, LandscapeFilter

if TYPE_CHECKING:
    from sqlmodel import Session

    from db.engine import Store
    from export.registry import ExportFormat, ExportMaterial
    from landscape.movement import Movement
    from landscape.trends import Trend
    from landscape.types import LandscapeSnapshot, PaperRow
    from taxonomy.models import Taxonomy

LONGEST_DOMAIN = 40  # characters that fit the chips of the phase slide


@dataclass(frozen=True)
class ExportRequest:
    """What someone wants to take along.

    Attributes:
        format_name: A name of `export.registry`.
        as_of: What the store knew then; None for now.
        grid_version: The chart of this version of the grid; None for the one in force.
        compare: Day to compare with, for what moved; None for no comparison.
        cell: Only papers of this cell; of a deck the cell's slide.
        topic: Only papers of this topic; of a deck the topic's slide.
        domain: Domain of the phase slide.
        deck: Which deck; None lets the other fields say it.
        chosen: Which papers count.
        base_url: Address of a running app that chips lead to.
        template: A user's own .pptx.
        show_counts: Whether chips bear their counts.
        show_growth: Whether counts bear growth marks.
        through_time: A moving picture quarter by quarter instead of the build-up.
    """

    format_name: str
    as_of: datetime | None = None
    grid_version: str | None = None
    compare: date | None = None
    cell: str | None = None
    topic: str | None = None
    domain: str | None = None
    deck: str | None = None
    chosen: LandscapeFilter = EVERYTHING
    base_url: str | None = None
    template: Path | None = None
    show_counts: bool = True
    show_growth: bool = False
    through_time: bool = False


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
    session: Session,
    taxonomy: Taxonomy,
    snapshot: LandscapeSnapshot,
    base_url: str | None,
    day: date | None,
    papers: Iterable[PaperRow] | None = None,
) -> dict[str, str]:
    """Where each chip leads.

    Args:
        session: A reading session.
        taxonomy: The grid.
        snapshot: What the slide shows; chips without papers get no paper to lead to.
        base_url: Address of a running app; None links to the first paper instead.
        day: Day whose knowledge the app shall show; None for whatever it knows.
        papers: Every paper of the chart in the order of its list, where they are at hand: saves
            a query a chip.

    Returns:
        URLs by topic id, and by cell id for cells without topics.
    """
    from landscape.links import LandscapeState, permalink

    places = [(topic.cell, topic.id) for topic in taxonomy.topics]
    places += [(cell, "") for cell in taxonomy.cells if not taxonomy.topics_by_cell[cell]]
    if base_url is not None:
        links = {}
        for cell, topic in places:
            place = LandscapeState(topic=topic) if topic else LandscapeState(cell=cell)
            links[topic or cell] = permalink(base_url, replace(place, as_of=day, filter=snapshot.filter))
        return links
    if papers is None:
        papers = _all_papers(session, taxonomy, as_of=snapshot.as_of, chosen=snapshot.filter)
    first: dict[str, str] = {}
    for paper in papers:
        for name in (paper.cell, *paper.topics):
            if name is not None and paper.url:
                first.setdefault(name, paper.url)
    return {topic or cell: first[topic or cell] for cell, topic in places if (topic or cell) in first}


def _all_papers(
    session: Session,
    taxonomy: Taxonomy,
    *,
    cell: str | None = None,
    topic: str | None = None,
    as_of: datetime | None = None,
    chosen: LandscapeFilter = EVERYTHING,
    newest_first: bool = False,
) -> tuple[PaperRow, ...]:
    """Every paper of a cell, a topic, or of the whole landscape, in the order of the list."""
    from landscape.reading import list_papers

    page = list_papers(
        session,
        taxonomy,
        cell=cell,
        topic=topic,
        filter=chosen,
        as_of=as_of,
        limit=None,
        sort="date" if newest_first else "score",
    )
    return page.rows


def export_landscape(store: Store, request: ExportRequest) -> Exported:
    """Write the landscape, or a list of papers, in one format.

    Args:
        store: The open store.
        request: What is wanted.

    Returns:
        The file's bytes, and how many papers the store knew.

    Raises:
        ConfigurationError: There is no such format.
        RefusedInputError: There is no such cell or topic, the format cannot do what is asked, a
            day lies ahead, or the base URL is no web address.
    """
    from export.registry import export_format
    from foundation.settings import load_settings
    from landscape.selection import known_place
    from taxonomy.loader import load_taxonomy
    from taxonomy.versions import find_version

    form = export_format(request.format_name)
    version = request.grid_version
    taxonomy = load_taxonomy() if version is None else find_version(version, load_settings().home)
    cell, topic = known_place(taxonomy, cell=request.cell, topic=request.topic)
    request = replace(request, cell=cell, topic=topic)
    _check(form, request)
    with store.read() as session:
        material = _material(session, taxonomy, form, request)
    return Exported(form.render(material), material.snapshot.papers)


def _material(
    session: Session, taxonomy: Taxonomy, form: ExportFormat, request: ExportRequest
) -> ExportMaterial:
    """Everything that the format draws on, read in one transaction."""
    from export.registry import ExportMaterial
    from landscape.arrivals import first_seen
    from landscape.grid import take_snapshot
    from landscape.history import snapshot_of_version, take_history
    from landscape.layout import slide_layout

    chosen, place = request.chosen, request.topic or request.cell
    snapshot = take_snapshot(session, taxonomy, as_of=request.as_of, filter=chosen)
    if request.grid_version is not None and request.as_of is not None:
        snapshot = snapshot_of_version(session, taxonomy, request.as_of)
    deck = request.deck or _deck_for(request)
    papers: tuple[PaperRow, ...] = ()
    everything: tuple[PaperRow, ...] | None = None
    if form.holds in ("papers", "both") or deck in ("place", "briefing"):
        narrow = deck != "briefing"
        papers = _all_papers(
            session,
            taxonomy,
            cell=request.cell if narrow else None,
            topic=request.topic if narrow else None,
            as_of=request.as_of,
            chosen=chosen,
            newest_first=form.name == "atom",
        )
        everything = papers if place is None or not narrow else None
    day = request.as_of.date() if request.as_of is not None else None
    draws_links = form.draws and form.name != "gif"
    movement = _movement(session, taxonomy, snapshot, request)
    return ExportMaterial(
        snapshot=snapshot,
        layout=slide_layout(taxonomy),
        papers=papers,
        links=chip_links(session, taxonomy, snapshot, request.base_url, day, everything)
        if draws_links
        else {},
        show_counts=request.show_counts,
        show_growth=request.show_growth,
        template=request.template,
        taxonomy=taxonomy,
        deck=deck,
        place=place,
        domain=request.domain,
        movement=movement,
        trends=_trends(session, taxonomy, deck, request),
        history=take_history(session, taxonomy, filter=chosen) if request.through_time else None,
        first_seen=first_seen(session, [paper.id for paper in papers]) if form.name == "atom" else {},
        base_url=request.base_url,
    )


def _deck_for(request: ExportRequest) -> str:
    """The deck that the other wishes ask for."""
    if request.cell or request.topic:
        return "place"
    if request.compare is not None:
        return "moved"
    return "phases" if request.domain is not None else "landscape"


def _trends(session: Session, taxonomy: Taxonomy, deck: str, request: ExportRequest) -> dict[str, Trend]:
    """Papers by quarter of the places that the deck shows."""
    from landscape.quarters import quarter_of
    from landscape.trends import take_trends

    last = None if request.as_of is None else quarter_of(request.as_of.date())
    wanted: list[str] = []
    if deck in ("rows", "briefing"):
        wanted = list(taxonomy.cells)
    elif deck == "place" and request.cell and not request.topic:
        wanted = [request.cell]
    found: dict[str, Trend] = {}
    if wanted:
        trends = take_trends(session, taxonomy, kind="cell", places=wanted, filter=request.chosen, last=last)
        found.update((trend.id, trend) for trend in trends.trends)
    if request.topic and deck in ("place", "briefing"):
        topics = take_trends(
            session, taxonomy, kind="topic", places=[request.topic], filter=request.chosen, last=last
        )
        found.update((trend.id, trend) for trend in topics.trends)
    return found


def _movement(
    session: Session, taxonomy: Taxonomy, snapshot: LandscapeSnapshot, request: ExportRequest
) -> Movement | None:
    from landscape.movement import take_movement

    if request.compare is None:
        return None
    before = datetime.combine(request.compare, time.max, tzinfo=UTC)
    return take_movement(session, taxonomy, before, snapshot.as_of, filter=request.chosen)


def _check(form: ExportFormat, request: ExportRequest) -> None:
    """Refuse what means nothing to the format, in one line that says what would."""
    from export.deck import DECKS
    from export.registry import FORMATS
    from export.text_safety import safe_link

    def names(wanted: Callable[[ExportFormat], bool]) -> str:
        known = [each.name for each in FORMATS.values() if wanted(each)]
        return " or ".join([", ".join(known[:-1]), known[-1]] if len(known) > 1 else known)

    if form.holds == "landscape" and (request.cell or request.topic) and "place" not in form.takes:
        raise RefusedInputError(
            "this format holds the whole landscape",
            hint=f"For one cell or topic use {names(lambda each: each.holds != 'landscape')}, or pptx.",
            format=form.name,
        )
    if not form.draws and not request.show_counts:
        raise RefusedInputError(
            "this format draws no chips: plain chips mean nothing to it",
            hint=f"They go with {names(lambda each: each.draws)}.",
            format=form.name,
        )
    if not form.draws and request.base_url is not None and "base-url" not in form.takes:
        raise RefusedInputError(
            "this format draws no chips: links mean nothing to it",
            hint=f"They go with {names(lambda each: each.draws or 'base-url' in each.takes)}.",
            format=form.name,
        )
    for option, value in (
        ("template", request.template),
        ("deck", request.deck),
        ("domain", request.domain),
        ("compare", request.compare),
        ("history", request.through_time or None),
    ):
        if value is not None and option not in form.takes:
            shown = "through-time" if option == "history" else option
            raise RefusedInputError(
                f"--{shown} means nothing to this format",
                hint=f"It goes with {names(lambda each, option=option: option in each.takes)}.",  # type: ignore[misc]
                format=form.name,
            )
    if request.deck is not None:
        _check_deck(request, request.deck, tuple(DECKS))
    if request.base_url is not None and safe_link(request.base_url) is None:
        raise RefusedInputError(
            "the address of the app is no http or https address",
            hint="It looks like https://landscape.example.org.",
            base_url=request.base_url,
        )
    if request.domain is not None and not 0 < len(request.domain.strip()) <= LONGEST_DOMAIN:
        raise RefusedInputError(
            f"the domain's name is empty or longer than {LONGEST_DOMAIN} characters",
            hint="Give a short one, such as Medical.",
            domain=request.domain,
        )
    now = utc_now()
    if request.as_of is not None and request.as_of.date() > now.date():
        raise RefusedInputError(
            "that day has not come", hint=f"Today is {now.date()} (UTC).", as_of=request.as_of.date()
        )
    if request.compare is not None and request.compare >= (request.as_of or now).date():
        raise RefusedInputError(
            "the day to compare with does not lie before the day shown",
            hint="Name an earlier day.",
            compare=request.compare,
        )


def _check_deck(request: ExportRequest, deck: str, known: tuple[str, ...]) -> None:
    needs = {
        "place": ("--cell or --topic", request.cell or request.topic),
        "moved": ("--compare", request.compare),
        "phases": ("--domain", request.domain),
    }
    if deck not in known:
        raise RefusedInputError("unknown deck", hint=f"Known decks: {', '.join(known)}.", deck=deck)
    if deck in needs and not needs[deck][1]:
        raise RefusedInputError(f"this deck needs {needs[deck][0]}", hint="Name one.", deck=deck)
