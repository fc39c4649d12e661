"""Quarters of the year, and the month in which a paper came out as well as anyone can tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

# Identifiers of arXiv begin with the year and month of submission: 2303.17564, hep-th/9901001
# (arXiv help, "Understanding the arXiv identifier").
_ARXIV_MONTH = re.compile(r"(?:[a-z-]+(?:\.[A-Z]{2})?/)?(?P<year>\d\d)(?P<month>0[1-9]|1[0-2])[.\d]")


@dataclass(frozen=True, order=True)
class Quarter:
    """Three months of a year.

    Attributes:
        year: The year.
        number: 1 to 4.
    """

    year: int
    number: int

    @property
    def label(self) -> str:
        """As shown: `2023 Q2`."""
        return f"{self.year} Q{self.number}"

    @property
    def first_day(self) -> date:
        """Its first day."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def last_day(self) -> date:
        """Its last day."""
        return self.next.first_day - timedelta(days=1)

    @property
    def next(self) -> Quarter:
        """The quarter after it."""
        return Quarter(self.year + 1, 1) if self.number == 4 else Quarter(self.year, self.number + 1)


def quarter_of(day: date) -> Quarter:
    """The quarter in which a day lies."""
    return Quarter(day.year, (day.month + 2) // 3)


def quarters_between(first: Quarter, last: Quarter) -> Iterator[Quarter]:
    """Every quarter from the first to the last, both included; none where they are swapped."""
    quarter = first
    while quarter <= last:
        yield quarter
        quarter = quarter.next


def arxiv_month(arxiv_id: str) -> date | None:
    """First day of the month that an arXiv identifier tells, or None.

    Args:
        arxiv_id: Without version: `2303.17564` or `hep-th/9901001`.
    """
    found = _ARXIV_MONTH.match(arxiv_id)
    if found is None:
        return None
    year = int(found["year"])
    return date(1900 + year if year >= 91 else 2000 + year, int(found["month"]), 1)
