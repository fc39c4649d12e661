"""A world whose papers arrive day by day, told by a replay server, and a clock that walks through it.

The server answers as arXiv's query API and the Anthology would have answered at the clock's moment:
what had not appeared by then is not there. Outages, records that appear late and days on which nobody
runs anything are part of the world. The product's own scheduler, refresh and digests do the work.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from types import ModuleType
from typing import Any
from xml.sax.saxutils import escape

DAY = timedelta(days=1)
LOOKS = (time(6), time(7, 30), time(10), time(15), time(21))  # a host that is awake looks so often
_WINDOW = re.compile(r"cat:(?P<category>\S+) AND submittedDate:\[(?P<first>\d{12}) TO (?P<last>\d{12})\]")


class YearClock:
    """Time that passes only when someone sleeps, or when the day goes on."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._seconds = 0.0

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        return 1_000.0 + self._seconds

    def sleep(self, duration_seconds: float) -> None:
        self._seconds += duration_seconds

    def until(self, moment: datetime) -> None:
        """Let time pass up to a moment; what lies behind is left alone."""
        self._seconds = max(self._seconds, (moment - self._start).total_seconds())


@dataclass(frozen=True)
class Preprint:
    """An arXiv paper: when it was submitted, and from when on the API shows it."""

    arxiv_id: str
    submitted: datetime
    visible: datetime
    title: str
    abstract: str
    authors: tuple[str, ...] = ("Ada Teapot",)
    category: str = "cs.CL"
    corrected: datetime | None = None  # from then on the abstract says a word more

    def entry(self, now: datetime) -> str:
        """The entry as the API shows it at a moment."""
        fixed = self.corrected is not None and now >= self.corrected
        abstract = self.abstract + (" The appendix is corrected." if fixed else "")
        updated = self.corrected if fixed and self.corrected else self.submitted
        authors = "".join(f"<author><name>{escape(name)}</name></author>" for name in self.authors)
        return (
            f"<entry><id>http://arxiv.org/abs/{self.arxiv_id}v{2 if fixed else 1}</id>"
            f"<title>{escape(self.title)}</title><updated>{updated:%Y-%m-%dT%H:%M:%SZ}</updated>"
            f"<summary>{escape(abstract)}</summary>"
            f'<category term="{self.category}" scheme="http://arxiv.org/schemas/atom"/>'
            f"<published>{self.submitted:%Y-%m-%dT%H:%M:%SZ}</published>"
            f'<arxiv:primary_category term="{self.category}"/>{authors}</entry>'
        )


@dataclass(frozen=True)
class Part:
    """Papers of one Anthology volume that appear together: `<paper>` elements in its wrapper."""

    visible: date
    volume_open: str  # `<volume …><meta>…</meta>`, the same text for every part of a volume
    papers: tuple[str, ...]


@dataclass(frozen=True)
class Outage:
    """From one moment up to another, a source answers otherwise."""

    first: datetime
    last: datetime
    path: str
    answer: Any  # an `Answer` of the replay server, or a function from a good answer to a bad one


@dataclass
class World:
    """All that there is, and when it appears."""

    preprints: list[Preprint] = field(default_factory=list)
    collections: dict[str, list[Part]] = field(default_factory=dict)
    outages: list[Outage] = field(default_factory=list)

    def serve(self, server: Any, replay: ModuleType, clock: YearClock) -> None:
        """Answer by a replay server as of the clock's moment."""
        self.preprints.sort(key=lambda paper: (paper.submitted, paper.arxiv_id))
        server.on(
            "/api/query", self._through_outages(clock, lambda request: self._arxiv(request, replay, clock))
        )
        server.on(
            "/acl-org/acl-anthology/.*",
            self._through_outages(clock, lambda request: self._anthology(request, replay, clock)),
        )

    def visible_ids(self, now: datetime, since: date) -> set[str]:
        """`scheme:value` of everything that can be found at a moment, arXiv from a first day on."""
        found = {
            f"arxiv:{paper.arxiv_id}"
            for paper in self.preprints
            if paper.visible <= now and paper.submitted.date() >= since
        }
        for collection, parts in self.collections.items():
            for part in parts:
                if part.visible <= now.date():
                    volume = re.search(r'<volume id="([^"]+)"', part.volume_open)
                    assert volume is not None
                    for paper in part.papers:
                        number = re.match(r'<paper id="([^"]+)"', paper)
                        assert number is not None
                        found.add(f"acl:{collection}-{volume[1]}.{number[1]}")
        return found

    def _through_outages(self, clock: YearClock, good: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def answer(request: Any) -> Any:
            now = clock.now()
            for outage in self.outages:
                if outage.first <= now < outage.last and request.path.startswith(outage.path):
                    return outage.answer(good(request)) if callable(outage.answer) else outage.answer
            return good(request)

        return answer

    def _arxiv(self, request: Any, replay: ModuleType, clock: YearClock) -> Any:
        now = clock.now()
        shown = [paper for paper in self.preprints if paper.visible <= now]
        window = _WINDOW.fullmatch(request.query["search_query"])
        if window is not None:
            first, last = (
                datetime.strptime(window[name], "%Y%m%d%H%M").replace(tzinfo=UTC)
                for name in ("first", "last")
            )
            shown = [
                paper
                for paper in shown
                if paper.category == window["category"]
                and first <= paper.submitted < last + timedelta(minutes=1)
            ]
        start, count = int(request.query["start"]), int(request.query["max_results"])
        entries = [paper.entry(now) for paper in shown[start : start + count]]
        page = replay.arxiv_feed(entries, start=start, total=len(shown))
        return replay.Answer(page, media_type="application/atom+xml")

    def _anthology(self, request: Any, replay: ModuleType, clock: YearClock) -> Any:
        collection = request.path.rpartition("/")[2].removesuffix(".xml")
        volumes: dict[str, list[str]] = defaultdict(list)
        for part in self.collections.get(collection, ()):
            if part.visible <= clock.now().date():
                volumes[part.volume_open] += part.papers
        if not volumes and collection not in self.collections and collection[:4] < f"{clock.now().year}":
            pass  # an old collection that this world says nothing of: there, and empty
        elif not volumes:
            return replay.Answer(b"404: Not Found", 404, "text/plain")
        inner = "".join(f"{opened}\n{''.join(papers)}\n</volume>\n" for opened, papers in volumes.items())
        body = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<collection id="{collection}">\n{inner}</collection>\n'
        )
        etag = f'"{sha256(body.encode()).hexdigest()[:16]}"'
        if request.headers.get("if-none-match") == etag:
            return replay.Answer(b"", 304, None, {"ETag": etag})
        return replay.Answer(body.encode(), headers={"ETag": etag})


@dataclass(frozen=True)
class Week:
    """A digest as it was made on the morning after its last day, and what the store had gained."""

    last: date
    n_new: int
    new_papers: frozenset[int]
    news: dict[str, tuple[str, ...]]


@dataclass
class Life:
    """What was observed while the year went by."""

    passes: int = 0
    states: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    reasons: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    missed_runs: int = 0
    weeks: list[Week] = field(default_factory=list)
    gained: dict[date, set[int]] = field(default_factory=lambda: defaultdict(set))  # by day, on the chart
    joined: set[int] = field(default_factory=set)  # known before, on the chart only later
    alerts: int = 0


def live(
    store: Any,
    settings: Any,
    clock: YearClock,
    *,
    first: date,
    last: date,
    asleep: Iterable[date] = (),
    jitter: Callable[[], float] = lambda: 0.5,
) -> Life:
    """Let the scheduler keep a store current, day after day, and make a digest every Monday.

    Args:
        store: The open store.
        settings: Sources that are the replay server.
        clock: Time.
        first: First day.
        last: Last day; a Sunday, so that the last week is whole.
        asleep: Days on which the host is off.
        jitter: Passed to the scheduler.

    Returns:
        What was observed.
    """
    from workflow.scheduling import run_due

    life, off = Life(), frozenset(asleep)
    known, charted = _papers(store)
    day = first
    while day <= last:
        if day.weekday() == 0 and day > first:
            life.weeks.append(digest_of(store, day - DAY, datetime.combine(day, time(5), UTC)))
        for look in LOOKS if day not in off else ():
            clock.until(datetime.combine(day, look, UTC))
            done = run_due(store, settings, clock=clock, jitter=jitter)
            if done.report is None:
                continue
            life.passes += 1
            life.missed_runs += sum(count for _, count in done.missed)
            life.alerts += sum(alert.papers for alert in done.report.alerts)
            assert not done.report.problems, done.report.problems
            for report in done.report.harvests:
                life.states[f"{report.name} {report.state}"] += 1
                if report.reason:
                    life.reasons[f"{report.name}: {report.reason}"] += 1
            now_known, now_charted = _papers(store)
            life.gained[day] |= now_charted - charted - known
            life.joined |= (now_charted - charted) & known
            known, charted = now_known, now_charted
        day += DAY
    clock.until(datetime.combine(day, time(5), UTC))
    life.weeks.append(digest_of(store, last, clock.now()))
    return life


def digest_of(store: Any, last: date, now: datetime) -> Week:
    """The weekly digest to a day, and the papers that came on the chart in that week."""
    from landscape.movement import take_movement
    from taxonomy.loader import load_taxonomy
    from workflow.digests import digest_html, digest_text, make_digest
    from workflow.snapshots import end_of

    taxonomy = load_taxonomy()
    with store.read() as session:
        digest = make_digest(session, taxonomy, "weekly", last, now=now)
        whole = take_movement(session, taxonomy, end_of(last - 7 * DAY), end_of(last), shown_papers=1_000_000)
        assert digest.movement.n_new == len(whole.papers)
        assert digest.papers == whole.papers[: len(digest.papers)]
        text, page = digest_text(digest), digest_html(digest)
        for row in digest.papers:
            assert row.title in text
        assert page.count("<li") >= min(len(digest.papers), 1)
        new = _ids_of(session, [row.id for row in whole.papers])
    return Week(
        last,
        digest.movement.n_new,
        frozenset(new),
        {each.name: tuple(row.id for row, _ in each.papers) for each in digest.news},
    )


def _papers(store: Any) -> tuple[set[int], set[int]]:
    """Row ids of all papers, and of those on the chart."""
    from sqlalchemy import select

    from db.labels import current_labels
    from db.tables import PAPER
    from taxonomy.loader import load_taxonomy

    label = current_labels(taxonomy_version=load_taxonomy().version).subquery()
    with store.read() as session:
        known = set(session.execute(select(PAPER.c.id)).scalars())
        query = select(label.c.paper_id).where(label.c.verdict != "not-relevant")
        return known, set(session.execute(query).scalars())


def _ids_of(session: Any, keys: Sequence[str]) -> set[int]:
    from db.papers import find_paper_ids

    found = find_paper_ids(session, keys)
    assert set(found) == set(keys)
    return set(found.values())


def know_venues_until(set_attribute: Callable[[Any, str, Any], None], year: int) -> None:
    """Take later years out of the list of venues: on a first of January nobody knows what will come."""
    from harvester import venues

    whole = venues._load()
    then = whole.model_copy(
        update={
            "venues": tuple(
                venue.model_copy(update={"years": tuple(each for each in venue.years if each <= year)})
                if venue.source == "acl_anthology"
                else venue
                for venue in whole.venues
            )
        }
    )
    set_attribute(venues, "_load", lambda: then)
    venues.edition_of.cache_clear()


def catch_up(store: Any, settings: Any, clock: YearClock) -> None:
    """One last refresh of everything, so that a store knows what the world shows now."""
    from harvester.source import HarvestRequest
    from workflow.refresh import refresh

    asked = {"acl_anthology": HarvestRequest(venues=_due(clock), probe=True)}
    report = refresh(store, settings, ["arxiv", "acl_anthology"], asked, clock=clock)
    assert report.state == "complete", report.lines()


def _due(clock: YearClock, since: date | None = None) -> tuple[str, ...]:
    """Every venue-year that may be out, now or on an earlier day."""
    from harvester.schedule import load_schedule

    days = (since + 30 * DAY if since else clock.now().date(), clock.now().date())
    editions = [each for day in days for each in load_schedule().editions_due("acl_anthology", day, {})]
    return tuple(dict.fromkeys(each.id for each in editions))


def build_at_once(store: Any, settings: Any, clock: YearClock, *, since: date) -> None:
    """Harvest everything that the world shows now into an empty store, and label it."""
    from harvester.source import HarvestRequest
    from workflow.classifying import classify_store
    from workflow.harvesting import harvest

    asked = HarvestRequest(venues=_due(clock, since), probe=True)
    reports = harvest(store, settings, ["arxiv"], HarvestRequest(from_date=since), clock=clock)
    reports += harvest(store, settings, ["acl_anthology"], asked, clock=clock)
    assert [report.state for report in reports] == ["complete", "complete"], reports
    classify_store(store, settings, clock=clock)


def holdings(store: Any) -> dict[str, tuple[Any, ...]]:
    """What a store knows of every paper now, by key: facts, ids, and the label in force."""
    from sqlalchemy import select

    from db.tables import EXTERNAL_ID, PAPER
    from landscape.placements import load_placements
    from taxonomy.loader import load_taxonomy

    names = ("key", "title", "abstract", "year", "published", "venue", "source", "url")
    with store.read() as session:
        ids: dict[int, set[str]] = defaultdict(set)
        for paper, scheme, value in session.execute(
            select(EXTERNAL_ID.c.paper_id, EXTERNAL_ID.c.scheme, EXTERNAL_ID.c.value)
        ):
            ids[paper].add(f"{scheme}:{value}")
        placed = load_placements(session, load_taxonomy())
        return {
            row.key: (
                *(getattr(row, name) for name in names),
                tuple(sorted(ids[row.id])),
                placed[row.id].verdict,
                placed[row.id].cells,
                placed[row.id].topics,
            )
            for row in session.execute(select(PAPER.c.id, *(PAPER.c[name] for name in names)))
        }
