"""The ten routes: what each is, when to choose it, what it costs, where it fails, what it draws on."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Literal

from pydantic import Field

from foundation.errors import TaxonomyError
from guidance.conditions import Conditional
from guidance.files import Places, Prose, SourceIds, check_places, check_sources, check_unique, read_rows
from guidance.types import TimeClass
from taxonomy.models import Slug

FILE = "routes.yaml"


class RouteTime(Conditional):
    """The time class of training, under a condition."""

    time_class: TimeClass


class Route(Places):
    """A route.

    Attributes:
        id: As scripts read it.
        label: Its name.
        start: Points before any rule speaks; the cheaper the route, the more.
        changes: Whether all, few or no weights change.
        training: Which formula of training memory holds.
        learns_from: Which data it is trained on.
        groups: Names by which rules mean several routes.
        what: What it is.
        choose_when: When to choose it.
        choose_not_when: When not.
        cost: In time and money.
        needs: What must be there.
        failure_modes: How it fails.
        time: The first row that holds gives the time class.
        concept: Knowledge entry about it.
        models: Knowledge entries of models known for it.
        source: Where this comes from.
    """

    id: Slug
    label: Annotated[str, Field(min_length=3, max_length=80)]
    start: Annotated[int, Field(ge=-10, le=20)]
    changes: Literal["no", "few", "all"]
    training: Literal["none", "efficient", "full"]
    learns_from: Literal["nothing", "labelled", "unlabelled", "preferences"]
    groups: tuple[Slug, ...]
    what: Prose
    choose_when: Prose
    choose_not_when: Prose
    cost: Prose
    needs: Prose
    failure_modes: Annotated[tuple[Prose, ...], Field(min_length=1)]
    time: Annotated[tuple[RouteTime, ...], Field(min_length=1)]
    concept: str
    models: tuple[str, ...] = ()
    source: SourceIds


@lru_cache(maxsize=1)
def load_routes() -> tuple[Route, ...]:
    """The routes, cheapest first.

    Raises:
        TaxonomyError: The file is malformed or names something that does not exist.
    """
    routes = read_rows(FILE, Route)
    check_unique(FILE, [route.id for route in routes])
    for route in routes:
        check_places(FILE, route.id, route)
        check_sources(FILE, route.id, route.source)
    return routes


@lru_cache(maxsize=1)
def route_names() -> dict[str, tuple[str, ...]]:
    """Route ids by every name that rules may use: ids and groups."""
    routes = load_routes()
    names: dict[str, tuple[str, ...]] = {route.id: (route.id,) for route in routes}
    for route in routes:
        for group in route.groups:
            if group in names and names[group] == (group,):
                raise TaxonomyError(f"{FILE}: a group bears the name of a route", group=group)
            names[group] = (*names.get(group, ()), route.id)
    return names
