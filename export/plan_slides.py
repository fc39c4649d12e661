"""What a plan says beyond the phases: its routes in order, what is missing, what would change it."""

from __future__ import annotations

from typing import Any

from export.pptx_canvas import Insets, TextStyle
from export.pptx_package import DeckFonts, set_notes
from export.slide_frame import add_slide
from export.text_safety import safe_text
from guidance.types import Plan, RoutePlan
from guidance.wording import answer_words, input_words, time_words
from landscape.layout import Box

INK, QUIET, HEAD = "#000000", "#595959", "#4472C4"
LEFT_PT, WIDTH_PT = 22.8, 914.4
FIRST_TOP_PT, LAST_BOTTOM_PT = 52.0, 528.0


def plan_slides(presentation: Any, fonts: DeckFonts, plan: Plan) -> None:
    """Add the slides of a plan: ranked routes, then gaps and turning points where there are any.

    Args:
        presentation: A python-pptx presentation.
        fonts: How text is set.
        plan: The plan.
    """
    _routes(presentation, fonts, plan)
    lines = [(gap.text, gap.resolve) for gap in plan.missing]
    lines += [
        (
            f"{input_words(flip.input)}: {answer_words(flip.before)} → {answer_words(flip.after)}",
            f"would put {plan.route(flip.first_route).label} first",
        )
        for flip in plan.flips
    ]
    if lines:
        _rows(presentation, fonts, "What is missing, and what would change the recommendation", lines)


def _routes(presentation: Any, fonts: DeckFonts, plan: Plan) -> None:
    domain = f" for {plan.domain_label}" if plan.domain_label else ""
    lines = [(f"{route.rank}. {route.label}", _route_words(route)) for route in plan.routes]
    slide = _rows(presentation, fonts, f"Routes of adaptation{domain}, best first", lines)
    notes = []
    for route in plan.routes:
        notes.append(
            f"{route.rank}. {route.label}: {'can be taken' if route.feasible else 'cannot be taken'}."
        )
        notes += [f"For: {reason.text} [{reason.source}]" for reason in route.reasons]
        notes += [f"Against: {reason.text} [{reason.source}]" for reason in route.against]
    set_notes(slide, "\n".join(notes))


def _route_words(route: RoutePlan) -> str:
    if not route.feasible:
        reason = route.against[0].text if route.against else ""
        return f"Cannot be taken with these answers. {reason}".strip()
    facts = f"Training time: {time_words(route.time_class)}; memory at the peak: {route.memory_gb:,.1f} GB."
    reasons = route.reasons or route.against
    return f"{facts} {reasons[0].text if reasons else ''}".strip()


def _rows(presentation: Any, fonts: DeckFonts, title: str, lines: list[tuple[str, str]]) -> Any:
    """A slide of a head and a sentence a row."""
    slide, canvas = add_slide(presentation, fonts, safe_text(title))
    step = min((LAST_BOTTOM_PT - FIRST_TOP_PT) / max(len(lines), 1), 78.0)
    flush = Insets(0.0, 0.0, 0.0, 0.0)
    for index, (head, text) in enumerate(lines, start=1):
        top = FIRST_TOP_PT + (index - 1) * step
        box = Box(LEFT_PT, top, WIDTH_PT * 0.3, step - 6.0)
        shape = canvas.text_box(f"Row {index}", box, head)
        canvas.write(
            shape, head, box, TextStyle(HEAD, 14.0, bold=True, align="left", anchor="top", insets=flush)
        )
        box = Box(LEFT_PT + WIDTH_PT * 0.32, top, WIDTH_PT * 0.68, step - 6.0)
        shape = canvas.text_box(f"Row {index}: text", box, text)
        canvas.write(shape, text, box, TextStyle(INK, 12.0, align="left", anchor="top", insets=flush))
    return slide
