"""Undo each rule in turn: at least one named test must turn red, or nobody would notice its loss.

    python tests/faults/mutate_rules.py [--only R1 ...] [--one-each]

The tree is copied to a temporary folder; the checkout is never touched. Each case replaces one passage of
source text, runs the tests named for it, and puts the passage back. A passage that is not found
exactly once is an error: the table would claim what was not done.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RULES = {
    "R1": "A page is wholly accepted or wholly rejected",
    "R2": "Rows, cursor and page digest are one transaction that begins as a write",
    "R3": "“Nothing new” must be proven",
    "R4": "Every record's fault is counted and shown; one bad record never stops a page",
    "R5": "Text is untrusted until escaped at the sink",
    "R6": "Never faster than the operator's rule",
}


@dataclass(frozen=True)
class Case:
    """A rule undone."""

    rule: str
    what: str
    path: str
    before: str
    after: str
    tests: tuple[str, ...]


CASES = (
    Case(
        "R1", "XML is read with recovery from damage", "harvester/xml.py",
        "recover=False,", "recover=True,",
        ("tests/harvester/sources/test_fixtures.py::test_a_page_cut_anywhere_is_refused_whole",),
    ),
    Case(
        "R1", "the length header is not compared", "harvester/http/body.py",
        "if not said.isdecimal() or int(said) != received:", "if False:",
        ("tests/harvester/test_http.py::test_a_wrong_length_is_refused",
         "tests/harvester/test_http.py::test_a_body_that_is_always_cut_is_never_accepted"),
    ),
    Case(
        "R2", "rows are committed before the cursor", "workflow/harvesting.py",
        "                count_page(session, run, stored, expected=parsed.total)\n",
        "                count_page(session, run, stored, expected=parsed.total)\n"
        "            with store.write() as session:\n",
        ("tests/faults/test_steps.py::test_killed_at_statement",),
    ),
    Case(
        "R2", "the cursor is committed before the rows", "workflow/harvesting.py",
        "            with collection_paused(), store.write() as session:\n",
        "            with store.write() as session:\n"
        "                move_cursor(session, source.name, piece.key, position=parsed.next_position,\n"
        "                            complete=ended, at=_now(clock))\n"
        "            with collection_paused(), store.write() as session:\n",
        ("tests/faults/test_steps.py::test_killed_at_statement",),
    ),
    Case(
        "R2", "a write begins as a read", "db/engine.py",
        '"BEGIN IMMEDIATE" if writes else "BEGIN"', '"BEGIN"',
        ("tests/db/test_engine.py::test_a_write_keeps_other_writers_out_from_its_beginning",),
    ),
    Case(
        "R3", "an empty page counts as the end", "harvester/sources/arxiv.py",
        "if not feed.entries and place.start < total:", "if False:",
        ("tests/harvester/sources/test_arxiv.py::test_a_page_that_stays_empty_is_never_the_end",),
    ),
    Case(
        "R3", "a zero needs no second opinion", "harvester/sources/arxiv.py",
        "            self._second_opinion(piece, place, client)\n", "            pass\n",
        ("tests/harvester/sources/test_arxiv.py::test_nothing_at_all_in_a_category_is_suspect",),
    ),
    Case(
        "R3", "a run that failed is called complete", "workflow/harvesting.py",
        "        state, reason = run_state(error), str(error)\n", "        state, reason = 'complete', ''\n",
        ("tests/workflow/test_harvesting.py::test_an_outage_is_partial",),
    ),
    Case(
        "R3", "a list without records is a complete one", "harvester/sources/arxiv_oai.py",
        "            if not place.token:\n                raise SuspectAnswerError(",
        "            if False:\n                raise SuspectAnswerError(",
        ("tests/harvester/sources/test_arxiv_oai.py",),
    ),
    Case(
        "R4", "an unreadable record stops its page", "harvester/sources/arxiv_entry.py",
        "except (RecordFaultError, ValidationError) as error:", "except ZeroDivisionError as error:",
        ("tests/harvester/sources/test_fixtures.py::test_an_answer_is_read_as_expected",),
    ),
    Case(
        "R4", "rejected records are not kept", "db/rejects.py",
        "    if not rejects:\n        return\n", "    return\n",
        ("tests/db/test_papers.py::test_rejects_are_kept_once_and_closed_when_read",),
    ),
    Case(
        "R5", "pages do not escape", "views/widgets/markup.py",
        "autoescape=True,", "autoescape=False,",
        ("tests/views/widgets/test_markup.py", "tests/views/widgets/test_knowledge.py"),
    ),
    Case(
        "R5", "CSV fields may be formulas", "export/csv_.py",
        "writer.writerow([protect_formula(safe_text(field)) for field in _fields(paper)])",
        "writer.writerow([safe_text(field) for field in _fields(paper)])",
        ("tests/export/test_csv.py::test_a_formula_is_shown_not_run",),
    ),
    Case(
        "R5", "links of any scheme are written", "export/text_safety.py",
        'if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:', "if False:",
        ("tests/export/test_text_safety.py::test_everything_else_is_no_link",),
    ),
    Case(
        "R5", "BibTeX keeps active characters", "export/bibtex.py",
        "return _ESCAPED.sub(lambda match: _ESCAPES[match[0]], ", "return str(",
        ("tests/export/test_bibtex.py",),
    ),
    Case(
        "R6", "nobody waits for the gate", "harvester/gate.py",
        "            if wait_seconds <= 0:\n", "            if True:\n",
        ("tests/harvester/test_gate.py::test_processes_keep_the_gap_between_them",),
    ),
    Case(
        "R6", "arXiv's two interfaces have a gate each", "harvester/sources/arxiv_oai.py",
        'operator = "arxiv"', 'operator = "arxiv_oai"',
        ("tests/faults/test_courtesy.py::test_processes_share_one_rule",
         "tests/harvester/test_registry.py::test_arxiv_sources_share_one_operator"),
    ),
    Case(
        "R6", "a Retry-After is not obeyed", "harvester/http/client.py",
        "return max(backoff * self.jitter.uniform(1.0, 1.25), asked or 0.0)",
        "return backoff * self.jitter.uniform(1.0, 1.25)",
        ("tests/harvester/test_http.py::test_retry_after_is_obeyed_where_it_makes_sense",),
    ),
)  # fmt: skip


def copy_tree(folder: Path) -> None:
    """The checkout's files as git sees them, ignored ones left out."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, check=True, capture_output=True
    )
    for name in listed.stdout.decode().split("\0"):
        source = ROOT / name
        if name and source.is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)


def run_tests(folder: Path, tests: tuple[str, ...]) -> tuple[bool, list[str]]:
    """Whether tests pass, and the names of those that do not.

    A busy machine must not pass for a rule that was missed: `CI` makes Hypothesis set no deadline, and the
    time for a test is long.
    """
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "CI": "true"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no", "--timeout=900", *tests],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=1_800, check=False,
    )  # fmt: skip
    if done.returncode not in (0, 1):
        raise SystemExit(f"pytest ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    red = [
        line.removeprefix("FAILED ").partition(" - ")[0]
        for line in done.stdout.splitlines()
        if line.startswith("FAILED ")
    ]
    return done.returncode == 0, red


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--one-each", action="store_true", help="the first case of each rule alone")
    options = parser.parse_args()
    cases = [case for case in CASES if not options.only or case.rule in options.only]
    if options.one_each:
        cases = list({case.rule: case for case in reversed(cases)}.values())[::-1]
    began = time.monotonic()
    rows = []
    with tempfile.TemporaryDirectory(prefix="landscape-rules-") as name:
        folder = Path(name)
        copy_tree(folder)
        wanted = tuple(dict.fromkeys(test for case in cases for test in case.tests))
        green, red = run_tests(folder, wanted)
        if not green:
            raise SystemExit(f"not green before anything was undone: {red}")
        for case in cases:
            path = folder / case.path
            text = path.read_text(encoding="utf-8")
            if text.count(case.before) != 1:
                raise SystemExit(f"{case.path} holds {text.count(case.before)} times: {case.before!r}")
            path.write_text(text.replace(case.before, case.after), encoding="utf-8")
            try:
                green, red = run_tests(folder, case.tests)
            finally:
                path.write_text(text, encoding="utf-8")
            rows.append(
                {
                    "rule": case.rule,
                    "undone": case.what,
                    "file": case.path,
                    "red_tests": len(red),
                    "first": red[:1],
                }
            )
            print(f"# {case.rule} {case.what}: {len(red)} red", file=sys.stderr, flush=True)
    survived = [row for row in rows if not row["red_tests"]]
    print(
        json.dumps(
            {"cases": len(rows), "noticed": len(rows) - len(survived), "rules": RULES, "table": rows,
             "seconds": round(time.monotonic() - began, 1)}
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
