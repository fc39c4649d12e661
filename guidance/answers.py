"""What a reader says of the project: twenty answers, all optional, each checked by name."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from foundation.errors import RefusedInputError

Tasks = Literal["one", "several", "open"]
Change = Literal["never", "yearly", "monthly", "daily"]
Expertise = Literal["low", "some", "high"]

# Far above anything real; they keep a slip of the keyboard from becoming an absurd plan.
MOST_COUNT = 10**15
MOST_GPUS = 100_000
MOST_LANGUAGES = 200
_FILE_LIMIT_BYTES = 1_000_000

Count = Annotated[int, Field(ge=0, le=MOST_COUNT)]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", max_length=40)]


class Answers(BaseModel):
    """The answers; None means that nobody said.

    Attributes:
        domain: In any words: "medical", "marine insurance".
        tasks: One task, several, or open conversation.
        labelled_examples: Examples with the wanted output.
        unlabelled_tokens: Tokens of domain text without labels.
        knowledge_changes: How often facts change that answers rest on.
        must_cite: Whether answers must name their sources.
        hallucination_costly: Whether an invented fact does harm.
        data_may_leave: Whether data may go to a service outside the house.
        needs_tools: Whether calculation, live data or action is needed.
        reviewers: People of the profession who can judge outputs.
        preference_pairs: Pairs of outputs of which someone said the better.
        custom_architecture: Whether architecture, size or tokenizer must be one's own.
        expertise: Of the team in training models.
        gpu_memory_gb: Of one GPU, in 10^9 bytes; 0 for none.
        gpus: How many such GPUs.
        base_model_params_b: Parameters of the base model, in 10^9.
        instruction_following: Whether the result must follow instructions.
        latency_ms: Longest wait for an answer.
        budget_usd: Ceiling for computing.
        languages: ISO 639 codes or BCP 47 tags of the languages used.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    domain: Annotated[str, StringConstraints(max_length=80, strip_whitespace=True)] | None = None
    tasks: Tasks | None = None
    labelled_examples: Count | None = None
    unlabelled_tokens: Count | None = None
    knowledge_changes: Change | None = None
    must_cite: bool | None = None
    hallucination_costly: bool | None = None
    data_may_leave: bool | None = None
    needs_tools: bool | None = None
    reviewers: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    preference_pairs: Count | None = None
    custom_architecture: bool | None = None
    expertise: Expertise | None = None
    gpu_memory_gb: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] | None = None
    gpus: Annotated[int, Field(ge=0, le=MOST_GPUS)] | None = None
    base_model_params_b: Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)] | None = None
    instruction_following: bool | None = None
    latency_ms: Annotated[float, Field(gt=0, le=10**9, allow_inf_nan=False)] | None = None
    budget_usd: Annotated[float, Field(ge=0, le=10**12, allow_inf_nan=False)] | None = None
    languages: Annotated[tuple[Language, ...], Field(max_length=MOST_LANGUAGES)] | None = None

    @field_validator("domain")
    @classmethod
    def _printable(cls, value: str | None) -> str | None:
        if value is not None and not value.isprintable():
            raise ValueError("must be one line of printable text")
        return value or None

    @field_validator("labelled_examples", "unlabelled_tokens", "preference_pairs", "gpus", mode="before")
    @classmethod
    def _whole(cls, value: Any) -> Any:
        # 5e9 is how people write tokens; JSON and YAML read it as a float.
        return int(value) if isinstance(value, float) and value.is_integer() else value

    @field_validator("reviewers", mode="before")
    @classmethod
    def _some_or_none(cls, value: Any) -> Any:
        # "Are there reviewers?" and "how many?" are both fair ways to ask.
        return int(value) if isinstance(value, bool) else value

    @field_validator("languages", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        if isinstance(value, str):
            return (value,)
        return tuple(value) if isinstance(value, list) else value

    def given(self) -> dict[str, Any]:
        """What was said, by name, in the order of the schema."""
        return {name: value for name in FIELDS if (value := getattr(self, name)) is not None}


FIELDS: tuple[str, ...] = tuple(Answers.model_fields)
CHOICES: dict[str, tuple[str, ...]] = {
    "tasks": get_args(Tasks),
    "knowledge_changes": get_args(Change),
    "expertise": get_args(Expertise),
}


def parse_answers(data: Mapping[str, Any]) -> Answers:
    """Check answers.

    Args:
        data: By name; None counts as not said.

    Returns:
        The answers.

    Raises:
        RefusedInputError: A key is unknown or a value has the wrong type or size; named.
    """
    try:
        return Answers.model_validate(dict(data))
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        shown = first.get("input")
        if first["type"] == "extra_forbidden":
            raise RefusedInputError(
                f"unknown answer {name!r}", hint=f"Known answers: {', '.join(FIELDS)}."
            ) from None
        raise RefusedInputError(
            f"answer {name!r} is not valid: {first['msg']}",
            hint="See `landscape plan --help` for what can be answered.",
            # Of a nested value only its kind: a few aliases in YAML can stand for a gigabyte of text.
            value=shown if isinstance(shown, str | int | float | None) else type(shown).__name__,
        ) from None


class _Loader(yaml.SafeLoader):
    """Safe YAML in which 5e9 is a number, as it is in YAML 1.2 and in JSON."""


_Loader.yaml_implicit_resolvers = {
    key: list(resolvers) for key, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9]+(\.[0-9]+)?[eE][-+]?[0-9]+$"), list("-+0123456789")
)


def parse_value(text: str) -> Any:
    """A value as typed on a command line: `true`, `5e9`, `medical`, `[en, sw]`.

    Args:
        text: What was typed.

    Returns:
        Plain data; text that is no YAML stands for itself.
    """
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader
    except (ValueError, yaml.YAMLError, RecursionError):
        return text


def read_answers(path: Path) -> Answers:
    """Read answers from a YAML or JSON file.

    Args:
        path: The file.

    Returns:
        The answers; all open for an empty file.

    Raises:
        RefusedInputError: It cannot be read, is no mapping, or an answer is not valid.
    """
    try:
        if path.stat().st_size > _FILE_LIMIT_BYTES:
            raise RefusedInputError("a file of answers over 1 MB is no file of answers", path=path)
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedInputError("the answers cannot be read", path=path, reason=error) from error
    try:
        data = json.loads(text) if path.suffix == ".json" else yaml.load(text, Loader=_Loader)  # noqa: S506
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        reason = str(error) or "nested too deeply"
        raise RefusedInputError("the answers are neither YAML nor JSON", path=path, reason=reason) from error
    if data is None:
        return Answers()
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
        raise RefusedInputError(
            "answers are a mapping of names to values", hint="For example `must_cite: true`.", path=path
        )
    return parse_answers(data)
