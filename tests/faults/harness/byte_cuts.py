"""Pages cut at every byte: how many damaged ones are taken for good.

    python tests/faults/harness/byte_cuts.py [--every 1] [--wire-every 1] [--baseline]

Two ways a page comes cut. On the wire: the answer ends early under a right length header, read by the
real client and the source's `fetch` and `parse`. By hand: the cut page arrives as if it were whole
(a proxy or a server cut it), which only the parser can see. A cut page is accepted wrongly when it is
read without an error and what it says differs from the whole page; a cut in white space or padding
behind the last element changes nothing and counts as whole.

`--baseline` reads the same arXiv page as the `arxiv` package reads it.
"""

from __future__ import annotations

import argparse
import gzip
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import common

WHEN = datetime(2026, 1, 1, tzinfo=UTC)


def pages() -> list[tuple[str, bytes]]:
    """Committed answers of every source, and a page of ten entries for arXiv: source and bytes."""
    from harvester import registry

    replay = common.load("server")
    found = [
        (path.parent.name, path.read_bytes())
        for name in registry.names()
        for path in sorted((common.FIXTURES / name).glob("*.response.*"))
    ]
    found.append(("arxiv", arxiv_page(replay)))
    return found


def arxiv_page(replay: Any) -> bytes:
    """Ten invented entries in arXiv's own envelope."""
    return replay.arxiv_feed([replay.arxiv_entry(number) for number in range(1, 11)])  # type: ignore[no-any-return]


def piece_of(source: str) -> Any:
    """A slice that leads the source's `fetch` to one page."""
    from harvester.source import HarvestSlice

    day = date(2026, 3, 1)
    return {
        "arxiv": HarvestSlice("arxiv", "query", query="all:invented"),
        "arxiv_oai": HarvestSlice(
            "arxiv_oai", "cs:cs:CL arXiv", category="cs:cs:CL", from_date=day, query="arXiv"
        ),
        "acl_anthology": HarvestSlice("acl_anthology", "2023.acl", volume="2023.acl"),
        "openreview": HarvestSlice("openreview", "ICLR.cc/2025/Conference", volume="ICLR.cc/2025/Conference"),
        "pmlr": HarvestSlice("pmlr", "v202", volume="v202"),
        "neurips": HarvestSlice("neurips", "2023", volume="2023"),
        "iclr": HarvestSlice("iclr", "2023", volume="2023"),
    }.get(source)


def meaning(parsed: Any) -> tuple[Any, ...]:
    """What a page says, to compare."""
    return (
        tuple(record.draft for record in parsed.records),
        tuple((reject.reason, reject.field, reject.value) for reject in parsed.rejects),
        tuple(sorted(parsed.skipped.items())),
        parsed.next_position,
    )


def by_hand(source_name: str, payload: bytes, every: int) -> Counter[str]:
    """The parser alone on every prefix."""
    from foundation.errors import LandscapeError
    from harvester import registry
    from harvester.source import WirePage

    source = registry.get(source_name)

    def parse(data: bytes) -> Any:
        return meaning(
            source.parse(
                WirePage(source_name, "slice", "file page", "file:page", WHEN, "application/xml", data)
            )
        )

    told: Counter[str] = Counter()
    whole = parse(payload)
    for end in range(0, len(payload), every):
        told["offsets"] += 1
        try:
            said = parse(payload[:end])
        except LandscapeError:
            told["rejected"] += 1
        except Exception as error:  # noqa: BLE001 -- counted: no other error may leave a parser
            told["crashed"] += 1
            print(f"# {source_name} {end}: {type(error).__name__}: {error}")
        else:
            told["whole" if said == whole else "accepted"] += 1
            if said != whole:
                print(f"# {source_name} accepted at {end} of {len(payload)}")
    return told


def wire_cases(source: str, payload: bytes) -> list[tuple[Callable[[Any], Any], str, int]]:
    """What a server answers, which of its paths come cut, and how many bytes those have."""
    replay = common.load("server")
    if source not in ("neurips", "iclr"):
        whole = replay.Answer(payload, media_type=MEDIA_TYPES.get(source, "application/xml"))
        return [(lambda _: whole, "", len(payload))]
    proceedings = common.load("proceedings")
    cases: list[tuple[Callable[[Any], Any], str, int]] = []
    for layout in (proceedings.old_page, proceedings.new_page):
        site = proceedings.Site(replay, [0, 1, 2], page=layout)
        cases.append((site, proceedings.path(0), len(layout(0))))
    cases.append(
        (site, "/paper/2023", len(proceedings.index([proceedings.path(number) for number in range(3)])))
    )
    return cases


def on_the_wire(
    source_name: str, answers: Callable[[Any], Any], path: str, size: int, every: int, folder: Path
) -> Counter[str]:
    """Client and parser on a page that ends early under a right length header."""
    from foundation.errors import LandscapeError
    from harvester import registry
    from harvester.http import HttpLimits, PoliteClient

    replay = common.load("server")
    source, piece = registry.get(source_name), piece_of(source_name)
    told: Counter[str] = Counter()
    if piece is None:
        return told
    with replay.ReplayServer() as server:
        cut: list[int | None] = [None]

        def answer(request: Any) -> Any:
            whole = answers(request)
            return replace(whole, cut_at=cut[0]) if request.path.endswith(path) else whole

        server.on(".*", answer)
        client = PoliteClient.for_source(
            source,
            common.settings_for(folder, server.base_url),
            clock=common.VirtualClock(),
            limits=HttpLimits(tries=1),
        )

        def read() -> Any:
            getattr(source, "_listings", {}).clear()
            return meaning(source.parse(source.fetch(piece, None, client)))

        try:
            good = read()
        except LandscapeError as error:
            # An error page, or one of another venue: not an answer to this question.
            print(f"# {source_name}: not asked over the wire: {error}")
            return told
        for end in range(0, size, every):
            cut[0] = end
            told["offsets"] += 1
            try:
                said = read()
            except LandscapeError:
                told["rejected"] += 1
            except Exception as error:  # noqa: BLE001 -- counted: no other error may leave a source
                told["crashed"] += 1
                print(f"# {source_name} {end}: {type(error).__name__}: {error}")
            else:
                # An archive is left behind the folder that is wanted: what is cut off was never read.
                told["whole" if said == good else "accepted"] += 1
                if said != good:
                    print(f"# {source_name} accepted on the wire at {end} of {size}")
            server.requests.clear()
    return told


MEDIA_TYPES = {"openreview": "application/json", "pmlr": "application/x-gzip"}


@common.without_logs()  # the package says a line for each
def arxiv_package() -> dict[str, Any]:
    """The `arxiv` package on the page of ten entries, cut by hand at every byte."""
    from importlib.metadata import version

    import arxiv

    payload = arxiv_page(common.load("server"))

    class Session:
        """Gives the package's own client the bytes."""

        body = b""

        def get(self, *_: object, **__: object) -> Any:
            answer = type("Answer", (), {})()
            answer.status_code, answer.content, answer.text = (
                200,
                self.body,
                self.body.decode("utf-8", "replace"),
            )
            answer.headers = {}
            return answer

    session = Session()
    client = arxiv.Client(delay_seconds=0, num_retries=0)
    client._session = session

    def read(data: bytes) -> tuple[int, list[tuple[object, ...]]]:
        session.body = data
        feed = client._parse_feed("http://127.0.0.1/api/query?", first_page=True)
        rows = [
            (
                r.entry_id,
                r.title,
                r.summary,
                tuple(a.name for a in r.authors),
                tuple(r.categories),
                r.published,
            )
            for r in feed.results
        ]
        return feed.header.total_results, rows

    total, whole = read(payload)
    assert (total, len(whole)) == (10, 10), (total, len(whole))
    told: Counter[str] = Counter()
    for end in range(len(payload)):
        told["offsets"] += 1
        try:
            total, rows = read(payload[:end])
        except Exception:  # noqa: BLE001 -- whatever it raises, it did not accept
            told["rejected"] += 1
            continue
        told["accepted"] += 1
        told["entries_missing"] += len(rows) < 10
        told["a_record_corrupted"] += any(row not in whole for row in rows)
        told["total_zero"] += total == 0
    return {"version": version("arxiv"), **told}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--wire-every", type=int, default=1)
    parser.add_argument("--baseline", action="store_true")
    options = parser.parse_args()
    from foundation.errors import LandscapeError

    began = time.monotonic()
    by_source: dict[str, dict[str, Any]] = {}
    totals: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as home:
        for source, payload in pages():
            try:
                hand = by_hand(source, payload, options.every)
            except LandscapeError:
                continue  # an error page: refused whole, so there is nothing to cut
            wire: Counter[str] = Counter()
            if source not in ("neurips", "iclr") or source not in by_source:
                served = gzip.compress(payload, mtime=0) if source == "pmlr" else payload
                for answers, path, size in wire_cases(source, served):
                    wire.update(on_the_wire(source, answers, path, size, options.wire_every, Path(home)))
            known = by_source.setdefault(source, {"pages": 0, "by_hand": Counter(), "on_the_wire": Counter()})
            known["pages"] += 1
            known["by_hand"].update(hand)
            known["on_the_wire"].update(wire)
            for told in (hand, wire):
                totals.update(
                    {key: told[key] for key in ("offsets", "rejected", "whole", "accepted", "crashed")}
                )
    figures: dict[str, Any] = {
        **totals,
        "by_source": by_source,
        "seconds": round(time.monotonic() - began, 1),
    }
    if options.baseline:
        figures["arxiv_package"] = arxiv_package()
    common.say(figures)


if __name__ == "__main__":
    main()
