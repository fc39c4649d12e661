"""One rate gate an operator for the whole machine: never two requests at once, never too soon.

The gate is a lock file beside a small state file. Whoever holds the lock may send one request;
the state says before which moment nobody may. The moment is kept on the monotonic clock, which
all processes of a machine share since boot, so that setting the wall clock changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from foundation.clock import Clock
from foundation.errors import ConfigurationError, TransientSourceError

# One answer may take two minutes, and a few processes may stand in line.
PATIENCE_SECONDS = 900.0
# A server may ask for any pause; what is remembered for other processes ends after an hour.
LONGEST_REMEMBERED_PAUSE_SECONDS = 3600.0
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass
class Turn:
    """The right to send one request; ends with the `with` block of `RateGate.turn`.

    Attributes:
        answered_at: Monotonic moment at which the server was known to have the request.
        pause_seconds: A longer pause that the server asked for, from the end of the turn on.
    """

    answered_at: float | None = None
    pause_seconds: float = 0.0


class RateGate:
    """Keeps the courtesy rule of one operator across threads and processes.

    Args:
        operator: Who runs the sources behind the gate; names the files.
        delay_seconds: Least time between an answer and the next request.
        folder: Where lock and state lie; made if absent.
        clock: Time; tests pass their own.
        patience_seconds: How long to stand in line before giving up.
    """

    def __init__(
        self,
        operator: str,
        delay_seconds: float,
        folder: Path,
        clock: Clock,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self.operator = operator
        self.delay_seconds = delay_seconds
        self._folder = folder
        self._clock = clock
        self._patience_seconds = patience_seconds
        self._lock_path = folder / f"{operator}.lock"
        self._state_path = folder / f"{operator}.gate.json"

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """Wait for the right to send one request, and hold it.

        Yields:
            The turn. Set `answered_at` when the answer begins, `pause_seconds` when the server
            asks for a pause.

        Raises:
            TransientSourceError: The line is too long, the server asked for a longer pause than this
                gate is willing to wait, or the disk is full.
            ConfigurationError: The lock folder cannot be written.
        """
        lock = self._wait_in_line()
        turn = Turn()
        try:
            # Written before the request too: a process that is killed during it leaves a mark.
            self._remember(self._clock.monotonic() + self.delay_seconds)
            try:
                yield turn
            finally:
                now = self._clock.monotonic()
                since = now if turn.answered_at is None else turn.answered_at
                pause = min(turn.pause_seconds, LONGEST_REMEMBERED_PAUSE_SECONDS)
                self._remember(max(since + self.delay_seconds, now + pause))
        finally:
            lock.release()

    def _wait_in_line(self) -> FileLock:
        while True:
            lock = self._acquire()
            wait_seconds = self._remaining_seconds()
            if wait_seconds <= 0:
                return lock
            # The lock is given up while waiting, so that a killed waiter blocks nobody.
            lock.release()
            if wait_seconds > self._patience_seconds:
                raise TransientSourceError(
                    "the source has asked for a pause that is not over",
                    hint="Run the harvest again later: it goes on where it stopped.",
                    operator=self.operator,
                    wait_seconds=round(wait_seconds),
                )
            self._clock.sleep(wait_seconds)

    def _acquire(self) -> FileLock:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self._lock_path, thread_local=False)
            lock.acquire(timeout=self._patience_seconds, poll_interval=0.02)
        except Timeout as error:
            raise TransientSourceError(
                "another process has been asking the same operator for too long",
                hint="Wait for it to end, or end it, and run the harvest again.",
                operator=self.operator,
                lock=self._lock_path,
            ) from error
        except OSError as error:
            raise ConfigurationError(
                f"the lock folder cannot be written: {error.strerror or error}",
                hint="Set LANDSCAPE_HOME to a folder that you may write to.",
                path=self._folder,
            ) from error
        return lock

    def _remaining_seconds(self) -> float:
        try:
            state = json.loads(self._state_path.read_text(encoding="ascii"))
            boot, not_before = str(state["boot"]), float(state["not_before"])
        except FileNotFoundError:
            return 0.0
        except (OSError, ValueError, TypeError, KeyError):
            # Unreadable: nobody knows when the last request was, so assume just now.
            return self._restart()
        remaining = not_before - self._clock.monotonic()
        longest = max(self.delay_seconds, LONGEST_REMEMBERED_PAUSE_SECONDS)
        if boot != boot_id() or not remaining <= longest:  # other boot (or NaN): another clock
            return self._restart()
        return remaining

    def _restart(self) -> float:
        self._remember(self._clock.monotonic() + self.delay_seconds)
        return self.delay_seconds

    def _remember(self, not_before: float) -> None:
        state = json.dumps({"boot": boot_id(), "not_before": not_before})
        # One name is enough: only the holder of the lock writes. Replaced whole, so that a kill
        # in the middle leaves the state before.
        draft = self._state_path.with_suffix(".new")
        try:
            draft.write_text(state, encoding="ascii")
            draft.replace(self._state_path)
        except OSError as error:
            # Without a note nobody would know when the next request may be sent: so none is.
            raise TransientSourceError(
                f"the time of the last request cannot be noted: {error.strerror or error}",
                hint="Free some space, or set LANDSCAPE_HOME to a folder that you may write to.",
                path=self._folder,
            ) from error


def boot_id() -> str:
    """What tells one boot of the machine from another; empty where the system does not say."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""
