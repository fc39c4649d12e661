"""Writes the tables of docs/adaptation.md from the data that planner and tests read.

Run from the repository's root: `python scripts/adaptation_tables.py` writes them anew between their marks;
`--check` says whether they are current (exit code 1 where not) and changes nothing.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from guidance.cases import load_examples, load_profiles  # noqa: E402
from guidance.cost import training_compute  # noqa: E402
from guidance.domains import load_domains  # noqa: E402
from guidance.entries import load_models  # noqa: E402
from guidance.files import load_sources  # noqa: E402
from guidance.memory import (  # noqa: E402
    TrainingSetup,
    adapter_parameters,
    inference_memory,
    training_memory,
)
from guidance.planner import make_plan  # noqa: E402
from guidance.routes import load_routes  # noqa: E402
from guidance.shapes import derived_shape, named_hardware, named_shape  # noqa: E402
from guidance.statements import load_statements  # noqa: E402

PAGE = ROOT / "docs" / "adaptation.md"
_BLOCK = re.compile(r"<!-- table: ([a-z-]+) -->\n.*?<!-- end -->", re.S)


def _cell(value: object) -> str:
    return " ".join(str(value).replace("|", "\\|").replace("<", "&lt;").split())


def _table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    heads = list(heads)
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(map(_cell, row)) + " |" for row in rows]
    return "\n".join(lines)


def _pairs(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {_plain(value)}" for name, value in values.items())


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else str(value)


def _answers(answers: Mapping[str, Any]) -> str:
    return _pairs(answers) or "none"


def _shown(shows: Any) -> str:
    parts = []
    for name, value in shows.model_dump(exclude_defaults=True).items():
        label = name.replace("_", " ")
        said = (
            _pairs(value)
            if isinstance(value, dict)
            else ", ".join(value)
            if isinstance(value, tuple)
            else value
        )
        parts.append(f"{label}: {said}")
    return "; ".join(parts)


def statements() -> str:
    """Every statement, its entry, the answers, and what the plan must hold."""
    return _table(
        ("id", "text", "statement", "entry", "answers", "the plan holds"),
        ((s.id, s.text, s.says, s.entry, _answers(s.answers), _shown(s.shows)) for s in load_statements()),
    )


def profiles() -> str:
    """The profiles of published guidance beside the planner's own answer."""
    sources = load_sources()
    rows = []
    for each in load_profiles():
        first = make_plan(each.parsed, with_flips=False).routes[0].id
        verdict = "agrees" if first in each.published else f"differs: {each.disagreement}"
        url = sources[each.guidance].url
        title = f"[{each.guidance}]({url})" if url else each.guidance
        rows.append((title, each.says, _answers(each.answers), " or ".join(each.published), first, verdict))
    return _table(
        ("guidance", "it says", "answers", "it puts first", "the planner puts first", "verdict"), rows
    )


def examples() -> str:
    """The worked examples with the route that ranks first and the runner-up."""
    rows = []
    for each in load_examples():
        routes = make_plan(each.parsed, with_flips=False).routes
        can = [route.id for route in routes if route.feasible]
        rows.append((each.title, each.story, _answers(each.answers), can[0], can[1] if can[1:] else "none"))
    return _table(("example", "story", "answers", "first", "next"), rows)


def _gb(params_b: float, **setup: Any) -> float:
    return training_memory(derived_shape(params_b), TrainingSetup(**setup)).total_gb


def _states(params_b: float, **setup: Any) -> float:
    terms = training_memory(derived_shape(params_b), TrainingSetup(**setup)).terms
    return sum(term.gb for term in terms if term.name != "activations")


FACTORY = "LLaMA-Factory, README (rounded estimates)"
LORA = "microsoft/LoRA, README"
QLORA = "artidoro/qlora, README"
WITHIN = "held within 15 %"


@dataclass(frozen=True)
class _Figure:
    """A published figure beside the project's own."""

    what: str
    published: float
    own: float
    unit: str
    rule: str
    source: str

    def cells(self) -> tuple[str, ...]:
        off = (self.own - self.published) / self.published
        published, own = (f"{value:,.4g} {self.unit}" for value in (self.published, self.own))
        return self.what, published, own, f"{off:+.0%}; {self.rule}", self.source


def _factory() -> Iterator[_Figure]:
    sizes = (7, 14, 30, 70)
    for label, setup, printed in (
        ("all weights, mixed", {"method": "full"}, (120, 240, 600, 1200)),
        ("all weights, bf16", {"method": "full", "precision": "bf16"}, (60, 120, 300, 600)),
        ("LoRA, 16 bits", {"method": "lora"}, (16, 32, 64, 160)),
        ("QLoRA, 8 bits", {"method": "qlora", "base_bits": 8}, (10, 20, 40, 80)),
        ("QLoRA, 4 bits", {"method": "qlora", "base_bits": 4}, (6, 12, 24, 48)),
    ):
        for size, figure in zip(sizes, printed, strict=True):
            rule = "an upper bound" if label.startswith("QLoRA") else WITHIN
            if (label, size) == ("all weights, bf16", 30):
                rule = "8 B a parameter give 240, the 300 in print is not held"
            yield _Figure(f"{size}B, {label}", figure, _gb(size, **setup), "GB", rule, FACTORY)


def _figures() -> Iterator[_Figure]:
    states = "Transformers, model memory anatomy"
    yield _Figure("mixed AdamW, a parameter", 18, _states(1), "B", "exact", states)
    yield _Figure(
        "30B, mixed AdamW, no activations", 540, _states(30), "GB", "exact; 600 is in print", states
    )
    yield from _factory()
    qlora = training_memory(named_shape("llama-65b"), TrainingSetup(method="qlora", rank=64, sequence=512))
    yield _Figure("LLaMA 65B, QLoRA, one GPU", 48, qlora.total_gb, "GB", "must lie below", QLORA)
    for preset, rank, printed, rule in (
        ("deberta-v2-xxlarge", 16, 4.7, "4.72 M by the formula"),
        ("roberta-base", 8, 0.8, "0.887 M with the classification head, which the 0.8 M count"),
        ("gpt-2-medium", 4, 0.35, "0.393 M by the formula"),
    ):
        trained = adapter_parameters(named_shape(preset), rank, "attention-qv") / 1e6
        yield _Figure(f"{preset}, LoRA of rank {rank} on q and v", printed, trained, "M", rule, LORA)
    terms = inference_memory(named_shape("llama-2-7b"), tokens_in=4096, tokens_out=0).terms
    cache = next(term.gb for term in terms if "cache" in term.name)
    by_hand = 2 * 2 * 32 * 4096 * 4096 / 1e9
    formula = "2·β·L·n_kv·d_head·s·b"
    yield _Figure("Llama 2 7B, cache of 4,096 tokens", by_hand, cache, "GB", "K and V counted", formula)
    a100 = named_hardware("a100-80gb")
    flop = training_compute(175, 300e9, a100).flop
    yield _Figure("GPT-3, 300 billion tokens", 3.14e23, flop, "FLOP", "6·P·D", "arXiv:2005.14165, table D.1")
    hours = training_compute(70, 2e12, a100).gpu_hours
    rule = "6·P·D at the stated use of an A100"
    source = "arXiv:2307.09288, table 2"
    yield _Figure("Llama 2 70B, 2 trillion tokens", 1_720_320, hours, "GPU hours", rule, source)


def memory() -> str:
    """Published figures of memory, parameters and computing beside the planner's own."""
    heads = ("figure", "published", "here", "difference", "source")
    return _table(heads, (figure.cells() for figure in _figures()))


def _read(read: Any) -> str:
    return f"[{read.what}]({read.at}), {read.day}" if read else "not read again"


def datasets() -> str:
    """Public data sets by domain, and where size and licence were read."""
    rows = []
    for domain in load_domains():
        for each in domain.datasets:
            rows.append(
                (domain.label, f"[{each.name}]({each.url})", each.size, each.licence, _read(each.read))
            )
    return _table(("domain", "data set", "size", "licence", "read"), rows)


def models() -> str:
    """Open models by their cards."""
    rows = []
    for each in load_models():
        name, window = f"[{each.name}]({each.url})", f"{each.context_tokens:,}"
        rows.append((name, f"{each.params_b:g}", each.licence, window, each.kind, _read(each.read)))
    return _table(("model", "billion parameters", "licence", "window", "kind", "read"), rows)


def routes() -> str:
    """The routes from cheapest to dearest."""
    return _table(
        ("route", "weights", "what it is", "choose it when", "leave it when"),
        ((f"`{r.id}`", r.changes, r.what, r.choose_when, r.choose_not_when) for r in load_routes()),
    )


def sources() -> str:
    """Every source that a rule, entry or formula names."""
    lines = []
    for each in load_sources().values():
        lines.append(f"- `{each.id}`: " + (f"[{each.title}]({each.url})" if each.url else each.title))
    return "\n".join(lines)


TABLES: dict[str, Callable[[], str]] = {
    "routes": routes, "statements": statements, "profiles": profiles, "examples": examples,
    "memory": memory, "datasets": datasets, "models": models, "sources": sources,
}  # fmt: skip


def current(page: str) -> str:
    """The page with every table made anew.

    Args:
        page: The page as it stands.

    Raises:
        KeyError: A mark names a table that does not exist.
    """
    return _BLOCK.sub(lambda m: f"<!-- table: {m[1]} -->\n{TABLES[m[1]]()}\n<!-- end -->", page)


def main() -> int:
    """Write the tables, or check them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing; exit code 1 where stale")
    check = parser.parse_args().check
    page = PAGE.read_text(encoding="utf-8")
    made = current(page)
    if made == page:
        return 0
    if check:
        sys.stderr.write("docs/adaptation.md is not current: python scripts/adaptation_tables.py\n")
        return 1
    PAGE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
