"""The Adapt page: answers on the left, the plan with its phases, memory and papers on the right."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import streamlit as st

from charts.adaptation import memory_bars
from export.phase_scene import phase_scene
from export.plan_files import MEDIA_TYPES, plan_file
from export.svg import scene_svg
from guidance.answers import CHOICES, MOST_COUNT, Answers, parse_answers
from guidance.cases import load_examples
from guidance.cost import break_even_queries, query_cost
from guidance.estimates import plan_estimates
from guidance.permalink import answers_from_query, answers_query
from guidance.planner import make_plan
from guidance.rules import figure as written
from guidance.wording import answer_words, time_words
from landscape.adaptation import EvidencedPlan, with_evidence
from landscape.links import KnowledgeState, LandscapeState, to_query
from taxonomy.loader import load_taxonomy
from views.address import knowledge_href
from views.cached import StoreVersion, store, store_version
from views.widgets.markup import render

if TYPE_CHECKING:
    from db.engine import Store

PATH = "adapt"
_STYLE = Path(__file__).parent / "widgets" / "adaptation.css"
_KEY = "adapt_"
_UNSAID, _YES, _NO = "Not said", "Yes", "No"
_FILES = {".md": "Markdown", ".json": "JSON", ".pptx": "Slides"}
_PLANS_KEPT = 32


@dataclass(frozen=True)
class _Question:
    name: str
    label: str
    kind: str  # text | choice | yes-no | count | amount | languages
    help: str = ""


_QUESTIONS: tuple[tuple[str, tuple[_Question, ...]], ...] = (
    (
        "The project",
        (
            _Question("domain", "Domain", "text", "In any words: medical, legal, marine insurance."),
            _Question("tasks", "Tasks", "choice"),
            _Question("instruction_following", "Must it follow instructions?", "yes-no"),
            _Question("languages", "Languages", "languages", "Codes, such as en, sw."),
            _Question("needs_tools", "Must it calculate, look up live data or act?", "yes-no"),
        ),
    ),
    (
        "Knowledge and risk",
        (
            _Question("knowledge_changes", "How often do facts change?", "choice"),
            _Question("must_cite", "Must answers cite sources?", "yes-no"),
            _Question("hallucination_costly", "Does an invented fact do harm?", "yes-no"),
            _Question("data_may_leave", "May data leave the house?", "yes-no"),
        ),
    ),
    (
        "Data and people",
        (
            _Question("labelled_examples", "Labelled examples", "count"),
            _Question("unlabelled_tokens", "Tokens of domain text", "count"),
            _Question("preference_pairs", "Preference pairs", "count"),
            _Question("reviewers", "Professionals who can judge", "count"),
            _Question("expertise", "Experience in training models", "choice"),
        ),
    ),
    (
        "Model and means",
        (
            _Question("base_model_params_b", "Base model, billion parameters", "amount"),
            _Question("gpu_memory_gb", "Memory of one GPU, GB", "amount", "0 for none."),
            _Question("gpus", "GPUs", "count"),
            _Question("latency_ms", "Longest wait, ms", "amount"),
            _Question("budget_usd", "Ceiling for computing, USD", "amount"),
            _Question("custom_architecture", "Own architecture or tokenizer?", "yes-no"),
        ),
    ),
)


def show() -> None:
    """Draw the page."""
    st.html(_STYLE)
    st.html(
        render(
            "head.html",
            title="Adapt a model to a domain",
            parts=[
                {"strong": "", "text": "Every answer is optional; each rule that fires names its source."}
            ],
        )
    )
    answers = answers_from_query({name: st.query_params.get_all(name) for name in st.query_params})
    left, right = st.columns([1, 2.6], gap="medium")
    with left, st.container(key="adapt_form"):
        st.html(render("adaptation_jump.html"))
        _form(answers)
    with right:
        _plan(_evidenced(answers))


def _evidenced(answers: Answers) -> EvidencedPlan:
    opened = store()
    return _kept(store_version(opened), answers, opened)


@st.cache_resource(show_spinner=False, max_entries=_PLANS_KEPT)
def _kept(version: StoreVersion, answers: Answers, _opened: Store) -> EvidencedPlan:
    with _opened.read() as session:
        return with_evidence(session, load_taxonomy(), make_plan(answers))


def _form(answers: Answers) -> None:
    examples = {"": "", **{each.id: each.title for each in load_examples()}}
    st.session_state[f"{_KEY}example"] = ""

    def fill() -> None:
        chosen = st.session_state[f"{_KEY}example"]
        example = next((each for each in load_examples() if each.id == chosen), None)
        if example is not None:
            _write(example.parsed)

    st.selectbox(
        "Worked examples",
        list(examples),
        key=f"{_KEY}example",
        format_func=lambda each: examples[each] or "Fill in an example …",
        on_change=fill,
    )
    for heading, questions in _QUESTIONS:
        with st.expander(heading, expanded=True):
            for question in questions:
                _ask(question, answers)
    if answers.given():
        st.html(render("adaptation_clear.html", href=PATH))


def _ask(question: _Question, answers: Answers) -> None:
    key, value = _KEY + question.name, getattr(answers, question.name)

    def changed() -> None:
        given: dict[str, Any] = answers.given()
        given[question.name] = _said(question, st.session_state[key])
        _write(answers, given)

    shared: dict[str, Any] = {"key": key, "on_change": changed, "help": question.help or None}
    if question.kind in ("choice", "yes-no"):
        options = (_YES, _NO) if question.kind == "yes-no" else CHOICES[question.name]
        if question.kind == "yes-no":
            value = None if value is None else _YES if value else _NO
        st.session_state[key] = value or _UNSAID
        st.selectbox(question.label, [_UNSAID, *options], **shared)
    elif question.kind in ("text", "languages"):
        st.session_state[key] = ", ".join(value) if isinstance(value, tuple) else value or ""
        st.text_input(question.label, max_chars=80, **shared)
    elif question.kind == "count":
        st.session_state[key] = value
        st.number_input(
            question.label,
            min_value=0,
            max_value=MOST_COUNT,
            step=1,
            value=None,
            placeholder=_UNSAID,
            **shared,
        )
    else:
        st.session_state[key] = value
        st.number_input(
            question.label, min_value=0.0, step=None, value=None, format="%g", placeholder=_UNSAID, **shared
        )


def _said(question: _Question, value: Any) -> Any:
    if value in (None, "", _UNSAID):
        return None
    if question.kind == "yes-no":
        return value == _YES
    if question.kind == "languages":
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value.strip() if isinstance(value, str) else value


def _write(answers: Answers, given: dict[str, Any] | None = None) -> None:
    """Write answers to the address bar; what does not pass the check is left as it was."""
    from foundation.errors import RefusedInputError

    if given is not None:
        try:
            answers = parse_answers(given)
        except RefusedInputError as error:
            st.toast(str(error))
    st.query_params.from_dict(parse_qs(answers_query(answers)))


def _plan(evidenced: EvidencedPlan) -> None:
    plan = evidenced.plan
    scene = phase_scene(plan=plan)
    picture = base64.b64encode(scene_svg(scene)).decode("ascii")
    with st.container(key="adapt_files", horizontal=True):
        for suffix, label in _FILES.items():
            st.download_button(
                label,
                _file(evidenced, suffix),
                file_name=f"plan{suffix}",
                mime=MEDIA_TYPES[suffix],
                icon=":material/download:",
                key=f"{_KEY}file{suffix}",
            )
    st.html(
        render(
            "adaptation_routes.html",
            plan=plan,
            written=written,
            said=answer_words,
            time_words=time_words,
            entry_href=_entry_href,
        )
    )
    st.html(render("adaptation_phase.html", picture=picture, alt=scene.description))
    total = plan.facts.get("total_gpu_gb")
    drawn = memory_bars(
        plan_estimates(plan),
        at_hand_gb=total if isinstance(total, float) else None,
        dark=st.context.theme.type == "dark",
    )
    st.html('<section class="ls-plan"><h2>Memory</h2></section>')
    st.plotly_chart(
        drawn, theme=None, width="stretch", config={"displayModeBar": False}, key=f"{_KEY}memory",
        alt=drawn.layout.meta["alt"],
    )  # fmt: skip
    st.html(
        render(
            "adaptation_plan.html",
            evidenced=evidenced,
            plan=plan,
            written=written,
            entry_href=_entry_href,
            place_href=_place_href,
            place_label=_place_label,
            paper_href=lambda key: f"papers?{to_query(LandscapeState(paper=key))}",
        )
    )
    _break_even()


def _file(evidenced: EvidencedPlan, suffix: str) -> Callable[[], bytes]:
    return lambda: plan_file(evidenced, suffix)


def _break_even() -> None:
    with st.expander("Cost of a query, and when tuning pays for itself"):
        columns = st.columns(4)
        ask = {
            name: columns[index % 4].number_input(
                label, min_value=0.0, value=value, key=f"{_KEY}cost_{name}", format="%g"
            )
            for index, (name, label, value) in enumerate(
                (
                    ("prompt", "Tokens of the prompt", 500.0),
                    ("answer", "Tokens of the answer", 300.0),
                    ("chunks", "Passages retrieved", 5.0),
                    ("chunk", "Tokens a passage", 300.0),
                    ("price_in", "USD a million tokens read", 0.0),
                    ("price_out", "USD a million tokens written", 0.0),
                    ("training", "Cost of tuning, USD", 0.0),
                )
            )
        }
        shared = {
            "prompt_tokens": int(ask["prompt"]), "answer_tokens": int(ask["answer"]),
            "usd_per_million_in": ask["price_in"], "usd_per_million_out": ask["price_out"],
        }  # fmt: skip
        bare = query_cost(**shared)  # type: ignore[arg-type]
        full = query_cost(**shared, chunks=int(ask["chunks"]), chunk_tokens=int(ask["chunk"]))  # type: ignore[arg-type]
        queries = break_even_queries(ask["training"], full.usd - bare.usd)
        st.html(
            render("adaptation_cost.html", bare=bare, full=full, queries=queries, training=ask["training"])
        )


def _entry_href(entry: str) -> str:
    return knowledge_href(KnowledgeState(entry=entry))


def _place_href(place: str) -> str:
    state = LandscapeState(topic=place) if place.count("/") == 2 else LandscapeState(cell=place)
    return f"./?{to_query(state)}"


def _place_label(place: str) -> str:
    taxonomy = load_taxonomy()
    return taxonomy.topic_by_id[place].label if place.count("/") == 2 else taxonomy.cell_label(place)
