"""All recorded wire-format data through `import`: what goes in, what is stored, what is refused and why.

    python tests/faults/harness/imports.py [--small]
    python tests/faults/harness/imports.py --no-import --peer PYTHON DATADIR [--rounds 3]

The data lies beside the checkout (`TEST_SHARED_DATA`) and is no part of the project. `--peer` names the
Python of an environment with `acl-anthology==0.5.4` and a folder laid out as that package wants it;
both then read the same collections in turn, on one core, and the ratios of their processor times
are those of pairs.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import common

ENTRIES = {
    "acl_anthology": re.compile(rb"<paper[ >]"),
    "arxiv": re.compile(rb"<entry[ >]"),
    "arxiv_oai": re.compile(rb"<header[ >]"),
    "pmlr": re.compile(rb"(?m)^(?:layout: inproceedings|@InProceedings\{)"),
}


def prepared(folder: Path, *, small: bool) -> dict[str, list[Path]]:
    """Files by kind; the bodies of recorded API answers are written out."""
    data = common.SHARED_DATA
    bodies = []
    for path in sorted((data / "arxiv_api" / "recorded").glob("*.json")):
        answer = json.loads(path.read_text(encoding="utf-8"))
        body = folder / f"{path.stem}.{answer['status_code']}.xml"
        body.write_text(answer["body"], encoding="utf-8")
        bodies.append(body)
    collections = sorted((data / "acl_anthology" / "xml").glob("*.xml.gz"))
    return {
        "acl_anthology": [path for path in collections if not small or ".cl." in path.name],
        "arxiv": bodies,
        "pmlr": [] if small else sorted((data / "pmlr").glob("*.gz")),
        "arxiv_oai": sorted((data / "arxiv_oai").glob("*.xml")),
    }


def plain(path: Path) -> bytes:
    """A file's bytes, decompressed."""
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def import_all(files: dict[str, list[Path]], folder: Path) -> dict[str, Any]:
    """Import every file into one store, then all of them again."""
    from db.engine import open_store
    from db.hashing import content_hash
    from db.papers import paper_counts
    from foundation.errors import LandscapeError
    from workflow.ingest import import_file

    store = open_store(f"sqlite:///{folder / 'store.db'}")
    figures: dict[str, Any] = {}
    again: Counter[str] = Counter()
    same = True
    # OAI-PMH comes last: its files are partly edited test cases, with two texts of one record.
    for kind, paths in files.items():
        if not paths:
            continue
        figures[kind] = import_kind(store, kind, paths)
        if kind == "arxiv_oai":
            continue
        with store.read() as session:
            before = content_hash(session)
        for path in paths:
            with contextlib.suppress(LandscapeError):
                report = import_file(store, path)
                again.update(
                    new=report.new, updated=report.updated, linked=report.linked, unchanged=report.unchanged
                )
        with store.read() as session:
            same &= content_hash(session) == before
    with store.read() as session:
        stored = paper_counts(session)
    store.dispose()
    return {
        "by_kind": figures,
        "store": {
            "papers": stored.papers, "records": stored.records, "rejected": stored.rejected,
            "duplicates_linked": stored.duplicates_linked,
        },
        "again": {**again, "content_hash_unchanged": same, "without": "arxiv_oai"},
    }  # fmt: skip


def import_kind(store: Any, kind: str, paths: list[Path]) -> dict[str, Any]:
    """Import files of one kind: counts, reasons, times."""
    from foundation.errors import LandscapeError
    from workflow.ingest import import_file

    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    crashed: list[str] = []
    pattern = ENTRIES[kind]
    for path in paths:
        counts["elements"] += len(pattern.findall(plain(path)))
    wall, processor = time.perf_counter(), time.process_time()
    for path in paths:
        try:
            report = import_file(store, path)
        except LandscapeError as error:
            refused[error.message] += 1
            continue
        except Exception as error:  # noqa: BLE001 -- counted: the harness looks for it
            crashed.append(f"{path.name}: {type(error).__name__}: {error}")
            continue
        if report.state != "complete":
            # The message names the file first and the facts in brackets; the reason is between.
            refused[report.reason.partition(": ")[2].partition(" (")[0]] += 1
        counts.update(
            read=report.fetched, new=report.new, updated=report.updated, unchanged=report.unchanged,
            linked=report.linked, rejected=report.rejected,
        )  # fmt: skip
        for what, number in report.skipped:
            counts[f"skipped: {what}"] += number
        reasons.update(f"{reject.field}: {reject.reason}" for reject in report.rejects)
    processor, wall = time.process_time() - processor, time.perf_counter() - wall
    return {
        "files": len(paths), **counts, "reject_reasons": dict(reasons), "files_refused_for": dict(refused),
        "crashed": crashed, "processor_seconds": round(processor, 2), "wall_seconds": round(wall, 2),
        "records_a_processor_second": round(counts["read"] / processor) if processor else 0,
    }  # fmt: skip


def citation_counts() -> dict[str, int]:
    """Recorded batch answers of Semantic Scholar, read as `landscape citations` reads them."""
    from harvester.enrichment import parse

    counts: Counter[str] = Counter()
    recorded = plain(common.SHARED_DATA / "semantic_scholar" / "recorded_responses.jsonl.gz")
    for line in recorded.splitlines():
        exchange = json.loads(line)
        if "/paper/batch" not in exchange["uri"]:
            counts["exchanges of other kinds"] += 1
            continue
        papers = json.loads(exchange["body"])
        told = parse(exchange["body"].encode(), len(papers))
        counts["batch answers"] += 1
        counts["papers"] += len(papers)
        counts["papers with a count"] += sum(count is not None for count in told)
        counts["counts that differ"] += sum(
            count != (paper or {}).get("citationCount") for count, paper in zip(told, papers, strict=True)
        )
    return dict(counts)


def beside_peer(python: str, datadir: str, rounds: int, folder: Path) -> dict[str, Any]:
    """Our reading, and our reading with storing, beside the package's reading: pairs of processor times."""
    from db.engine import open_store
    from db.papers import store_page
    from foundation.memory import collection_paused
    from harvester import registry
    from harvester.source import WirePage

    source = registry.get("acl_anthology")
    when = datetime.now(UTC)
    peer = subprocess.Popen(
        [python, str(common.TESTS / "faults" / "peers" / "anthology_read.py"), datadir],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert peer.stdin is not None
    assert peer.stdout is not None
    assert json.loads(peer.stdout.readline())["ready"]
    pairs: list[tuple[str, int, int, float, float, float]] = []
    for round_number in range(rounds):
        store = open_store(f"sqlite:///{folder / f'peer-{round_number}.db'}")
        for path in sorted((Path(datadir) / "xml").glob("*.xml")):
            peer.stdin.write(f"{path.stem}\n")
            peer.stdin.flush()
            theirs = json.loads(peer.stdout.readline())
            if theirs["papers"] < 50:
                continue  # too small to time
            payload = path.read_bytes()
            started = time.process_time()
            wire = WirePage(source.name, path.stem, path.name, "file:", when, "", payload)
            with collection_paused():  # as `landscape import` does
                parsed = source.parse(wire)
            read = time.process_time()
            with collection_paused(), store.write() as session:
                store_page(session, parsed, at=when)
            stored = time.process_time()
            ours = len(parsed.records) + len(parsed.rejects)
            pairs.append(
                (path.stem, ours, theirs["papers"], read - started, stored - started, theirs["seconds"])
            )
        store.dispose()
    peer.stdin.close()
    peer.wait()
    read_ratio = sorted(theirs / ours for _, _, _, ours, _, theirs in pairs)
    store_ratio = sorted(theirs / ours for _, _, _, _, ours, theirs in pairs)
    mine, other = sum(pair[1] for pair in pairs), sum(pair[2] for pair in pairs)
    return {
        "pairs": len(pairs),
        "papers_ours": mine // rounds,
        "papers_theirs": other // rounds,
        "read_papers_a_second_ours": round(mine / sum(pair[3] for pair in pairs)),
        "read_and_store_papers_a_second_ours": round(mine / sum(pair[4] for pair in pairs)),
        "read_papers_a_second_theirs": round(other / sum(pair[5] for pair in pairs)),
        "their_time_over_ours_reading": _spread(read_ratio),
        "their_time_over_ours_reading_and_storing": _spread(store_ratio),
    }


def _spread(ratios: list[float]) -> dict[str, float]:
    quarter = statistics.quantiles(ratios, n=4)
    return {
        "median": round(quarter[1], 2),
        "first_quartile": round(quarter[0], 2),
        "third_quartile": round(quarter[2], 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--peer", nargs=2, metavar=("PYTHON", "DATADIR"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--no-import", action="store_true")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="landscape-imports-", dir=common.scratch_folder()))
    figures: dict[str, Any] = {}
    try:
        if not options.no_import:
            figures = import_all(prepared(folder, small=options.small), folder)
            figures["citations"] = citation_counts()
        if options.peer:
            figures |= {"beside": beside_peer(*options.peer, options.rounds, folder)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    common.say(figures)


if __name__ == "__main__":
    main()
