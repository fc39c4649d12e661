"""Pages behind chips and cells: Markdown with front matter, typed and cross-checked.

`taxonomy/pages/<pipeline>/<component>/<topic>.md` for topics, `_cell.md` beside them for cells.
Papers are named in the text as `[short name](paper:scheme:value)`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from foundation.errors import TaxonomyError
from taxonomy.library import load_library
from taxonomy.loader import founding_taxonomy, parse_yaml, validate

PAGES_FOLDER = Path(__file__).parent / "pages"
HEADINGS = ("What it is", "What belongs, and what does not", "Questions people work on", "Since 2023")
LEAST_WORDS, MOST_WORDS = 150, 350  # one screen of reading
_FRONT_MATTER = re.compile(r"\A---\n(?P<front>.*?)\n---\n(?P<body>.*)\Z", re.DOTALL)
_PAPER_LINK = re.compile(r"\]\(paper:(?P<key>[^)\s]+)\)")
_WORD = re.compile(r"[^\W_][\w'’-]*")

Words = Annotated[str, StringConstraints(min_length=2, max_length=80, strip_whitespace=True)]


class PageFront(BaseModel):
    """Front matter of a page.

    Attributes:
        id: Id of the topic or cell.
        title: Label of the topic or cell.
        terms: Words that a reader meets there.
        neighbours: Topics or cells nearby.
        start_with: Five library papers to read first, `scheme:value`.
        methods: Typical methods.
        datasets: Data sets used there.
        measures: Measures used there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: str
    terms: Annotated[tuple[Words, ...], Field(min_length=3, max_length=14)]
    neighbours: Annotated[tuple[str, ...], Field(min_length=1, max_length=6)]
    start_with: Annotated[tuple[str, ...], Field(min_length=5, max_length=5)]
    methods: Annotated[tuple[Words, ...], Field(min_length=2, max_length=12)]
    datasets: Annotated[tuple[Words, ...], Field(min_length=2, max_length=12)]
    measures: Annotated[tuple[Words, ...], Field(min_length=1, max_length=10)]


class TopicPage(BaseModel):
    """A page: front matter and Markdown body."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    front: PageFront
    body: str

    @property
    def word_count(self) -> int:
        """Words of the body, headings and link targets left out."""
        text = re.sub(r"^#+ .*$", "", _PAPER_LINK.sub("]", self.body), flags=re.MULTILINE)
        return len(_WORD.findall(text))

    @property
    def papers(self) -> tuple[str, ...]:
        """Ids of the papers that the body names."""
        return tuple(match["key"] for match in _PAPER_LINK.finditer(self.body))

    @property
    def sections(self) -> tuple[tuple[str, str], ...]:
        """Heading and text of each section, in order."""
        parts = re.split(r"^## (.+)$", self.body, flags=re.MULTILINE)
        return tuple(zip((h.strip() for h in parts[1::2]), (t.strip() for t in parts[2::2]), strict=True))


def read_page(path: Path) -> TopicPage:
    """Read one page.

    Raises:
        TaxonomyError: No front matter, or a field does not fit.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TaxonomyError(f"cannot read {path.name}: {error}", path=path) from error
    match = _FRONT_MATTER.match(text)
    if match is None:
        raise TaxonomyError(
            "page has no front matter", hint="Begin with --- and end it with ---.", page=path.name
        )
    try:
        front = parse_yaml(match["front"])
    except yaml.YAMLError as error:
        raise TaxonomyError(f"front matter is not YAML: {error}", page=path.name) from error
    return TopicPage(front=validate(PageFront, front, path), body=match["body"].strip())


def check_page(page: TopicPage, expected_id: str) -> None:
    """Check a page against taxonomy and library.

    Raises:
        TaxonomyError: Wrong id or title, a reference that leads nowhere, a missing heading, or a
            body that is too short or too long.
    """
    taxonomy, front = founding_taxonomy(), page.front
    topic = taxonomy.topic_by_id.get(front.id)
    label = topic.label if topic else taxonomy.cell_label(front.id) if front.id in taxonomy.cells else None
    if front.id != expected_id or label is None:
        raise TaxonomyError("page stands in the wrong place", id=front.id, expected=expected_id)
    if front.title != label:
        raise TaxonomyError(
            "page bears another title than the chart", id=front.id, title=front.title, label=label
        )
    for neighbour in front.neighbours:
        if neighbour == front.id or neighbour not in {*taxonomy.topic_by_id, *taxonomy.cells}:
            raise TaxonomyError("neighbour leads nowhere", id=front.id, neighbour=neighbour)
    known = library_keys()
    for key in (*front.start_with, *page.papers):
        if key not in known:
            raise TaxonomyError("page names a paper that the library lacks", id=front.id, paper=key)
    if len(set(front.start_with)) != len(front.start_with):
        raise TaxonomyError("page names a paper to start with twice", id=front.id)
    if tuple(heading for heading, _ in page.sections) != HEADINGS:
        raise TaxonomyError("page lacks a heading", hint=f"Use {', '.join(HEADINGS)}.", id=front.id)
    if not LEAST_WORDS <= page.word_count <= MOST_WORDS:
        raise TaxonomyError("page is too short or too long", id=front.id, words=page.word_count)


@lru_cache(maxsize=1)
def library_keys() -> frozenset[str]:
    """Every id of every library paper as `scheme:value`."""
    return frozenset(
        f"{scheme}:{value}"
        for paper in load_library()
        for scheme, value in paper.ids.model_dump(exclude_none=True).items()
    )


@lru_cache(maxsize=1)
def load_pages() -> dict[str, TopicPage]:
    """Every page that ships with the project, by topic or cell id, checked.

    Raises:
        TaxonomyError: A page is malformed or refers to something that does not exist.
    """
    pages: dict[str, TopicPage] = {}
    for path in sorted(PAGES_FOLDER.rglob("*.md")):
        place = path.relative_to(PAGES_FOLDER).with_suffix("").as_posix().removesuffix("/_cell")
        page = read_page(path)
        check_page(page, place)
        pages[place] = page
    return pages
