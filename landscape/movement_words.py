"""A movement in plain words, the same in terminal, digest and slide."""

from __future__ import annotations

from landscape.movement import (
    FALSE_DISCOVERY_RATE,
    LEAST_CHANGE,
    Direction,
    Movement,
    PlaceMovement,
    Relabelling,
)

SHOWN_PLACES = 8
SHOWN_RELABELLED = 5
METHOD = (
    "A topic rises or fades where its share among papers that arrived differs from its share among "
    "papers known before, inside the same venue or category of the same source, by more than chance "
    f"explains (false discovery rate {FALSE_DISCOVERY_RATE:.0%}) and by at least {LEAST_CHANGE:.0%}."
)
LEAST_Q = 0.001  # below it more digits tell nothing: the approximation behind them ends long before


def movement_words(movement: Movement) -> tuple[str, ...]:
    """Say what moved.

    Args:
        movement: What moved.

    Returns:
        Sentences, the most important first.
    """
    lines = [arrival_words(movement)]
    if movement.n_new:
        lines.append(comparison_words(movement))
    for direction, word in (("new", "new"), ("rising", "rising"), ("fading", "fading")):
        places = movement.moved(direction)  # type: ignore[arg-type]
        lines += [f"{word}: {place_words(place)}" for place in places[:SHOWN_PLACES]]
        if len(places) > SHOWN_PLACES:
            lines.append(f"{word}: {len(places) - SHOWN_PLACES} more")
    if movement.comparable and not movement.moved("rising") and not movement.moved("fading"):
        lines.append("no topic moved by more than chance explains")
    if movement.n_relabelled:
        lines.append(relabelled_words(movement))
        lines += [
            f"re-labelled: {relabelling_words(each)}" for each in movement.relabelled[:SHOWN_RELABELLED]
        ]
    return tuple(lines)


def headline_words(movement: Movement) -> str:
    """The whole movement in one line: what came, what was late, what stands elsewhere."""
    parts = [arrival_words(movement)]
    if movement.n_late:
        parts.append(f"{movement.n_late:,} of them published long before")
    if movement.n_relabelled:
        parts.append(relabelled_words(movement))
    return "; ".join(parts)


def arrival_words(movement: Movement) -> str:
    """`96 papers on the chart arrived: 1,204 before, 1,300 after`."""
    arrived = "were published" if movement.by == "published" else "arrived"
    return (
        f"{_papers(movement.n_new)} on the chart {arrived}: {movement.relevant_before:,} before, "
        f"{movement.relevant_after:,} after"
    )


def relabelled_words(movement: Movement) -> str:
    """`12 papers known before stand elsewhere now`."""
    stand = "stands" if movement.n_relabelled == 1 else "stand"
    return f"{_papers(movement.n_relabelled)} known before {stand} elsewhere now"


def none_words(movement: Movement, direction: Direction) -> str:
    """What is said where no topic went that way."""
    if direction == "new":
        return "No topic that was empty before"
    return "None beyond chance" if movement.comparable else "Too few papers to compare"


def change_words(place: PlaceMovement) -> str:
    """`120 → 156 (×1.4)`: papers before and after, and what arrived over what was to be expected."""
    ratio = "" if place.ratio is None or place.direction == "new" else f" (×{place.ratio:.1f})"
    return f"{place.n_before:,} → {place.n_after:,}{ratio}"


def comparison_words(movement: Movement) -> str:
    """What was compared with what, and what was left out of the comparison."""
    compared = [stratum for stratum in movement.strata if stratum.compared]
    if not compared:
        text = "nothing could be compared: no venue or category has papers on both sides"
    else:
        new, base = sum(each.n_new for each in compared), sum(each.n_base for each in compared)
        text = (
            f"compared inside {len(compared)} venues and categories: {_papers(new)} with {base:,} of the "
            f"two years before (Cochran-Mantel-Haenszel, false discovery rate {FALSE_DISCOVERY_RATE:.0%})"
        )
    left_out = []
    if movement.n_late:
        left_out.append(f"{movement.n_late:,} published long before")
    if movement.n_undated:
        left_out.append(f"{movement.n_undated:,} without a date")
    alone = sum(each.n_new for each in movement.strata if not each.compared)
    if compared and alone:
        left_out.append(f"{alone:,} of venues without enough papers on both sides")
    return text + (f"; counted but not compared: {', '.join(left_out)}" if left_out else "")


def place_words(place: PlaceMovement) -> str:
    """One topic or cell: `RAG (inference/context/rag): 30 papers where 12.5 were expected …`."""
    return f"{place.label} ({place.id}): {place_facts(place)}"


def place_facts(place: PlaceMovement) -> str:
    """What is said of a topic or cell, without its name."""
    if place.direction == "new":
        return f"its first {_papers(place.n_after)}"
    if place.q_value is None:
        return f"{_papers(place.n_arrived)} arrived, too few to compare"
    ratio = f", {place.ratio:.2f} times" if place.ratio is not None else ""
    return (
        f"{_papers(place.observed)} where {place.expected:,.1f} were expected{ratio} "
        f"({q_words(place.q_value)})"
    )


def q_words(q_value: float) -> str:
    """A q value as people read it; `diff --json` has it in full."""
    return f"q < {LEAST_Q}" if q_value < LEAST_Q else f"q = {q_value:.2g}"


def relabelling_words(each: Relabelling) -> str:
    """One paper: from where to where."""
    before = ", ".join(each.topics_before) or each.cell_before or "off the chart"
    after = ", ".join(each.topics_after) or each.cell_after or "off the chart"
    return f"{each.paper.title} ({each.paper.id}): {before} → {after}"


def _papers(count: int) -> str:
    return "1 paper" if count == 1 else f"{count:,} papers"
