"""Reads a Markdown reading list: which paper stands under which headings. Pure.

Awesome lists and surveys write papers in many ways: `- [Title](https://arxiv.org/abs/…)`,
`- **Title** [[paper]](…)`, `* Authors. "Title". [pdf](…)`, or a row of a table. A line is a paper when
it holds a link to a paper; its title is the link's own text, else the bold, quoted or plain text
that stands beside it. What cannot be read as either is listed, never dropped in silence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from foundation.errors import RefusedInputError
from papers.draft import ExternalIdDraft
from papers.ids import parse_external_id
from papers.text import clean_text

LIMIT_CHARACTERS = 5_000_000  # the longest awesome list known has 900,000
LEAST_TITLE_CHARACTERS = 8  # shorter link texts are "pdf", "code", "paper", "arXiv"
_HEADING = re.compile(r"^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+(?P<text>\S.*)$")
_ROW = re.compile(r"^\s*\|(?P<text>.+)\|\s*$")
_FENCE = re.compile(r"^\s*(```|~~~)")
_IMAGE = re.compile(r"\[?!\[[^\]]*\]\([^)]*\)(?:\]\([^)]*\))?|<img[^>]*>", re.IGNORECASE)
# One level of brackets inside the text of a link: `[[paper]](…)`, `[Title [v2]](…)`.
_LINK = re.compile(
    r"\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\])*)\]\((?P<url>[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)[^)]*\)"
)
_BARE = re.compile(r"https?://[^\s<>()\[\]|]+")
_EMPHASIS = re.compile(r"(\*\*|__)(?P<text>.+?)\1")
_QUOTED = re.compile(r"[\"“](?P<text>[^\"“”]{8,300})[\"”]")
_MARKS = re.compile(r"[*_`~]+|<[^>]{1,80}>|:[a-z0-9_+-]{1,30}:")
_LEAD = re.compile(
    r"^\s*(?:\[?[A-Z][A-Za-z-]{1,14}[ ’'-]?\d{2,4}\]?|\(?\d{4}[./-]\d{1,2}(?:[./-]\d{1,2})?\)?)[\s:.,)\]-]+"
)
# Texts of links that lead to a paper and yet are not its title.
_SERVICE_WORDS = frozenset(
    """paper pdf arxiv code github project page link website blog slides video dataset data demo bib
    bibtex abs html openreview acl doi doc docs model models huggingface hf poster repo official
    tweet""".split()  # noqa: SIM905 -- forty quoted lines would say no more
)


@dataclass(frozen=True)
class ListedPaper:
    """A paper as a reading list writes it.

    Attributes:
        title: Title as written there.
        ids: Ids found in its links, at least one.
        headings: Headings above it, outermost first.
        line: Line number, from 1.
    """

    title: str
    ids: tuple[ExternalIdDraft, ...]
    headings: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class UnreadLine:
    """A line that links to a paper and yet has no title."""

    line: int
    text: str
    reason: str


@dataclass(frozen=True)
class ReadingList:
    """What a reading list holds.

    Attributes:
        papers: In the order of the list.
        unread: Lines that could not be read.
    """

    papers: tuple[ListedPaper, ...]
    unread: tuple[UnreadLine, ...]


def parse_reading_list(text: str) -> ReadingList:
    """Read a Markdown reading list.

    Args:
        text: The list.

    Returns:
        Papers with the headings above them, and lines that could not be read.

    Raises:
        RefusedInputError: The text is too long to be a list, or is no text.
    """
    if len(text) > LIMIT_CHARACTERS:
        raise RefusedInputError("the list is too long", characters=len(text), limit=LIMIT_CHARACTERS)
    if "\x00" in text:
        raise RefusedInputError("the list is no text: it holds NUL", hint="Save it as UTF-8 Markdown.")
    papers: list[ListedPaper] = []
    unread: list[UnreadLine] = []
    headings: dict[int, str] = {}
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if _FENCE.match(line):
            fenced = not fenced
            continue
        if fenced:
            continue
        if heading := _HEADING.match(line):
            level = len(heading[1])
            headings = {above: name for above, name in headings.items() if above < level}
            headings[level] = _plain(heading[2])
            continue
        item = _ITEM.match(line) or _ROW.match(line)
        body = item["text"] if item else line
        if item is None and "](" not in line and "http" not in line:
            continue
        read = _read_item(body)
        if read is None:
            continue
        title, ids = read
        if title is None:
            unread.append(UnreadLine(number, clean_text(body)[:200], "no title beside the link"))
        else:
            place = tuple(headings[level] for level in sorted(headings))
            papers.append(ListedPaper(title, ids, place, number))
    return ReadingList(tuple(papers), tuple(unread))


def _read_item(body: str) -> tuple[str | None, tuple[ExternalIdDraft, ...]] | None:
    body = _IMAGE.sub(" ", body)
    links = [(match["text"], match["url"]) for match in _LINK.finditer(body)]
    urls = [url for _, url in links] + _BARE.findall(_LINK.sub(" ", body))
    ids: dict[str, ExternalIdDraft] = {}
    titles: list[str] = []
    for url in urls:
        found = _paper_id(url)
        if found is not None:
            ids.setdefault(found.scheme, found)
    if not ids:
        return None
    for text, url in links:
        if _paper_id(url) is not None:
            titles.append(_plain(text))
    beside = _LINK.sub(lambda match: f" {match['text']} " if not _is_service(match["text"]) else " ", body)
    titles += [_plain(match["text"]) for match in _EMPHASIS.finditer(body)]
    titles += [_plain(match["text"]) for match in _QUOTED.finditer(beside)]
    titles += (
        [_plain(cell) for cell in beside.split("|")] if "|" in body else [_plain(_BARE.sub(" ", beside))]
    )
    title = next((text for text in titles if _is_title(text)), None)
    return title, tuple(ids.values())


def _paper_id(url: str) -> ExternalIdDraft | None:
    host = (urlsplit(url).hostname or "") if "://" in url else ""
    if not host:
        return None
    try:
        found = parse_external_id(url)
    except RefusedInputError:
        return None
    return None if found.scheme == "url" else found


def _is_service(text: str) -> bool:
    words = re.findall(r"[a-z]+", text.lower())
    return not words or all(word in _SERVICE_WORDS for word in words)


def _is_title(text: str) -> bool:
    return (
        len(text) >= LEAST_TITLE_CHARACTERS
        and not _is_service(text)
        and " " in text
        and not _BARE.match(text)
    )


def _plain(text: str) -> str:
    text = _LINK.sub(lambda match: match["text"], text)
    text = clean_text(_MARKS.sub("", text)).strip(' -–—:|,;[]"“”')
    shorter = _LEAD.sub("", text)
    return (shorter if len(shorter) >= LEAST_TITLE_CHARACTERS else text).strip(" -–—:|,;.")
