"""RIS: tagged lines from `TY` to `ER`, as reference managers write them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime

from harvester.formats.facts import Facts, day_of, draft_of, person, year_of
from harvester.formats.reader import cut_pages, decoded, first_record, read_records
from harvester.rejects import RecordFaultError
from harvester.source import FileFormat, WirePage
from papers.draft import AuthorDraft, PaperDraft
from papers.record import ParsedPage
from papers.text import clean_text

PARSER_VERSION = 1
MEDIA_TYPE = "application/x-research-info-systems"
_TAG = re.compile(r"^([A-Z][A-Z0-9])  ?-(?: (.*)|$)")
_HEAD = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*TY  ?- ")


class RisFile:
    """A `.ris` file."""

    name = "RIS"

    def recognises(self, file_name: str, head: bytes) -> bool:
        """Whether it begins with a `TY` line."""
        return _HEAD.search(head) is not None

    def pages(self, file_name: str, payload: bytes, retrieved_at: datetime) -> Iterator[WirePage]:
        """Records of the file."""
        records = (text.encode("utf-8") for text in _cut(decoded(payload, "the RIS file")))
        yield from cut_pages("ris", MEDIA_TYPE, file_name, retrieved_at, records, b"\n".join)


class Ris:
    """Reads RIS records."""

    name = "ris"
    parser_version = PARSER_VERSION
    file_formats: tuple[FileFormat, ...] = (RisFile(),)

    def parse(self, page: WirePage) -> ParsedPage:
        """Read a page. Pure.

        Args:
            page: Records, or one rejected record's payload.

        Returns:
            Drafts and rejects.

        Raises:
            DamagedPageError: It is not UTF-8.
        """
        records = [text.encode("utf-8") for text in _cut(decoded(page.payload, "the RIS file"))]
        start = first_record(page)
        named = [(f"record[{start + at}]", record) for at, record in enumerate(records)]
        return read_records(page, named, _draft, PARSER_VERSION)


def _cut(text: str) -> Iterator[str]:
    """Records as text; one that has no end stops where the next begins."""
    lines: list[str] = []
    for line in text.split("\n"):
        tag = _TAG.match(line)
        if tag is not None and tag[1] == "TY" and any(map(str.strip, lines)):
            yield "\n".join(lines)
            lines = []
        if lines or line.strip():
            lines.append(line.rstrip())
        if tag is not None and tag[1] == "ER":
            yield "\n".join(lines)
            lines = []
    if any(map(str.strip, lines)):
        yield "\n".join(lines)


def _draft(payload: bytes, skipped: Counter[str]) -> PaperDraft:
    tags = _tags(payload.decode("utf-8"))
    if "TY" not in tags or "ER" not in tags:
        raise RecordFaultError("the record has no TY line or no ER line", "TY" if "TY" not in tags else "ER")

    def first(*names: str) -> str:
        return next((text for name in names for text in tags.get(name, ()) if text), "")

    doi = first("DO", "DI")
    names = [doi if "://" in doi else f"doi:{doi}"] if doi else []
    # Accession numbers are those of any database; arXiv's are ids.
    names += [text for text in tags.get("AN", ()) if text.lower().startswith("arxiv:")]
    pages = "-".join(text for text in (first("SP"), first("EP")) if text)
    facts = Facts(
        title=first("TI", "T1", "CT"),
        abstract=first("AB", "N2"),
        authors=tuple(
            author for name in ("AU", "A1") for text in tags.get(name, ()) if (author := _author(text))
        ),
        names=names,
        links=[link for name in ("UR", "LK", "L1", "L2") for link in tags.get(name, ()) if "://" in link],
        venue=first("T2", "JO", "JF", "BT", "JA", "C3"),
        year=year_of(first("PY", "Y1", "DA")),
        published=day_of(first("DA", "PY", "Y1")),
        pages=pages,
        categories=tuple(dict.fromkeys(text for text in tags.get("KW", ()) if text)),
        comment=first("N1"),
        key=first("ID"),
    )
    return draft_of("ris", facts, skipped)


def _tags(text: str) -> dict[str, list[str]]:
    tags: dict[str, list[str]] = defaultdict(list)
    name = ""
    for line in text.split("\n"):
        tag = _TAG.match(line)
        if tag is not None:
            name = tag[1]
            tags[name].append(tag[2] or "")
        elif name and line.strip():
            tags[name][-1] += " " + line.strip()  # long values run on
    return {each: [clean_text(value) for value in values] for each, values in tags.items()}


def _author(text: str) -> AuthorDraft | None:
    """`Last, First, Suffix`, or a name as it is printed."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) == 1:
        return AuthorDraft(name=text) if text else None
    return person(parts[1], parts[0], parts[2] if len(parts) > 2 else "")
