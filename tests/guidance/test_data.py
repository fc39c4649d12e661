"""The data files hold together: references, thresholds, domains; what is wrong in them is refused."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs

import pytest

from foundation.errors import RefusedInputError, TaxonomyError
from guidance import files
from guidance.answers import FIELDS, Answers, parse_answers, read_answers
from guidance.cases import load_examples
from guidance.conditions import Conditional
from guidance.domains import domain_label, domain_words, find_domain, load_domains
from guidance.entries import (
    load_challenges,
    load_knowledge_kinds,
    load_lifecycle,
    load_model_notes,
    load_models,
)
from guidance.flips import load_ladders
from guidance.permalink import answers_from_query, answers_query
from guidance.phase_slide import load_phase_slide
from guidance.phases import load_phases
from guidance.routes import load_routes
from guidance.rules import load_gaps, load_rules, with_facts
from taxonomy.knowledge import load_knowledge


def test_every_knowledge_entry_named_exists() -> None:
    known = {entry.id for entry in load_knowledge()}
    named = {route.concept for route in load_routes()} | {m for r in load_routes() for m in r.models}
    named |= {phase.concept for phase in load_phases()} | {each.concept for each in load_challenges()}
    named |= {chip.model for phase in load_phases() for chip in phase.chips if chip.model}
    named |= {each.concept for each in (*load_knowledge_kinds(), *load_lifecycle())}
    named |= {model.knowledge for model in load_models() if model.knowledge}
    assert named <= known


def test_every_example_of_the_texts_is_a_knowledge_entry() -> None:
    held = {
        "esmfold", "progen2", "galactica", "bloomberggpt", "starcoder", "alpaca", "xfinance", "chatdoctor",
        "palm", "gpt-3", "llama-2", "donotpay", "tabnine", "socratic", "bard", "megatron-turing-nlg",
        "jurassic-1-jumbo", "realm", "rag-token", "fusion-in-decoder", "flan-t5", "gemini", "gpt-4",
    }  # fmt: skip
    assert {model for route in load_routes() for model in route.models} >= {f"model/{each}" for each in held}
    gpt_4 = next(entry for entry in load_knowledge() if entry.id == "model/gpt-4")
    assert gpt_4.size.startswith("reported")


def test_every_rule_has_reason_source_and_routes() -> None:
    assert len(load_rules()) >= 80
    assert all(rule.text and rule.source and rule.routes for rule in load_rules())
    assert len(load_gaps()) >= 20
    assert load_model_notes()


def test_every_threshold_lies_between_two_rungs() -> None:
    ladders = load_ladders()
    rows: list[Conditional] = [*load_rules()]
    for row in rows:
        for test in row.when.tests() if row.when is not None else ():
            threshold = test.at_least if test.at_least is not None else test.below
            if threshold is None or test.fact not in FIELDS:
                continue
            rungs = ladders[test.fact]
            assert any(rung < threshold for rung in rungs), (test.fact, threshold)
            assert any(rung >= threshold for rung in rungs), (test.fact, threshold)
            own = {t for t in _thresholds(test.fact, rows) if t < threshold}
            below = max(own, default=float("-inf"))
            assert any(below <= rung < threshold for rung in rungs), (test.fact, below, threshold)


def _thresholds(fact: str, rows: list[Conditional]) -> set[float]:
    found = set()
    for row in rows:
        for test in row.when.tests() if row.when is not None else ():
            if test.fact == fact:
                found |= {t for t in (test.at_least, test.below) if t is not None}
    return found


def test_domains_have_real_sets_with_size_and_licence() -> None:
    assert len(load_domains()) >= 8
    for domain in load_domains():
        assert len(domain.datasets) >= 3
        assert all(each.size and each.licence and each.url for each in domain.datasets)


def test_a_domain_is_found_by_any_of_its_words() -> None:
    assert domain_label("medicine") == "Medical"
    assert domain_label("LAW") == "Legal"
    assert domain_label("marine insurance") == "Marine insurance"
    found = find_domain("pharmaceutical manufacturing inspection")
    assert found is not None
    assert found.id in ("pharmaceutical", "manufacturing")
    assert find_domain("bees") is None
    assert domain_words("bees") == ("bees",)
    assert "law" not in domain_words("law")  # papers write of scaling laws


def test_answers_survive_the_address_and_nonsense_is_dropped() -> None:
    for example in load_examples():
        assert answers_from_query(parse_qs(answers_query(example.parsed))) == example.parsed
    assert answers_from_query({"gpus": "many", "colour": "blue", "tasks": ["two"]}) == Answers()
    assert answers_from_query({"languages": "no,sw", "domain": "12"}).languages == ("no", "sw")


def test_the_slide_places_every_chip_inside_itself() -> None:
    slide = load_phase_slide()
    width, height = slide.size_pt
    boxes = [*slide.chips_pt.values(), *slide.cylinders_pt]
    assert all(x >= 0 and y >= 0 and x + w <= width and y + h <= height for x, y, w, h in boxes)
    assert set(slide.bands_pt) == {phase.id for phase in load_phases()}


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("{fact: no_such_fact, is: true}", "does not exist"),
        ("{fact: must_cite, at_least: 3}", "orders a fact"),
        ("{fact: tasks, is: two}", "never has"),
        ("{fact: must_cite, is: 1}", "never has"),
        ("{fact: gpus, above_fact: tasks}", "no number"),
        ("{fact: gpus}", "exactly one"),
        ("{fact: gpus, at_least: 1, below: 3}", "exactly one"),
        ("{fact: first_route, is: rag}", "does not exist"),
        ("{all: []}", "at least 1"),
    ],
)
def test_a_wrong_rule_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: str, told: str
) -> None:
    text = (
        f"- id: wrong\n  when: {row}\n  routes: [rag]\n  does: supports\n  weight: 1\n"
        "  text: A rule that is wrong.\n  source: [project]\n"
    )
    (tmp_path / "rules.yaml").write_text(text)
    load_routes()
    monkeypatch.setattr(files, "FOLDER", tmp_path)
    with pytest.raises(TaxonomyError, match=told):
        load_rules.__wrapped__()


def test_a_text_shows_facts_and_nothing_else() -> None:
    assert with_facts("{budget_usd} of {gpus}", {"budget_usd": 1234.5}) == "1,234 of ?"
    assert with_facts("no {} here", {}) == "no {} here"


@pytest.mark.parametrize("content", ["[1, 2]", "3", "{1: 2}", "domain: [", "\x00", '{"domain": "a\\nb"}'])
def test_what_is_no_file_of_answers_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text(content)
    with pytest.raises(RefusedInputError):
        read_answers(path)


def test_an_empty_file_answers_nothing(tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text("")
    assert read_answers(path) == parse_answers({}) == Answers()
