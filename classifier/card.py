"""What there is to know about a model, for programs and for people."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from classifier.scoring import Interval


@dataclass(frozen=True)
class Card:
    """What there is to know about a model.

    Attributes:
        name: Kind of model.
        taxonomy_version: The taxonomy it was fitted for.
        papers: How many labelled papers it was fitted on.
        relevant: How many of them are relevant.
        dropped: How many training rows were dropped for standing among the held-out papers.
        listed: How many papers of reading lists stood by the topic heads.
        terms: Size of the vocabulary.
        strata: Training papers by how they were drawn.
        settings: Every setting of the fit.
        cross_validation: Measures of the model's best mode on training papers, each predicted by heads
            and calibration fitted without its fold, with 95 % bootstrap intervals.
        cross_validation_papers: How many those are: in the accurate mode the papers that the encoder
            was not tuned on.
        held_out: The same on held-out papers; empty where none were given.
        held_out_papers: How many those are.
        fast_cross_validation: Measures of the fast mode on all training papers.
        fast_held_out: Measures of the fast mode on the held-out papers.
        encoder: What the tuned encoder of the accurate mode is; empty without one.
        files: SHA-256 of the model's files.
    """

    name: str
    taxonomy_version: str
    papers: int
    relevant: int
    dropped: int
    listed: int
    terms: int
    strata: dict[str, int]
    settings: dict[str, Any]
    cross_validation: dict[str, Interval]
    cross_validation_papers: int = 0
    held_out: dict[str, Interval] = field(default_factory=dict)
    held_out_papers: int = 0
    fast_cross_validation: dict[str, Interval] = field(default_factory=dict)
    fast_held_out: dict[str, Interval] = field(default_factory=dict)
    encoder: dict[str, float | int | str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)


def card_json(card: Card) -> str:
    """The card for programs: JSON, measures with four digits."""
    return json.dumps(_rounded(asdict(card)), indent=1, ensure_ascii=False) + "\n"


def card_readme(card: Card) -> str:
    """The card for people."""
    modes = ["accurate", "fast"] if card.encoder else ["fast"]
    sets = [
        (f"cross-validation, {card.cross_validation_papers} papers", card.cross_validation),
        (f"{card.held_out_papers} held-out papers", card.held_out),
    ]
    columns = [(f"{modes[0]}: {told}", measures) for told, measures in sets if measures]
    if card.encoder:
        sets = [
            (f"cross-validation, {card.papers} papers", card.fast_cross_validation),
            (f"{card.held_out_papers} held-out papers", card.fast_held_out),
        ]
        columns += [(f"fast: {told}", measures) for told, measures in sets if measures]
    rows = [
        f"| {name} | "
        + " | ".join(
            f"{i.value:.3f} ({i.low:.3f} to {i.high:.3f})" for _, measures in columns if (i := measures[name])
        )
        + " |"
        for name in card.cross_validation
    ]
    encoder = (
        [
            "The accurate mode mixes in all-MiniLM-L6-v2 with its upper layers tuned on "
            f"{card.encoder['papers']} labelled texts;",
            "its cross-validation is over the labelled papers that the tuning never saw.",
        ]
        if card.encoder
        else []
    )
    return "\n".join(
        [
            f"# Model `{card.name}`, taxonomy {card.taxonomy_version}",
            "",
            f"Fitted on {card.papers} labelled papers ({card.relevant} of them relevant), with {card.listed}",
            f"papers of reading lists as weak labels of topics. {card.terms} words and pairs of words.",
            "Text and plain numbers alone: `model.json`, `vocabulary.txt`, `weights.safetensors`.",
            *encoder,
            "",
            "| measure (95 % bootstrap interval) | " + " | ".join(told for told, _ in columns) + " |",
            "|---|" + "---|" * len(columns),
            *rows,
            "",
            "The shipped labels were given by language models of one kind, reading by written rules: where",
            "readers of another kind would differ, these figures flatter. Written by `landscape train`.",
            "",
        ]
    )


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {str(key): _rounded(inner) for key, inner in value.items()}
    return value
