"""Keeps what the long fault runs measured: docs/reliability.json, and docs/reliability.md made from it.

    python tests/faults/figures.py             make the page again from the figures
    python tests/faults/figures.py NAME FILE COMMAND ...   keep the figures that a harness printed

Only what was measured is there: a figure that nobody ran has no line.
"""

# ruff: noqa: E501 -- sentences of the page, whole
from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FIGURES = ROOT / "docs" / "reliability.json"
PAGE = ROOT / "docs" / "reliability.md"


def keep(name: str, told: dict[str, Any], command: Sequence[str]) -> None:
    """Keep the figures of one harness, with date, commit and command, and make the page again."""
    kept = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    kept[name] = {
        "measured": datetime.now(UTC).strftime("%Y-%m-%d"),
        "commit": _commit(),
        "command": " ".join(_plain(argument) for argument in command),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores shared with other work, "
        f"Python {platform.python_version()}",
        "figures": told,
    }
    FIGURES.parent.mkdir(exist_ok=True)
    FIGURES.write_text(
        json.dumps(dict(sorted(kept.items())), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    PAGE.write_text(page(kept), encoding="utf-8")


def _commit() -> str:
    """The commit that was measured; `-changed` where tracked files differ from it, these figures apart."""

    def git(*arguments: str) -> str:
        command = ["git", *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()

    own = [f":!{path.relative_to(ROOT)}" for path in (FIGURES, PAGE)]
    changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", *own)
    return git("rev-parse", "--short", "HEAD") + ("-changed" if changed else "")


def _plain(argument: str) -> str:
    """A place on the machine that measured is nobody else's."""
    if "://" in argument:
        return "URL"
    return "PATH" if argument.startswith("/") else argument


def page(kept: dict[str, Any]) -> str:
    """The figures as a page."""
    parts = [
        "# Reliability: what was broken on purpose, and what came of it",
        "",
        "Made by `tests/faults/figures.py` from `reliability.json`; every figure was measured by the command"
        " beside it. `make faults` measures all of them again; a short form of each runs with `make test`."
        " A kill is the death of a process, not a loss of power.",
    ]
    for name, (title, write) in SECTIONS.items():
        if name in kept:
            entry = kept[name]
            parts += ["", f"## {title}", "", *write(entry["figures"])]
            parts += ["", f"Measured {entry['measured']} at commit {entry['commit']}: `{entry['command']}`"]
    machines = sorted({entry["machine"] for entry in kept.values()})
    return "\n".join([*parts, "", "## Machine", "", *machines, ""])


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    def line(cells: Sequence[object]) -> str:
        return "| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in cells) + " |"

    return [line(head), "|" + "---|" * len(head), *(line(row) for row in rows)]


def _byte_cuts(told: dict[str, Any]) -> list[str]:
    lines = [
        f"{told['offsets']:,} cut pages of {len(told['by_source'])} sources: **{told['accepted']} damaged pages"
        f" accepted**, {told['crashed']} foreign exceptions, {told['rejected']:,} refused; {told['whole']:,} were"
        " cut behind their last byte of meaning and read as the whole page. “On the wire”: the"
        " answer ends early under a right length header, read by client, `fetch` and `parse`. “By hand”: the"
        " parser alone on the cut bytes.",
        "",
        *_table(
            ("source", "pages", "cut by hand", "cut on the wire", "accepted"),
            [
                (
                    name, each["pages"], each["by_hand"].get("offsets", 0), each["on_the_wire"].get("offsets", 0),
                    each["by_hand"].get("accepted", 0) + each["on_the_wire"].get("accepted", 0),
                )
                for name, each in told["by_source"].items()
            ],
        ),
    ]  # fmt: skip
    peer = told.get("arxiv_package")
    if peer:
        lines += [
            "",
            f"The `arxiv` package {peer['version']} on a page of ten entries cut in the same way (by hand, at each of"
            f" {peer['offsets']:,} bytes): {peer['accepted']:,} accepted"
            f" ({100 * peer['accepted'] / peer['offsets']:.1f} %), {peer['entries_missing']:,} of them with entries"
            f" missing, {peer['a_record_corrupted']:,} with a record whose text is not the paper's,"
            f" {peer['total_zero']:,} that say there is nothing. Against a right length header it does notice, by"
            " way of `requests`.",
        ]
    return lines


def _sickle(told: dict[str, Any]) -> list[str]:
    missing = told["ended_as_complete_with_records_missing"]
    return [
        f"Sickle {told['version']} on a list of three pages whose first page is cut at each of {told['offsets']:,}"
        f" bytes: {missing:,} ({100 * missing / told['offsets']:.0f} %) end as a complete list with records"
        f" missing, {told['rejected']:,} raise an error. It is no dependency of this project; the script says how to"
        " run it."
    ]


def _kills(told: dict[str, Any]) -> list[str]:
    share = 100 * told["kills_after_the_first_page"] / told["kills"]
    histogram = told["kills_by_pages_stored"]
    return [
        f"{told['kills']:,} SIGKILLs at random moments of {told['harvests']} whole harvests ({told['pages_a_harvest']}"
        f" pages of {told['records_a_page']} records, two of three by arXiv's API, one by OAI-PMH; every tenth store"
        f" was itself made under fire): **{told['lost']} records lost, {told['doubled']} doubled**,"
        f" {told['hash_differs']} content hashes unlike that of an uninterrupted harvest,"
        f" {told['integrity_failures']} failures of `integrity_check`. {share:.0f} % of the kills came after the first"
        f" page. {told['stores_looked_at_after_a_kill']} stores were looked at right after a kill:"
        f" {told['rows_not_at_cursor']} whose rows were not those before the cursor.",
        "",
        *_table(("pages stored when killed", *histogram), [("kills", *histogram.values())]),
    ]


def _steps(told: dict[str, Any]) -> list[str]:
    names = [name for name in told if isinstance(told[name], dict)]
    return [
        "A harvest of three pages again and again, each time with another step of it failing; then once more without"
        " a fault. `reported` is what the disturbed run said of itself.",
        "",
        *_table(
            ("fault", "cases", "reported", "lost", "doubled", "hash differs", "untrue state", "crashed"),
            [
                (
                    name.replace("_", " "),
                    told[name]["cases"],
                    ", ".join(
                        f"{value} {key.removeprefix('reported_')}"
                        for key, value in told[name].items()
                        if key.startswith("reported_")
                    )
                    or "killed",
                    *(
                        told[name].get(key, 0)
                        for key in ("lost", "doubled", "hash_differs", "untrue_state", "crashed")
                    ),
                )
                for name in names
            ],
        ),
    ]


def _fuzz(told: dict[str, Any]) -> list[str]:
    parsers = ", ".join(f"{name} {count:,}" for name, count in told["by_parser"].items())
    return [
        f"{told['executions']:,} mutated pages: **{told['crashes']} exceptions but our own**,"
        f" {told['over_one_second']} over a second (slowest {told['slowest_processor_seconds']} s of processor time),"
        f" {told['refused']:,} refused, {told['read']:,} read; at most {told['peak_memory_mb']} MB in a process.",
        "",
        f"By parser: {parsers}.",
    ]


def _bombs(told: dict[str, Any]) -> list[str]:
    bomb = told["gzip_bomb"]
    return [
        *_table(
            ("page", "parsers", "read", "leaked", "slowest, ms", "memory, MB"),
            [
                (what, case["parsers"], case["read"], case["leaked"], case["milliseconds"], case["memory_mb"])
                for what, case in told["refusals"].items()
            ],
        ),
        "",
        f"A gzip bomb of {bomb['compressed_kb']} kB that unpacks to {bomb['plain_mb']} MB: stopped"
        f" (“{bomb['said']}”) after {bomb['memory_mb']} MB more than before.",
    ]


def _gap(told: dict[str, Any]) -> list[str]:
    return [
        f"{told['processes']} processes, two by arXiv's API and two by its OAI-PMH, in real time: {told['requests']}"
        f" requests, least gap seen by the server **{told['least_gap_seconds']} s** (rule {told['rule_seconds']} s),"
        f" {told['under_the_rule']} under the rule."
    ]


def _thirty_thousand(told: dict[str, Any]) -> list[str]:
    kind = "the machine's own time" if told["clock"] == "wall" else "processor time"
    asked_too = told["requests"] - told["pages"]
    return [
        f"{told['stored']:,} records, {told['pages']} pages, {told['requests']} requests; pauses skipped, work in {kind}:"
        f" {told['lasted_seconds']:,} s, which is **{told['ratio_to_floor']:.3f}** of the floor of 3 s between pages"
        f" ({told['floor_seconds']:,.0f} s)"
        + (
            f" and {told['ratio_to_request_floor']:.3f} of 3 s between all requests: {asked_too} asks what the server"
            " is (`Identify`) before the first page"
            if asked_too
            else ""
        )
        + f". Least gap {told['least_gap_seconds']} s. Reading and storing (and the replay server, which runs in the same"
        f" process) took {told['working_seconds']} s, most of them within the pauses."
    ]


def _imports(told: dict[str, Any]) -> list[str]:
    rows = []
    notes = []
    for kind, each in told["by_kind"].items():
        skipped = sum(value for key, value in each.items() if key.startswith("skipped: "))
        rows.append(
            (
                kind, each["files"], each["elements"] or "", each["read"], each["new"], each["linked"],
                each["updated"] + each["unchanged"], each["rejected"], skipped, len(each["crashed"]),
                each["records_a_processor_second"],
            )
        )  # fmt: skip
        notes += [
            f"- {kind}, file refused ({count}): {why}" for why, count in each["files_refused_for"].items()
        ]
        notes += [
            f"- {kind}, record rejected ({count}): {why}" for why, count in each["reject_reasons"].items()
        ]
    store, again = told["store"], told["again"]
    lines = [
        *_table(
            (
                "kind", "files", "elements in", "records read", "new", "linked", "known", "rejected", "skipped parts",
                "crashes", "records/s",
            ),
            rows,
        ),
        "",
        *notes,
        "",
        f"In the store: {store['papers']:,} papers by {store['records']:,} records. Imported again (all but OAI-PMH, whose"
        f" test files hold two texts of one record): {again['new']} new, {again['updated']} updated, content hash"
        f" {'unchanged' if again['content_hash_unchanged'] else 'changed'}. Records/s are those of one core's"
        " processor time, reading, storing and linking. Only wire formats are counted here; the derived rows beside them"
        " (JSON Lines, CSV) are `landscape import`'s as well, see importing.md.",
    ]  # fmt: skip
    cited = told["citations"]
    lines += [
        "",
        f"Semantic Scholar: {cited['batch answers']} recorded batch answers on {cited['papers']} papers,"
        f" {cited['papers with a count']} with a citation count, {cited['counts that differ']} read otherwise than they say;"
        f" {cited['exchanges of other kinds']} exchanges of kinds that are not asked for.",
    ]
    return lines


def _beside(told: dict[str, Any]) -> list[str]:
    peer = told["beside"]
    read, both = peer["their_time_over_ours_reading"], peer["their_time_over_ours_reading_and_storing"]
    return [
        f"Beside the `acl-anthology` package 0.5.4 on the same {peer['papers_ours']:,} papers, {peer['pairs']} pairs"
        " of a collection read by either in turn, processor time of one core: reading"
        f" {peer['read_papers_a_second_ours']:,} papers/s here, {peer['read_papers_a_second_theirs']:,} there (their"
        f" time over ours: median {read['median']}, quartiles {read['first_quartile']} to {read['third_quartile']});"
        f" reading and storing {peer['read_and_store_papers_a_second_ours']:,} papers/s here (their reading alone over"
        f" ours: median {both['median']}, quartiles {both['first_quartile']} to {both['third_quartile']}). The package"
        " reads into objects, and title, abstract and names are asked of each; here every field is also cleaned, LaTeX"
        " is turned into text, and each record's XML is put into canonical form and digested."
    ]


def _store_speed(told: dict[str, Any]) -> list[str]:
    def spread(name: str) -> str:
        rates = sorted(each[name] for each in told["rounds"])
        middle = rates[len(rates) // 2]
        return f"{middle:,} ({rates[0]:,} to {rates[-1]:,})"

    return [
        f"{told['papers']:,} papers of Anthology XML read, stored and made searchable in a new store, and once more,"
        f" {len(told['rounds'])} rounds; the middle one, with the slowest and the fastest. The load over the last five minutes"
        f" was {told['load']} on two cores: other work takes time on the wall, and its use of the caches makes the processor's"
        " own time longer too.",
        "",
        *_table(
            ("", "papers a second of processor time", "of the clock on the wall"),
            [
                (what, spread(f"{what}, papers a processor second"), spread(f"{what}, papers a second"))
                for what in ("first time", "again")
            ],
        ),
    ]


def _rules(told: dict[str, Any]) -> list[str]:
    return [
        f"Each rule undone in a copy of the tree: {told['noticed']} of {told['cases']} noticed by the tests named for it.",
        "",
        *_table(
            ("rule", "undone", "file", "red tests", "the first of them"),
            [
                (row["rule"], row["undone"], f"`{row['file']}`", row["red_tests"],
                 f"`{row['first'][0].rpartition('::')[2].partition('[')[0]}`" if row["first"] else "none")
                for row in told["table"]
            ],
        ),
        "",
        *(f"- {rule}: {text}." for rule, text in told["rules"].items()),
    ]  # fmt: skip


SECTIONS = {
    "kills": ("Killed at any moment", _kills),
    "steps": ("Every N-th step fails", _steps),
    "steps_postgresql": ("Every N-th statement fails, PostgreSQL", _steps),
    "byte_cuts": ("Pages cut at every byte", _byte_cuts),
    "sickle": ("The same, by Sickle", _sickle),
    "fuzz": ("Mutated pages", _fuzz),
    "bombs": ("Bombs, entities, outside files", _bombs),
    "gap": ("Four processes, one rule", _gap),
    "thirty_thousand_arxiv": ("30,000 records by arXiv's API", _thirty_thousand),
    "thirty_thousand_arxiv_oai": ("30,000 records by arXiv's OAI-PMH", _thirty_thousand),
    "thirty_thousand_arxiv_oai_wall": ("The same by the machine's own time", _thirty_thousand),
    "imports": ("Recorded data imported", _imports),
    "store_speed": ("How fast papers go in", _store_speed),
    "beside_acl_anthology": ("Beside another reader of the same files", _beside),
    "rules": ("Rules undone", _rules),
}


if __name__ == "__main__":
    if len(sys.argv) > 2:
        said = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8").splitlines()[-1])
        keep(sys.argv[1], said, sys.argv[3:])
    else:
        PAGE.write_text(page(json.loads(FIGURES.read_text(encoding="utf-8"))), encoding="utf-8")
