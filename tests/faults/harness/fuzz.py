# ruff: noqa: E501 -- tables of hostile values
"""Every parser on mutated pages: no exception but our own, no page that takes a second.

    python tests/faults/harness/fuzz.py [--executions 1000000] [--processes 2] [--seed 1]

Seeds are the committed fixtures of every source and reader in the registry. Mutations know what they
change: elements are dropped, doubled, swapped and nested, values replaced by hostile ones, JSON is changed
as a tree, archives are changed inside and packed again, and bytes are flipped, cut and spliced.
Each result is read to its end, as the store would read it. Time is the process's own, so that a busy
machine is not taken for a hang.
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import os
import random
import re
import sys
import tarfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import common

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
SLOW_SECONDS = 1.0
VALUES = (
    b"", b" ", b"0", b"-1", b"1e999", b"NaN", b"9" * 400, b"2024-13-45", b"0000-00-00", b"2024-02-30T25:61:61Z",
    b"9999-12-31T23:59:59+99:99", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"&#0;",
    b"&#xD800;", b"&#x110000;", b"&lt;script&gt;", b"&unknown;", b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"<![CDATA[", b"]]>",
    b"<!--", b"-->", b"<?xml version='1.0' encoding='utf-16'?>", b"<a", b"</a>", b"<a/>", b'"', b"'", b"{{", b"}}",
    b"{" * 300, b"[" * 300, b"\\" * 50, b"$", b"$$x^{2}$", b"\\href{javascript:1}{x}", b"\\frac{", b"%", b"~", b"#", b"&",
    "\u202e\u200b\ufeff\u0378".encode(), "\U0001f600".encode() * 20, "e\u0301".encode() * 50, b"x" * 20_000,
    b"<i>" * 300, b"10.1000/" + b"a" * 500, b"http://[", b"javascript:alert(1)", b"../../etc/passwd", b"\r\n\r\n",
    b"---", b"--- ", b"!!python/object/apply:os.system ['x']", b"&a [*a]", b"*a", b"? ", b": ", b"- - - -", b"<<: *a",
    b"null", b"true", b"[]", b"{}", b"1.5", b'"\\ud800"', b"TY  - ", b"ER  - ", b"@article{", b"@string{a=b}", b"@comment{",
)  # fmt: skip
TREES: tuple[Any, ...] = (
    None, True, False, 0, -1, 10**30, 1.5, float("inf"), "", "x" * 5_000, "\ud800", "\x00", [], {}, [[]], [None], {"value": None},
    {"value": {"value": []}}, ["a", 1, None], "2024-99-99", "javascript:1",
)  # fmt: skip
ELEMENT = re.compile(rb"<([A-Za-z][\w:.-]*)(?:\s[^<>]*)?>(?:[^<]|<(?!/?\1[\s>]))*</\1>", re.DOTALL)
TEXT = re.compile(rb"(?<=>)[^<>]+(?=<)")
ATTRIBUTE = re.compile(rb"[\w:-]+=(\"[^\"]*\"|'[^']*')")
LINE = re.compile(rb"[^\n]*\n")


def seeds() -> list[tuple[str, str, bytes, Callable[[bytes], None]]]:
    """Source, name, bytes and the parser to call, for every committed fixture."""
    from harvester import registry
    from harvester.source import WirePage

    by_folder: dict[str, list[tuple[str, bytes]]] = {}
    for path in sorted(common.FIXTURES.glob("*/*")):
        if path.suffix not in (".md", ".csv") and ".expected." not in path.name:
            name = path.name.replace(".response", "")
            by_folder.setdefault(path.parent.name, []).append((name, path.read_bytes()))
    found: list[tuple[str, str, bytes, Callable[[bytes], None]]] = []
    readers = {reader.name: reader for reader in getattr(registry, "readers", tuple)()}
    everyone = {source.name: source for source in registry.sources()} | readers
    for folder, files in by_folder.items():
        source = everyone.get(folder)
        if source is None:
            continue
        for name, payload in files:
            formats = [form for form in source.file_formats if form.recognises(name, payload[:4096])]

            def as_page(data: bytes, source: Any = source, name: str = name) -> None:
                page = WirePage(source.name, "slice", f"file {name}", f"file:{name}", WHEN, "", data)
                _read_out(source.parse(page))

            def as_file(data: bytes, source: Any = source, form: Any = None, name: str = name) -> None:
                for page in form.pages(name, data, WHEN):
                    _read_out(source.parse(page))

            if folder not in readers:
                found.append((folder, name, payload, as_page))
            for form in formats:
                found.append(
                    (f"{folder} file", name, payload, lambda data, form=form, go=as_file: go(data, form=form))  # type: ignore[misc]
                )
    return found


def _read_out(parsed: Any) -> None:
    """What the store asks of a page."""
    for record in parsed.records:
        record.draft.model_dump_json()
        assert record.wire.digest
    for reject in parsed.rejects:
        assert reject.reason
        assert reject.wire.digest
        reject.value.encode("utf-8", "surrogatepass")


def mutate(data: bytes, randomness: random.Random, others: list[bytes]) -> bytes:
    """One to four changes."""
    kind = _kind(data)
    if kind == "tar" and randomness.random() < 0.8:
        return _mutate_tar(data, randomness, others)
    if kind == "json" and randomness.random() < 0.6:
        return _mutate_json(data, randomness)
    for _ in range(randomness.choice((1, 1, 1, 2, 3, 4))):
        data = _change(data, randomness, others)
    return data


def _kind(data: bytes) -> str:
    if data[257:262] == b"ustar":
        return "tar"
    return "json" if data[:1] in b"{[" and data else "text"


def _change(data: bytes, r: random.Random, others: list[bytes]) -> bytes:
    if not data:
        return r.choice(VALUES)
    way = r.randrange(13)
    at = r.randrange(len(data))
    if way == 0:
        return data[:at] + bytes([data[at] ^ (1 << r.randrange(8))]) + data[at + 1 :]
    if way == 1:
        return data[:at] + r.randbytes(r.randrange(1, 5)) + data[at:]
    if way == 2:
        return data[:at] + data[at + r.randrange(1, 40) :]
    if way == 3:
        return data[:at] if r.random() < 0.3 else data[:at] + r.choice(VALUES) + data[at:]
    if way == 4:
        other = r.choice(others)
        start = r.randrange(len(other))
        return data[:at] + other[start : start + r.randrange(1, 200)] + data[at:]
    if way in (5, 6):
        return _replace(TEXT, data, r, lambda _: r.choice(VALUES))
    if way == 7:
        return _replace(ELEMENT, data, r, lambda _: b"")
    if way == 8:
        return _replace(ELEMENT, data, r, lambda found: found * r.choice((2, 3, 30)))
    if way == 9:
        return _replace(ELEMENT, data, r, lambda found: found[:-1] + b">" + found + b"</a>")
    if way == 10:
        return _replace(
            ATTRIBUTE, data, r, lambda found: found.partition(b"=")[0] + b'="' + r.choice(VALUES) + b'"'
        )
    if way == 11:
        return _replace(
            LINE,
            data,
            r,
            lambda found: r.choice(
                (b"", found * 2, found.partition(b":")[0] + b": " + r.choice(VALUES) + b"\n")
            ),
        )
    return _replace(ELEMENT, data, r, lambda found: b"<unknown x='1'>" + found + b"</unknown>")


def _replace(
    pattern: re.Pattern[bytes], data: bytes, r: random.Random, new: Callable[[bytes], bytes]
) -> bytes:
    start = r.randrange(len(data))
    found = pattern.search(data, start) or pattern.search(data)
    if found is None:
        return data[:start] + r.choice(VALUES) + data[start:]
    return data[: found.start()] + new(found[0]) + data[found.end() :]


def _mutate_json(data: bytes, r: random.Random) -> bytes:
    try:
        tree = json.loads(data)
    except ValueError:
        return _change(data, r, [data])
    places: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        for key in node if isinstance(node, dict) else range(len(node)):
            places.append((node, key))
            if isinstance(node[key], (dict, list)):
                walk(node[key])

    walk(tree)
    for _ in range(r.choice((1, 1, 2, 3))):
        node, key = r.choice(places)
        try:
            way = r.random()
            if way < 0.6:
                node[key] = r.choice(TREES)
            elif way < 0.8:
                del node[key]
            elif isinstance(node, list):
                node.append(node[key])
            else:
                node[r.choice(("value", "notes", "title", "id", "\x00", ""))] = node[key]
        except (KeyError, IndexError):
            continue  # already gone
    return json.dumps(tree).encode()


def _mutate_tar(data: bytes, r: random.Random, others: list[bytes]) -> bytes:
    members: list[tuple[tarfile.TarInfo, bytes]] = []
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            members.append((member, file.read() if file else b""))
    chosen = r.randrange(len(members))
    out = io.BytesIO()
    with tarfile.open(
        fileobj=out, mode="w", format=r.choice((tarfile.GNU_FORMAT, tarfile.PAX_FORMAT))
    ) as archive:
        for number, (member, original) in enumerate(members):
            content = original
            if number == chosen:
                for _ in range(r.choice((1, 1, 2, 3))):
                    content = _change(content, r, others)
                if r.random() < 0.1:
                    member.name = r.choice(
                        ("../x.md", "/etc/x.md", "_posts/" + "a" * 300 + ".md", "_posts/\x01.md", "")
                    )
                if r.random() < 0.05:
                    member.type, member.linkname = r.choice((tarfile.SYMTYPE, tarfile.LNKTYPE)), "/etc/passwd"
            member.size = len(content) if member.isfile() else 0
            archive.addfile(member, io.BytesIO(content) if member.isfile() else None)
    packed = out.getvalue()
    return packed if r.random() < 0.9 else _change(packed, r, others)


@common.without_logs()
def work(executions: int, seed: int, seconds: float) -> dict[str, Any]:
    """Fuzz in this process."""
    from foundation.errors import LandscapeError

    r = random.Random(seed)
    targets = seeds()
    # Large seeds are drawn less often: what counts is the number of different pages.
    weights = [1.0 / (1_000 + len(payload)) for _, _, payload, _ in targets]
    others = [payload for _, _, payload, _ in targets]
    counts: Counter[str] = Counter()
    by_parser: Counter[str] = Counter()
    crashes: dict[str, dict[str, Any]] = {}
    slowest = 0.0
    deadline = time.monotonic() + seconds
    folder = os.environ.get("FUZZ_KEEP")
    for number in range(executions):
        if number % 256 == 0 and time.monotonic() > deadline:
            break
        (name, file_name, payload, parse) = r.choices(targets, weights)[0]
        data = mutate(payload, r, others)
        counts["executions"] += 1
        by_parser[name] += 1
        started = time.process_time()
        try:
            parse(data)
            counts["read"] += 1
        except LandscapeError:
            counts["refused"] += 1
        except Exception as error:  # noqa: BLE001 -- what the harness is for
            counts["crashes"] += 1
            frame = traceback.extract_tb(error.__traceback__)[-1]
            key = f"{name}: {type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"
            known = crashes.setdefault(key, {"count": 0, "example": str(error)[:200], "seed": file_name})
            known["count"] += 1
            if folder and known["count"] == 1:
                safe = re.sub(r"[^\w.-]+", "_", key)
                Path(folder, safe).write_bytes(data)
        took = time.process_time() - started
        if took > slowest:
            slowest = took
            if took > 0.3 and folder:
                Path(folder, f"slow_{name.replace(' ', '_')}_{took:.2f}").write_bytes(data)
        counts["slow"] += took > SLOW_SECONDS
        if number % 5_000 == 0:
            gc.collect()
    return {
        "counts": counts, "by_parser": by_parser, "crashes": crashes, "slowest": slowest,
        "peak": common.peak_memory_bytes(),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--executions", type=int, default=2_000)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit-seconds", type=float, default=3_600)
    options = parser.parse_args()
    began = time.monotonic()
    share = -(-options.executions // options.processes)
    pipes = []
    for number in range(options.processes):
        reader, writer = os.pipe()

        def tell(writer: int = writer, number: int = number) -> None:
            said = json.dumps(work(share, options.seed * 1_000 + number, options.limit_seconds)).encode()
            with os.fdopen(writer, "wb") as pipe:
                pipe.write(said)

        pid = common.in_child(tell)
        os.close(writer)
        pipes.append((reader, pid))
    counts: Counter[str] = Counter()
    by_parser: Counter[str] = Counter()
    crashes: dict[str, Any] = {}
    slowest, peak = 0.0, 0
    for reader, pid in pipes:
        with os.fdopen(reader, "rb") as pipe:
            said = pipe.read()
        _, status = os.waitpid(pid, 0)
        if not said:
            crashes[f"process ended with {status}"] = {"count": 1}
            counts["crashes"] += 1
            continue
        told = json.loads(said)
        counts.update(told["counts"])
        by_parser.update(told["by_parser"])
        for key, crash in told["crashes"].items():
            known = crashes.setdefault(key, {**crash, "count": 0})
            known["count"] += crash["count"]
        slowest, peak = max(slowest, told["slowest"]), max(peak, told["peak"])
    for key, crash in crashes.items():
        print(f"# {key} {crash}", file=sys.stderr)
    common.say(
        {
            "executions": counts["executions"],
            "read": counts["read"],
            "refused": counts["refused"],
            "crashes": counts["crashes"],
            "over_one_second": counts["slow"],
            "slowest_processor_seconds": round(slowest, 3),
            "peak_memory_mb": round(peak / 1e6),
            "by_parser": dict(sorted(by_parser.items())),
            "processes": options.processes,
            "seconds": round(time.monotonic() - began, 1),
            "crash_places": crashes,
        }
    )


if __name__ == "__main__":
    main()
