"""Papers behind the steps of a plan."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from db.engine import Store, open_store
from db.labels import NewLabel, add_labels, begin_classifier_run, finish_classifier_run
from db.papers import find_paper_ids, store_page
from guidance.answers import Answers
from guidance.planner import make_plan
from landscape.adaptation import StepPlace, adaptation_evidence, plan_steps, with_evidence
from papers.draft import AuthorDraft, ExternalIdDraft, PaperDraft
from papers.record import ParsedPage, ParsedRecord, WireRecord
from taxonomy.loader import load_taxonomy

NOW = datetime(2026, 11, 20, tzinfo=UTC)
RAG, PEFT = "inference/context/rag", "training/model/peft"
STEPS = {"rag": StepPlace((RAG,), ("inference/context",)), "peft": StepPlace((PEFT,), ("training/model",))}
# number, title, abstract, author, year, cell, topic, topic score, evidence, verdict
INVENTED = (
    (1, "Old notes found", "Clinical notes are retrieved.", "A", 2021, RAG, 0.9, "Old notes  found."),
    (2, "New notes found", "We search. Patients' notes are found.", "A", 2024, RAG, 0.5, "We search."),
    (3, "Central notes", "Clinical search, again.", "A", 2024, RAG, 0.8, "Clinical search is ours."),
    (4, "Tuning for wards", "Clinical adapters.", "A", 2023, PEFT, 0.9, "Adapters are small."),
    (5, "Search of laws", "Statutes are found.", "Clinical Name", 2024, RAG, 0.9, "Statutes."),
    (6, "Preclinical paraclinicals", "Neither word stands whole.", "A", 2024, RAG, 0.9, "No."),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'landscape.db'}")
    records = []
    for number, title, abstract, author, year, *_ in INVENTED:
        value = f"2401.{number:05d}"
        draft = PaperDraft(
            source="arxiv", source_id=value, title=title, abstract=abstract,
            authors=(AuthorDraft(name=author),),
            external_ids=(ExternalIdDraft(scheme="arxiv", value=value),),
            year=year, published=date(year, 5, 1), url=f"https://arxiv.org/abs/{value}",
        )  # fmt: skip
        wire = WireRecord("arxiv", value, "https://x.org", NOW, "text/plain", title.encode())
        records.append(ParsedRecord(draft, wire))
    with opened.write() as session:
        store_page(session, ParsedPage(tuple(records)), at=NOW)
        ids = find_paper_ids(session, [f"arxiv:2401.{row[0]:05d}" for row in INVENTED])
        run = begin_classifier_run(
            session, method="model", name="m", digest="ab" * 32, taxonomy_version="1.0", at=NOW
        )
        labels = []
        for number, _, _, _, _, topic, score, sentence in INVENTED:
            cell = topic.rpartition("/")[0]
            evidence: tuple[dict[str, object], ...] = ({"text": sentence, "cell": cell, "weight": 1.0},)
            labels.append(
                NewLabel(
                    ids[f"arxiv:2401.{number:05d}"], "labelled", 0.9, ((cell, 0.9),), ((topic, score),),
                    evidence, by="m",
                )
            )  # fmt: skip
        add_labels(session, run, labels, taxonomy_version="1.0", at=NOW)
        finish_classifier_run(session, run, at=NOW)
    yield opened
    opened.dispose()


def test_newest_first_then_most_central_with_the_sentence(store: Store) -> None:
    with store.read() as session:
        found = adaptation_evidence(session, load_taxonomy(), STEPS, ("clinical", "patient"))
    titles = [each.row.title for each in found.step("rag").papers]
    assert titles == ["Central notes", "New notes found", "Old notes found"]
    assert found.step("rag").total == 3
    assert found.domain_papers == 4
    assert found.step("rag").papers[0].sentence == "Clinical search is ours."
    assert found.step("rag").papers[0].told_by == "label"
    assert [each.row.title for each in found.step("peft").papers] == ["Tuning for wards"]


def test_a_title_is_not_repeated_as_the_sentence(store: Store) -> None:
    with store.read() as session:
        found = adaptation_evidence(session, load_taxonomy(), STEPS, ("clinical",))
    (paper,) = [each for each in found.step("rag").papers if each.row.title == "Old notes found"]
    assert (paper.sentence, paper.told_by) == ("Clinical notes are retrieved.", "abstract")


def test_authors_and_parts_of_words_are_no_domain(store: Store) -> None:
    with store.read() as session:
        found = adaptation_evidence(session, load_taxonomy(), STEPS, ("clinical",))
    titles = {each.row.title for step in found.steps.values() for each in step.papers}
    assert "Search of laws" not in titles
    assert "Preclinical paraclinicals" not in titles


def test_a_domain_without_papers_says_so(store: Store) -> None:
    with store.read() as session:
        found = adaptation_evidence(session, load_taxonomy(), STEPS, ("bee keeping",))
    assert found.domain_papers == 0
    assert found.step("rag").total == 0
    assert found.step("rag").papers == ()
    assert all(each.share is None for each in found.tuning)


def test_without_a_domain_every_paper_counts(store: Store) -> None:
    with store.read() as session:
        found = adaptation_evidence(session, load_taxonomy(), STEPS, (), limit=2)
    assert found.domain_papers == 6
    assert found.step("rag").total == 5
    assert len(found.step("rag").papers) == 2
    context = next(each for each in found.tuning if each.component == "context")
    assert (context.tune, context.as_is, context.share) == (0, 5, 0.0)


def test_every_chip_route_and_challenge_hangs_on_the_grid(store: Store) -> None:
    plan = make_plan(Answers(domain="medical", must_cite=True))
    steps = plan_steps(plan)
    assert all(place.cells for place in steps.values())
    assert len(steps) == 15 + 10 + len(plan.challenges)
    with store.read() as session:
        evidenced = with_evidence(session, load_taxonomy(), plan)
    assert evidenced.step("route/rag").total == 3
