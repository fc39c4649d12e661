"""How often the matching rule is right, on hand-read pairs; and how long it takes on a whole store.

    python -m benchmarks.matching [--data DIR] [--store]

Prints, for the seen and the unseen half of `benchmarks/pairs/pairs.jsonl` apart: near-misses that the rule
calls the same work (false merges, with the upper end of the one-sided 95 % Clopper-Pearson interval),
and positives that it finds, with and without authors on both sides, with and without the abstracts.

The pairs hold no abstracts. DIR holds the recorded files that do (`acl_anthology/xml`, `arxiv`, `neurips`,
`paperlists`, and `../gold`); without it only the figures without abstracts are printed. `--store` puts
every record of DIR into a new store, links them, and prints counts and times.

With DIR it also judges every two records of DIR that all but agree on their authors while their ids prove
them two works, the ids taken away: what the rule would do if one of the ids were not known.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import re
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

from db.engine import open_store
from db.links import link_duplicates, link_history, suspected_duplicates
from db.papers import paper_counts, store_page
from harvester.files import read_import_file
from papers.blocking import candidates, worth_comparing
from papers.draft import AuthorDraft, ExternalIdDraft, PaperDraft
from papers.ids import parse_external_id
from papers.likeness import MatchFacts
from papers.matching import AUTHORS_ALL_AGREE, conflicting_ids, match
from papers.record import ParsedPage, ParsedRecord, WireRecord
from papers.text import latex_to_text, title_key

PAIRS = Path(__file__).parent / "pairs" / "pairs.jsonl"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
PAGE_RECORDS = 500
NEGATIVE = "near-miss"
NAMESAKES = 80  # a name and initial on more records is that of many people


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of recorded files")
    parser.add_argument("--store", action="store_true", help="also link every record of DIR in a store")
    asked = parser.parse_args()
    rows = [json.loads(line) for line in PAIRS.read_text(encoding="utf-8").splitlines()]
    drafts = list(read_drafts(asked.data)) if asked.data else []
    abstracts = {key: draft.abstract for draft in drafts for key in keys_of(draft) if draft.abstract}
    print_set(rows)
    for texts in (abstracts, {}) if abstracts else ({},):
        print(f"\n{'with' if texts else 'without'} abstracts")
        for split in ("seen", "unseen"):
            measure(split, [row for row in rows if row["split"] == split], texts)
    if drafts:
        measure_same_authors(
            drafts, {row[side]["id"] for row in rows if row["split"] == "unseen" for side in "ab"}
        )
    if asked.store and drafts:
        link_all(drafts)


def print_set(rows: list[dict[str, Any]]) -> None:
    """What the set holds."""
    for split in ("seen", "unseen"):
        kinds = Counter(row["kind"] for row in rows if row["split"] == split)
        print(f"{split:7}", ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())))


def measure(split: str, rows: list[dict[str, Any]], abstracts: Mapping[str, str | None]) -> None:
    """Judge the pairs of one half and print the figures."""
    found: Counter[tuple[str, bool, str]] = Counter()
    worst: Counter[tuple[bool, bool]] = Counter()
    compared = 0
    for row in rows:
        a, b = (facts_of(row[side], abstracts) for side in "ab")
        verdict = match(a, b).verdict
        found[row["kind"], bool(a.authors and b.authors), verdict] += 1
        if not (a.authors and b.authors):
            agreed = a.authors or b.authors or ("Ada One", "Bo Two")
            merged = match(replace(a, authors=agreed), replace(b, authors=agreed)).verdict == "same"
            worst[row["same"], merged] += 1
        compared += row["same"] and verdict == "same" and worth_comparing(candidates(a), candidates(b))
    for named in (True, False):
        print(f"  {split:7} {'authors on both sides' if named else 'a side without authors'}")
        missed = sum(
            count for (kind, authors, _), count in found.items() if kind == NEGATIVE and authors is named
        )
        print(f"          {merges(found[NEGATIVE, named, 'same'], missed)}")
        for kind in ("same-title", "changed-title"):
            same, unsure, different = (found[kind, named, word] for word in ("same", "unsure", "different"))
            total = same + unsure + different
            print(
                f"          {kind}: {same} of {total} = {same / total:.3f} found, {unsure} left to a person"
            )
    negatives = sum(count for (kind, _, _), count in found.items() if kind == NEGATIVE)
    wrong = sum(found[NEGATIVE, named, "same"] for named in (True, False))
    positives = len(rows) - negatives
    right = sum(count for (kind, _, word), count in found.items() if kind != NEGATIVE and word == "same")
    print(f"  {split:7} all: {merges(wrong, negatives)}")
    print(
        f"          {right} of {positives} = {right / positives:.3f} of the positives found,"
        f" {compared} of these share a key"
    )
    print(
        f"  {split:7} if missing authors all agreed:"
        f" {worst[False, True]} of {worst[False, True] + worst[False, False]} near-misses merged,"
        f" {worst[True, True]} of {worst[True, True] + worst[True, False]} positives found"
    )


def measure_same_authors(drafts: list[PaperDraft], unseen: set[str]) -> None:
    """Judge pairs of two works by the same authors, those of the unseen half apart."""
    known: dict[str, MatchFacts] = {}
    for draft in drafts:
        facts = MatchFacts.of(draft)
        if facts.abstract and facts.names:
            known.setdefault(min(facts.ids), facts)
    by_name: dict[tuple[str, str], list[str]] = defaultdict(list)
    for key in sorted(known):
        for name in known[key].names:
            by_name[name].append(key)
    found: Counter[tuple[bool, str]] = Counter()
    pairs = {pair for keys in by_name.values() if len(keys) <= NAMESAKES for pair in combinations(keys, 2)}
    for a, b in ((known[one], known[other]) for one, other in pairs):
        agreement = len(a.names & b.names) / len(a.names | b.names)
        if agreement >= AUTHORS_ALL_AGREE and a.key != b.key and conflicting_ids(a.ids, b.ids):
            verdict = match(replace(a, ids=frozenset()), replace(b, ids=frozenset())).verdict
            found[bool((a.ids | b.ids) & unseen), verdict] += 1
    print("\ntwo works by the same authors under two titles, ids taken away")
    for apart, told in ((False, "others"), (True, "of the unseen half")):
        counts = {word: found[apart, word] for word in ("same", "unsure", "different")}
        print(f"  {told:18} {merges(counts['same'], sum(counts.values()))}, {counts['unsure']} unsure")


def merges(wrong: int, total: int) -> str:
    """False merges with their bound."""
    return f"{wrong} of {total} near-misses merged (95 % upper bound {upper_bound(wrong, total):.2%})"


def facts_of(side: dict[str, Any], abstracts: Mapping[str, str | None]) -> MatchFacts:
    """One side of a pair."""
    return MatchFacts(
        frozenset([side["id"]]),
        side["title"],
        tuple(side["authors"]),
        side["year"],
        abstracts.get(side["id"]),
    )


def keys_of(draft: PaperDraft) -> set[str]:
    """The names under which a pair may mean a record."""
    return {draft.source_id, *(name.key for name in draft.external_ids)}


def upper_bound(wrong: int, total: int) -> float:
    """One-sided 95 % Clopper-Pearson bound: the beta quantile; 1 - 0.05**(1/n) where nothing was wrong."""
    from scipy.stats import beta

    return float(beta.ppf(0.95, wrong + 1, total - wrong)) if total else 1.0


def read_drafts(data: Path) -> Iterator[PaperDraft]:
    """Every record of a folder of recorded files, as the sources' readers make drafts of them."""
    for path in sorted((data / "acl_anthology" / "xml").glob("*.xml.gz")):
        source, pages = read_import_file(path, NOW)
        for page in pages:
            yield from (record.draft for record in source.parse(page).records)
    for name in ("arxiv/daily_2025", "arxiv/rss_2022_2024", "../gold/train", "../gold/lists_train"):
        for row in lines(data / f"{name}.jsonl.gz"):
            if "gold" not in name or row["id"].startswith("arxiv:"):
                yield preprint(row)
    forums = {
        title_key(latex_to_text(row["title"])): row["id"]
        for row in reversed(list(lines(data / "paperlists" / "neurips2023.jsonl.gz")))
        if re.fullmatch(r"[A-Za-z0-9_-]{8,14}", row.get("id") or "")
    }
    for row in lines(data / "neurips" / "neurips2023_schedule.jsonl.gz"):
        title = latex_to_text(re.sub(r"^\[(Spotlight|Oral)\]\s*", "", row["title"]))
        forum = forums.get(title_key(title))
        name = f"neurips-schedule:{hashlib.sha256(title_key(title).encode()).hexdigest()[:12]}"
        yield listed(
            "neurips2023_schedule", f"openreview:{forum}" if forum else name, title, row["authors"], row, 2023
        )
    for row in lines(data / "paperlists" / "colm2024.jsonl.gz"):
        yield listed("colm2024", f"openreview:{row['id']}", row["title"], row["author"].split(";"), row, 2024)


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a compressed JSONL file; none where it is missing."""
    if path.exists():
        with gzip.open(path, "rt", encoding="utf-8") as file:
            yield from map(json.loads, file)


def preprint(row: dict[str, Any]) -> PaperDraft:
    """An arXiv record of the RSS feeds, the daily files or the labelled set."""
    value = row["id"].removeprefix("arxiv:")
    title = re.sub(r"\s*\(arXiv:.*$", "", " ".join(row["title"].split())).removesuffix(".")
    abstract = re.sub(
        r"^arXiv:.*?Abstract:\s*", "", row.get("summary") or row.get("abstract") or "", flags=re.S
    )
    return PaperDraft(
        source="arxiv", source_id=value, title=latex_to_text(title), abstract=plain(abstract),
        authors=tuple(AuthorDraft(name=latex_to_text(name)) for name in row.get("authors") or ()),
        year=2000 + int(value[:2]) if value[:4].isdigit() else None, external_ids=(parse_external_id(value),),
    )  # fmt: skip


def listed(
    source: str, key: str, title: str, authors: list[str], row: dict[str, Any], year: int
) -> PaperDraft:
    """A record of a conference's list."""
    scheme, _, value = key.partition(":")
    name = (
        ExternalIdDraft(scheme="url", value=f"https://example.org/{value}")
        if scheme == "neurips-schedule"
        else parse_external_id(key)
    )
    return PaperDraft(
        source=source, source_id=key, title=latex_to_text(title), abstract=plain(row.get("abstract") or ""),
        authors=tuple(AuthorDraft(name=each.strip()) for each in authors if each.strip()), year=year,
        external_ids=(name,),
    )  # fmt: skip


def plain(abstract: str) -> str | None:
    """An abstract without the word that some sources put before it."""
    return latex_to_text(re.sub(r"^(Abstract|ABSTRACT)[:.]?\s+", "", " ".join(abstract.split()))) or None


def link_all(drafts: list[PaperDraft]) -> None:
    """Store every record page by page, link, and print what became of them."""
    unique = list({(draft.source, draft.source_id): draft for draft in reversed(drafts)}.values())
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/landscape.db")
        storing = linking = 0.0
        for at in range(0, len(unique), PAGE_RECORDS):
            records = tuple(map(record_of, unique[at : at + PAGE_RECORDS]))
            with store.write() as session:
                before = time.process_time()
                store_page(session, ParsedPage(records), at=NOW)
                between = time.process_time()
                link_duplicates(session, at=NOW)
                storing += between - before
                linking += time.process_time() - between
        with store.read() as session:
            counts = paper_counts(session)
            reasons = Counter(re.sub(r"[ (]*\d.*", "", row.reason) for row in link_history(session))
            before = time.perf_counter()
            suspects = suspected_duplicates(session, limit=len(unique))
            looking = time.perf_counter() - before
        store.dispose()
    print(
        f"\n{counts.records:,} records, {counts.papers:,} papers, {counts.duplicates_linked:,} joined;"
        f" {len(suspects):,} pairs left to a person (listed in {looking:.0f} s)"
        f"\nprocessor time a record: storing {storing / len(unique) * 1e6:.0f} µs,"
        f" linking {linking / len(unique) * 1e6:.0f} µs"
    )
    for reason, count in reasons.most_common():
        print(f"  {count:6,} {reason}")


def record_of(draft: PaperDraft) -> ParsedRecord:
    """A draft as if it had just been read."""
    payload = draft.model_dump_json().encode()
    return ParsedRecord(
        draft, WireRecord(draft.source, draft.source_id, "file:bench", NOW, "application/json", payload)
    )


if __name__ == "__main__":
    main()
