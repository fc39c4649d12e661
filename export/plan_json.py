"""A plan of domain adaptation as JSON, in the shape that scripts read."""

from __future__ import annotations

import json
from typing import Any

from export.json_ import paper_object
from export.text_safety import safe_link, safe_text
from guidance.memory_types import MemoryEstimate
from guidance.types import Plan, Reason, RoutePlan
from landscape.adaptation import EvidencedPlan, StepEvidence


def plan_object(evidenced: EvidencedPlan) -> dict[str, Any]:
    """A plan as plain data.

    Args:
        evidenced: The plan, with or without papers.

    Returns:
        `domain, routes, phases, challenges, lifecycle, knowledge, missing, flips`, and beyond these
        answers, gaps with ids, assumptions, datasets, models, notes and the counts of papers.
    """
    plan = evidenced.plan
    evidence = evidenced.evidence
    return {
        "domain": None if plan.domain is None else safe_text(plan.domain),
        "domain_label": None if plan.domain_label is None else safe_text(plan.domain_label),
        "answers": answers_object(plan),
        "routes": [route_object(route, evidenced) for route in plan.routes],
        "phases": [
            {
                "id": phase.id,
                "label": safe_text(phase.label),
                "blocks": [safe_text(block) for block in phase.blocks],
                "chips": [
                    {
                        "id": chip.id,
                        "label": safe_text(chip.label),
                        "need": chip.need,
                        "reason": chip.reason,
                        "source": chip.source,
                        "topics": list(chip.topics),
                        "cells": list(chip.cells),
                        **_papers(evidenced.step(f"chip/{chip.id}")),
                    }
                    for chip in phase.chips
                ],
            }
            for phase in plan.phases
        ],
        "challenges": [
            {
                "id": each.id,
                "group": each.group,
                "cells": list(each.cells),
                "label": each.label,
                "reason": each.reason,
                "topics": list(each.topics),
                **_papers(evidenced.step(f"challenge/{each.id}")),
            }
            for each in plan.challenges
        ],
        "lifecycle": [{"step": each.step, "advice": " ".join(each.advice)} for each in plan.lifecycle],
        "knowledge": [
            {
                "kind": each.kind,
                "where": each.where,
                "route": each.route,
                "reason": each.reason,
                "label": each.label,
                "source": each.source,
            }
            for each in plan.knowledge
        ],
        "missing": [gap.line for gap in plan.missing],
        "gaps": [{"id": gap.id, "text": gap.text, "resolve": gap.resolve} for gap in plan.missing],
        "flips": [
            {
                "input": flip.input,
                "from": _plain(flip.before),
                "to": _plain(flip.after),
                "first_route": flip.first_route,
                "steps": flip.steps,
            }
            for flip in plan.flips
        ],
        "assumptions": [
            {"input": each.input, "value": _plain(each.value), "reason": each.reason}
            for each in plan.assumptions
        ],
        "datasets": [
            {
                "name": each.name,
                "holds": each.holds,
                "size": each.size,
                "licence": each.licence,
                "url": each.url,
            }
            for each in plan.datasets
        ],
        "models": [
            {
                "name": each.name,
                "params_b": each.params_b,
                "licence": each.licence,
                "context_tokens": each.context_tokens,
                "kind": each.kind,
                "fits": each.fits,
                "reason": each.reason,
                "url": each.url,
                "knowledge": each.knowledge,
            }
            for each in plan.models
        ],
        "model_notes": list(plan.model_notes),
        "papers": None
        if evidence is None
        else {
            "domain_words": [safe_text(word) for word in evidence.words],
            "domain_papers": evidence.domain_papers,
            "tuning": [
                {
                    "component": each.component,
                    "tune": each.tune,
                    "as_is": each.as_is,
                    "share": None if each.share is None else round(each.share, 4),
                }
                for each in evidence.tuning
            ],
        },
    }


def answers_object(plan: Plan) -> dict[str, Any]:
    """What was said, by name, as the command reads it back."""
    return {name: _plain(value) for name, value in plan.answers.given().items()}


def route_object(route: RoutePlan, evidenced: EvidencedPlan) -> dict[str, Any]:
    """A route as plain data, with its memory term by term and its papers."""
    return {
        "id": route.id,
        "label": route.label,
        "rank": route.rank,
        "feasible": route.feasible,
        "may_lead": route.may_lead,
        "points": route.points,
        "reasons": [reason_object(reason) for reason in route.reasons],
        "against": [reason_object(reason) for reason in route.against],
        "time_class": route.time_class,
        "memory_gb": route.memory_gb,
        "memory": {
            "training": None if route.training is None else memory_object(route.training),
            "serving": memory_object(route.serving),
        },
        "training_gpu_hours": None
        if route.training_gpu_hours is None
        else float(f"{route.training_gpu_hours:.4g}"),
        "changes_weights": route.changes,
        "cells": list(route.cells),
        "topics": list(route.topics),
        "knowledge": route.knowledge,
        "models": list(route.models),
        **_papers(evidenced.step(f"route/{route.id}")),
    }


def reason_object(reason: Reason) -> dict[str, Any]:
    """A rule that fired as plain data."""
    return {
        "rule": reason.rule,
        "text": reason.text,
        "source": reason.source,
        "effect": reason.effect,
        "weight": reason.weight,
    }


def memory_object(estimate: MemoryEstimate) -> dict[str, Any]:
    """A memory estimate as plain data.

    Args:
        estimate: Terms and their sum.

    Returns:
        `total_gb, terms: [{name, gb, formula, source}]`, method and notes; GB = 10^9 bytes.
    """
    return {
        "method": estimate.method,
        "total_gb": round(estimate.total_gb, 4),
        "terms": [
            {"name": term.name, "gb": round(term.gb, 6), "formula": term.formula, "source": term.source}
            for term in estimate.terms
        ],
        "notes": list(estimate.notes),
    }


def plan_json(evidenced: EvidencedPlan) -> bytes:
    """A plan as a JSON file, indented, UTF-8, with a final line feed; same plan, same bytes."""
    text = json.dumps(plan_object(evidenced), ensure_ascii=False, indent=2, allow_nan=False)
    return (text + "\n").encode("utf-8")


def _papers(step: StepEvidence) -> dict[str, Any]:
    return {
        "papers": [
            {
                **paper_object(each.row),
                "sentence": safe_text(each.sentence),
                "told_by": each.told_by,
                "citations": each.citations,
            }
            for each in step.papers
        ],
        "papers_total": step.total,
    }


def _plain(value: object) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return safe_text(value) if isinstance(value, str) else value


def chip_links(evidenced: EvidencedPlan) -> dict[str, str]:
    """For every chip the address of its first paper, where there is one: the links of the slide."""
    found = {}
    for phase in evidenced.plan.phases:
        for chip in phase.chips:
            for paper in evidenced.step(f"chip/{chip.id}").papers:
                url = safe_link(paper.row.url)
                if url:
                    found[chip.id] = url
                    break
    return found
