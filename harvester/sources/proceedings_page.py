"""Pages of the proceedings sites of NeurIPS and ICLR, which run on one engine: indexes and papers.

Two layouts are known. Until spring 2026 an abstract stood behind `<h4>Abstract</h4>` and the authors in
`<i>`; since then behind `<h2 class="section-label">Abstract</h2>` in `<p class="paper-abstract"><p>…`, and
the authors in `<span class="paper-authors">`. Both carry `citation_…` metadata. What a page says is
looked for by those names, wherever on the page it stands.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal
from urllib.parse import urlsplit

from lxml import etree

from harvester.html import parse_html
from harvester.rejects import RecordFaultError
from papers.draft import AuthorDraft, ExternalIdDraft, PaperDraft
from papers.ids import ExternalIdError, as_arxiv, parse_doi, parse_openreview_id
from papers.text import clean_text, latex_to_text

_ABSTRACT = re.compile(
    r"/paper(?:_files/paper)?/(?P<year>[12]\d{3})/hash/(?P<hash>[0-9a-f]{32})-Abstract(?:-(?P<track>[\w-]{1,60}))?\.html",
    re.IGNORECASE | re.ASCII,
)
_FILE = re.compile(
    r"/paper(?:_files/paper)?/(?P<year>[12]\d{3})/file/(?P<hash>[0-9a-f]{32})-Paper(?:-(?P<track>[\w-]{1,60}))?\.pdf",
    re.IGNORECASE | re.ASCII,
)
_PART = re.compile(r"/paper(?:_files/paper)?/[12]\d{3}/(?P<part>[a-z0-9][a-z0-9_-]{1,80})/?", re.IGNORECASE)
_COUNT = re.compile(r"(\d{1,5}) papers?")
_HEADING = re.compile(r"h[1-6]")
_NO_PROSE = frozenset({"button", "footer", "form", "nav", "script", "style"})
_NAME_BREAK = re.compile(r"\s*,\s*(?:and\s+)?|\s+and\s+|\s*;\s*")
_LETTER = re.compile(r"[^\W\d_]")
_DAY = re.compile(r"(\d{4})[-/](\d\d?)[-/](\d\d?)")
# What the oldest volumes, whose abstracts were taken from scans, say instead of one.
_NO_ABSTRACT = re.compile(r"(?:abstract )?(?:missing|unavailable|not available|none)[.]?", re.IGNORECASE)
_GLYPH = re.compile(r"\(cid:173\)\s*")  # a soft hyphen as a PDF extractor writes it


@dataclass(frozen=True)
class Listed:
    """One paper as an index lists it.

    Attributes:
        path: Path of its page.
        year: The year that its path names.
        title: Its title.
    """

    path: str
    year: str
    title: str


@dataclass(frozen=True)
class Index:
    """What an index page lists.

    Attributes:
        papers: By path, each once.
        parts: Paths of further indexes of the same year (a volume by track).
        stated: How many papers the page itself says it lists (the greatest number, should it count
            tracks too), or None.
    """

    papers: tuple[Listed, ...]
    parts: tuple[str, ...]
    stated: int | None


@dataclass
class PaperPage:
    """What a paper's page says.

    Attributes:
        year: Of the proceedings.
        digits: The 32 hex digits that name the paper.
        track: Track as the address spells it (`Datasets_and_Benchmarks_Track`), or empty.
        title, abstract: Plain text; empty where the page has none.
        no_abstract: The page says that there is no abstract.
        authors: In order.
    """

    year: int = 0
    digits: str = ""
    track: str = ""
    title: str = ""
    abstract: str = ""
    no_abstract: bool = False
    authors: list[AuthorDraft] = field(default_factory=list)
    meta: dict[str, str] = field(default_factory=dict)
    forum: str = ""


def read_index(payload: bytes) -> Index:
    """Read an index page.

    Args:
        payload: The page.

    Returns:
        The papers that it lists, sorted by path.

    Raises:
        DamagedPageError: It is no whole HTML page.
    """
    root = parse_html(payload, what="the index of the proceedings")
    papers: dict[str, Listed] = {}
    parts: set[str] = set()
    for link in root.iter("a"):
        path = urlsplit_path(link.get("href", ""))
        found = _ABSTRACT.fullmatch(path)
        if found is not None:
            papers.setdefault(path, Listed(path, found["year"], _text(link)))
        elif _PART.fullmatch(path):
            parts.add(path.rstrip("/"))
    stated = None
    for element in root.iter("span"):
        if "paper-count" in classes(element):
            found = _COUNT.search(_text(element))
            stated = max(int(found[1]), stated or 0) if found else stated
    return Index(tuple(papers[path] for path in sorted(papers)), tuple(sorted(parts)), stated)


def read_paper(payload: bytes, url: str) -> PaperPage:
    """Read a paper's page, whichever of the layouts it has.

    Args:
        payload: The page.
        url: Where it came from; names the paper where it is the page's own address.

    Returns:
        What the page says.

    Raises:
        DamagedPageError: It is no whole HTML page.
        RecordFaultError: It does not say which paper it is, or that of another than asked for.
    """
    root = parse_html(payload, what="the page of a paper")
    page = PaperPage(meta={})
    names: list[str] = []
    for meta in root.iter("meta"):
        name, content = meta.get("name", "").lower(), meta.get("content", "")
        if name == "citation_author":
            names.append(content)
        elif name.startswith("citation_"):
            page.meta.setdefault(name.removeprefix("citation_"), content)
    _identify(page, root, url)
    page.title = latex_to_text(page.meta.get("title", "")) or _title(root)
    page.authors = [author for name in names if (author := _cited(name))] or _visible_authors(root)
    page.abstract = _GLYPH.sub("", _section(root, "Abstract") or _class_text(root, "paper-abstract"))
    if _NO_ABSTRACT.fullmatch(page.abstract):
        page.abstract, page.no_abstract = "", True
    return page


def draft_of_paper(
    source: Literal["neurips", "iclr"], venue: str, base_url: str, page: PaperPage, skipped: Counter[str]
) -> PaperDraft:
    """Make a draft of a paper's page.

    Args:
        source: Name of the source, which is also the scheme of its ids.
        venue: Short name of the venue.
        base_url: Where the proceedings stand.
        page: What the page says.
        skipped: Counts what was left out.

    Returns:
        The draft.

    Raises:
        RecordFaultError: The page has no title or no author.
        pydantic.ValidationError: It makes no draft.
    """
    if not page.title:
        raise RecordFaultError("the page has no title", "title")
    if not page.authors:
        raise RecordFaultError("the page has no authors", "authors")
    if page.no_abstract:
        skipped["no abstract, as the page says"] += 1
    ids = [ExternalIdDraft(scheme=source, value=f"{page.year}/{page.digits}")]
    if page.meta.get("doi"):
        try:
            ids.append(as_arxiv(parse_doi(page.meta["doi"])))
        except ExternalIdError:
            skipped["DOI that is none"] += 1
    if page.forum:
        try:
            ids.append(parse_openreview_id(page.forum))
        except ExternalIdError:
            skipped["OpenReview id that is none"] += 1
    track = page.track.replace("_", " ").strip()
    suffix = f"-{page.track}" if page.track else ""
    first, last = (clean_text(page.meta.get(name, "")) for name in ("firstpage", "lastpage"))
    return PaperDraft(
        source=source,
        source_id=f"{page.year}/{page.digits}",
        title=page.title,
        abstract=latex_to_text(page.abstract),
        authors=tuple(page.authors),
        external_ids=tuple(ids),
        venue=venue,
        container_title=_container(page.meta),
        volume_id=str(page.year),
        year=page.year,
        published=_day(page.meta.get("publication_date", "")),
        pages=f"{first}-{last}" if first and last else first,
        source_categories=(track,) if track else (),
        url=f"{base_url}/paper_files/paper/{page.year}/hash/{page.digits}-Abstract{suffix}.html",
    )


def urlsplit_path(href: str) -> str:
    """The path of a link; empty where it is none."""
    try:
        return urlsplit(href.strip()).path
    except ValueError:
        return ""


def classes(element: etree._Element) -> list[str]:
    """The classes of an element."""
    return element.get("class", "").split()


def _identify(page: PaperPage, root: etree._Element, url: str) -> None:
    """Which paper it is: by the page's address, and by the PDF that it links to."""
    asked = _ABSTRACT.fullmatch(urlsplit_path(url))
    linked = [found for href in _links(root, page.meta) if (found := _FILE.fullmatch(href)) is not None]
    if asked is not None and linked and all(found["hash"] != asked["hash"] for found in linked):
        raise RecordFaultError("the page is that of another paper", "id", linked[0]["hash"])
    found = asked or next(iter(linked), None)
    if found is None:
        raise RecordFaultError("the page does not say which paper it is", "id")
    page.year, page.digits = int(found["year"]), found["hash"].lower()
    page.track = found["track"] or ""
    for link in root.iter("a"):
        href = link.get("href", "")
        if "openreview.net/forum" in href:
            page.forum = href.strip()
            return


def _links(root: etree._Element, meta: dict[str, str]) -> Iterator[str]:
    yield urlsplit_path(meta.get("pdf_url", ""))
    for link in root.iter("a"):
        yield urlsplit_path(link.get("href", ""))


def _title(root: etree._Element) -> str:
    """The title without metadata: the first heading that the page's own `<title>` names too.

    Without the second condition the site's name would do for every paper's.
    """
    named = " ".join(_text(element) for element in root.iter("title"))
    for element in root.iter("h1", "h2", "h3", "h4"):
        text = _text(element)
        if text and text in named:
            return text
    return ""


def _visible_authors(root: etree._Element) -> list[AuthorDraft]:
    line = _class_text(root, "paper-authors") or _section(root, "Authors")
    names = (clean_text(name) for name in _NAME_BREAK.split(line))
    return [AuthorDraft(name=name) for name in names if _LETTER.search(name)]


def _cited(content: str) -> AuthorDraft | None:
    """A name in metadata: `Family, Given`, or as it is spoken."""
    family, comma, given = latex_to_text(content).partition(", ")
    if not _LETTER.search(family):
        return None
    name = f"{given} {family}".strip()
    return AuthorDraft(name=name, given=given or None, family=family if comma else None)


def _section(root: etree._Element, label: str) -> str:
    """The text behind a heading, up to the next one.

    Read by siblings, because HTML ends a `<p>` where another begins: of `<p class="paper-abstract"><p>…`
    a parser makes an empty paragraph and a full one beside it.
    """
    for element in root.iter("h1", "h2", "h3", "h4", "h5", "h6"):
        if _text(element).rstrip(":") != label:
            continue
        pieces = [element.tail or ""]
        for sibling in element.itersiblings():
            if not isinstance(sibling.tag, str):
                continue
            if sibling.tag == "section" or any(_is_heading(inner) for inner in sibling.iter()):
                break
            if sibling.tag not in _NO_PROSE:
                pieces.append(_text(sibling))
            pieces.append(sibling.tail or "")
        text = clean_text(" ".join(pieces))
        if text:
            return text
    return ""


def _is_heading(element: etree._Element) -> bool:
    return isinstance(element.tag, str) and _HEADING.fullmatch(element.tag) is not None


def _class_text(root: etree._Element, name: str) -> str:
    for element in root.iter("p", "span", "div"):
        if name in classes(element):
            text = _text(element)
            if text:
                return text
    return ""


def _text(element: etree._Element) -> str:
    return clean_text("".join(map(str, element.itertext())))


def _container(meta: dict[str, str]) -> str | None:
    title = clean_text(meta.get("journal_title") or meta.get("conference_title") or "")
    volume = clean_text(meta.get("volume", ""))
    return f"{title} {volume}".strip() if title else None


def _day(text: str) -> date | None:
    """A whole date; a year alone is none."""
    found = _DAY.fullmatch(text.strip())
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError as error:
        raise RecordFaultError("the date of publication is none", "publication_date", text) from error
