"""CSL-JSON, as Zotero and citation processors write it: an array of items."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from harvester.formats.facts import Facts, draft_of, person, year_of
from harvester.formats.reader import cut_pages, first_record, read_records
from harvester.json_page import canonical_json, parse_json
from harvester.rejects import RecordFaultError
from harvester.source import FileFormat, WirePage
from harvester.xml import DamagedPageError
from papers.draft import AuthorDraft, PaperDraft
from papers.record import ParsedPage
from papers.text import clean_text

PARSER_VERSION = 1
MEDIA_TYPE = "application/vnd.citationstyles.csl+json"
_HEAD = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*\[?\s*\{")
_CSL_TYPE = re.compile(
    rb'"type"\s*:\s*"(?:article|article-journal|article-magazine|paper-conference|manuscript|chapter|thesis'
    rb'|report|book|webpage|post|post-weblog|preprint)"'
)
_CSL_FIELD = re.compile(rb'"(?:issued|container-title|citation-key|DOI|archive_location|author)"\s*:')
# Rich text that CSL-JSON allows in titles.
_MARKUP = re.compile(r"</?(?:i|b|sc|sup|sub|span(?:\s[^<>]{0,100})?)>")


class CslFile:
    """A CSL-JSON file."""

    name = "CSL-JSON"

    def recognises(self, file_name: str, head: bytes) -> bool:
        """Whether it is JSON with an item type of CSL."""
        return bool(
            _HEAD.search(head)
            and not re.match(rb"\s*\{[^\n]*\}\s*\n\s*\{", head)  # one object a line: rows
            and _CSL_TYPE.search(head)
            and _CSL_FIELD.search(head)
        )

    def pages(self, file_name: str, payload: bytes, retrieved_at: datetime) -> Iterator[WirePage]:
        """Items of the file."""
        items = (canonical_json(item) for item in _items(payload))
        yield from cut_pages("csl", MEDIA_TYPE, file_name, retrieved_at, items, _array)


class Csl:
    """Reads CSL-JSON items."""

    name = "csl"
    parser_version = PARSER_VERSION
    file_formats: tuple[FileFormat, ...] = (CslFile(),)

    def parse(self, page: WirePage) -> ParsedPage:
        """Read a page. Pure.

        Args:
            page: An array of items, or one rejected record's payload.

        Returns:
            Drafts and rejects.

        Raises:
            DamagedPageError: It is no JSON.
        """
        start = first_record(page)
        named = [
            (f"item[{start + at}]", canonical_json([item])) for at, item in enumerate(_items(page.payload))
        ]
        return read_records(page, named, _draft, PARSER_VERSION)


def _array(items: Any) -> bytes:
    return b"[" + b",".join(items) + b"]"


def _items(payload: bytes) -> list[Any]:
    told = parse_json(payload, what="the CSL-JSON file")
    if isinstance(told, dict):
        return [told]
    if not isinstance(told, list):
        raise DamagedPageError("the CSL-JSON file holds no items")
    return told


def _draft(payload: bytes, skipped: Counter[str]) -> PaperDraft:
    item = _items(payload)[0]
    if not isinstance(item, dict):
        raise RecordFaultError("the item is no object", "", str(item))
    doi, url = _text(item, "DOI"), _text(item, "URL")
    names = [doi if "://" in doi else f"doi:{doi}"] if doi else []
    if _text(item, "archive").lower() == "arxiv" and _text(item, "archive_location"):
        names.append(f"arxiv:{_text(item, 'archive_location').removeprefix('arXiv:')}")
    number = _text(item, "number")
    if number.lower().startswith("arxiv:"):
        names.append(number)
    authors = item.get("author") or []
    if not isinstance(authors, list):
        raise RecordFaultError("the authors are no list", "author", str(authors))
    year, published = _issued(item.get("issued"))
    facts = Facts(
        title=clean_text(_MARKUP.sub("", _text(item, "title"))),
        abstract=clean_text(re.sub(r"</?[a-z]+:?[a-z]*>", " ", _text(item, "abstract"))),
        authors=tuple(author for told in authors if (author := _author(told))),
        names=names,
        links=[url] if url else [],
        venue=_text(item, "container-title")
        or ("arXiv" if _text(item, "publisher").lower() in ("arxiv", "arxiv.org") else ""),
        year=year,
        published=published,
        pages=_text(item, "page"),
        categories=tuple(
            dict.fromkeys(
                text for part in re.split(r"[;,]", _text(item, "keyword")) if (text := part.strip())
            )
        ),
        comment=_text(item, "note"),
        key=_text(item, "citation-key") or _text(item, "id"),
    )
    return draft_of("csl", facts, skipped)


def _text(item: dict[str, Any], name: str) -> str:
    value = item.get(name)
    if value is None:
        return ""
    if isinstance(value, list) and len(value) == 1:  # Crossref's dialect
        value = value[0]
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise RecordFaultError("the field is no text", name, str(value))
    return clean_text(str(value))


def _author(told: Any) -> AuthorDraft | None:
    if not isinstance(told, dict):
        raise RecordFaultError("an author is no object", "author", str(told))
    parts = {name: _text(told, name) for name in ("literal", "given", "family", "suffix")}
    particle = _text(told, "non-dropping-particle") or _text(told, "dropping-particle")
    if parts["literal"]:
        return AuthorDraft(name=parts["literal"])
    family = f"{particle} {parts['family']}".strip()
    return person(parts["given"], family, parts["suffix"])


def _issued(told: Any) -> tuple[int | None, date | None]:
    """Year and day of `{"date-parts": [[2023, 5, 1]]}`, or of its `raw` and `literal` forms."""
    if told is None:
        return None, None
    if isinstance(told, str | int):
        return year_of(str(told)), None
    if not isinstance(told, dict):
        raise RecordFaultError("the date is no object", "issued", str(told))
    parts = told.get("date-parts")
    if not (isinstance(parts, list) and parts and isinstance(parts[0], list) and parts[0]):
        return year_of(str(told.get("raw") or told.get("literal") or "")), None
    try:
        numbers = [int(part) for part in parts[0]]
        return numbers[0], date(*numbers[:3]) if len(numbers) >= 3 else None
    except (TypeError, ValueError, OverflowError) as error:
        raise RecordFaultError("the date is none", "issued", str(parts)) from error
