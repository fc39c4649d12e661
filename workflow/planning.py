"""Brings what the store knows to a plan of domain adaptation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guidance.answers import Answers
from guidance.planner import make_plan
from landscape.adaptation import EvidencedPlan, with_evidence
from taxonomy.loader import load_taxonomy

if TYPE_CHECKING:
    from db.engine import Store


def plan_adaptation(answers: Answers, store: Store | None = None) -> EvidencedPlan:
    """Plan the adaptation, with the store's papers behind every step.

    Args:
        answers: What was said.
        store: Where papers are; None gives the plan alone.

    Returns:
        The plan; its evidence is None without a store, and on a grid that guidance does not know.
    """
    plan = make_plan(answers)
    # Guidance speaks of the founding grid's topics; on another grid there are no papers behind them.
    taxonomy = load_taxonomy()
    if store is None or not taxonomy.is_founding:
        return EvidencedPlan(plan)
    with store.read() as session:
        return with_evidence(session, taxonomy, plan)
