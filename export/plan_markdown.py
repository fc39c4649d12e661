"""A plan of domain adaptation as Markdown that reads well as text, too.

Titles, names and answers come from outside: every sign that Markdown or HTML could read is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from export.text_safety import safe_link, safe_text
from guidance.memory_types import MemoryEstimate
from guidance.rules import figure
from guidance.types import Plan, Reason, RoutePlan
from landscape.adaptation import EvidencedPlan, StepEvidence

# ASCII punctuation that CommonMark lets one escape (spec 0.31, section 2.4) and that means something
# inside a line; $ for readers that know TeX, @ for those that notify people.
_SIGNS = re.compile(r"([\\`*_{}\[\]<>#|~$&!@])")
# What begins a list, a heading's underline or a numbered list where a line begins.
_BULLET, _NUMBER = re.compile(r"^([-+=])(?=\s|$)"), re.compile(r"^(\d+)([.)])(?=\s|$)")
METHODS = {"full": "all weights", "lora": "LoRA", "qlora": "QLoRA"}
NO_PAPERS = "no paper of the store"


def plan_markdown(evidenced: EvidencedPlan) -> bytes:
    """A plan as a Markdown file.

    Args:
        evidenced: The plan, with or without papers.

    Returns:
        UTF-8; the same plan gives the same bytes.
    """
    plan = evidenced.plan
    lines = [f"# Domain adaptation{': ' + text(plan.domain_label) if plan.domain_label else ''}", ""]
    notes = _Sources()
    lines += _recommendation(plan, notes)
    lines += _answers(plan)
    lines += _routes(evidenced, notes)
    lines += _phases(evidenced)
    lines += _data_and_models(plan)
    lines += _knowledge(evidenced)
    lines += _challenges(evidenced)
    lines += _lifecycle(plan)
    lines += notes.lines()
    return ("\n".join(lines).rstrip() + "\n").encode("utf-8")


def text(value: str) -> str:
    """A text on one line with every sign of Markdown escaped."""
    escaped = _SIGNS.sub(r"\\\1", safe_text(value))
    return _NUMBER.sub(r"\1\\\2", _BULLET.sub(r"\\\1", escaped))


class _Sources:
    """Sources in the order in which they are named, each written out once at the end."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def mark(self, source: str) -> str:
        """The number of a source as a link to its line."""
        return f"[[{self._numbers.setdefault(source, len(self._numbers) + 1)}]](#sources)"

    def lines(self) -> list[str]:
        """The list at the end."""
        return ["## Sources", "", *(f"{number}. {text(source)}" for source, number in self._numbers.items())]


def _recommendation(plan: Plan, notes: _Sources) -> list[str]:
    first = plan.routes[0]
    lines = []
    if first.feasible:
        lines += [f"**Recommended first: {text(first.label)}.**"]
        lines += [f"- {text(reason.text)} {_rule(reason, notes)}" for reason in first.reasons]
    else:
        lines += ["**No route can be taken with these answers.**"]
    lines += [""]
    if plan.missing:
        lines += ["## What is missing", ""]
        lines += [f"- {text(gap.text)} *{text(gap.resolve)}*" for gap in plan.missing]
        lines += [""]
    if plan.flips:
        lines += ["## What would change the recommendation", ""]
        lines += ["| answer | from | to | then first |", "|---|---|---|---|"]
        lines += [
            f"| {text(flip.input)} | {_value(flip.before)} | {_value(flip.after)} "
            f"| {text(plan.route(flip.first_route).label)} |"
            for flip in plan.flips
        ]
        lines += [""]
    return lines


def _answers(plan: Plan) -> list[str]:
    given = plan.answers.given()
    lines = ["## Answers", ""]
    lines += [f"- {text(name)}: {_value(value)}" for name, value in given.items()] or ["- nothing was said"]
    lines += [f"- assumed: {text(a.input)} = {_value(a.value)}. {text(a.reason)}" for a in plan.assumptions]
    return [*lines, ""]


def _routes(evidenced: EvidencedPlan, notes: _Sources) -> list[str]:
    lines = ["## Routes, best first", ""]
    lines += [
        "| | route | can be taken | training time | memory (GB) | points |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {route.rank} | {text(route.label)} | {'yes' if route.feasible else 'no'} | {route.time_class} "
        f"| {figure(route.memory_gb)} | {route.points} |"
        for route in evidenced.plan.routes
    ]
    lines += ["", *_memory(evidenced.plan), ""]
    for route in evidenced.plan.routes:
        lines += [f"### {route.rank}. {text(route.label)}", ""]
        lines += [f"- for: {text(each.text)} {_rule(each, notes)}" for each in route.reasons]
        lines += [f"- against: {text(each.text)} {_rule(each, notes)}" for each in route.against]
        lines += _computing(route)
        lines += _papers(evidenced.step(f"route/{route.id}"), evidenced)
        lines += [""]
    return lines


def _memory(plan: Plan) -> list[str]:
    """Every estimate that the routes name, each once with its terms."""
    seen: dict[str, MemoryEstimate] = {}
    for route in plan.routes:
        for name, estimate in (("training", route.training), ("serving", route.serving)):
            if estimate is not None:
                label = name if name == "serving" else f"training, {METHODS[estimate.method]}"
                seen.setdefault(label, estimate)
    lines = ["### Memory, term by term", ""]
    for label, estimate in seen.items():
        lines += [f"- {label}: {figure(estimate.total_gb)} GB", *_terms(estimate)]
        lines += [f"  - {text(note)}" for note in estimate.notes]
    return lines


def _computing(route: RoutePlan) -> list[str]:
    how = METHODS[route.training.method] if route.training else "serving"
    lines = [f"- memory: {figure(route.memory_gb)} GB ({how})"]
    if route.training_gpu_hours is not None:
        hours = figure(route.training_gpu_hours)
        lines += [f"- computing: about {hours} GPU hours (6·P·D on an H100 at 40 % of its peak)"]
    return lines


def _terms(estimate: MemoryEstimate) -> list[str]:
    return [
        f"  - {text(term.name)}: {figure(term.gb)} GB = {text(term.formula)} ({text(term.source)})"
        for term in estimate.terms
    ]


def _phases(evidenced: EvidencedPlan) -> list[str]:
    lines = ["## The four phases", ""]
    for phase in evidenced.plan.phases:
        lines += [f"### {text(phase.label)}", "", *(f"*{text(block)}*" for block in phase.blocks), ""]
        for chip in phase.chips:
            lines += [f"- **{text(chip.label)}**: {chip.need}. {text(chip.reason)}"]
            lines += _papers(evidenced.step(f"chip/{chip.id}"), evidenced, indent="  ")
        lines += [""]
    return lines


def _data_and_models(plan: Plan) -> list[str]:
    lines = []
    if plan.datasets:
        lines += ["## Public data sets", "", "| data set | holds | size | licence |", "|---|---|---|---|"]
        lines += [
            f"| [{text(each.name)}]({each.url}) | {text(each.holds)} | {text(each.size)} "
            f"| {text(each.licence)} |"
            for each in plan.datasets
        ]
        lines += [""]
    lines += ["## Open models that fit", ""]
    if plan.models:
        lines += ["| model | parameters | licence | window | kind | why |", "|---|---|---|---|---|---|"]
        lines += [
            f"| [{text(each.name)}]({each.url}) | {each.params_b:g}B | {text(each.licence)} "
            f"| {each.context_tokens:,} | {each.kind} | {text(each.reason)}"
            f"{f' Fits at {each.fits}.' if each.fits else ''} |"
            for each in plan.models
        ]
    else:
        lines += ["None of those listed fits the memory at hand."]
    lines += ["", *(f"- {text(note)}" for note in plan.model_notes), ""]
    return lines


def _knowledge(evidenced: EvidencedPlan) -> list[str]:
    plan = evidenced.plan
    lines = ["## Where to keep which knowledge", "", "| kind | where | by | why |", "|---|---|---|---|"]
    lines += [
        f"| {text(each.label)} | {each.where} | {text(plan.route(each.route).label)} | {text(each.reason)} |"
        for each in plan.knowledge
    ]
    lines += [""]
    evidence = evidenced.evidence
    if evidence is not None:
        about = f" that name {text(plan.domain)}" if plan.domain else ""
        lines += [
            "## What is tuned, and what is taken as it is", "",
            f"{evidence.domain_papers:,} relevant papers of the store{about}, by component:", "",
            "| component | tune | use as is | share that tunes |", "|---|---|---|---|",
        ]  # fmt: skip
        for each in evidence.tuning:
            share = "too few papers" if each.share is None else f"{each.share:.0%}"
            lines += [f"| {text(each.label)} | {each.tune:,} | {each.as_is:,} | {share} |"]
        lines += [""]
    return lines


def _challenges(evidenced: EvidencedPlan) -> list[str]:
    lines = ["## Challenges to expect", ""]
    for each in evidenced.plan.challenges:
        lines += [f"- **{text(each.label)}** ({each.group}): {text(each.reason)}"]
        lines += _papers(evidenced.step(f"challenge/{each.id}"), evidenced, indent="  ", most=2)
    return [*lines, ""]


def _lifecycle(plan: Plan) -> list[str]:
    lines = ["## The project, step by step", ""]
    for number, step in enumerate(plan.lifecycle, start=1):
        lines += [f"{number}. **{text(step.label)}**"]
        lines += [f"   - {text(advice)}" for advice in step.advice]
    return [*lines, ""]


def _papers(step: StepEvidence, evidenced: EvidencedPlan, *, indent: str = "", most: int = 5) -> list[str]:
    if evidenced.evidence is None:
        return []
    if not step.total:
        return [f"{indent}- papers: {NO_PAPERS} on this{' in the domain' if evidenced.plan.domain else ''}"]
    lines = [f"{indent}- papers, {min(most, len(step.papers))} of {step.total:,}, newest first:"]
    for each in step.papers[:most]:
        url = safe_link(each.row.url)
        title = f"[{text(each.row.title)}]({_in_brackets(url)})" if url else text(each.row.title)
        where = ", ".join(str(part) for part in (each.row.venue, each.row.year) if part)
        said = f": “{text(each.sentence)}”" if each.sentence else ""
        lines += [f"{indent}  - {title}{f' ({text(where)})' if where else ''}{said}"]
    return lines


def _in_brackets(url: str) -> str:
    return url.replace("(", "%28").replace(")", "%29")


def _rule(reason: Reason, notes: _Sources) -> str:
    weight = {"supports": f"+{reason.weight}", "opposes": f"−{reason.weight}"}.get(
        reason.effect, reason.effect
    )
    return f"(`{reason.rule}`, {weight}) {notes.mark(reason.source)}"


def _value(value: object) -> str:
    if value is None:
        return "not said"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Iterable) and not isinstance(value, str):
        return text(", ".join(str(each) for each in value))
    return text(
        f"{value:,}" if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else str(value)
    )
