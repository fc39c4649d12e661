from datetime import UTC, datetime, timedelta, timezone

from foundation.clock import SystemClock, as_utc, utc_now


def test_now_is_aware_utc_to_the_second() -> None:
    now = utc_now()
    assert now.tzinfo is UTC
    assert now.microsecond == 0


def test_naive_is_read_as_utc_and_other_zones_are_converted() -> None:
    assert as_utc(datetime(2024, 1, 1, 12)) == datetime(2024, 1, 1, 12, tzinfo=UTC)
    east = datetime(2024, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    assert as_utc(east) == datetime(2024, 1, 1, 10, tzinfo=UTC)


def test_system_clock_never_sleeps_backwards() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    clock.sleep(-5)
    assert clock.monotonic() >= before
    assert clock.now().tzinfo is UTC
