from collections import Counter

import pytest
import yaml

from foundation.errors import TaxonomyError
from taxonomy.knowledge import KnowledgeEntry, check_entries, load_knowledge, read_knowledge_file
from taxonomy.loader import load_taxonomy
from taxonomy.pages import library_keys

ROUTES = {
    "prompting",
    "rag",
    "agents",
    "peft",
    "full-finetuning",
    "multitask-finetuning",
    "instruction-tuning",
    "continued-pretraining",
    "pretraining",
    "preference-tuning",
}
# Names that the guidance on adaptation speaks of; each must lead somewhere.
NAMED_MODELS = [
    "esmfold",
    "progen2",
    "galactica",
    "bloomberggpt",
    "starcoder",
    "alpaca",
    "xfinance",
    "chatdoctor",
    "palm",
    "gpt-3",
    "llama-2",
    "mixtral",
    "donotpay",
    "tabnine",
    "socratic",
    "bard",
    "megatron-turing-nlg",
    "jurassic-1-jumbo",
    "realm",
    "rag-token",
    "fusion-in-decoder",
    "flan-t5",
    "gemini",
    "gpt-4",
    "bert",
    "gpt",
    "bart",
    "t5",
    "mamba",
]
CHALLENGES = [
    "data-bias",
    "hallucination",
    "training-data-quality",
    "ethical-concerns",
    "bias-amplification",
    "copyright",
    "user-privacy",
    "computational-resources",
    "interpretability-challenge",
    "evaluation-challenge",
    "fine-tuning-difficulty",
    "contextual-understanding",
    "adversarial-robustness",
    "long-term-context",
    "scalability",
    "latency",
    "monitoring",
    "integration",
    "cost-management",
    "security",
    "interoperability",
    "user-feedback",
    "regulatory-compliance",
    "dynamic-content",
    "narrow-expertise",
    "echo-chambers",
]


@pytest.fixture
def row() -> dict[str, object]:
    return {
        "id": "method/lora",
        "name": "LoRA",
        "group": "fine-tuning",
        "year": 2021,
        "summary": "Learns the change of a matrix as a product of two thin ones.",
        "papers": ["arxiv:2106.09685"],
        "topics": ["training/model/peft"],
        "source": "arxiv:2106.09685",
    }


def _read(tmp_path, *rows: dict[str, object]) -> tuple[KnowledgeEntry, ...]:
    path = tmp_path / "entries.yaml"
    path.write_text(yaml.safe_dump(list(rows)), encoding="utf-8")
    entries = read_knowledge_file(path)
    check_entries(entries)
    return entries


def _in_group(group: str) -> list[KnowledgeEntry]:
    return [entry for entry in load_knowledge() if entry.group == group]


def test_what_ships_loads_and_is_ample() -> None:
    kinds = Counter(entry.kind for entry in load_knowledge())
    assert kinds["model"] >= 60
    assert kinds["method"] >= 80
    assert kinds["concept"] >= 50


def test_every_topic_has_an_entry() -> None:
    covered = {topic for entry in load_knowledge() for topic in entry.topics}
    assert covered == set(load_taxonomy().topic_by_id)


@pytest.mark.parametrize(("kind", "share"), [("model", 0.5), ("method", 0.75)])
def test_entries_lead_to_papers(kind: str, share: float) -> None:
    entries = [entry for entry in load_knowledge() if entry.kind == kind]
    assert sum(bool(entry.papers) for entry in entries) / len(entries) >= share


def test_each_route_is_described_once_and_no_other_is_named() -> None:
    assert Counter(entry.route for entry in _in_group("route")) == Counter(ROUTES)
    assert {entry.route for entry in load_knowledge() if entry.route} == ROUTES


@pytest.mark.parametrize(("group", "count"), [("phase", 4), ("knowledge kind", 4), ("life cycle", 5)])
def test_counted_concepts_are_complete(group: str, count: int) -> None:
    assert len(_in_group(group)) == count


def test_every_architecture_is_there() -> None:
    wanted = {"decoder-only", "encoder-only", "encoder-decoder", "state-space"}
    assert wanted <= {entry.id.removeprefix("concept/") for entry in _in_group("architecture")}


def test_every_model_and_challenge_that_the_guidance_names_is_there() -> None:
    ids = {entry.id for entry in load_knowledge()}
    assert {f"model/{name}" for name in NAMED_MODELS} <= ids
    assert {f"concept/{name}" for name in CHALLENGES} == {entry.id for entry in _in_group("challenge")}


def test_sizes_that_the_maker_never_gave_say_so() -> None:
    sizes = {entry.id: entry.size for entry in load_knowledge()}
    assert sizes["model/gpt-4"].startswith("reported")
    assert sizes["model/claude"] == "not published"


def test_models_say_when_and_who() -> None:
    bare = [
        entry.id for entry in load_knowledge() if entry.kind == "model" and not (entry.year and entry.who)
    ]
    assert not bare


def test_no_paper_is_named_twice_in_an_entry() -> None:
    for entry in load_knowledge():
        assert len(set(entry.papers)) == len(entry.papers), entry.id
        assert len(set(entry.topics)) == len(entry.topics), entry.id


def test_a_sound_row_passes(tmp_path, row: dict[str, object]) -> None:
    (entry,) = _read(tmp_path, row)
    assert entry.kind == "method"
    assert set(entry.papers) <= library_keys()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"id": "methods/lora"}, "id"),
        ({"id": "method/LoRA"}, "id"),
        ({"group": "tricks"}, "group"),
        ({"summary": "Too short."}, "summary"),
        ({"source": "somewhere"}, "source"),
        ({"year": 21}, "year"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_a_malformed_field_is_refused_by_name(
    tmp_path, row: dict[str, object], change: dict[str, object], named: str
) -> None:
    with pytest.raises(TaxonomyError) as caught:
        _read(tmp_path, row | change)
    assert caught.value.facts["field"] == named
    assert caught.value.facts["row"] == 0


@pytest.mark.parametrize(
    ("change", "named", "value"),
    [
        ({"papers": ["arxiv:0000.00000"]}, "paper", "arxiv:0000.00000"),
        ({"topics": ["training/model/nothing"]}, "topic", "training/model/nothing"),
        ({"cells": ["training/nothing"]}, "cell", "training/nothing"),
        ({"related": ["method/nothing"]}, "related entry", "method/nothing"),
        ({"related": ["method/lora"]}, "related entry", "method/lora"),
    ],
)
def test_a_reference_that_leads_nowhere_is_refused_by_name(
    tmp_path, row: dict[str, object], change: dict[str, object], named: str, value: str
) -> None:
    with pytest.raises(TaxonomyError, match=f"names a {named} that does not exist") as caught:
        _read(tmp_path, row | change)
    assert caught.value.facts == {"id": "method/lora", "value": value}


def test_a_doubled_id_is_refused_by_name(tmp_path, row: dict[str, object]) -> None:
    with pytest.raises(TaxonomyError, match="twice") as caught:
        _read(tmp_path, row, row)
    assert caught.value.facts["id"] == "method/lora"


def test_an_entry_without_topic_and_cell_is_refused_by_name(tmp_path, row: dict[str, object]) -> None:
    with pytest.raises(TaxonomyError, match="no topic and no cell") as caught:
        _read(tmp_path, row | {"topics": []})
    assert caught.value.facts["id"] == "method/lora"


def test_a_cell_alone_will_do(tmp_path, row: dict[str, object]) -> None:
    (entry,) = _read(tmp_path, row | {"topics": [], "cells": ["training/model"]})
    assert entry.cells == ("training/model",)
