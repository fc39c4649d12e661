"""`landscape plan`: guidance for adapting a model to a domain, with the papers behind it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.shared import json_option, opened_store, plural, writable_parent, write_atomically
from foundation.errors import RefusedInputError, StoreError
from foundation.settings import Settings, load_settings

if TYPE_CHECKING:
    from guidance.answers import Answers
    from landscape.adaptation import EvidencedPlan

SUFFIXES = (".md", ".json", ".pptx")
_SQLITE = "sqlite:///"


def gathered(answers_file: Path | None, domain: str | None, said: tuple[str, ...]) -> Answers:
    """Answers from a file, with what was said on the command line in front.

    Args:
        answers_file: YAML or JSON, or None.
        domain: Of `--domain`, or None.
        said: `name=value` of `--answer`.

    Raises:
        RefusedInputError: An answer is unknown or not valid; named.
    """
    from guidance.answers import parse_answers, parse_value, read_answers

    values: dict[str, Any] = read_answers(answers_file).given() if answers_file else {}
    for pair in said:
        name, equals, value = pair.partition("=")
        if not equals:
            raise RefusedInputError(
                "an answer is written name=value", hint="For example must_cite=true.", answer=pair
            )
        values[name.strip()] = parse_value(value)
    if domain is not None:
        values["domain"] = domain
    return parse_answers(values)


def run(answers: Answers, *, with_papers: bool) -> EvidencedPlan:
    """Plan, with the store's papers where there is a store that can be read.

    A plan needs no store: one that cannot be opened, of an older schema for instance, is told on
    stderr with what to do, and the plan is made without papers.

    Args:
        answers: What was said.
        with_papers: Whether to ask the store at all.
    """
    from workflow.planning import plan_adaptation

    settings = load_settings()
    if not with_papers or not _has_store(settings):
        return plan_adaptation(answers)
    try:
        with opened_store(settings) as store:
            return plan_adaptation(answers, store)
    except StoreError as error:
        click.echo(f"papers: left out; {error}", err=True)
        return plan_adaptation(answers)


def _has_store(settings: Settings) -> bool:
    url = settings.resolved_database_url
    return not url.startswith(_SQLITE) or Path(url.removeprefix(_SQLITE)).is_file()


@click.command(
    "plan", epilog="Example: landscape plan --domain medical --answer must_cite=true --out plan.md"
)
@click.option(
    "--answers", "answers_file", type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="YAML or JSON file of answers.",
)  # fmt: skip
@click.option("--domain", help="The domain in any words, such as medical.")
@click.option("--answer", "said", multiple=True, metavar="NAME=VALUE", help="One answer; may be repeated.")
@click.option("--out", type=click.Path(path_type=Path), help="File to write: .md, .json or .pptx.")
@click.option("--no-papers", is_flag=True, help="Do not look for papers in the store.")
@json_option
def command(
    answers_file: Path | None,
    domain: str | None,
    said: tuple[str, ...],
    out: Path | None,
    no_papers: bool,
    as_json: bool,
) -> None:
    """Plan how to adapt a language model to a domain.

    Answers, all optional: domain, tasks (one, several, open), labelled_examples, unlabelled_tokens,
    knowledge_changes (never, yearly, monthly, daily), must_cite, hallucination_costly, data_may_leave,
    needs_tools, reviewers, preference_pairs, custom_architecture, expertise (low, some, high),
    gpu_memory_gb, gpus, base_model_params_b, instruction_following, latency_ms, budget_usd, languages.
    """
    if out is not None:
        if out.suffix.lower() not in SUFFIXES:
            raise RefusedInputError(
                "a plan is written as .md, .json or .pptx", hint="Give --out such a name.", out=out
            )
        writable_parent(out)
    evidenced = run(gathered(answers_file, domain, said), with_papers=not no_papers)
    if out is not None:
        from export.plan_files import plan_file

        content = plan_file(evidenced, out.suffix.lower())
        write_atomically(out, content)
        click.echo(f"{out}: {len(content):,} bytes", err=as_json)
    if as_json:
        from export.plan_json import plan_json

        click.echo(plan_json(evidenced).decode("utf-8"), nl=False)
    elif out is None:
        _print(evidenced)


def _print(evidenced: EvidencedPlan) -> None:
    from guidance.wording import answer_words, input_words, time_words

    plan = evidenced.plan
    for route in plan.routes:
        state = "" if route.feasible else "  (cannot be taken)"
        click.echo(
            f"{route.rank:2}. {route.label}{state}: "
            f"training {time_words(route.time_class)}, {route.memory_gb:,.1f} GB"
        )
        told = [reason for reason in route.against if reason.effect == "excludes"] or list(route.reasons)
        for reason in told[: 3 if route.rank == 1 else 1]:
            click.echo(f"      {reason.text} [{reason.rule}]")
    for gap in plan.missing:
        click.echo(f"missing: {gap.line}")
    if plan.flips:
        flip = plan.flips[0]
        first = plan.route(flip.first_route).label
        click.echo(
            f"nearest change: {input_words(flip.input)} from {answer_words(flip.before)} "
            f"to {answer_words(flip.after)}: {first}"
        )
    needed = [chip.label for phase in plan.phases for chip in phase.chips if chip.need == "needed"]
    click.echo(f"needed: {', '.join(needed)}")
    if evidenced.evidence is None:
        click.echo("papers: none looked up (`landscape init` makes a store)")
    else:
        about = f" naming {plan.domain}" if plan.domain else ""
        click.echo(
            f"papers: {plural(evidenced.evidence.domain_papers, 'relevant paper')}{about} in the store"
        )
    click.echo("All of it, with sources: --out plan.md, plan.pptx or plan.json")
