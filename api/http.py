"""The HTTP API: JSON and Atom, read-only, described by its own OpenAPI document."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.middleware.trustedhost import TrustedHostMiddleware

from api import models
from api.reads import LONGEST_QUERY, MOST_OFFSET, MOST_PAPERS, Question, Reader, Sort
from export.atom import FEED_ENTRIES, feed_of, papers_atom
from export.definitions import place_label
from foundation.errors import LandscapeError, RefusedInputError, StoreError
from landscape.types import LandscapeFilter
from taxonomy.loader import load_taxonomy

if TYPE_CHECKING:
    from db.engine import Store

TITLE = "LLM research landscape"
DESCRIPTION = """Read-only questions to a store of papers on large language models, each placed on a
grid of pipelines and components. Nothing here changes anything."""
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
FIRST_YEAR, LAST_YEAR = 1900, 2200
ATOM = "application/atom+xml"

Slug = Annotated[str, Path(pattern="^[a-z0-9-]+$", max_length=80)]
Place = Annotated[str | None, Query(max_length=200)]
Venues = Annotated[list[str], Query(max_length=50, description="Short venue names, such as ACL.")]
Sources = Annotated[list[str], Query(max_length=50, description="Source names, such as pmlr.")]
Year = Annotated[int | None, Query(ge=FIRST_YEAR, le=LAST_YEAR)]
Words = Annotated[str, Query(max_length=LONGEST_QUERY, description="Words of title, abstract and authors.")]

REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": models.Refusal, "description": "The question contradicts itself."},
    404: {"model": models.Refusal, "description": "There is no such cell, topic or paper."},
    503: {"model": models.Refusal, "description": "The store cannot be read now."},
}
FEED: dict[int | str, dict[str, Any]] = {
    200: {"description": "An Atom feed.", "content": {ATOM: {"schema": {"type": "string"}}}}
}

router = APIRouter(responses=REFUSALS)


def _reader(request: Request) -> Reader:
    reader = request.app.state.reader
    assert isinstance(reader, Reader)
    return reader


Asked = Annotated[Reader, Depends(_reader)]


def create_app(store: Store, *, any_host: bool = False) -> FastAPI:
    """The application.

    Args:
        store: The open store.
        any_host: Answer to any host name; otherwise to loopback names alone, so that no page on
            the web can reach the API by a name that it made point here.

    Returns:
        An ASGI application.
    """
    from importlib.metadata import version

    # The usual documentation pages load scripts from elsewhere: the document itself is enough.
    app = FastAPI(
        title=TITLE, description=DESCRIPTION, version=version("llm-landscape"), docs_url=None, redoc_url=None
    )
    app.state.reader = Reader(store)
    if not any_host:
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(LOOPBACK_NAMES))
    app.include_router(router)
    app.add_exception_handler(LandscapeError, _refused)
    return app


async def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, LandscapeError)
    unknown = isinstance(error, RefusedInputError) and error.message.startswith("no ")
    status = 503 if isinstance(error, StoreError) else 404 if unknown else 400
    return JSONResponse({"detail": str(error)}, status_code=status)


def _filter(
    venue: Venues = [],  # noqa: B006 -- FastAPI reads the default, nobody changes it
    source: Sources = [],  # noqa: B006
    year_from: Year = None,
    year_until: Year = None,
) -> LandscapeFilter:
    return LandscapeFilter(
        venues=tuple(venue), sources=tuple(source), year_from=year_from, year_until=year_until
    )


Chosen = Annotated[LandscapeFilter, Depends(_filter)]


@router.get("/")
def index(request: Request) -> dict[str, str]:
    """Where to begin."""
    base = str(request.base_url)
    names = ("landscape", "papers", "status", "moved", "openapi.json")
    return {name: f"{base}{name}" for name in names} | {"feed": f"{base}feeds/all.atom"}


@router.get("/landscape")
def landscape(
    reader: Asked,
    chosen: Chosen,
    as_of: Annotated[date | None, Query(description="What the store knew at the end of that day.")] = None,
) -> models.LandscapeAnswer:
    """The whole landscape: every cell and topic with its papers."""
    return reader.landscape(chosen, as_of)


@router.get("/cells/{pipeline}/{component}")
def cell(reader: Asked, chosen: Chosen, pipeline: Slug, component: Slug) -> models.PlaceAnswer:
    """One cell: what it is, its papers, its topics."""
    return reader.place(f"{pipeline}/{component}", chosen)


@router.get("/topics/{pipeline}/{component}/{topic}")
def topic(reader: Asked, chosen: Chosen, pipeline: Slug, component: Slug, topic: Slug) -> models.PlaceAnswer:
    """One topic: what it is and its papers; a retired id is followed to its successor."""
    return reader.place(f"{pipeline}/{component}/{topic}", chosen)


def _question(
    q: Words = "",
    cell: Place = None,
    topic: Place = None,
    venue: Venues = [],  # noqa: B006
    source: Sources = [],  # noqa: B006
    since: Annotated[date | None, Query(description="Published on or after this day.")] = None,
    until: Annotated[date | None, Query(description="Published on or before this day.")] = None,
) -> Question:
    chosen = LandscapeFilter(venues=tuple(venue), sources=tuple(source))
    return Question(q, cell, topic, chosen, since, until)


Wanted = Annotated[Question, Depends(_question)]


@router.get("/papers")
def papers(
    reader: Asked,
    wanted: Wanted,
    sort: Annotated[Sort, Query(description="Order of a list; a search is ordered by rank.")] = "score",
    limit: Annotated[int, Query(ge=1, le=MOST_PAPERS)] = 20,
    offset: Annotated[int, Query(ge=0, le=MOST_OFFSET)] = 0,
) -> models.PapersAnswer:
    """Which papers on X in cell Y since Z: ids, evidence and links, best match first."""
    return reader.papers(_with(wanted, sort=sort, limit=limit, offset=offset))


@router.get("/papers/{public_id:path}")
def paper(
    reader: Asked,
    public_id: Annotated[str, Path(max_length=300, description="`scheme:value`, any id of the paper.")],
) -> models.PaperDetailAnswer:
    """One paper: its labels with evidence, its records, its links."""
    return reader.paper(public_id)


@router.get("/moved")
def moved(
    reader: Asked,
    since: Annotated[date, Query(description="End of this day is the earlier moment.")],
    until: Annotated[
        date | None, Query(description="End of this day is the later moment; now if absent.")
    ] = None,
) -> models.MovementAnswer:
    """What moved between two days: topics that rise, fade or are new, and the newest papers."""
    return reader.moved(since, until)


@router.get("/status")
def status(reader: Asked) -> models.StatusAnswer:
    """What is known and how fresh it is."""
    return reader.status()


@router.get("/feeds/all.atom", response_class=Response, responses=FEED)
def feed(request: Request, reader: Asked, wanted: Wanted) -> Response:
    """The newest papers, or the newest that a search finds, as an Atom feed."""
    return _feed(request, reader, wanted)


@router.get("/feeds/cells/{pipeline}/{component}", response_class=Response, responses=FEED)
def cell_feed(request: Request, reader: Asked, pipeline: Slug, component: Slug) -> Response:
    """The newest papers of a cell as an Atom feed."""
    return _feed(request, reader, Question(cell=f"{pipeline}/{component}"))


@router.get("/feeds/topics/{pipeline}/{component}/{topic}", response_class=Response, responses=FEED)
def topic_feed(request: Request, reader: Asked, pipeline: Slug, component: Slug, topic: Slug) -> Response:
    """The newest papers of a topic as an Atom feed."""
    return _feed(request, reader, Question(topic=f"{pipeline}/{component}/{topic}"))


def _feed(request: Request, reader: Reader, wanted: Question) -> Response:
    rows, seen, newest = reader.feed_papers(_with(wanted, sort="date", limit=FEED_ENTRIES, offset=0))
    place = wanted.topic or wanted.cell
    label = place_label(load_taxonomy(), _in_force(place)) if place else "All papers"
    head = feed_of(place, label, _told(wanted), newest, self_url=str(request.url))
    return Response(papers_atom(head, rows, seen), media_type=ATOM)


def _in_force(place: str) -> str:
    return load_taxonomy().resolve_topic(place) or place


def _told(wanted: Question) -> LandscapeFilter:
    from dataclasses import replace

    return replace(
        wanted.chosen,
        words=wanted.query,
        year_from=wanted.since.year if wanted.since else None,
        year_until=wanted.until.year if wanted.until else None,
    )


def _with(wanted: Question, *, sort: Sort, limit: int, offset: int) -> Question:
    from dataclasses import replace

    return replace(wanted, sort=sort, limit=limit, offset=offset)


def serve(store: Store, host: str, port: int) -> None:
    """Serve the API until interrupted.

    Args:
        store: The open store.
        host: Address to listen on.
        port: Port to listen on.
    """
    import uvicorn

    app = create_app(store, any_host=host not in ("127.0.0.1", "localhost", "::1"))
    uvicorn.run(app, host=host, port=port, log_level="warning", server_header=False)
