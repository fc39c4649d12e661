"""Does discovery find what no topic of the grid holds? Groups for people to read, and topics hidden from it.

usage: python benchmarks/discovery.py find --cache FOLDER
       python benchmarks/discovery.py read --cache FOLDER SLUG …
       python benchmarks/discovery.py hidden --cache FOLDER [--draws 3]

Texts are the labelled lists and arXiv samples beside the checkout (../shared, or TEST_SHARED_DATA).
`find` places them with the shipped model, groups them, prints the proposals and keeps everything in the
cache folder; sentence vectors are made there once (50 papers a second on two cores). `read` prints 20
papers of a group, drawn with a fixed seed, for a person to say how many are on its subject. `hidden`
takes three topics at a time out of the grid's answers and looks whether a proposal brings each back:
at least 15 papers, at least 70 % of which bore the hidden topic.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from classifier.discovery import HELD_SCORE, Group, PlacedPaper, discover
from classifier.embedder import MiniLmEmbedder
from classifier.model import load_classifier
from classifier.prediction import PaperText
from taxonomy.loader import founding_taxonomy

DATA = Path(os.environ.get("TEST_SHARED_DATA", "../shared"))
FILES = (
    "gold/train.jsonl.gz",
    "gold/dev.jsonl.gz",
    "gold/lists_train.jsonl.gz",
    "data/arxiv/daily_2025.jsonl.gz",
    "data/arxiv/rss_2022_2024.jsonl.gz",
)
READ_PAPERS = 20
HIDDEN_AT_ONCE = 3
HIDDEN_FEWEST_PAPERS = 60  # a topic of fewer papers cannot be expected to form a group of 15
FOUND_SHARE = 0.7
EMBED_BATCH = 256
_ARXIV = re.compile(r"(?:arxiv:)?(\d\d)(\d\d)\.\d{4,5}")
_FEED_TITLE = re.compile(r"\s*\.?\s*\(arXiv:[^)]*\)\s*$")
_FEED_ABSTRACT = re.compile(r"^arXiv:.*?Abstract:\s*", re.DOTALL)


def texts() -> Iterator[tuple[PaperText, date | None]]:
    """Every paper with an abstract once, with its month where the id or the year tells it."""
    seen: set[str] = set()
    for name in FILES:
        with gzip.open(DATA / name, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                title = " ".join(_FEED_TITLE.sub("", row["title"]).split())
                abstract = row.get("abstract") or row.get("summary") or ""
                abstract = " ".join(_FEED_ABSTRACT.sub("", abstract).split())
                key = re.sub(r"\W+", "", title.lower())
                if abstract and key not in seen:
                    seen.add(key)
                    yield PaperText(row["id"], title, abstract), _day(row)


def _day(row: dict[str, Any]) -> date | None:
    if match := _ARXIV.match(row["id"]):
        return date(2000 + int(match[1]), max(1, min(12, int(match[2]))), 15)
    return date(int(row["year"]), 7, 1) if row.get("year") else None


def placed(cache: Path) -> tuple[list[PlacedPaper], np.ndarray[Any, Any]]:
    """Relevant papers as the shipped model places them, with their vectors."""
    papers = []
    read = list(texts())
    model = load_classifier()
    for prediction, (text, day) in zip(
        model.predict([text for text, _ in read], evidence=False), read, strict=True
    ):
        if prediction.relevant:
            papers.append(
                PlacedPaper(
                    text,
                    tuple(cell.cell for cell in prediction.cells),
                    tuple((topic.topic, topic.score) for topic in prediction.topics),
                    day,
                )
            )
    print(f"{len(read)} papers, {len(papers)} of them relevant to model {model.digest[:12]}")
    return papers, vectors_of(papers, cache)


def vectors_of(papers: list[PlacedPaper], cache: Path) -> np.ndarray[Any, Any]:
    """Their vectors in half precision, from the cache where they were made before."""
    spoken = [f"{paper.text.title}. {paper.text.abstract}" for paper in papers]
    keys = [hashlib.sha256(text.encode()).hexdigest()[:24] for text in spoken]
    known: dict[str, np.ndarray[Any, Any]] = {}
    for file in sorted(cache.glob("vectors-*.npz")):
        kept = np.load(file, allow_pickle=False)
        known.update(zip(kept["keys"].tolist(), kept["vectors"], strict=True))
    missing = [row for row, key in enumerate(keys) if key not in known]
    embedder = MiniLmEmbedder(cache)
    for start in range(0, len(missing), EMBED_BATCH):
        rows = missing[start : start + EMBED_BATCH]
        made = embedder.embed([spoken[row] for row in rows]).astype(np.float16)
        new = [keys[row] for row in rows]
        np.savez(cache / f"vectors-{new[0]}.npz", keys=np.array(new), vectors=made)
        known.update(zip(new, made, strict=True))
    return np.stack([known[key] for key in keys]).astype(np.float32)


def find(cache: Path) -> None:
    """Group everything, print the proposals, keep groups and texts."""
    papers, vectors = placed(cache)
    began = time.monotonic()
    groups = discover(papers, vectors, founding_taxonomy().cells)
    proposed = [group for group in groups if group.proposed]
    print(f"{len(groups)} groups, {len(proposed)} proposed, {time.monotonic() - began:.0f} s")
    text_of = {paper.text.id: paper.text for paper in papers}
    rows = [
        {
            "slug": group.slug,
            "proposed": group.proposed,
            "score": group.score,
            "name": group.name,
            "papers": [[each, text_of[each].title, text_of[each].abstract] for each in group.papers],
        }
        for group in groups
    ]
    (cache / "groups.json").write_text(json.dumps(rows), encoding="utf-8")
    for group in proposed:
        print(_line(group))


def _line(group: Group) -> str:
    words = ", ".join(phrase for phrase, _ in group.phrases)
    growth = "?" if group.growth is None else f"{group.growth:.1f}"
    return (
        f"{group.slug}  {len(group.papers)} papers, growth {growth}, likeness {group.tightness:.2f}, "
        f"nearest {group.nearest_topic} {group.nearness:.2f}\n    {words}"
    )


def read(cache: Path, slugs: list[str]) -> None:
    """Print 20 papers of each group, in an order that does not say how typical they are."""
    groups = {row["slug"]: row for row in json.loads((cache / "groups.json").read_text(encoding="utf-8"))}
    for slug in slugs:
        row = groups[slug]
        chosen = random.Random(0).sample(row["papers"], min(READ_PAPERS, len(row["papers"])))
        print(f"\n# {slug}: {len(row['papers'])} papers, proposed {row['proposed']}")
        for number, (paper, title, abstract) in enumerate(chosen, 1):
            print(f"{number:2} {paper} {title}\n   {abstract[:400]}")


def hidden(cache: Path, draws: int) -> None:
    """Hide topics from the grid, three at a time, and say which come back as proposals."""
    papers, vectors = placed(cache)
    bear = Counter(topic for paper in papers for topic, score in paper.topics if score >= HELD_SCORE)
    large = sorted(topic for topic, count in bear.items() if count >= HIDDEN_FEWEST_PAPERS)
    order = random.Random(0).sample(large, len(large))
    back = 0
    for draw in range(draws):
        taken = set(order[draw * HIDDEN_AT_ONCE : (draw + 1) * HIDDEN_AT_ONCE])
        without = [
            replace(paper, topics=tuple(pair for pair in paper.topics if pair[0] not in taken))
            for paper in papers
        ]
        cells = sorted({topic.rpartition("/")[0] for topic in taken})
        groups = [group for group in discover(without, vectors, cells) if group.proposed]
        for topic in sorted(taken):
            own = {p.text.id for p in papers if any(t == topic and s >= HELD_SCORE for t, s in p.topics)}
            shares = {group.slug: len(own & set(group.papers)) / len(group.papers) for group in groups}
            best = max(shares, key=lambda slug: shares[slug], default="")
            is_back = bool(best) and shares[best] >= FOUND_SHARE
            back += is_back
            print(
                f"draw {draw + 1}: {topic} ({len(own)} papers) "
                f"{'comes back as' if is_back else 'does not come back; nearest'} {best} "
                f"({shares.get(best, 0.0):.0%} of its papers bore it)"
            )
    print(f"{back} of {draws * HIDDEN_AT_ONCE} hidden topics come back")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("step", choices=["find", "read", "hidden"])
    parser.add_argument("slugs", nargs="*")
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--draws", type=int, default=3)
    arguments = parser.parse_intermixed_args()
    arguments.cache.mkdir(parents=True, exist_ok=True)
    if arguments.step == "find":
        find(arguments.cache)
    elif arguments.step == "read":
        read(arguments.cache, arguments.slugs)
    else:
        hidden(arguments.cache, arguments.draws)


if __name__ == "__main__":
    main()
