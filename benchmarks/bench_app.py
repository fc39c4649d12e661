"""How long the app takes to answer over a large store, and what it holds in memory.

    python -m benchmarks.bench_app [PAPERS] [--store FOLDER] [--sessions N] [--words N]

Builds a synthetic SQLite store (words as the starter library has them, one or two model labels a
paper), in FOLDER where one is named and kept there for the next time, otherwise in a temporary one.
Serves the app over it as `streamlit run app.py` does, and opens pages over Streamlit's own
connection: what is measured lies between asking for a page and the end of its script, everything
that a browser gets included, drawing in the browser not. Beside the wall time stands the processor
time that the server took, which other programs of the machine hardly change. Pages are also opened
with filters that nobody asked for before, so that nothing is answered from what is kept.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import accumulate, count
from pathlib import Path

from benchmarks.bench_app_reader import App, Reader, running_app
from benchmarks.landscape_counts import fill
from db.engine import open_store
from taxonomy.library import load_library
from taxonomy.loader import load_taxonomy

TITLE_WORDS = 9
REPEATS = 24
SETTLED = 100  # sessions until the caches of a process have reached their size


def library_words(n_words: int) -> Callable[[int, random.Random], tuple[str, str]]:
    """Titles and abstracts of the starter library's words, each as often as there.

    Args:
        n_words: Words of an abstract.
    """
    counts: dict[str, int] = {}
    for paper in load_library():
        for word in f"{paper.title} {paper.summary}".split():
            counts[word] = counts.get(word, 0) + 1
    words, weights = list(counts), list(accumulate(counts.values()))

    def write(number: int, chance: random.Random) -> tuple[str, str]:
        drawn = chance.choices(words, cum_weights=weights, k=TITLE_WORDS + n_words)
        return f"{' '.join(drawn[:TITLE_WORDS])} {number}", " ".join(drawn[TITLE_WORDS:]) + "."

    return write


@contextmanager
def store_of(n_papers: int, n_words: int, folder: Path | None) -> Iterator[Path]:
    """A home with a store of so many papers.

    Args:
        n_papers: How many.
        n_words: Words of an abstract.
        folder: Where it is kept; None for a temporary one.
    """
    with tempfile.TemporaryDirectory() as scratch:
        home = (folder or Path(scratch)) / f"papers-{n_papers}-{n_words}"
        if not (home / "complete").exists():
            home.mkdir(parents=True, exist_ok=True)
            begun = time.perf_counter()
            store = open_store(f"sqlite:///{home / 'landscape.db'}")
            fill(store, n_papers, text=library_words(n_words))
            store.dispose()
            (home / "complete").touch()
            print(f"built in {time.perf_counter() - begun:,.0f} s", flush=True)
        yield home


def filters() -> Iterator[str]:
    """Filters of the address that differ from one another, each new."""
    for number in count():
        first, score = 2015 + number % 9, 0.3 + 0.001 * (number // 9)
        yield f"from={first}&score={score:.3f}&venue=ACL&venue=EMNLP&venue=arXiv"


def measure(app: App, name: str, paths: Iterable[str], *, before: str = "", fresh: bool = False) -> None:
    """Open pages one after another, and print how long they took.

    Args:
        app: The running app.
        name: What is measured.
        paths: Pages.
        before: Page that the session shows first, which does not count.
        fresh: Whether each is opened in a session of its own.
    """
    wall, processor, read = [], [], 0
    reader: Reader | None = None
    for path in paths:
        if reader is None or fresh:
            if reader is not None:
                reader.close()
            reader = Reader(app)
            if not fresh:
                reader.open(before)
        spent, had = app.processor_ms(), reader.bytes_read
        wall.append(reader.open(path))
        processor.append(app.processor_ms() - spent)
        read += reader.bytes_read - had
        if reader.complaints:
            raise SystemExit(f"{path}: {reader.complaints[0]}")
    if reader is not None:
        reader.close()
    print(
        f"{name:42}{_middle(wall):6.0f} {_p95(wall):6.0f}{_middle(processor):10.0f} {_p95(processor):6.0f}"
        f"{read / len(wall) / 1e3:8.0f} kB",
        flush=True,
    )


def _middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def _p95(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, round(0.95 * len(values)))]


def first_page(app: App) -> None:
    """Open the chart in a process that has read nothing yet."""
    with Reader(app) as reader:
        print(f"{'first chart, store read into memory':42} {reader.open('') / 1_000:7.1f} s", flush=True)


def pages(app: App) -> None:
    """Measure every kind of answer."""
    taxonomy = load_taxonomy()
    cells, topics = list(taxonomy.cells), list(taxonomy.topic_by_id)
    unseen = filters()
    words = ["retrieval", "quantization", "benchmark", "multilingual", "safety", "reasoning", "attention"]
    asked = [f"{one} {other}" for one in words for other in words if one != other][:REPEATS]
    print(f"{'milliseconds':42}  wall    p95 processor    p95")
    measure(app, "chart, session of its own", [""] * REPEATS, fresh=True)
    measure(app, "chart, filter never asked before", [f"?{next(unseen)}" for _ in range(REPEATS)])
    measure(app, "chart, words never asked before", [f"?q={each.replace(' ', '+')}" for each in asked])
    measure(
        app,
        "cell or topic clicked",
        [f"?cell={cell}" for cell in cells] + [f"?topic={topic}" for topic in topics],
    )
    measure(
        app,
        "cell clicked, filter never asked before",
        [f"?cell={cells[number % 18]}&{next(unseen)}" for number in range(REPEATS)],
    )
    measure(app, "papers, first page", ["papers"] * REPEATS)
    measure(app, "papers, page 2,000 by title", ["papers?sort=title&page=2000"] * 10)
    measure(
        app,
        "search, words never asked before",
        [f"papers?q=language+{each.replace(' ', '+')}" for each in asked],
        before="papers",
    )
    measure(
        app, "search, a word on most papers", [f"papers?q=model&from={y}" for y in range(2005, 2025)],
        before="papers",
    )  # fmt: skip
    measure(
        app, "paper", [f"papers?paper=arxiv:{number}" for number in range(1_000, 1_000 + REPEATS)],
        before="papers",
    )  # fmt: skip


def sessions(app: App, n_sessions: int) -> None:
    """Open and close sessions; memory must not grow with their number."""
    before = 0.0
    for number in range(n_sessions):
        with Reader(app) as reader:
            reader.open(("", "?topic=inference/context/rag", "papers", "knowledge")[number % 4])
        if number + 1 in (SETTLED, n_sessions):
            time.sleep(2)  # sessions are put away a moment after their connection ends
            now = app.memory_mb()
            print(f"after {number + 1:5,} sessions {now:23,.0f} MB", flush=True)
            before = before or now
    print(f"grown by {(app.memory_mb() - before) / max(1, n_sessions - SETTLED):29.2f} MB a session")


def main() -> None:
    """Build the store, serve it, measure."""
    reads = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    reads.add_argument("papers", type=int, nargs="?", default=100_000)
    reads.add_argument("--store", type=Path, help="folder in which the store is kept")
    reads.add_argument("--sessions", type=int, default=500, help="sessions opened and closed")
    reads.add_argument("--words", type=int, default=140, help="words of an abstract")
    asked = reads.parse_args()
    with store_of(asked.papers, asked.words, asked.store) as home:
        load = os.getloadavg()[0]
        size = (home / "landscape.db").stat().st_size / 1e6
        print(f"{asked.papers:,} papers, SQLite, {size:,.0f} MB, load of the machine {load:.1f}", flush=True)
        with running_app(home) as app:
            print(f"{'start, until it answers':42} {app.start_seconds:7.1f} s", flush=True)
            first_page(app)
            pages(app)
            print(f"{'memory':42} {app.memory_mb():7,.0f} MB, at most {app.peak_memory_mb():,.0f} MB")
            if asked.sessions:
                sessions(app, asked.sessions)
        print(f"load of the machine at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
