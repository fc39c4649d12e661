"""The frozen types of the memory formulae: every term with its formula and source."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """One term of a sum.

    Attributes:
        name: What takes the memory.
        gb: How much, in 10^9 bytes.
        formula: With its numbers put in.
        source: Where the formula comes from.
    """

    name: str
    gb: float
    formula: str
    source: str


@dataclass(frozen=True)
class MemoryEstimate:
    """A sum of terms.

    Attributes:
        method: full, lora, qlora, inference or index.
        total_gb: Their sum, in 10^9 bytes.
        terms: In the order of the formula.
        notes: What was assumed, and what the formula leaves out.
    """

    method: str
    total_gb: float
    terms: tuple[Term, ...]
    notes: tuple[str, ...] = ()
