"""How long every export takes on a store of many papers, and how large its file is.

    python -m benchmarks.exports [PAPERS] [FORMAT ...]

Builds a synthetic SQLite store in a temporary folder (every paper on the chart, titles, authors and
evidence as long as those of real papers), then writes each format once warm and prints the best
wall and processor time in seconds and the size. The briefing deck compares two days and holds the
phase slide; it is the largest one there is.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Table, insert
from sqlmodel import Session

from db.engine import Store, open_store
from db.tables import CLASSIFIER_RUN, LABEL, LABEL_CELL, LABEL_TOPIC, PAPER
from export.registry import FORMATS
from foundation.clock import utc_now
from taxonomy.loader import founding_taxonomy
from workflow.exporting import ExportRequest, export_landscape

DEFAULT_PAPERS = 10_000
REPEATS = 3
BATCH = 2_000
WORDS = (
    "attention", "language", "models", "towards", "efficient", "learning", "of", "transformers", "with",
    "retrieval", "evaluating", "reasoning", "prompts", "robust", "multilingual", "tuning", "evidence", "for",
    "dialogue", "generation", "tables", "knowledge", "grounded", "calibration", "agents", "planning",
    "benchmark", "low-resource", "translation", "alignment", "preference",
)  # fmt: skip
NAMES = (
    "Ada Example",
    "Grace van der Sample",
    "María José García",
    "Wei Zhang",
    "Fatima al-Amin",
    "O. Nwosu",
)
VENUES = {
    "acl_anthology": (
        ("ACL", "EMNLP", "NAACL", "Findings of ACL"),
        "https://aclanthology.org/2024.acl-long.{}/",
    ),
    "pmlr": (("ICML", "AISTATS"), "https://proceedings.mlr.press/v202/sample{}a.html"),
    "arxiv": (("arXiv",), "https://arxiv.org/abs/2401.{:05}"),
}


def fill(store: Store, n_papers: int) -> None:
    """Write papers and labels, the same ones every time.

    Args:
        store: An empty store.
        n_papers: All of them stand on the chart; one in four came in within the last month.
    """
    chance = random.Random(0)
    now = utc_now()
    old, fresh = now - timedelta(days=200), now - timedelta(days=20)
    with store.write() as session:
        _write(session, CLASSIFIER_RUN, [_run(old)])
        for first in range(1, n_papers + 1, BATCH):
            numbers = range(first, min(first + BATCH, n_papers + 1))
            seen = {number: fresh if chance.random() < 0.25 else old for number in numbers}
            _write(session, PAPER, [_paper(number, seen[number], chance) for number in numbers])
            _write(session, LABEL, [_label(number, seen[number], chance) for number in numbers])
            cells, topics = [], []
            for number in numbers:
                placed, borne = _places(chance)
                cells += _scored(number, "cell", placed, chance)
                topics += _scored(number, "topic", borne, chance)
            _write(session, LABEL_CELL, cells)
            _write(session, LABEL_TOPIC, topics)


def _write(session: Session, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        session.connection().execute(insert(table), rows)


def _words(chance: random.Random, least: int, most: int) -> str:
    return " ".join(chance.choice(WORDS) for _ in range(chance.randint(least, most)))


def _run(started: datetime) -> dict[str, Any]:
    return {
        "id": 1, "method": "model", "name": "synthetic", "digest": f"{1:064d}",
        "taxonomy_version": founding_taxonomy().version, "started_at": started, "finished_at": started,
        "papers": 0,
    }  # fmt: skip


def _paper(number: int, seen: datetime, chance: random.Random) -> dict[str, Any]:
    source = chance.choice(tuple(VENUES))
    venues, address = VENUES[source]
    day = date(2019, 1, 1) + timedelta(days=chance.randrange((seen.date() - date(2019, 1, 1)).days))
    title = _words(chance, 6, 14).capitalize()
    return {
        "id": number, "key": f"{source}:{number}", "title": title, "title_key": title.lower(),
        "abstract": _words(chance, 120, 200), "year": day.year, "published": day,
        "authors_text": "; ".join(chance.sample(NAMES, chance.randint(2, 6))),
        "venue": chance.choice(venues), "source": source, "url": address.format(number),
        "first_seen": seen, "updated_at": seen,
    }  # fmt: skip


def _label(number: int, at: datetime, chance: random.Random) -> dict[str, Any]:
    sentences = [
        {"text": _words(chance, 15, 25).capitalize() + ".", "cell": "training/data", "weight": 1.0}
        for _ in range(2)
    ]
    return {
        "id": number, "paper_id": number, "run_id": 1, "method": "model", "authority": 1,
        "by": "synthetic", "verdict": "labelled", "relevance": 0.9,
        "taxonomy_version": founding_taxonomy().version, "created_at": at, "note": "",
        "evidence": sentences,
    }  # fmt: skip


def _places(chance: random.Random) -> tuple[list[str], list[str]]:
    """Up to three cells, and topics of theirs."""
    taxonomy = founding_taxonomy()
    cells = chance.sample(list(taxonomy.cells), chance.choice((1, 1, 2, 3)))
    every = [topic.id for cell in cells for topic in taxonomy.topics_by_cell[cell]]
    return cells, chance.sample(every, min(len(every), chance.choice((0, 1, 1, 2))))


def _scored(number: int, column: str, names: list[str], chance: random.Random) -> list[dict[str, Any]]:
    return [
        {"assignment_id": number, "position": position, column: name, "score": chance.random()}
        for position, name in enumerate(names)
    ]


def requests() -> dict[str, ExportRequest]:
    """Every file that is measured, by name."""
    month = (datetime.now(UTC) - timedelta(days=30)).date()
    briefing = ExportRequest("pptx", deck="briefing", compare=month, domain="Medical", show_growth=True)
    found = {"pptx, briefing": briefing, "pptx, build-up": ExportRequest("pptx", deck="build-up")}
    found |= {name: ExportRequest(name) for name in FORMATS}
    return found | {"gif, through time": ExportRequest("gif", through_time=True)}


def main() -> None:
    """Build the store and measure."""
    n_papers = int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_PAPERS
    wanted = sys.argv[2:]
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'landscape.db'}")
        fill(store, n_papers)
        print(f"{n_papers:,} papers, all on the chart, SQLite")
        for name, request in requests().items():
            if wanted and not any(name.startswith(each) for each in wanted):
                continue
            times, size = [], 0
            for _ in range(1 if name.startswith("gif") else REPEATS):
                wall, processor = time.perf_counter(), time.process_time()
                size = len(export_landscape(store, request).content)
                times.append((time.perf_counter() - wall, time.process_time() - processor))
            best = [min(column) for column in zip(*times, strict=True)]
            print(f"{name:18} {best[0]:6.2f} s wall {best[1]:6.2f} s processor {size / 1e6:8.2f} MB")
        store.dispose()


if __name__ == "__main__":
    main()
