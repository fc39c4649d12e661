"""Column types that every table shares."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, DateTime
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from foundation.clock import as_utc


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time on every database; SQLite alone forgets the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times, store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return as_utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back an aware UTC time."""
        return None if value is None else as_utc(value)


def time_column(*, nullable: bool = False, index: bool = False) -> Column[datetime]:
    """A column of aware UTC times."""
    return Column(UtcDateTime, nullable=nullable, index=index)
