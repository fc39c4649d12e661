"""Reads rejected records again with the parsers of today: what can be read by now is stored.

A reject is kept with its bytes, so a mended parser needs no new harvest. Each record is retried by
itself; one that still cannot be read stays, with the reason of today.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from foundation.clock import utc_now
from foundation.errors import SourceError
from workflow.ingest import SHOWN_REJECTS
from workflow.reports import RejectLine

if TYPE_CHECKING:
    from datetime import datetime

    from sqlmodel import Session

    from db.engine import Store
    from db.models import RejectedRecordRow

RECORDS_PER_TRANSACTION = 100  # other writers wait no longer than for a page of a harvest


@dataclass(frozen=True)
class RetryReport:
    """What became of the rejects.

    Attributes:
        tried: Rejects that were open.
        read: Those that can be read now.
        new: Papers that were not known.
        no_paper: Those that turn out to be no papers (front matter, papers that were not accepted).
        still_rejected: Those that still cannot be read.
        by_reason: Why, most frequent first.
        rejects: Those that still cannot be read, at most 50.
    """

    tried: int = 0
    read: int = 0
    new: int = 0
    no_paper: int = 0
    still_rejected: int = 0
    by_reason: tuple[tuple[str, int], ...] = ()
    rejects: tuple[RejectLine, ...] = ()

    def line(self) -> str:
        """One line for a terminal."""
        return (
            f"{self.tried} rejected records tried again: {self.read} read ({self.new} new papers), "
            f"{self.no_paper} no papers after all, {self.still_rejected} still rejected"
        )


def retry_rejected(
    store: Store, *, source: str | None = None, progress: Callable[[int], None] | None = None
) -> RetryReport:
    """Read every open reject again, with the parser that its source has now.

    Args:
        store: The open store.
        source: Of this source or list format alone; None for all.
        progress: Called with the number of records done.

    Returns:
        What became of them.
    """
    from db.rejects import open_rejects

    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    lines: list[RejectLine] = []
    after = 0
    while True:
        with store.write() as session:
            rows = open_rejects(session, source=source, after=after, limit=RECORDS_PER_TRANSACTION)
            for row in rows:
                outcome, reason, field = _retry(session, row, at=utc_now())
                counts.update(("tried", *outcome))
                if reason:
                    reasons[reason] += 1
                    lines.append(RejectLine(row.source_id, reason, field, row.value[:120]))
        if not rows:
            break
        after = rows[-1].id or 0
        if progress is not None:
            progress(len(rows))
    return RetryReport(
        tried=counts["tried"],
        read=counts["read"],
        new=counts["new"],
        no_paper=counts["no paper"],
        still_rejected=counts["still rejected"],
        by_reason=tuple(reasons.most_common()),
        rejects=tuple(lines[:SHOWN_REJECTS]),
    )


def _retry(session: Session, row: RejectedRecordRow, *, at: datetime) -> tuple[tuple[str, ...], str, str]:
    """Try one reject again.

    Returns:
        Under which names it counts; the reason and field of today where it is still rejected.
    """
    from db.links import store_and_link
    from db.rejects import mark_resolved, renew_reject
    from harvester import registry
    from harvester.source import WirePage

    if row.id is None:
        raise AssertionError("a stored reject has an id")
    reader = registry.reader(row.source)
    if reader is None:
        return ("still rejected",), f"nothing reads records of {row.source} any more", ""
    page = WirePage(
        source=row.source,
        slice_key="retry",
        position="retry",
        url=row.url,
        retrieved_at=row.rejected_at,
        media_type=row.media_type,
        payload=row.payload,
    )
    try:
        parsed = reader.parse(page)
    except SourceError as error:
        renew_reject(session, row.id, reason=error.message, field="", parser_version=reader.parser_version)
        return ("still rejected",), error.message, ""
    if parsed.rejects:
        first = parsed.rejects[0]
        renew_reject(
            session, row.id, reason=first.reason, field=first.field, parser_version=parsed.parser_version
        )
        return ("still rejected",), first.reason, first.field
    if not parsed.records:
        mark_resolved(session, row.id, at=at)
        return ("no paper",), "", ""
    # The reject's own id, so that one that the store refuses is this reject again, not another.
    records = tuple(
        replace(record, wire=replace(record.wire, source_id=row.source_id)) for record in parsed.records
    )
    stored = store_and_link(session, replace(parsed, records=records, next_position=None), at=at)
    if stored.rejected:
        reason = "the record has no id, DOI or URL to know the paper by"
        return ("still rejected",), reason, "external_ids"
    mark_resolved(session, row.id, at=at)
    return ("read", "new") if stored.new else ("read",), "", ""
