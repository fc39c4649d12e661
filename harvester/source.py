"""The three verbs of a source: plan, fetch, parse.

`plan` and `fetch` may be asked again at any time; `parse` is pure: bytes in, drafts and rejects
out, no network and no clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from papers.record import ParsedPage

if TYPE_CHECKING:
    from harvester.http import PoliteClient


FACT_NOTHING = "nothing"  # value: "not modified" or "not published yet"
FACT_WATERMARK = "watermark"  # value: what a complete slice is proven up to, where no last day says so
FACT_RESTARTED = "restarted"  # the list was begun anew: its first page may be the last one stored


def nothing_page(page: WirePage) -> ParsedPage | None:
    """What a page without a body says.

    Args:
        page: Any page.

    Returns:
        An empty parsed page that counts why, or None where the page has a body to parse.
    """
    reason = page.facts.get(FACT_NOTHING)
    return None if reason is None else ParsedPage(records=(), skipped={reason: 1})


@dataclass(frozen=True)
class HarvestSlice:
    """One resumable piece of work for one source.

    Attributes:
        source: Name of the source.
        key: Stable name of the slice; the cursor is kept under it (`2023.acl`,
            `cs.CL 2024-01-01..2024-01-31`).
        volume: Volume or collection for volume-driven sources, else None.
        category: Category or set for date-driven sources, else None.
        from_date: First day, inclusive, or None.
        until_date: Last day, inclusive, or None.
        query: Query text for query sources, else None.
        optional: The source may not have it yet (a venue of the running year): nothing there is
            no failure.
        etag: Validator of the answer that the last complete run stored, for a conditional
            request. Set by the caller, and only where the parser is still the same.
    """

    source: str
    key: str
    volume: str | None = None
    category: str | None = None
    from_date: date | None = None
    until_date: date | None = None
    query: str | None = None
    optional: bool = False
    etag: str | None = None


@dataclass(frozen=True)
class HarvestRequest:
    """What the user asked for, before a source turns it into slices.

    Attributes:
        venues: Venue ids such as `acl-2023`; empty means the source's default.
        categories: Categories or sets; empty means the source's default.
        from_date: First day, inclusive, or None.
        until_date: Last day, inclusive, or None.
        query: Extra query text for query sources, or None.
        max_records: Stop after so many; None means no limit.
        probe: The venues may not have come out yet: nothing there is no failure.
    """

    venues: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    from_date: date | None = None
    until_date: date | None = None
    query: str | None = None
    max_records: int | None = None
    probe: bool = False


@dataclass(frozen=True)
class WirePage:
    """One answer of a source, as it came.

    Attributes:
        source: Name of the source.
        slice_key: Which slice it belongs to.
        position: Where in the slice, in the source's own terms (`start=100`, `2023.acl.xml`).
        url: The address that was asked.
        retrieved_at: When, aware, UTC.
        media_type: Content type, without parameters.
        payload: The body, decompressed.
        etag: Validator for conditional requests, or None.
        facts: What else the source needs to know when it parses. `FACT_NOTHING` says that there
            is no body to parse, and why.
    """

    source: str
    slice_key: str
    position: str
    url: str
    retrieved_at: datetime
    media_type: str
    payload: bytes
    etag: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


class RecordReader(Protocol):
    """What makes drafts of bytes: every source, and every reader of people's own lists."""

    name: str
    file_formats: tuple[FileFormat, ...]
    parser_version: int

    def parse(self, page: WirePage) -> ParsedPage:
        """Read a page; see `Source.parse`."""
        ...


class Source(Protocol):
    """A place that papers come from."""

    name: str
    label: str
    operator: str  # who runs it: sources of one operator share one rate gate
    delay_seconds: float  # the operator's courtesy rule between two requests
    default_base_url: str
    enabled_by_default: bool
    redirect_hosts: tuple[str, ...]  # further hosts to which the source is known to redirect
    file_formats: tuple[FileFormat, ...]  # raw files of this source that can be imported
    parser_version: int  # raised when the meaning of parsed fields changes

    def plan(self, request: HarvestRequest, done: Mapping[str, str], today: date) -> list[HarvestSlice]:
        """Turn a request into slices.

        Args:
            request: What the user asked for.
            done: Watermark by slice key of what is proven complete.
            today: The present day, UTC.

        Returns:
            Slices in the order in which they should run.
        """
        ...

    def fetch(self, piece: HarvestSlice, position: str | None, client: PoliteClient) -> WirePage:
        """Ask for one page.

        Args:
            piece: The slice.
            position: Where to go on; None for the beginning.
            client: The polite client, already set to this source's rules.

        Returns:
            The page as it came.

        Raises:
            SourceError: No usable answer.
        """
        ...

    def parse(self, page: WirePage) -> ParsedPage:
        """Read a page. Pure.

        Args:
            page: What `fetch` returned, or a file's bytes.

        Returns:
            Drafts, rejects and where the next page starts.

        Raises:
            SourceError: The page as a whole is not what the source serves; nothing of it counts.
        """
        ...


class FileFormat(Protocol):
    """A raw file of a source that `landscape import` can read."""

    name: str

    def recognises(self, file_name: str, head: bytes) -> bool:
        """Whether a file looks like this format, by name and first bytes (decompressed)."""
        ...

    def pages(self, file_name: str, payload: bytes, retrieved_at: datetime) -> Iterator[WirePage]:
        """Cut a file into pages for `Source.parse`.

        Args:
            file_name: Name without folder, for messages and provenance.
            payload: The whole file, decompressed.
            retrieved_at: When it was read, aware, UTC.

        Returns:
            Pages.

        Raises:
            SourceError: The file is damaged, or not what its beginning claims.
        """
        ...
