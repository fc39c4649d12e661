"""What a step of work reports: the words are the same in page, command line and exit code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

RunState = Literal["complete", "partial", "suspect", "failed"]

# The gravest of several states decides the exit code (interfaces: 0 complete, 2 failed, 3 partial,
# 4 suspect).
GRAVITY: tuple[RunState, ...] = ("failed", "suspect", "partial", "complete")
EXIT_CODES: dict[RunState, int] = {"complete": 0, "failed": 2, "partial": 3, "suspect": 4}


@dataclass(frozen=True)
class RejectLine:
    """One record that could not be read: where, which, why."""

    source_id: str
    reason: str
    field: str = ""
    value: str = ""


@dataclass(frozen=True)
class IngestReport:
    """What became of one source or one file.

    Attributes:
        name: Source or file name.
        state: complete, partial, suspect or failed.
        reason: Why it is not complete; empty otherwise.
        fetched: Records read.
        new: Papers that were not known.
        updated: Papers whose record changed.
        unchanged: Records that were known to the byte.
        rejected: Records that could not be read.
        linked: Works found to be one and joined.
        skipped: Entries that are no papers (front matter), by kind.
        rejects: The records that could not be read, at most 50.
    """

    name: str
    state: RunState
    reason: str = ""
    fetched: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    linked: int = 0
    skipped: tuple[tuple[str, int], ...] = ()
    rejects: tuple[RejectLine, ...] = ()

    def line(self) -> str:
        """One line for a terminal."""
        if self.state == "failed" and not self.fetched:
            return f"{self.name}: failed — {self.reason}"
        text = (
            f"{self.name}: {self.state}, {self.fetched} read, {self.new} new, {self.updated} updated, "
            f"{self.unchanged} unchanged, {self.rejected} rejected, {self.linked} duplicates linked"
        )
        if self.skipped:
            text += ", " + ", ".join(f"{count} {kind} skipped" for kind, count in self.skipped)
        return text + (f" — {self.reason}" if self.reason else "")


def exit_code(reports: Sequence[IngestReport]) -> int:
    """Exit code of several reports: that of the gravest state."""
    states = {report.state for report in reports}
    for state in GRAVITY:
        if state in states:
            return EXIT_CODES[state]
    return 0
