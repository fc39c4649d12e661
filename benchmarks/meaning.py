"""How long search by meaning takes, and what it holds in memory.

usage: python benchmarks/meaning.py [--papers 100000] [--store]

Random unit vectors of 384 dimensions: exact cosine costs the same whatever they say. With --store they
are written to a SQLite store first and read back as the app reads them.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from landscape.meaning import LARGE_STORE_PAPERS, MeaningIndex, load_index

DIMENSIONS = 384
QUERIES = 40


class Named:
    """Whose vectors they are."""

    name, dimensions = "random", DIMENSIONS

    def embed(self, texts: object, progress: object = None) -> np.ndarray:
        """Never asked."""
        raise AssertionError


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--papers", type=int, default=100_000)
    parser.add_argument("--store", action="store_true")
    arguments = parser.parse_args()
    random = np.random.default_rng(0)
    vectors = random.standard_normal((arguments.papers, DIMENSIONS), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ids = np.arange(1, arguments.papers + 1)
    if arguments.store:
        index = _through_store(vectors)
    else:
        small = arguments.papers <= LARGE_STORE_PAPERS
        index = MeaningIndex("random", ids, vectors if small else vectors.astype(np.float16))
    taken = []
    for row in range(QUERIES):
        began = time.perf_counter()
        index.nearest(vectors[row])
        taken.append((time.perf_counter() - began) * 1000)
    print(f"{len(index):,} papers, {index.vectors.dtype}, {index.vectors.nbytes / 1e6:.0f} MB")
    print(
        f"nearest 1,000: median {np.median(taken):.0f} ms, 95th percentile {np.percentile(taken, 95):.0f} ms"
    )


def _through_store(vectors: np.ndarray) -> MeaningIndex:
    from sqlalchemy import insert

    from db.engine import open_store
    from db.tables import PAPER, PAPER_VECTOR
    from foundation.clock import utc_now

    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'landscape.db'}")
        now = utc_now()
        with store.write() as session:
            connection = session.connection()
            for start in range(0, len(vectors), 5_000):
                numbers = range(start + 1, min(start + 5_000, len(vectors)) + 1)
                connection.execute(
                    insert(PAPER),
                    [
                        {
                            "id": number, "key": f"arxiv:{number}", "title": f"Paper {number}",
                            "title_key": f"paper {number}", "authors_text": "", "source": "arxiv",
                            "first_seen": now, "updated_at": now, "text_revision": 1,
                        }
                        for number in numbers
                    ],
                )  # fmt: skip
                connection.execute(
                    insert(PAPER_VECTOR),
                    [
                        {
                            "paper_id": number, "model": "random", "text_revision": 1,
                            "vector": vectors[number - 1].astype("<f2").tobytes(),
                        }
                        for number in numbers
                    ],
                )  # fmt: skip
        began = time.perf_counter()
        with store.read() as session:
            index = load_index(session, Named())
        print(f"read from the store in {time.perf_counter() - began:.1f} s")
        store.dispose()
        return index


if __name__ == "__main__":
    main()
