"""Takes snapshots, finds them again, and rebuilds the landscape of a past day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from foundation.errors import RefusedInputError

if TYPE_CHECKING:
    from sqlmodel import Session

    from db.engine import Store
    from db.snapshots import StoredSnapshot
    from landscape.types import LandscapeSnapshot
    from taxonomy.models import Taxonomy

LAST_SECOND = time(23, 59, 59)


@dataclass(frozen=True)
class Moment:
    """A moment that a user named.

    Attributes:
        at: The moment; the end of a day.
        snapshot: The stored snapshot that was named by its id, or None.
        name: As shown: the day, or `snapshot 12`.
    """

    at: datetime
    snapshot: StoredSnapshot | None
    name: str


def save_snapshot(store: Store, taxonomy: Taxonomy, *, reason: str, at: datetime) -> StoredSnapshot:
    """Count the landscape and keep the counts.

    Args:
        store: The open store.
        taxonomy: The grid in force.
        reason: Why it is taken: `refresh`, `asked for`.
        at: The present moment.

    Returns:
        What was stored.
    """
    from dataclasses import replace

    from db.snapshots import add_snapshot
    from landscape.grid import take_snapshot
    from landscape.snapshot_json import snapshot_json

    with store.read() as session:
        snapshot = replace(take_snapshot(session, taxonomy, as_of=at), as_of=at)
    with store.write() as session:
        return add_snapshot(
            session,
            snapshot_json(snapshot),
            as_of=at,
            taxonomy_version=snapshot.taxonomy_version,
            classifier=snapshot.classifier,
            papers=snapshot.papers,
            relevant=snapshot.relevant,
            reason=reason,
        )


def stored_landscape(session: Session, stored: StoredSnapshot) -> LandscapeSnapshot:
    """The landscape as it was counted when the snapshot was taken.

    Args:
        session: Open session.
        stored: Which.

    Returns:
        The landscape, without a query on papers.
    """
    from db.snapshots import snapshot_counts
    from landscape.snapshot_json import snapshot_from_json

    return snapshot_from_json(snapshot_counts(session, stored.id), stored.as_of)


def end_of(day: date) -> datetime:
    """The last second of a day, UTC: what was known on that day."""
    return datetime.combine(day, LAST_SECOND, tzinfo=UTC)


def find_moment(session: Session, text: str, *, now: datetime) -> Moment:
    """What a user means by a day or a snapshot's id.

    Args:
        session: Open session.
        text: `2026-03-31`, `12`, or `now`.
        now: The present moment.

    Returns:
        The moment.

    Raises:
        RefusedInputError: It is neither, there is no such snapshot, or the day has not come.
    """
    from db.snapshots import find_snapshot

    word = text.strip()
    if word in ("now", "today"):
        return Moment(now, None, "now")
    if word.isascii() and word.isdecimal() and len(word) < 10:
        stored = find_snapshot(session, int(word))
        if stored is None:
            raise RefusedInputError(
                "there is no such snapshot", hint="See `landscape snapshot list`.", snapshot=word
            )
        return Moment(stored.as_of, stored, f"snapshot {stored.id} of {stored.as_of:%Y-%m-%d %H:%M}")
    try:
        day = date.fromisoformat(word)
    except ValueError:
        raise RefusedInputError(
            "neither a day nor a snapshot", hint="Give a day such as 2024-03-31, or an id.", given=text
        ) from None
    if day > now.date():
        raise RefusedInputError("that day has not come", hint=f"Today is {now.date()} (UTC).", day=word)
    return Moment(min(end_of(day), now), None, word)
