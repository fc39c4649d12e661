"""Gathers the texts of labelled papers from raw source files, for `landscape train --texts`.

Labels hold no abstracts. This looks for them in files as the sources serve them (Anthology XML, PMLR,
arXiv answers: whatever `landscape import` reads) and in JSON lines with `title` and `abstract` or
`summary` (CSV files of reviews sites with the same columns too), and keeps those that a label names.

    python -m benchmarks.label_texts TEXTS.jsonl.gz FILE_OR_FOLDER...
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from classifier.labels import DEV_FILE, MORE_FILE, TRAIN_FILE, read_hand_labels, read_list_labels
from classifier.prediction import PaperText
from foundation.errors import LandscapeError
from harvester.files import read_import_file
from papers.text import title_key

# arXiv's RSS feeds end each title with the identifier and the section.
_FEED_TAIL = re.compile(r"\s*\(arXiv:[^()]*\)\s*$")


def texts_of(path: Path) -> Iterator[PaperText]:
    """Texts in one file; a file of another kind holds none."""
    name = path.name.removesuffix(".gz")
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if name.endswith(".jsonl"):
        rows = (json.loads(line) for line in raw.decode("utf-8").splitlines() if line.strip())
        yield from _rows(rows)
    elif name.endswith(".csv"):
        yield from _rows(csv.DictReader(io.StringIO(raw.decode("utf-8"))))
    elif name.endswith((".xml", ".json", ".bib", ".tar")):
        try:
            source, pages = read_import_file(path)
            for page in pages:
                for record in source.parse(page).records:
                    draft = record.draft
                    if draft.abstract:
                        yield PaperText(draft.source_id, draft.title, draft.abstract)
        except LandscapeError:
            print(f"passed over, of another kind: {path.name}", file=sys.stderr)


def _rows(rows: Iterator[dict[str, object]] | csv.DictReader[str]) -> Iterator[PaperText]:
    for row in rows:
        title, abstract = row.get("title"), row.get("abstract") or row.get("summary")
        if isinstance(title, str) and isinstance(abstract, str):
            yield PaperText(str(row.get("id") or ""), _FEED_TAIL.sub("", title), abstract)


def main() -> None:
    """Write the texts that labels ask for, in the order of their titles."""
    target, *places = [Path(argument) for argument in sys.argv[1:]]
    hand = [label for file in (TRAIN_FILE, MORE_FILE, DEV_FILE) for label in read_hand_labels(file)]
    wanted = {
        title_key(title) for title in (*(x.title for x in hand), *(x.title for x in read_list_labels()))
    }
    found: dict[str, PaperText] = {}
    for place in places:
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file():
                for text in texts_of(path):
                    key = title_key(text.title)
                    held = found.get(key)
                    if key in wanted and (held is None or len(text.abstract) > len(held.abstract)):
                        found[key] = text
    lines = [
        json.dumps({"id": text.id, "title": text.title, "abstract": text.abstract}, ensure_ascii=False)
        for _, text in sorted(found.items())
    ]
    target.write_bytes(gzip.compress("".join(f"{line}\n" for line in lines).encode("utf-8"), mtime=0))
    print(f"{len(lines)} texts of {len(wanted)} labelled titles in {target}")


if __name__ == "__main__":
    main()
