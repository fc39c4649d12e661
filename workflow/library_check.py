"""Checks the starter library's bibliographic facts against files of known records.

Titles that come from sources must agree letter for letter (by `papers.text.title_key`); titles
that come from reading lists are compared loosely, since lists shorten and retype.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from foundation.errors import LandscapeError, RefusedInputError
from papers.ids import parse_external_id
from papers.text import latex_to_text, title_key
from taxonomy.library import LibraryPaper

LOOSE_OVERLAP = 0.6  # least Jaccard overlap of title words for rows that come from reading lists
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class KnownFacts:
    """What a file says of one paper.

    Attributes:
        title: Title as it stands there.
        first_author: First author, or None where the file holds none.
        year: Year of the id's first version or of the venue, or None.
        loose: Whether the row comes from a reading list.
        origin: Name of the file.
    """

    title: str
    first_author: str | None
    year: int | None
    loose: bool
    origin: str


@dataclass(frozen=True)
class Mismatch:
    """A fact that differs."""

    id: str
    field: str
    library: str
    held: str
    origin: str


@dataclass
class LibraryCheck:
    """Result of a check.

    Attributes:
        papers: Papers of the library.
        titles_checked: Papers whose title was compared letter for letter.
        titles_loose: Papers found in reading lists alone, compared loosely.
        authors_checked: Papers whose first author was compared.
        years_checked: Papers whose year was compared.
        unchecked: Ids that no file holds.
        mismatches: Facts that differ.
    """

    papers: int
    titles_checked: int = 0
    titles_loose: int = 0
    authors_checked: int = 0
    years_checked: int = 0
    unchecked: list[str] = field(default_factory=list)
    mismatches: list[Mismatch] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """Lines for a terminal."""

        def share(count: int) -> str:
            return f"{count} of {self.papers} ({100 * count / self.papers:.1f} %)" if self.papers else "0"

        titles = self.titles_checked + self.titles_loose
        yield f"title checkable: {share(titles)}, {self.titles_loose} of them loosely"
        yield f"first author checked: {share(self.authors_checked)}"
        yield f"year checked: {share(self.years_checked)}"
        yield f"not held in the files: {len(self.unchecked)}" + (
            f": {', '.join(self.unchecked[:10])}{' …' if len(self.unchecked) > 10 else ''}"
            if self.unchecked
            else ""
        )
        for wrong in self.mismatches:
            library = f"library {wrong.library!r}"
            yield f"MISMATCH {wrong.id} {wrong.field}: {library}, {wrong.origin} {wrong.held!r}"
        yield f"mismatches: {len(self.mismatches)}"


def arxiv_year(value: str) -> int:
    """Year of an arXiv id's first version: the id begins with year and month (`2106.09685`)."""
    digits = value.rpartition("/")[2][:2]
    century = 1900 if "/" in value and int(digits) > 50 else 2000
    return century + int(digits)


def check_library(papers: Sequence[LibraryPaper], files: Sequence[Path]) -> LibraryCheck:
    """Check a library against files of known records.

    Args:
        papers: The library.
        files: TSV of `id, origin, title`; JSONL with `id, title` and maybe `authors` or `author`;
            raw source files that `landscape import` reads. All may be .gz.

    Returns:
        Shares and mismatches.

    Raises:
        RefusedInputError: A file cannot be read.
    """
    wanted = {f"{scheme}:{value}".lower() for paper in papers for scheme, value in _ids(paper)}
    wanted_titles = {title_key(paper.title) for paper in papers}
    held: dict[str, list[KnownFacts]] = {}
    by_title: dict[str, list[KnownFacts]] = {}
    for path in files:
        for keys, facts in _known(path):
            for key in keys & wanted:
                held.setdefault(key, []).append(facts)
            if facts.first_author and (title := title_key(facts.title)) in wanted_titles:
                by_title.setdefault(title, []).append(facts)
    result = LibraryCheck(papers=len(papers))
    for paper in papers:
        facts_list = [
            facts for scheme, value in _ids(paper) for facts in held.get(f"{scheme}:{value}".lower(), [])
        ]
        _check_paper(result, paper, facts_list, by_title.get(title_key(paper.title), []))
    return result


def _ids(paper: LibraryPaper) -> list[tuple[str, str]]:
    return list(paper.ids.model_dump(exclude_none=True).items())


def _check_paper(
    result: LibraryCheck, paper: LibraryPaper, held: list[KnownFacts], same_title: list[KnownFacts]
) -> None:
    def differs(name: str, ours: object, facts: KnownFacts, theirs: object) -> None:
        result.mismatches.append(Mismatch(paper.key, name, str(ours), str(theirs), facts.origin))

    if not held:
        result.unchecked.append(paper.key)
        return
    strict = [facts for facts in held if not facts.loose]
    # One work may bear a working title in one source: one source that agrees is proof enough.
    if strict:
        result.titles_checked += 1
        if all(title_key(facts.title) != title_key(paper.title) for facts in strict):
            differs("title", paper.title, strict[0], strict[0].title)
    else:
        result.titles_loose += 1
        if all(not _loosely_equal(facts.title, paper.title) for facts in held):
            differs("title (loose)", paper.title, held[0], held[0].title)
    authors = [facts for facts in (strict or held) if facts.first_author] or same_title
    if authors:
        result.authors_checked += 1
        if all(title_key(facts.first_author or "") != title_key(paper.authors[0]) for facts in authors):
            differs("first author", paper.authors[0], authors[0], authors[0].first_author)
    arxiv = paper.ids.arxiv
    years = {arxiv_year(arxiv)} if arxiv else {facts.year for facts in held if facts.year}
    if years:
        result.years_checked += 1
        if paper.year not in years:
            differs("year", paper.year, held[0], sorted(years))


def _loosely_equal(left: str, right: str) -> bool:
    one, other = title_key(left), title_key(right)
    if one == other or (min(len(one), len(other)) >= 12 and (one in other or other in one)):
        return True
    a, b = ({word.casefold() for word in _WORD.findall(text)} for text in (left, right))
    return bool(a and b) and len(a & b) / len(a | b) >= LOOSE_OVERLAP


def _known(path: Path) -> Iterator[tuple[set[str], KnownFacts]]:
    name = path.name.removesuffix(".gz")
    if name.endswith(".tsv"):
        yield from _known_tsv(path)
    elif name.endswith((".jsonl", ".json")):
        yield from _known_jsonl(path)
    else:
        yield from _known_raw(path)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as lines:
            yield from enumerate(lines, 1)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise RefusedInputError(f"cannot read the file: {error}", path=path) from error


def _known_tsv(path: Path) -> Iterator[tuple[set[str], KnownFacts]]:
    for number, line in _lines(path):
        parts = line.rstrip("\n").split("\t")
        if len(parts) != 3:
            raise RefusedInputError("a row needs id, origin and title", path=path, line=number)
        identifier, origin, title = parts
        year = (
            arxiv_year(identifier) if re.match(r"(\d{4}\.|[a-z-]+(\.[A-Z]{2})?/\d{7})", identifier) else None
        )
        yield {f"arxiv:{identifier}".lower()}, KnownFacts(title, None, year, origin == "list", path.name)


def _known_jsonl(path: Path) -> Iterator[tuple[set[str], KnownFacts]]:
    for number, line in _lines(path):
        if not line.strip():
            continue
        try:
            row: dict[str, Any] = json.loads(line)
        except json.JSONDecodeError as error:
            raise RefusedInputError(f"not a JSON line: {error}", path=path, line=number) from error
        title = latex_to_text(str(row.get("title") or ""))
        # RSS feeds close the title with `. (arXiv:2207.06591v3 [cs.CL] UPDATED)`.
        title = re.sub(r"\s*\(arXiv:[^)]*\)\s*$", "", title)
        authors = row.get("authors") or _split_names(str(row.get("author") or ""))
        first = str(authors[0]) if isinstance(authors, list) and authors and authors[0] else None
        loose = isinstance(row.get("labels"), list)
        key = _key(str(row.get("id") or ""))
        year = arxiv_year(key.partition(":")[2]) if key and key.startswith("arxiv:") else None
        yield ({key.lower()} if key else set()), KnownFacts(title, first, year, loose, path.name)


def _split_names(names: str) -> list[str]:
    """Names in one string: lists part them by `;`, some by `,`; never by both."""
    return [name.strip() for name in names.split(";" if ";" in names else ",")]


def _key(identifier: str) -> str | None:
    for text in (identifier, f"openreview:{identifier}"):
        try:
            return parse_external_id(text).key
        except RefusedInputError:
            continue
    return None


def _known_raw(path: Path) -> Iterator[tuple[set[str], KnownFacts]]:
    from harvester.files import read_import_file

    try:
        source, pages = read_import_file(path)
        parsed = [source.parse(page) for page in pages]
    except LandscapeError as error:
        raise RefusedInputError(f"cannot read the file: {error}", path=path) from error
    for page in parsed:
        for record in page.records:
            draft = record.draft
            first = draft.authors[0].name if draft.authors else None
            keys = {identifier.key.lower() for identifier in draft.external_ids}
            yield keys, KnownFacts(draft.title, first, draft.year, False, path.name)
