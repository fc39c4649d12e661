from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.errors import ConfigurationError
from harvester.schedule import SourceCadence, load_schedule

MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))


@settings(max_examples=200, deadline=None)
@given(MOMENTS, st.floats(0, 1))
def test_no_run_begins_in_a_bad_hour_or_too_early(at: datetime, jitter: float) -> None:
    cadence = load_schedule().cadence("arxiv")
    due = cadence.next_run(at, jitter)
    clock = due.strftime("%H:%M")
    assert "01:00" <= clock < "23:45"
    assert timedelta(hours=24) - timedelta(seconds=1) <= due - at <= timedelta(hours=26, minutes=1)


@pytest.mark.parametrize(
    ("at", "due"),
    [("2026-03-04T23:50", "2026-03-06T01:00"), ("2026-03-04T00:30", "2026-03-05T01:00"),
     ("2026-03-04T12:00", "2026-03-05T12:00")],
)  # fmt: skip
def test_bad_hours_may_cross_midnight(at: str, due: str) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert load_schedule().cadence("arxiv").next_run(moment, 0.0).isoformat() == f"{due}:00+00:00"


def test_missed_runs_are_counted() -> None:
    cadence = SourceCadence(every_hours=24)
    due = datetime(2026, 3, 4, tzinfo=UTC)
    assert [cadence.missed(due, due + timedelta(hours=hours)) for hours in (-1, 0, 23, 24, 24 * 30)] == [
        0, 0, 0, 1, 30,
    ]  # fmt: skip


def due_ids(today: date, done: dict[str, date] | None = None) -> set[str]:
    return {each.id for each in load_schedule().editions_due("acl_anthology", today, done or {})}


def test_a_conference_is_looked_for_from_its_month_on() -> None:
    assert "acl-2027" not in due_ids(date(2027, 6, 30))
    assert "acl-2027" in due_ids(date(2027, 7, 1))
    assert "acl-2027" in due_ids(date(2028, 3, 1))


def test_what_is_complete_and_settled_is_left_alone() -> None:
    early, late = {"2025.acl": date(2025, 8, 1)}, {"2025.acl": date(2025, 11, 10)}
    assert "acl-2025" in due_ids(date(2025, 12, 1), early)
    assert "acl-2025" not in due_ids(date(2025, 12, 1), late)


def test_a_settled_volume_of_the_anthology_is_asked_for_again_every_four_weeks() -> None:
    """A volume of EMNLP 2022 came in April 2024, when nothing would have asked for that year any more."""
    done = {"2022.emnlp": date(2024, 3, 15)}
    assert "emnlp-2022" not in due_ids(date(2024, 4, 11), done)
    assert "emnlp-2022" in due_ids(date(2024, 4, 12), done)


def test_an_own_file_takes_the_place_of_the_shipped_one(tmp_path) -> None:
    from importlib.resources import files

    shipped = files("harvester").joinpath("schedule.yaml").read_text(encoding="utf-8")
    own = tmp_path / "schedule.yaml"
    own.write_text(shipped.replace("every_hours: 24", "every_hours: 12"), encoding="utf-8")
    assert load_schedule(tmp_path).cadence("arxiv").every_hours == 12
    for damage, message in (
        (shipped.replace("  acl: {months: [7]}\n", ""), "differ from those that are known: \\['acl'\\]"),
        (shipped.replace("months: [7]", "months: [13]", 1), "venues.acl.months"),
        (shipped.replace('["23:45", "01:00"]', '["00:00", "23:59"], ["23:59", "00:00"]', 1), "bad one"),
        ("sources: [", "not YAML"),
    ):
        own.write_text(damage, encoding="utf-8")
        with pytest.raises(ConfigurationError, match=message):
            load_schedule(tmp_path)
