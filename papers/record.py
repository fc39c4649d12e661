"""What travels from a source to the store: wire records, parsed pages, rejects."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from papers.draft import PaperDraft

REJECT_PAYLOAD_LIMIT_BYTES = 64 * 1024  # enough to mend a parser by; keeps a bad feed from filling the store


@dataclass(frozen=True)
class WireRecord:
    """The bytes of one record as the source sent them.

    Attributes:
        source: Name of the source.
        source_id: The source's own id, or a position such as `paper[17]` where none is readable.
        url: Where the bytes came from; `file:` name for imports.
        retrieved_at: When, aware, UTC.
        media_type: Such as `application/atom+xml`.
        payload: The record's bytes.
    """

    source: str
    source_id: str
    url: str
    retrieved_at: datetime
    media_type: str
    payload: bytes

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the payload, hex; computed once."""
        return hashlib.sha256(self.payload).hexdigest()


@dataclass(frozen=True)
class ParsedRecord:
    """A draft beside the bytes it was read from."""

    draft: PaperDraft
    wire: WireRecord
    deleted: bool = False


@dataclass(frozen=True)
class RejectedRecord:
    """A record that could not be read, kept with its bytes so that it can be tried again.

    Attributes:
        wire: The bytes.
        reason: What was wrong, one sentence.
        field: The field at fault, or empty.
        value: The value at fault, cut to 500 characters.
    """

    wire: WireRecord
    reason: str
    field: str = ""
    value: str = ""


@dataclass(frozen=True)
class ParsedPage:
    """All that one page of a source holds.

    Attributes:
        records: What could be read.
        rejects: What could not.
        skipped: Counts by kind of entries that are no papers (front matter, events).
        unknown_elements: Counts by name of elements the parser does not know (kept, counted).
        total: How many records the source says match in all, where it says so.
        next_position: Where the next page starts, in the source's own terms; None at the end.
        parser_version: Raised when the meaning of parsed fields changes.
    """

    records: tuple[ParsedRecord, ...]
    rejects: tuple[RejectedRecord, ...] = ()
    skipped: dict[str, int] = field(default_factory=dict)
    unknown_elements: dict[str, int] = field(default_factory=dict)
    total: int | None = None
    next_position: str | None = None
    parser_version: int = 1
