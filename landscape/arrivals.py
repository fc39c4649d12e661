"""When papers came into the store, for feeds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from db.tables import PAPER, chunks


def first_seen(session: Session, keys: Sequence[str]) -> dict[str, datetime]:
    """When the store first held each paper.

    Args:
        session: Open session.
        keys: Public ids as lists show them.

    Returns:
        Aware UTC times by id; ids that the store does not hold are left out.
    """
    found: dict[str, datetime] = {}
    for piece in chunks(keys):
        statement = select(PAPER.c.key, PAPER.c.first_seen).where(PAPER.c.key.in_(piece))
        for key, moment in session.execute(statement):
            found[key] = moment
    return found
