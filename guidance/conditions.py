"""The language that rules are written in: tests of facts, joined by all, any and not.

    when:
      all:
        - {fact: must_cite, is: true}
        - any:
            - {fact: unlabelled_tokens, below: 1000000}
            - {not: {fact: unlabelled_tokens, known: true}}

A fact that is not known passes no test but `known: false`. So a rule never fires on what nobody said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, model_validator

from guidance.files import Frozen

Value = bool | int | float | str
Facts = Mapping[str, Any]
Compiled = Callable[[Facts], bool]

_OPERATORS = ("is_", "one_of", "at_least", "below", "known", "above_fact", "within_fact")


class FactTest(Frozen):
    """One test of one fact; exactly one of the tests is given.

    Attributes:
        fact: Name of an answer or of a derived fact.
        is_: It has this value.
        one_of: It has one of these values.
        at_least: It is this number or more.
        below: It is under this number.
        known: Whether anything is known of it.
        above_fact: It is over another fact, both known.
        within_fact: It is at most another fact, both known.
    """

    fact: str
    is_: Value | None = Field(default=None, alias="is")
    one_of: tuple[Value, ...] | None = Field(default=None, alias="in")
    at_least: float | None = None
    below: float | None = None
    known: bool | None = None
    above_fact: str | None = None
    within_fact: str | None = None

    @model_validator(mode="after")
    def _one_test(self) -> FactTest:
        given = [name for name in _OPERATORS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"a test of {self.fact!r} needs exactly one of {', '.join(_OPERATORS)}")
        return self

    @property
    def operator(self) -> str:
        """Which test is given."""
        return next(name for name in _OPERATORS if getattr(self, name) is not None)

    def compiled(self) -> Compiled:
        """The test as a function of the facts."""
        name, wanted = self.fact, getattr(self, self.operator)
        match self.operator:
            case "is_":
                return lambda facts: facts.get(name) == wanted
            case "one_of":
                return lambda facts: facts.get(name) in wanted
            case "at_least":
                return lambda facts: (value := facts.get(name)) is not None and value >= wanted
            case "below":
                return lambda facts: (value := facts.get(name)) is not None and value < wanted
            case "known":
                return lambda facts: (facts.get(name) is not None) is wanted
            case "above_fact":
                return lambda facts: _ordered(facts.get(wanted), facts.get(name), strictly=True)
            case _:
                return lambda facts: _ordered(facts.get(name), facts.get(wanted), strictly=False)

    def tests(self) -> Iterator[FactTest]:
        """This test."""
        yield self


class AllOf(Frozen):
    """Every part holds."""

    all: Annotated[tuple[Condition, ...], Field(min_length=1)]

    def compiled(self) -> Compiled:
        """The condition as a function of the facts."""
        parts = tuple(part.compiled() for part in self.all)

        def holds(facts: Facts) -> bool:
            for part in parts:  # noqa: SIM110 - twice as fast as all() over a generator
                if not part(facts):
                    return False
            return True

        return holds

    def tests(self) -> Iterator[FactTest]:
        """Every test in it."""
        for part in self.all:
            yield from part.tests()


class AnyOf(Frozen):
    """At least one part holds."""

    any: Annotated[tuple[Condition, ...], Field(min_length=1)]

    def compiled(self) -> Compiled:
        """The condition as a function of the facts."""
        parts = tuple(part.compiled() for part in self.any)

        def holds(facts: Facts) -> bool:
            for part in parts:  # noqa: SIM110 - as above
                if part(facts):
                    return True
            return False

        return holds

    def tests(self) -> Iterator[FactTest]:
        """Every test in it."""
        for part in self.any:
            yield from part.tests()


class NotOf(Frozen):
    """The part does not hold; what is not known does not hold, so its negation does."""

    not_: Condition = Field(alias="not")

    def compiled(self) -> Compiled:
        """The condition as a function of the facts."""
        part = self.not_.compiled()
        return lambda facts: not part(facts)

    def tests(self) -> Iterator[FactTest]:
        """Every test in it."""
        yield from self.not_.tests()


def _kind(data: Any) -> str:
    if isinstance(data, Mapping):
        return next((key for key in ("all", "any", "not") if key in data), "fact")
    kinds: tuple[tuple[type, str], ...] = ((AllOf, "all"), (AnyOf, "any"), (NotOf, "not"))
    return next((tag for kind, tag in kinds if isinstance(data, kind)), "fact")


Condition = Annotated[
    Annotated[AllOf, Tag("all")]
    | Annotated[AnyOf, Tag("any")]
    | Annotated[NotOf, Tag("not")]
    | Annotated[FactTest, Tag("fact")],
    Discriminator(_kind),
]


class Conditional(Frozen):
    """A row that holds under a condition; without one it always holds."""

    when: Condition | None = None

    @cached_property
    def holds(self) -> Compiled:
        """Whether the condition holds, as a function of the facts."""
        return self.when.compiled() if self.when is not None else _always

    @cached_property
    def facts_tested(self) -> frozenset[str]:
        """Names of the facts that the condition looks at."""
        names: set[str] = set()
        for test in self.when.tests() if self.when is not None else ():
            names.update(name for name in (test.fact, test.above_fact, test.within_fact) if name)
        return frozenset(names)


def _always(facts: Facts) -> bool:
    return True


def _ordered(low: Any, high: Any, *, strictly: bool) -> bool:
    if low is None or high is None:
        return False
    return bool(low < high) if strictly else bool(low <= high)


for _model in (AllOf, AnyOf, NotOf, Conditional):
    _model.model_rebuild()
