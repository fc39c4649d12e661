"""Which days of a category have to be asked for: pure arithmetic on what is done."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from foundation.errors import ConfigurationError

SLICE_DAYS = 7  # cs.CL takes some 100 papers a day, so that a week stays under 1,000
DEFAULT_DAYS = 30  # how far back the first harvest goes when no day is given
# A paper is found some days after its submission, later where moderators hold it: the last days
# of what is done are asked for once more.
OVERLAP_DAYS = 7
# A few papers are held for weeks and then shown under the day of their submission, which no overlap of days
# would meet again. So every week is read once more when it is over by so long.
HELD_DAYS = 28
GAP_DAYS = 60  # how far back a harvest without a first day looks for weeks that failed
_DAY = timedelta(days=1)
_KEY = re.compile(r"(?P<category>\S+) (?P<first>\d{4}-\d\d-\d\d)\.\.(?P<last>\d{4}-\d\d-\d\d)")


def plan_windows(
    category: str, from_date: date | None, until_date: date | None, done: Mapping[str, str], today: date
) -> Iterator[tuple[date, date]]:
    """Stretches of at most a week that cover every day that is wanted and not final.

    Args:
        category: The category, as in the keys of `done`.
        from_date: First day, inclusive; None goes on from what is done, or 30 days back.
        until_date: Last day, inclusive; None means today.
        done: Watermark by slice key of what is proven complete.
        today: The present day, UTC.

    Yields:
        First and last day, both inclusive, oldest first.

    Raises:
        ConfigurationError: The first day is after the last.
    """
    if from_date is not None and from_date > (until_date or today):
        raise ConfigurationError(
            "the first day is after the last", from_date=from_date, until_date=until_date or today
        )
    until = min(until_date or today, today)
    covered = _covered(category, done)
    frontier = max(covered, default=None)
    first = from_date
    if first is None:
        first = until - (DEFAULT_DAYS - 1) * _DAY
        if frontier is not None:
            first = min(frontier - (OVERLAP_DAYS - 1) * _DAY, *_gaps(covered, frontier), frontier)
    # Only days well behind the newest done one are final: see OVERLAP_DAYS.
    final = set() if frontier is None else {day for day in covered if day <= frontier - OVERLAP_DAYS * _DAY}
    start: date | None = None
    day = first
    while day <= until:
        if day in final:
            if start is not None:
                yield start, day - _DAY
            start = None
        elif start is None:
            start = day
        elif (day - start).days >= SLICE_DAYS:
            yield start, day - _DAY
            start = day
        day += _DAY
    if start is not None:
        yield start, until


def held_weeks(category: str, done: Mapping[str, str], today: date) -> Iterator[tuple[str, date, date]]:
    """Weeks to read once more for papers that were held back.

    Args:
        category: The category, as in the keys of `done`.
        done: Watermark by slice key of what is proven complete.
        today: The present day, UTC.

    Yields:
        Key, first and last day of every week (Monday to Sunday) that ended at least `HELD_DAYS` ago and
        not over `GAP_DAYS` longer, was read whole, and was not read once more yet; oldest first.
    """
    covered = _covered(category, done)
    newest = today - HELD_DAYS * _DAY
    sunday = newest - (newest.isoweekday() % 7) * _DAY
    weeks = []
    while sunday >= newest - GAP_DAYS * _DAY:
        monday = sunday - 6 * _DAY
        key = f"{category} {monday}..{sunday} again"
        if key not in done and all(monday + number * _DAY in covered for number in range(7)):
            weeks.append((key, monday, sunday))
        sunday -= 7 * _DAY
    yield from reversed(weeks)


def _covered(category: str, done: Mapping[str, str]) -> set[date]:
    days: set[date] = set()
    for key in done:
        match = _KEY.fullmatch(key)
        if match is None or match["category"] != category:
            continue
        try:
            day, last = date.fromisoformat(match["first"]), date.fromisoformat(match["last"])
        except ValueError:
            continue  # not a key that this source ever made
        while day <= last:
            days.add(day)
            day += _DAY
    return days


def _gaps(covered: set[date], frontier: date) -> Iterator[date]:
    """Days not covered between covered ones, not too far behind the frontier."""
    day = max(min(covered), frontier - GAP_DAYS * _DAY)
    while day <= frontier:
        if day not in covered:
            yield day
        day += _DAY
