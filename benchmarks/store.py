"""How fast Anthology files are read and stored, and how much room they take.

    python -m benchmarks.store [--rounds N] [--json] FILE.xml[.gz] ...

Stores the files in a new SQLite store in a temporary folder, then once more (nothing may change),
and prints papers a second of wall and of processor time, parsing included. Where other work shares
the machine, the processor's time is the fairer of the two, and still too long: that work takes the
caches. `--rounds` does all of it several times, `--json` prints the figures of all rounds last.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from db.engine import open_store
from db.papers import PageCounts, store_page
from foundation.memory import collection_paused
from harvester.source import WirePage
from harvester.sources.acl_anthology import AclAnthology


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path, metavar="FILE.xml[.gz]")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rounds = [measure(options.paths) for _ in range(options.rounds)]
    if options.json:
        load = round(os.getloadavg()[1], 1)  # processes that wanted to run, over five minutes
        print(json.dumps({"papers": rounds[0]["papers"], "load": load, "rounds": rounds}))


def measure(paths: list[Path]) -> dict[str, int]:
    """Store files in a new store, twice.

    Args:
        paths: Collections of the ACL Anthology as XML.

    Returns:
        Papers, and papers a second of processor time and of the clock on the wall, either time.
    """
    rates: dict[str, int] = {}
    source = AclAnthology()
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/landscape.db")
        for what in ("first time", "again"):
            wall, processor, parsing = time.perf_counter(), time.process_time(), 0.0
            counts = PageCounts()
            for path in paths:
                payload = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
                name = path.name.removesuffix(".gz")
                before = time.perf_counter()
                wire = WirePage(
                    source=source.name, slice_key=name.removesuffix(".xml"), position=name,
                    url=f"file:{name}", retrieved_at=now, media_type="application/xml", payload=payload,
                )  # fmt: skip
                with collection_paused():  # as `landscape import` does
                    page = source.parse(wire)
                parsing += time.perf_counter() - before
                with collection_paused(), store.write() as session:
                    counts += store_page(session, page, at=now)
            wall, processor = time.perf_counter() - wall, time.process_time() - processor
            rates |= {
                "papers": counts.total,
                f"{what}, papers a processor second": round(counts.total / processor),
                f"{what}, papers a second": round(counts.total / wall),
            }
            print(
                f"{what:11} {counts.total:7,} papers  {counts.total / wall:7,.0f} papers/s wall  "
                f"{counts.total / processor:7,.0f} papers/s processor  "
                f"{parsing / wall:4.0%} of it parsing  {counts}"
            )
        size = store.path.stat().st_size if store.path else 0
        print(f"file        {size / 1e6:,.0f} MB", flush=True)
        store.dispose()
    return rates


if __name__ == "__main__":
    main()
