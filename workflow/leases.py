"""Who holds a source's lease, and whether that process is still alive.

A harvest that is killed cannot give its lease back. On the machine where it ran its end can be
seen, so the next harvest need not wait for the lease to expire.
"""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from harvester.gate import boot_id

if TYPE_CHECKING:
    from datetime import datetime

    from db.engine import Store
    from foundation.clock import Clock

_PROC = Path("/proc")
_HOLDER = re.compile(r"(?P<machine>\S+ boot=\S+ pids=\S+) pid=(?P<pid>\d+) started=(?P<started>\d+) .*")


def holder_name(clock: Clock) -> str:
    """A name for this process's hold: machine, process and moment, no two alike.

    Args:
        clock: Tells one harvest of a process from another.

    Returns:
        One line. Where the system does not tell when a process started, the name is still unique but
        nobody can see that its process has ended.
    """
    pid = os.getpid()
    return f"{_machine()} pid={pid} started={_started(pid) or 'unknown'} at={clock.monotonic()}"


def is_gone(holder: str) -> bool:
    """Whether the process that took a hold has surely ended.

    Args:
        holder: As `holder_name` made it.

    Returns:
        True only for a process of this machine, boot and process-id namespace that is no more. A
        process of another machine, or a name of another form, may be alive.
    """
    found = _HOLDER.fullmatch(holder)
    if found is None or found["machine"] != _machine() or _started(os.getpid()) is None:
        return False
    return _started(int(found["pid"])) != found["started"]


def take_lease(store: Store, source: str, holder: str, *, at: datetime) -> None:
    """Take the right to harvest a source, also from a process that has ended without giving it back.

    Args:
        store: The open store.
        source: Name of the source.
        holder: From `holder_name`.
        at: The present moment.

    Raises:
        LeaseHeldError: A process that may be alive holds it.
        StoreError: The store is locked, full or damaged.
    """
    from db.harvests import LeaseHeldError, acquire_lease, release_lease

    with store.write() as session:
        try:
            acquire_lease(session, source, holder, at=at)
        except LeaseHeldError as error:
            before = str(error.facts["holder"])
            if not is_gone(before):
                raise
            # In the same transaction: of two harvests that see the dead one, one gets it.
            release_lease(session, source, before, at=at)
            acquire_lease(session, source, holder, at=at)


def _machine() -> str:
    """What tells whether process ids mean the same: containers share a kernel, not their processes."""
    try:
        processes = (_PROC / "self" / "ns" / "pid").readlink().name
    except OSError:
        processes = "unknown"
    return f"{socket.gethostname() or 'unknown'} boot={boot_id() or 'unknown'} pids={processes}"


def _started(pid: int) -> str | None:
    """When a process started, in the kernel's ticks since boot; None where there is no such process.

    Process ids are used again; id and start together are not (`man 5 proc`, field 22 of `stat`).
    """
    try:
        stat = (_PROC / str(pid) / "stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # the command's name before it may hold anything
    # A zombie has ended; only its parent has not looked yet.
    return None if fields[0] in "ZX" else fields[19]
