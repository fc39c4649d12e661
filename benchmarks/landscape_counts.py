"""How long the questions behind the home page take on a large store.

    python -m benchmarks.landscape_counts [PAPERS]

Builds a synthetic SQLite store in a temporary folder (papers of three sources over nine years, one
or two model labels each, three in five on the subject), then asks each question several times and
prints the best wall and processor time in milliseconds.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Table, insert
from sqlmodel import Session

from db.engine import Store, open_store
from db.tables import CLASSIFIER_RUN, EXTERNAL_ID, LABEL, LABEL_CELL, LABEL_TOPIC, PAPER
from landscape.grid import take_snapshot
from landscape.reading import available_filters, list_papers
from landscape.types import LandscapeFilter
from taxonomy.loader import load_taxonomy

START = datetime(2025, 1, 1, tzinfo=UTC)
REPEATS = 5
BATCH = 5_000


def fill(
    store: Store,
    n_papers: int,
    text: Callable[[int, random.Random], tuple[str, str]] | None = None,
) -> None:
    """Write papers and labels, the same ones every time.

    Args:
        store: Empty.
        n_papers: How many.
        text: Gives title and abstract of a paper by its number; the same few words where None.
    """
    chance = random.Random(0)
    taxonomy = load_taxonomy()
    cells, topics = list(taxonomy.cells), list(taxonomy.topic_by_id)
    with store.write() as session:
        for run in (1, 2):
            _write(session, CLASSIFIER_RUN, [_run(run)])
        for first in range(1, n_papers + 1, BATCH):
            numbers = range(first, min(first + BATCH, n_papers + 1))
            papers = [_paper(number, chance) for number in numbers]
            if text is not None:
                for paper in papers:
                    title, abstract = text(paper["id"], chance)
                    paper |= {"title": title, "title_key": title.lower(), "abstract": abstract}
            _write(session, PAPER, papers)
            _write(
                session,
                EXTERNAL_ID,
                [{"paper_id": number, "scheme": "arxiv", "value": str(number)} for number in numbers],
            )
            labels: list[dict[str, Any]] = []
            placed: list[dict[str, Any]] = []
            borne: list[dict[str, Any]] = []
            for number in numbers:
                for run in range(1, chance.choice((2, 2, 2, 2, 3))):
                    assignment = 2 * number + run - 2
                    relevant = chance.random() < 0.6
                    labels.append(_label(assignment, number, run, relevant=relevant))
                    if relevant:
                        chosen = chance.sample(cells, chance.choice((1, 1, 2, 3)))
                        placed.extend(_scored(assignment, "cell", chosen, chance))
                        chosen = chance.sample(topics, chance.choice((0, 1, 1, 2)))
                        borne.extend(_scored(assignment, "topic", chosen, chance))
            _write(session, LABEL, labels)
            _write(session, LABEL_CELL, placed)
            _write(session, LABEL_TOPIC, borne)


def _write(session: Session, table: Table, rows: list[dict[str, Any]]) -> None:
    session.connection().execute(insert(table), rows)


def _run(number: int) -> dict[str, Any]:
    return {
        "id": number, "method": "model", "name": "synthetic", "digest": f"{number:064d}",
        "taxonomy_version": "1.0", "started_at": START, "finished_at": START, "papers": 0,
    }  # fmt: skip


def _paper(number: int, chance: random.Random) -> dict[str, Any]:
    day = date(2018, 1, 1) + timedelta(days=chance.randrange(3_240))
    return {
        "id": number, "key": f"arxiv:{number}", "title": f"Title number {number}",
        "title_key": f"title number {number}", "abstract": "lorem ipsum dolor " * 70,
        "authors_text": "A. One; B. Two", "year": day.year, "published": day,
        "venue": chance.choice(("ACL", "EMNLP", "arXiv", "ICML")),
        "source": chance.choice(("arxiv", "acl_anthology", "pmlr")),
        "url": f"https://arxiv.org/abs/{number}", "first_seen": START, "updated_at": START,
    }  # fmt: skip


def _label(assignment: int, paper: int, run: int, *, relevant: bool) -> dict[str, Any]:
    sentence = {"text": "A sentence of evidence.", "cell": "training/data", "weight": 1.0}
    return {
        "id": assignment, "paper_id": paper, "run_id": run, "method": "model", "authority": 1,
        "by": "synthetic", "verdict": "labelled" if relevant else "not-relevant", "relevance": 0.9,
        "taxonomy_version": "1.0", "created_at": START, "note": "", "evidence": [sentence] * 3,
    }  # fmt: skip


def _scored(assignment: int, column: str, names: list[str], chance: random.Random) -> list[dict[str, Any]]:
    return [
        {"assignment_id": assignment, "position": position, column: name, "score": chance.random()}
        for position, name in enumerate(names)
    ]


def measure(name: str, ask: Callable[[], object]) -> None:
    """Ask several times, print the best times."""
    times = []
    for _ in range(REPEATS):
        wall, processor = time.perf_counter(), time.process_time()
        ask()
        times.append((time.perf_counter() - wall, time.process_time() - processor))
    best = [min(column) * 1_000 for column in zip(*times, strict=True)]
    print(f"{name:32} {best[0]:6.0f} ms wall {best[1]:6.0f} ms processor")


def main() -> None:
    """Build the store and measure."""
    n_papers = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    taxonomy = load_taxonomy()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'landscape.db'}")
        fill(store, n_papers)
        print(f"{n_papers:,} papers, SQLite")
        with store.read() as session:
            for name, chosen in (
                ("snapshot", LandscapeFilter()),
                ("snapshot, one venue", LandscapeFilter(venues=("ACL",))),
                ("snapshot, years and score", LandscapeFilter(year_from=2024, minimum_score=0.5)),
            ):
                measure(name, lambda chosen=chosen: take_snapshot(session, taxonomy, filter=chosen))  # type: ignore[misc]
            measure("list of a cell", lambda: list_papers(session, taxonomy, cell="training/data"))
            measure("list of a topic", lambda: list_papers(session, taxonomy, topic="training/model/peft"))
            measure("filter choices", lambda: available_filters(session))
        store.dispose()


if __name__ == "__main__":
    main()
