"""What the readers of lists share: records cut from a file, each read, rejected or counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice

from pydantic import ValidationError

from harvester.rejects import RecordFaultError, reject_for
from harvester.source import WirePage
from harvester.xml import DamagedPageError
from papers.draft import PaperDraft
from papers.record import ParsedPage, ParsedRecord, RejectedRecord, WireRecord

PAGE_RECORDS = 500  # a page is one transaction and one step of the progress bar


class NoPaperError(Exception):
    """A record that is no paper to keep. Raised and caught within a reader.

    Args:
        kind: What it is; counted under this name.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def decoded(payload: bytes, what: str) -> str:
    """A file's text.

    Raises:
        DamagedPageError: It is not UTF-8.
    """
    try:
        return payload.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise DamagedPageError(
            f"{what} is not UTF-8", line=payload.count(b"\n", 0, error.start) + 1
        ) from error


def cut_pages(
    source: str,
    media_type: str,
    file_name: str,
    retrieved_at: datetime,
    records: Iterable[bytes],
    join: Callable[[Sequence[bytes]], bytes],
) -> Iterator[WirePage]:
    """Records in pages of `PAGE_RECORDS`.

    Args:
        source: Name of the reader.
        media_type: Of the pages.
        file_name: For provenance.
        retrieved_at: When the file was read.
        records: Bytes of each record.
        join: Makes a page's payload of its records.

    Yields:
        Pages; their position says where in the file they begin, counted from 1.
    """
    rest = iter(records)
    start = 1
    while piece := list(islice(rest, PAGE_RECORDS)):
        yield WirePage(
            source, file_name, f"record {start}", f"file:{file_name}", retrieved_at, media_type, join(piece)
        )
        start += len(piece)


def read_records(
    page: WirePage,
    records: Iterable[tuple[str, bytes]],
    read: Callable[[bytes, Counter[str]], PaperDraft],
    parser_version: int,
) -> ParsedPage:
    """Read records one by one; a bad one stops no other.

    Args:
        page: The page they stand on.
        records: Each with its name in the file (a key, a number). With the file's name before it, it
            tells the record from those of other files: one that can be read later closes the reject
            of the same name, and no other.
        read: Makes a draft of a record's bytes, or raises `RecordFaultError`, `ValidationError` or
            `NoPaperError`.
        parser_version: Of the reader.

    Returns:
        The parsed page.
    """
    found: list[ParsedRecord] = []
    rejects: list[RejectedRecord] = []
    skipped: Counter[str] = Counter()
    file_name = page.url.removeprefix("file:")
    for name, payload in records:
        wire = WireRecord(
            page.source, f"{file_name} {name}", page.url, page.retrieved_at, page.media_type, payload
        )
        try:
            draft = read(payload, skipped)
        except NoPaperError as error:
            skipped[error.kind] += 1
        except (RecordFaultError, ValidationError) as error:
            rejects.append(reject_for(wire, error))
        else:
            found.append(ParsedRecord(draft, wire))
    return ParsedPage(tuple(found), tuple(rejects), dict(skipped), parser_version=parser_version)


def first_record(page: WirePage) -> int:
    """The number of a page's first record in its file, from its position; 1 where it does not say."""
    word, _, number = page.position.partition(" ")
    return int(number) if word == "record" and number.isdecimal() else 1
