"""Pages made to hurt: bombs, entities, outside files. What they cost, and that none is read.

    python tests/faults/harness/bombs.py [--bomb-mb 256]

Each case runs in a process of its own, so that its memory can be seen.
"""

from __future__ import annotations

import argparse
import gzip
import tempfile
import time
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import common

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
ROOTS = {
    "arxiv": ('<feed xmlns="http://www.w3.org/2005/Atom">', "</feed>"),
    "arxiv_oai": ('<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">', "</OAI-PMH>"),
    "acl_anthology": ('<collection id="2023.acl">', "</collection>"),
}
LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))


def hostile(folder: Path) -> dict[str, str]:
    """DOCTYPEs; `{secret}` is a file that must not be read."""
    secret = folder / "secret.txt"
    secret.write_text("CANARY", encoding="utf-8")
    return {
        "billion laughs": f'<!DOCTYPE x [<!ENTITY a0 "lol">{LAUGHS}]>|&a9;',
        "quadratic blow-up": f'<!DOCTYPE x [<!ENTITY a "{"x" * 50_000}">]>|{"&a;" * 50_000}',
        "external entity, file": f'<!DOCTYPE x [<!ENTITY a SYSTEM "file://{secret}">]>|&a;',
        "external entity, network": '<!DOCTYPE x [<!ENTITY a SYSTEM "http://127.0.0.1:9/x">]>|&a;',
        "external DTD": f'<!DOCTYPE x SYSTEM "file://{secret}">|',
        "parameter entity": f'<!DOCTYPE x [<!ENTITY % a SYSTEM "file://{secret}"> %a;]>|',
        "deep nesting": "|" + "<a>" * 100_000 + "</a>" * 100_000,
        "a million attributes": "|<a " + " ".join(f'a{n}="1"' for n in range(1_000_000)) + "/>",
    }


def refused(source_name: str, payload: bytes) -> dict[str, Any]:
    """What a parser makes of a page, and what that costs; in the child."""
    from foundation.errors import LandscapeError
    from harvester import registry
    from harvester.source import WirePage

    source = registry.get(source_name)
    page = WirePage(source_name, "slice", "file page", "file:page", WHEN, "application/xml", payload)
    before, started = common.peak_memory_bytes(), time.process_time()
    try:
        parsed = source.parse(page)
    except LandscapeError as error:
        said, leaked = str(error)[:100], False
    else:
        said = "read"
        leaked = any("CANARY" in record.draft.model_dump_json() for record in parsed.records)
    return {
        "said": said, "leaked": leaked, "milliseconds": round(1_000 * (time.process_time() - started), 1),
        "memory_mb": round((common.peak_memory_bytes() - before) / 1e6, 1),
    }  # fmt: skip


def gzip_bomb(bomb: bytes, plain_mb: int) -> dict[str, Any]:
    """A compressed answer that unpacks to far more than any page has; in the child."""
    from foundation.errors import LandscapeError
    from harvester import registry
    from harvester.http import HttpLimits, PoliteClient
    from harvester.source import WirePage

    replay = common.load("server")
    source = registry.get("arxiv")
    with tempfile.TemporaryDirectory() as folder, replay.ReplayServer() as server:
        headers = {"Content-Encoding": "gzip"}
        server.on(".*", replay.Answer(bomb, media_type="application/xml", headers=headers))
        client = PoliteClient.for_source(
            source,
            common.settings_for(Path(folder), server.base_url),
            clock=common.VirtualClock(),
            limits=HttpLimits(tries=1),
        )
        before = common.peak_memory_bytes()
        try:
            body = client.get("/page", media_types=("application/xml",)).body
            source.parse(WirePage("arxiv", "slice", "file page", "file:page", WHEN, "", body))
            said = "read"
        except LandscapeError as error:
            said = error.message
        return {
            "said": said, "compressed_kb": len(bomb) // 1_000, "plain_mb": plain_mb,
            "memory_mb": round((common.peak_memory_bytes() - before) / 1e6, 1),
        }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bomb-mb", type=int, default=256)
    options = parser.parse_args()
    figures: dict[str, Any] = {"refusals": {}}
    from harvester import registry

    for name in ROOTS:
        registry.get(name)
    with tempfile.TemporaryDirectory() as folder:
        for what, text in hostile(Path(folder)).items():
            doctype, _, inner = text.partition("|")
            worst: dict[str, Any] = {
                "milliseconds": 0.0,
                "memory_mb": 0.0,
                "read": 0,
                "leaked": 0,
                "parsers": 0,
            }
            for source, (opening, closing) in ROOTS.items():
                payload = (doctype + opening + inner + closing).encode()
                status, told = common.told_by_child(
                    lambda source=source, payload=payload: refused(source, payload)
                )
                assert status == 0, (what, source, status)
                worst["parsers"] += 1
                worst["read"] += told["said"] == "read"
                worst["leaked"] += told["leaked"]
                worst["milliseconds"] = max(worst["milliseconds"], told["milliseconds"])
                worst["memory_mb"] = max(worst["memory_mb"], told["memory_mb"])
            figures["refusals"][what] = worst
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(options.bomb_mb)) + packer.flush()
    status, figures["gzip_bomb"] = common.told_by_child(lambda: gzip_bomb(bomb, options.bomb_mb))
    assert status == 0, status
    status, figures["nested_gzip_bomb"] = common.told_by_child(
        lambda: gzip_bomb(gzip.compress(bomb), options.bomb_mb)
    )
    assert status == 0, status
    common.say(figures)


if __name__ == "__main__":
    main()
