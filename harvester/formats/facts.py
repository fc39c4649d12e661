"""What a list says of a paper, whatever its format, made into a draft."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict

from harvester.rejects import RecordFaultError
from papers.draft import AuthorDraft, ExternalIdDraft, PaperDraft
from papers.ids import ExternalIdError, best_key, external_id_url, parse_external_id, title_id
from papers.merging import merge_ids
from papers.text import clean_text

_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d|21\d\d)(?!\d)")
_DAY = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?!\d)")
_VENUE_LIMIT_CHARACTERS = 80  # longer is the title of a volume, no short name


@dataclass
class Facts:
    """What a list says of one paper. Texts are plain, their markup undone.

    Attributes:
        title: Or empty.
        abstract: Or empty.
        authors: In order of print.
        names: Texts of which each should be an id (`doi:…`, `arxiv:…`).
        links: Addresses; of known sites they are ids, others only where there is no id.
        venue: Name of venue, journal or volume, short or long.
        year: Or None.
        published: Day of publication, or None.
        pages: Page range, or empty.
        categories: Keywords and subject terms.
        comment: Or empty.
        licence: Or empty.
        key: Citation key, or empty.
        version: Of an arXiv paper, where only the title tells it.
    """

    title: str = ""
    abstract: str = ""
    authors: tuple[AuthorDraft, ...] = ()
    names: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    venue: str = ""
    year: int | None = None
    published: date | None = None
    pages: str = ""
    categories: tuple[str, ...] = ()
    comment: str = ""
    licence: str = ""
    key: str = ""
    version: int | None = None


def draft_of(source: str, facts: Facts, skipped: Counter[str]) -> PaperDraft:
    """Make a draft.

    Args:
        source: Name of the format.
        facts: What the list says.
        skipped: Counts ids that are none.

    Returns:
        The draft; its `source_id` is its best id, since a citation key means nothing outside its
        file.

    Raises:
        RecordFaultError: No title, or nothing to know the paper by.
        pydantic.ValidationError: A value that no paper can have.
    """
    if not facts.title:
        raise RecordFaultError("the record has no title", "title")
    ids, landing = _ids(facts, skipped)
    ids = ids or _made_of_title(facts)
    if facts.version is not None:
        ids = tuple(
            name.model_copy(update={"version": facts.version})
            if name.scheme == "arxiv" and name.version is None
            else name
            for name in ids
        )
    venue, container = venue_of(facts.venue)
    best = best_key(ids)
    scheme, _, value = best.partition(":")
    return PaperDraft(
        source=source,
        source_id=best,
        title=facts.title,
        abstract=facts.abstract or None,
        authors=facts.authors,
        external_ids=ids,
        venue=venue or None,
        container_title=container or None,
        year=facts.year if facts.year is not None else (facts.published.year if facts.published else None),
        published=facts.published,
        pages=facts.pages or None,
        source_categories=facts.categories,
        comment=facts.comment or None,
        url=landing or external_id_url(scheme, value),
        licence=facts.licence or None,
        bibtex_key=facts.key or None,
    )


def _ids(facts: Facts, skipped: Counter[str]) -> tuple[tuple[ExternalIdDraft, ...], str]:
    """Ids, and the landing page."""
    found: list[ExternalIdDraft] = []
    plain: list[ExternalIdDraft] = []
    landing = ""
    for name in facts.names:
        try:
            found.append(parse_external_id(name))
        except ExternalIdError:
            skipped["id that is none"] += 1
    for link in facts.links:
        try:
            identity = parse_external_id(link)
        except ExternalIdError:
            skipped["link that is none"] += 1
            continue
        (plain if identity.scheme == "url" else found).append(identity)
        landing = landing or (link.strip() if link.strip().startswith(("http://", "https://")) else "")
    return merge_ids(found or plain[:1]), landing


def _made_of_title(facts: Facts) -> tuple[ExternalIdDraft, ...]:
    """A name for a paper to which the list gives none."""
    year = facts.year if facts.year is not None else (facts.published.year if facts.published else None)
    try:
        if not facts.authors or year is None:
            raise ExternalIdError("no author or no year")
        first = facts.authors[0]
        return (title_id(facts.title, first.family or first.name, year),)
    except ExternalIdError as error:
        raise RecordFaultError(
            "the record has no id, DOI or URL to know the paper by, nor a whole title with author and year",
            "id",
            " ".join(facts.names),
        ) from error


def venue_of(text: str) -> tuple[str, str]:
    """Short name and full title of a venue.

    Args:
        text: As a list writes it.

    Returns:
        The short name, or empty where the text is no name; the text where it says more than that.
    """
    name = clean_text(text)
    for pattern, short in _patterns():
        if pattern.search(name):
            return short, "" if name.casefold() == short.casefold() else name
    return (name, "") if len(name) <= _VENUE_LIMIT_CHARACTERS else ("", name)


def year_of(text: str) -> int | None:
    """The first year in a text (`2023`, `2023-05-01`, `May 2023`), or None."""
    match = _YEAR.search(text)
    return int(match[1]) if match else None


def day_of(text: str) -> date | None:
    """A day such as `2023-05-01` or `2023/5/1` at the beginning of a text, or None."""
    match = _DAY.match(text.strip())
    if match is None:
        return None
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        return None


def arxiv_year(value: str) -> int:
    """The year of an arXiv id, new or old: `2303.01248` or `hep-th/9901001`."""
    digits = value.rpartition("/")[2]
    year = int(digits[:2])
    return 2000 + year if "/" not in value or year < 91 else 1900 + year


def person(given: str, family: str, suffix: str = "") -> AuthorDraft | None:
    """An author in parts; None where there is no name at all."""
    given, family, suffix = clean_text(given), clean_text(family), clean_text(suffix)
    name = " ".join(part for part in (given, family, suffix) if part)
    if not name:
        return None
    return AuthorDraft(name=name, given=given or None, family=family or None)


@lru_cache(maxsize=1)
def short_names() -> dict[str, str]:
    """Short names of venues by lower-case short name, for file names such as `icml2023.jsonl`."""
    return {name.lower(): name for _, name in _patterns() if name != "arXiv"}


class _Name(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    pattern: str
    name: str


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    text = files("harvester").joinpath("formats/venue_names.yaml").read_text(encoding="utf-8")
    names = [_Name.model_validate(row) for row in yaml.safe_load(text)["venues"]]
    return tuple((re.compile(each.pattern, re.IGNORECASE), each.name) for each in names)
