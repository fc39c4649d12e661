"""Newest papers as an Atom feed (RFC 4287): of a cell, a topic, a saved search, the whole, or what moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as Tree

from export.definitions import place_label
from export.registry import ExportMaterial
from export.text_safety import safe_link, safe_text
from export.wording import filter_words
from foundation.clock import as_utc
from landscape.links import LandscapeState, permalink
from landscape.movement import Movement
from landscape.movement_words import change_words, headline_words, place_words
from landscape.types import LandscapeFilter, PaperRow
from taxonomy.loader import load_taxonomy

ATOM = "http://www.w3.org/2005/Atom"
FEED_ENTRIES = 100  # readers ask often; who wants more takes CSV or the API
GENERATOR = "LLM Research Landscape"
# Ids must never change and need no host: UUIDs made from what an entry is (RFC 4122, version 5).
_ROOT = uuid5(NAMESPACE_URL, "llm-landscape")


@dataclass(frozen=True)
class Feed:
    """Head of a feed.

    Attributes:
        name: What it is of, the same for ever: `topic:inference/context/rag`.
        title: As a reader shows it.
        subtitle: What it holds.
        updated: Newest change.
        self_url: Where it can be fetched again, or None.
        page_url: The page that shows the same, or None.
    """

    name: str
    title: str
    subtitle: str
    updated: datetime
    self_url: str | None = None
    page_url: str | None = None


def papers_atom(feed: Feed, papers: Sequence[PaperRow], first_seen: Mapping[str, datetime]) -> bytes:
    """Papers as a feed.

    Args:
        feed: Its head.
        papers: Newest first; at most 100 are written.
        first_seen: When the store first held each, by id; a paper that is not in it counts from
            its day of publication.

    Returns:
        UTF-8; the same input gives the same bytes.
    """
    root = _feed(feed)
    for paper in papers[:FEED_ENTRIES]:
        _paper(root, paper, first_seen.get(paper.id) or _published(paper) or feed.updated)
    return _written(root)


def movement_atom(feed: Feed, movement: Movement) -> bytes:
    """What moved as a feed: an entry a topic that rises, fades or is new, then newest papers.

    Args:
        feed: Its head.
        movement: What moved.

    Returns:
        UTF-8.
    """
    root = _feed(feed)
    span = f"{movement.before:%Y-%m-%d}/{movement.after:%Y-%m-%d}"
    for direction in ("rising", "fading", "new"):
        for place in movement.moved(direction):
            entry = _child(root, "entry")
            _child(entry, "id", _urn(f"moved:{span}:{place.id}"))
            _child(entry, "title", f"{place.label}: {direction}, {change_words(place)}")
            _child(entry, "updated", _stamp(movement.after))
            _child(
                entry,
                "summary",
                f"{movement.before:%Y-%m-%d} to {movement.after:%Y-%m-%d}. {place_words(place)}.",
            )
            _child(entry, "category", term=place.id, label=place.label)
    for paper in movement.papers:
        _paper(root, paper, _published(paper) or movement.after)
    return _written(root)


def render(material: ExportMaterial) -> bytes:
    """The registry's entry: the newest papers, or what moved where two dates were named."""
    snapshot = material.snapshot
    taxonomy = material.taxonomy or load_taxonomy()
    movement = material.movement
    if movement is not None:
        title = f"What moved, {movement.before:%Y-%m-%d} to {movement.after:%Y-%m-%d}"
        return movement_atom(Feed("moved", title, headline_words(movement), movement.after), movement)
    label = place_label(taxonomy, material.place) if material.place else "All papers"
    feed = feed_of(material.place, label, snapshot.filter, snapshot.as_of, base_url=material.base_url)
    return papers_atom(feed, material.papers, material.first_seen)


def feed_of(
    place: str | None,
    label: str,
    chosen: LandscapeFilter,
    as_of: datetime,
    *,
    base_url: str | None = None,
    self_url: str | None = None,
) -> Feed:
    """Head of the feed of a place and a filter.

    Args:
        place: Cell or topic id, or None for the whole.
        label: Of the place.
        chosen: Which papers count.
        as_of: Newest change.
        base_url: Address of a running app; gives the page that shows the same.
        self_url: Where the feed can be fetched again.

    Returns:
        The head; equal places and filters have equal names.
    """
    narrowed = filter_words(chosen)
    title = f"{label} – LLM research landscape" + (f" ({narrowed})" if narrowed else "")
    page = None
    if base_url is not None:
        is_topic = place is not None and place.count("/") == 2
        state = LandscapeState(
            cell=None if is_topic else place, topic=place if is_topic else None, filter=chosen, sort="date"
        )
        page = permalink(base_url, state)
    subtitle = f"Papers of {label}, newest first."
    return Feed(f"papers:{place or ''}:{narrowed}", title, subtitle, as_of, self_url, page)


def _feed(feed: Feed) -> Tree.Element:
    Tree.register_namespace("", ATOM)
    root = Tree.Element(f"{{{ATOM}}}feed")
    _child(root, "id", _urn(feed.name))
    _child(root, "title", feed.title)
    _child(root, "subtitle", feed.subtitle)
    _child(root, "updated", _stamp(feed.updated))
    _child(root, "generator", GENERATOR)
    _child(_child(root, "author"), "name", GENERATOR)
    for relation, url in (("self", feed.self_url), ("alternate", feed.page_url)):
        address = safe_link(url)
        if address:
            _child(root, "link", rel=relation, href=address)
    return root


def _paper(root: Tree.Element, paper: PaperRow, updated: datetime) -> None:
    entry = _child(root, "entry")
    _child(entry, "id", _urn(f"paper:{paper.id}"))
    _child(entry, "title", paper.title or paper.id)
    _child(entry, "updated", _stamp(updated))
    published = _published(paper)
    if published is not None:
        _child(entry, "published", _stamp(published))
    for name in paper.authors:
        if safe_text(name):
            _child(_child(entry, "author"), "name", name)
    url = safe_link(paper.url)
    if url:
        _child(entry, "link", rel="alternate", href=url)
    for place in (*paper.cells, *paper.topics):
        _child(entry, "category", term=place)
    where = " ".join(part for part in (paper.venue or "", str(paper.year or "")) if part)
    evidence = f"“{paper.evidence}”" if paper.evidence else ""
    summary = " · ".join(part for part in (where, paper.cell or "", evidence, paper.id) if part)
    _child(entry, "summary", summary)


def _child(node: Tree.Element, name: str, text: str | None = None, **attributes: str) -> Tree.Element:
    safe = {key: safe_text(value) for key, value in attributes.items()}
    child = Tree.SubElement(node, f"{{{ATOM}}}{name}", safe)
    if text is not None:
        child.text = safe_text(text)  # of type text: readers show markup in it as it stands
    return child


def _published(paper: PaperRow) -> datetime | None:
    return None if paper.published is None else datetime.combine(paper.published, time.min, tzinfo=UTC)


def _stamp(moment: datetime) -> str:
    return as_utc(moment).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _urn(name: str) -> str:
    return f"urn:uuid:{uuid5(_ROOT, safe_text(name))}"


def _written(root: Tree.Element) -> bytes:
    return bytes(Tree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"
