"""Seven weeks of a simulated year; the whole of 2023 with real papers is behind `make faults`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import pytest

from db.engine import open_store
from db.snapshots import list_snapshots
from foundation.settings import SOURCE_NAMES
from landscape.grid import take_snapshot
from landscape.history import take_history
from taxonomy.loader import load_taxonomy
from workflow.alerts import add_search
from workflow.snapshots import stored_landscape

FIRST, LAST = date(2023, 5, 22), date(2023, 7, 9)  # Monday to Sunday
DAY = timedelta(days=1)
SUBJECTS = (
    (
        "Low-rank adapters for fine-tuning language models",
        "parameter-efficient fine-tuning with LoRA adapters",
    ),
    ("Retrieval-augmented generation with large language models", "a retriever adds passages to the prompt"),
    ("Chain-of-thought prompts for large language models", "in-context examples show reasoning steps"),
    ("Measuring social bias in large language models", "a benchmark of stereotypes and fairness"),
    (
        "Preference learning for language models",
        "reinforcement learning from human feedback and reward models",
    ),
    ("Regret bounds for linear bandits", "an algorithm with optimal regret for stochastic arms"),
)


def moment(day: date, hour: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


@pytest.fixture(scope="module")
def year():
    import importlib.util
    import sys
    from pathlib import Path

    path = Path(__file__).resolve().parents[1] / "replay" / "year.py"
    spec = importlib.util.spec_from_file_location("tests_replay_year", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules.setdefault(spec.name, importlib.util.module_from_spec(spec))
    spec.loader.exec_module(module)
    return module


def preprints(year):
    """One paper a day, every sixth shown days late, three held back for weeks, one corrected."""
    day, number = FIRST - 29 * DAY, 0
    while day <= LAST:
        title, abstract = SUBJECTS[number % len(SUBJECTS)]
        submitted = moment(day, 9)
        visible = submitted + timedelta(hours=30 + 96 * (number % 6 == 5))
        if number in (30, 36):  # held by a moderator
            visible = submitted + timedelta(days=24)
        yield year.Preprint(
            arxiv_id=f"{day:%y%m}.{number:05d}",
            submitted=submitted,
            visible=visible,
            title=f"{title}, part {number}",
            abstract=f"Study {number}: we present {abstract}.",
            authors=(f"Ada Number{number}", "José Spout"),
            corrected=submitted + timedelta(days=5) if number == 40 else None,
        )
        day, number = day + DAY, number + 1


def volume(year, collection: str, name: str, visible: date, numbers, *, also: dict[int, int] | None = None):
    """A volume; `also` names papers that are preprints too, by preprint number."""
    venue = collection.partition(".")[2]
    meta = (
        f'<volume id="{name}" ingest-date="{visible}"><meta><booktitle>Invented Meeting</booktitle>'
        f"<month>May</month><year>{collection[:4]}</year><venue>{venue}</venue></meta>"
    )
    papers = []
    for number in numbers:
        twin = (also or {}).get(number)
        title, abstract = SUBJECTS[(number if twin is None else twin) % len(SUBJECTS)]
        title = f"{title} at a meeting, {name} {number}" if twin is None else f"{title}, part {twin}"
        first = f"Ada</first><last>{'Kettle' if twin is None else f'Number{twin}'}"
        papers.append(
            f'<paper id="{number}"><title>{title}</title><author><first>{first}</last></author>'
            f"<author><first>José</first><last>Spout</last></author>"
            f"<abstract>Study {number if twin is None else twin}: we present {abstract}.</abstract>"
            f"<url>{collection}-{name}.{number}</url><bibkey>k-{collection}-{name}-{number}</bibkey></paper>"
        )
    return year.Part(visible, meta, tuple(papers))


@pytest.fixture
def world(year, replay):
    made = year.World(list(preprints(year)))
    made.collections = {
        "2022.emnlp": [volume(year, "2022.emnlp", "main", date(2022, 12, 12), range(1, 7))],
        "2023.eacl": [
            volume(year, "2023.eacl", "main", date(2023, 6, 3), range(1, 9), also={2: 5 + 6, 3: 6}),
            volume(year, "2023.eacl", "demo", date(2023, 6, 14), range(1, 4)),
        ],
        "2023.acl": [volume(year, "2023.acl", "long", date(2023, 7, 2), range(1, 7), also={1: 30})],
        # A volume that came when its meeting had long settled.
        "2022.coling": [
            volume(year, "2022.coling", "1", date(2022, 10, 17), range(1, 4)),
        ],
        "2022.aacl": [
            volume(year, "2022.aacl", "main", date(2022, 11, 21), range(1, 4)),
            volume(year, "2022.aacl", "late", date(2023, 6, 20), range(1, 3)),
        ],
    }
    busy = replay.Answer(b"Service Unavailable", 503, "text/plain")
    html = replay.Answer(b"<html>Please wait</html>", 200, "text/html")

    def cut(good):
        return replay.Answer(good.body[: len(good.body) // 2], media_type=good.media_type)

    made.outages = [
        year.Outage(moment(date(2023, 5, 31)), moment(date(2023, 6, 2)), "/api/query", busy),
        year.Outage(moment(date(2023, 6, 15)), moment(date(2023, 6, 16), 9), "/api/query", html),
        year.Outage(moment(date(2023, 7, 4)), moment(date(2023, 7, 5)), "/api/query", cut),
        year.Outage(moment(date(2023, 6, 5)), moment(date(2023, 6, 8)), "/acl-org", busy),
    ]
    return made


@pytest.fixture
def quick(store):
    """Four thousand commits wait for the disk longer than for anything else; kills are tested elsewhere."""
    from sqlalchemy import event

    @event.listens_for(store.engine, "connect")
    def relax(connection, _record) -> None:
        connection.execute("PRAGMA synchronous=OFF")

    store.engine.dispose()
    return store


@pytest.fixture
def one_model(monkeypatch):
    """Reading the model anew for each of a hundred runs would be most of this test's time."""
    import workflow.classifying as classifying
    from workflow.models import active_classifier

    kept = lru_cache(maxsize=1)(lambda home: active_classifier(given[home]))
    given = {}

    def load(settings):
        given[settings.home] = settings
        return kept(settings.home)

    monkeypatch.setattr(classifying, "active_classifier", load)


@pytest.mark.timeout(900)  # of work some fifteen seconds; of waiting, on a busy machine, many more
def test_a_year_day_by_day_comes_to_the_same_as_all_at_once(
    year, world, quick, settings, server, replay, tmp_path, one_model, monkeypatch
) -> None:
    store = quick
    only = {
        name: settings.source(name).model_copy(update={"enabled": name in ("arxiv", "acl_anthology")})
        for name in SOURCE_NAMES
    }
    settings = settings.model_copy(update={"sources": only})
    clock = year.YearClock(moment(FIRST, 6))
    year.know_venues_until(monkeypatch.setattr, 2022)
    world.serve(server, replay, clock)
    taxonomy = load_taxonomy()
    add_search(store, taxonomy, "adapters", {"topic": "training/model/peft"}, at=clock.now())
    add_search(store, taxonomy, "language", {"words": "language models"}, at=clock.now())
    asleep = {date(2023, 6, 10), date(2023, 6, 11), *(date(2023, 6, 26) + n * DAY for n in range(6))}
    life = year.live(store, settings, clock, first=FIRST, last=LAST, asleep=asleep)

    # Every record is found.
    since = FIRST - 29 * DAY
    wanted = world.visible_ids(clock.now() - timedelta(hours=48), since)
    held = year.holdings(store)
    found = {name for row in held.values() for name in row[8]}
    assert wanted - found == set()

    both = [row for row in held.values() if {"acl", "arxiv"} <= {each.partition(":")[0] for each in row[8]}]
    assert len(both) == 3, "preprints that became papers of a meeting are one work"

    # Every digest is right: each paper in exactly one, in the week in which it came.
    charted = set().union(*life.gained.values())
    assert life.joined == set()
    for week in life.weeks:
        days = {week.last - n * DAY for n in range(7)}
        assert week.new_papers == set().union(*(life.gained[day] for day in days)), week.last
    assert sum(week.n_new for week in life.weeks) == len(charted)
    # Asked for again, a digest says the same.
    for week in life.weeks[::2]:
        assert year.digest_of(store, week.last, clock.now()) == week

    # No alert is repeated.
    for name in ("adapters", "language"):
        told = [paper for week in life.weeks for paper in week.news.get(name, ())]
        assert len(told) == len(set(told))
        assert told

    # The history is the one that is built at once.
    at_once = open_store(f"sqlite:///{tmp_path / 'at-once.db'}")
    try:
        year.build_at_once(at_once, settings, clock, since=since)
        assert year.holdings(at_once) == held
        with store.read() as session, at_once.read() as other:
            assert take_snapshot(session, taxonomy, as_of=clock.now()).cells == (
                take_snapshot(other, taxonomy, as_of=clock.now()).cells
            )
            # Which days were asked for is the harvest's own story, and another one in either store.
            lived, built = (
                [(each.quarter, each.n_new, each.snapshot) for each in take_history(one, taxonomy).frames]
                for one in (session, other)
            )
            assert lived == built
    finally:
        at_once.dispose()

    # Snapshots that were taken are those that can be rebuilt for their moment.
    with store.read() as session:
        stored = list_snapshots(session)
        assert len(stored) == life.passes
        for each in stored[:: max(1, len(stored) // 5)]:
            told = stored_landscape(session, each)
            rebuilt = take_snapshot(session, taxonomy, as_of=each.as_of)
            # A preprint that became an Anthology paper since is counted under its present source.
            assert replace(told, by_source=()) == replace(rebuilt, by_source=())
            assert sum(n for _, n in told.by_source) == sum(n for _, n in rebuilt.by_source)
    assert life.missed_runs > 0
    assert life.states["arxiv partial"] > 0
