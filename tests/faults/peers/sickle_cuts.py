"""Sickle on a list of three pages whose first page is cut at every byte: how many end as complete.

Sickle is no part of this project; run this with the Python of an environment that has it:

    python -m venv scratch && scratch/bin/pip install sickle==0.7.0
    scratch/bin/python tests/faults/peers/sickle_cuts.py

A cut page is sent with a length header that fits it, as a proxy or a server that broke off would.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

REPLAY = Path(__file__).resolve().parents[2] / "replay"
PAGES, PAGE_RECORDS = 3, 5


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, REPLAY / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def main() -> None:
    from sickle import Sickle

    server_module, oai = load("server"), load("oai")
    pages = []
    for number in range(PAGES):
        records = [oai.record(number * PAGE_RECORDS + each) for each in range(1, PAGE_RECORDS + 1)]
        pages.append(oai.listing(records, f"token{number + 1}" if number + 1 < PAGES else ""))
    told: Counter[str] = Counter()
    with server_module.ReplayServer() as server:
        cut = [len(pages[0])]

        def answer(request):  # type: ignore[no-untyped-def]
            token = request.query.get("resumptionToken")
            if token is None:
                return server_module.Answer(pages[0][: cut[0]], media_type="text/xml")
            return server_module.Answer(pages[int(token.removeprefix("token"))], media_type="text/xml")

        server.on("/oai", answer)

        def read() -> int:
            sickle = Sickle(f"{server.base_url}/oai", max_retries=0)
            return sum(1 for _ in sickle.ListRecords(metadataPrefix="arXiv"))

        assert read() == PAGES * PAGE_RECORDS
        for end in range(len(pages[0])):
            cut[0] = end
            told["offsets"] += 1
            try:
                found = read()
            except Exception:  # noqa: BLE001 -- whatever it raises, it did not accept
                told["rejected"] += 1
            else:
                told["ended_as_complete_with_records_missing"] += found < PAGES * PAGE_RECORDS
                told["nothing_missing"] += found == PAGES * PAGE_RECORDS
            server.requests.clear()
    print(json.dumps({"version": version("sickle"), **told}))


if __name__ == "__main__":
    main()
