"""Rows of papers: JSON Lines, a JSON array, or CSV with a header; this project's own lists too.

Field names vary from one public list to the next, so several are read for each fact. Rows of papers
that were not accepted (`status` or `decision` says so) are counted and left out. What is special to
one kind of list: `rows_arxiv` knows the marks of arXiv's feeds.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from harvester.formats.bibtex import bibtex_authors
from harvester.formats.facts import Facts, arxiv_year, day_of, draft_of, person, short_names, year_of
from harvester.formats.reader import NoPaperError, cut_pages, decoded, first_record, read_records
from harvester.formats.rows_arxiv import without_feed_marks
from harvester.json_page import canonical_json, parse_json
from harvester.rejects import RecordFaultError
from harvester.source import FileFormat, WirePage
from harvester.xml import DamagedPageError
from papers.draft import AuthorDraft, PaperDraft
from papers.ids import ExternalIdError, parse_arxiv_id
from papers.record import ParsedPage
from papers.text import clean_text, latex_to_text

PARSER_VERSION = 1
MEDIA_TYPE = "application/jsonl"

# Names under which lists give a fact, in the order in which they are believed.
_ABSTRACT = ("abstract", "summary")
_AUTHORS = ("authors", "author")
_IDS = (
    "id",
    "paper_id",
    "arxiv_id",
    "arxiv",
    "doi",
    "acl_id",
    "openreview_id",
    "openreview",
    "ids",
    "externalIds",
)
_LINKS = ("url", "abs", "link", "site", "proceeding", "pdf")
_VENUE = ("venue", "conference", "journal", "booktitle")
_CATEGORIES = ("categories", "keywords")
_DATE = ("published", "published_date", "date", "publicationDate")
_STATUS = ("status", "decision")
# Keys of `ids` that name another scheme than papers.ids does.
_SCHEMES = {"corpusid": "s2:CorpusId", "paperid": "s2"}
_KNOWN_SCHEMES = frozenset(
    {"arxiv", "doi", "acl", "pmlr", "neurips", "iclr", "openreview", "s2", "url", "title"}
)
_OPENREVIEW = re.compile(r"(?!site_)[A-Za-z0-9_-]{9,12}")
_NOT_ACCEPTED = re.compile(r"reject|withdra", re.IGNORECASE)
_FILE_NAME = re.compile(r"(?P<venue>[a-z]+)[-_ ]?(?P<year>(?:19|20)\d\d)(?!\d)", re.IGNORECASE)
_TOO_MANY = "(more)"  # where a CSV row's values go for which there is no column
_HEAD_JSON = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*\[?\s*\{")
_TITLE_KEY = re.compile(rb'"title"\s*:', re.IGNORECASE)


class JsonRowsFile:
    """JSON Lines, or a JSON array of objects."""

    name = "JSONL"

    def recognises(self, file_name: str, head: bytes) -> bool:
        """Whether it begins with an object, or an array of objects, that has a title."""
        return _HEAD_JSON.search(head) is not None and _TITLE_KEY.search(head) is not None

    def pages(self, file_name: str, payload: bytes, retrieved_at: datetime) -> Iterator[WirePage]:
        """Rows of the file."""
        rows: Iterator[bytes]
        if payload.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
            rows = (canonical_json(row) for row in parse_json(payload, what="the JSON file"))
        else:
            lines = payload.removeprefix(b"\xef\xbb\xbf").split(b"\n")
            if _spread(lines):
                rows = iter([canonical_json(parse_json(payload, what="the JSON file"))])
            else:
                rows = (line.strip() for line in lines if line.strip())
        yield from cut_pages("jsonl", MEDIA_TYPE, file_name, retrieved_at, rows, b"\n".join)


class CsvFile:
    """CSV or TSV with a header that has a title."""

    name = "CSV"

    def recognises(self, file_name: str, head: bytes) -> bool:
        """Whether its first line names columns, a title among them."""
        first = head.split(b"\n", 1)[0].decode("utf-8-sig", "replace")
        return "title" in [name.lower() for name in _columns(first)] and len(_columns(first)) > 1

    def pages(self, file_name: str, payload: bytes, retrieved_at: datetime) -> Iterator[WirePage]:
        """Rows of the file, as JSON."""
        text = decoded(payload, "the CSV file")
        # csv's own limit, 128 KB a field, guards against a quote that is never closed.
        reader = csv.DictReader(
            io.StringIO(text), delimiter=_delimiter(text.split("\n", 1)[0]), restkey=_TOO_MANY
        )
        rows: list[bytes] = []
        try:
            for row in reader:
                rows.append(canonical_json({key.strip().lower(): row[key] for key in row if row[key]}))
        except csv.Error as error:
            raise DamagedPageError(f"the CSV file is damaged: {error}", line=reader.line_num) from error
        yield from cut_pages("jsonl", MEDIA_TYPE, file_name, retrieved_at, rows, b"\n".join)


class Rows:
    """Reads rows of papers."""

    name = "jsonl"
    parser_version = PARSER_VERSION
    file_formats: tuple[FileFormat, ...] = (JsonRowsFile(), CsvFile())

    def parse(self, page: WirePage) -> ParsedPage:
        """Read a page. Pure.

        Args:
            page: One JSON object a line; or one rejected record's payload.

        Returns:
            Drafts and rejects; rows of papers that were not accepted are counted as skipped.
        """
        start = first_record(page)
        lines = [line for line in page.payload.split(b"\n") if line.strip()]
        named = [(f"row[{start + at}]", line) for at, line in enumerate(lines)]
        hint = _hint(page.url)
        return read_records(
            page, named, lambda payload, skipped: _draft(payload, skipped, hint), PARSER_VERSION
        )


def _draft(payload: bytes, skipped: Counter[str], hint: tuple[str, int | None]) -> PaperDraft:
    try:
        row = parse_json(payload, what="the row")
    except DamagedPageError as error:
        raise RecordFaultError(error.message, "", payload[:200].decode("utf-8", "replace")) from error
    if not isinstance(row, dict):
        raise RecordFaultError("the row is no object", "", str(row))
    status = _text(row, *_STATUS)
    if _NOT_ACCEPTED.search(status):
        raise NoPaperError(status.lower())
    if _TOO_MANY in row:
        raise RecordFaultError(
            "the row has more values than the header has columns: a value with a comma stands without quotes",
            "title",
            _text(row, "title"),
        )
    own = isinstance(row.get("ids"), dict)  # this project's own lists: their text is plain already
    title, abstract = _text(row, "title"), _text(row, *_ABSTRACT)
    title, abstract, marks = without_feed_marks(title, abstract)
    names, links = _names(row)
    names += marks.names
    facts = Facts(
        title=title if own else latex_to_text(title),
        abstract=abstract if own else latex_to_text(abstract),
        authors=_authors(row, clean_text if own else latex_to_text),
        names=names,
        links=links,
        venue=_text(row, *_VENUE) or hint[0],
        year=year_of(_text(row, "year")) or hint[1],
        published=next((day for name in _DATE if (day := day_of(_text(row, name)))), None),
        categories=tuple(dict.fromkeys([*_list(row, *_CATEGORIES), *marks.categories])),
        comment=_text(row, "comment", "tldr"),
        licence=_text(row, "licence", "license"),
        version=marks.version,
    )
    if hint[0] and "findings" in status.lower():
        facts.venue = "Findings"
    _fill_from_arxiv(row, facts)
    return draft_of("jsonl", facts, skipped)


def _fill_from_arxiv(row: dict[str, Any], facts: Facts) -> None:
    """What an arXiv listing says by being one: the venue, and the year in the id."""
    for text in (*facts.names, *facts.links):
        try:
            identity = parse_arxiv_id(text)
        except ExternalIdError:
            continue
        if "year" not in row and facts.year is None and facts.published is None:
            facts.year = arxiv_year(identity.value)
        if not facts.venue and not any(name in row for name in _VENUE):
            facts.venue = "arXiv"
        return


def _names(row: dict[str, Any]) -> tuple[list[str], list[str]]:
    names: list[str] = []
    listed = any(name in row for name in (*_STATUS, "track"))  # a list of a venue's submissions
    for field in _IDS:
        value = row.get(field)
        if isinstance(value, dict):
            for scheme, each in value.items():
                known = _SCHEMES.get(scheme.lower(), scheme.lower())
                if each is not None and known.partition(":")[0] in _KNOWN_SCHEMES:
                    names.append(f"{known}:{each}")
            continue
        text = _text(row, field)
        if not text:
            continue
        if field == "doi":
            names.append(text if "://" in text else f"doi:{text.removeprefix('doi:')}")
        elif (field in ("openreview_id", "openreview") and "://" not in text) or (
            field == "id" and listed and _OPENREVIEW.fullmatch(text)
        ):
            names.append(f"openreview:{text}")
        elif field in ("id", "paper_id") and not _looks_like_id(text):
            continue  # the list's own numbering
        else:
            names.append(text)
    links = [text for field in _LINKS if "://" in (text := _text(row, field))]
    return names, links


def _looks_like_id(text: str) -> bool:
    return (
        re.match(
            r"[A-Za-z0-9]+:|10\.\d{4,}/|\d{4}\.|[a-z-]+(?:\.[A-Z]{2})?/\d{7}|[A-Z]\d\d-\d{4}|v\d+/", text
        )
        is not None
    )


def _authors(row: dict[str, Any], plain: Callable[[str], str]) -> tuple[AuthorDraft, ...]:
    field = next((name for name in _AUTHORS if row.get(name)), "")
    value = row.get(field) if field else None
    if value is None:
        return ()
    if isinstance(value, str):
        if re.search(r"\sand\s", value):
            return bibtex_authors(value.replace(";", " and "))
        parts = value.split(";") if ";" in value else value.split(",")
        if ";" not in value and len(parts) == 2 and not any(" " in part.strip() for part in parts):
            return tuple(author for author in (person(parts[1], parts[0]),) if author)
        value = parts
    if not isinstance(value, list):
        raise RecordFaultError("the authors are no list", field, str(value))
    found = []
    for each in value:
        if isinstance(each, dict):
            name = clean_text(str(each.get("name") or ""))
            author = (
                AuthorDraft(name=name)
                if name
                else person(str(each.get("given") or ""), str(each.get("family") or ""))
            )
        elif isinstance(each, str):
            name = plain(each)
            author = AuthorDraft(name=name) if name else None
        else:
            raise RecordFaultError("an author is no name", field, str(each))
        if author is not None:
            found.append(author)
    return tuple(found)


def _text(row: dict[str, Any], *names: str) -> str:
    """The first of several fields that says something."""
    for name in names:
        value = row.get(name)
        if value is None or value == "":
            continue
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            if name in _VENUE and isinstance(value, dict):
                continue
            raise RecordFaultError("the field is no text", name, str(value))
        text = clean_text(str(value))
        if text and text != "N/A":
            return text
    return ""


def _list(row: dict[str, Any], *names: str) -> list[str]:
    found: list[str] = []
    for name in names:
        value = row.get(name)
        if isinstance(value, str):
            value = re.split(r"[;,]", value)
        if isinstance(value, list):
            found += [text for each in value if isinstance(each, str) and (text := clean_text(each))]
    return found


def _hint(url: str) -> tuple[str, int | None]:
    """Venue and year that a file is named after: `icml2023.jsonl`, `neurips-2024_oral.csv`."""
    match = _FILE_NAME.match(url.removeprefix("file:"))
    name = short_names().get(match["venue"].lower()) if match else None
    return (name, int(match["year"])) if match and name else ("", None)


def _spread(lines: list[bytes]) -> bool:
    """Whether one JSON object is spread over the lines, instead of one standing on each."""
    first = next((line for line in lines if line.strip()), b"")
    try:
        json.loads(first)
    except ValueError:
        return first.strip() == b"{"
    return False


def _delimiter(line: str) -> str:
    return "\t" if "\t" in line else ";" if line.count(";") > line.count(",") else ","


def _columns(line: str) -> list[str]:
    try:
        return [name.strip() for name in next(csv.reader([line.strip()], delimiter=_delimiter(line)), [])]
    except csv.Error:
        return []
