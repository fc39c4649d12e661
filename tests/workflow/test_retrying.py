"""Rejected records tried again: what a mended parser can read is stored, the rest stays as it is."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from db.papers import find_paper, paper_counts, store_page
from db.rejects import open_rejects
from harvester import registry
from papers.record import ParsedPage, RejectedRecord, WireRecord
from workflow.ingest import import_file
from workflow.retrying import RECORDS_PER_TRANSACTION, retry_rejected

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
WHEN = datetime(2026, 1, 1, tzinfo=UTC)
GOOD = {
    "bibtex": b"@article{tea,\n  title = {Tea by an Older Reader},\n  doi = {10.1234/tea},\n}\n",
    "jsonl": b'{"id": "arxiv:2301.00001", "title": "Tea by an Older Reader"}',
    "ris": b"TY  - JOUR\nTI  - Tea by an Older Reader\nDO  - 10.1234/tea\nER  -",
}


def _reject(store, source: str, payload: bytes, source_id: str = "row[17]") -> None:
    """As a reader of version 0 would have left it."""
    wire = WireRecord(source, source_id, "file:old.txt", WHEN, "text/plain", payload)
    page = ParsedPage((), (RejectedRecord(wire, "the old reader could not", "title"),), parser_version=0)
    with store.write() as session:
        store_page(session, page, at=WHEN)


def _open(store):
    with store.read() as session:
        return open_rejects(session)


@pytest.mark.parametrize("source", sorted(GOOD))
def test_what_a_mended_reader_can_read_is_stored_and_closed(store, source):
    _reject(store, source, GOOD[source])
    assert len(_open(store)) == 1
    report = retry_rejected(store)
    assert (report.tried, report.read, report.new, report.still_rejected) == (1, 1, 1, 0)
    assert _open(store) == []
    with store.read() as session:
        paper = find_paper(session, "arxiv:2301.00001" if source == "jsonl" else "doi:10.1234/tea")
        assert paper is not None
        assert paper.title == "Tea by an Older Reader"
    assert retry_rejected(store).tried == 0


@pytest.mark.parametrize(
    "path",
    [
        "arxiv/rejects.response.xml",
        "openreview/api2.response.json",
        "formats/list.bib",
        "formats/list.ris",
        "formats/list.csl.json",
        "formats/rows.jsonl",
    ],
)
def test_what_still_cannot_be_read_stays_once_and_as_it_was(store, path):
    imported = import_file(store, FIXTURES / path)
    assert imported.rejected
    before = [(row.id, row.source_id, row.reason, row.digest, row.payload) for row in _open(store)]
    report = retry_rejected(store)
    assert (report.tried, report.still_rejected) == (imported.rejected, imported.rejected)
    assert sum(count for _, count in report.by_reason) == imported.rejected
    after = [(row.id, row.source_id, row.reason, row.digest, row.payload) for row in _open(store)]
    assert after == before


def test_the_reason_of_today_replaces_the_old_one(store):
    _reject(store, "jsonl", b'{"id": "arxiv:2301.00001"}')
    retry_rejected(store)
    (row,) = _open(store)
    assert (row.reason, row.field) == ("the record has no title", "title")
    assert row.parser_version == registry.reader("jsonl").parser_version


def test_a_record_that_is_no_paper_after_all_is_closed(store):
    _reject(store, "jsonl", b'{"id": "abcInvent1", "title": "Tea", "status": "Reject"}')
    report = retry_rejected(store)
    assert (report.no_paper, report.read) == (1, 0)
    assert _open(store) == []


def test_a_page_that_cannot_be_read_at_all_stays_open(store):
    _reject(store, "arxiv", b"<feed")  # cut where it was too long to keep
    _reject(store, "a source of old", b"x")
    report = retry_rejected(store)
    assert report.still_rejected == 2
    assert any("nothing reads records of a source of old" in reason for reason, _ in report.by_reason)
    assert len(_open(store)) == 2


def test_more_than_one_transaction_holds_is_gone_through_once(store):
    count = RECORDS_PER_TRANSACTION + 3
    for number in range(count):
        title = "" if number % 2 else f"Tea {number}"
        _reject(
            store,
            "jsonl",
            json.dumps({"id": f"2301.{number:05d}", "title": title}).encode(),
            f"row[{number}]",
        )
    done = []
    report = retry_rejected(store, progress=done.append)
    assert (report.tried, report.read, report.still_rejected) == (count, 52, 51)
    assert done == [RECORDS_PER_TRANSACTION, 3]
    with store.read() as session:
        assert paper_counts(session).papers == 52


def test_one_source_alone(store):
    for source, payload in GOOD.items():
        _reject(store, source, payload)
    assert retry_rejected(store, source="ris").tried == 1
    assert {row.source for row in _open(store)} == {"bibtex", "jsonl"}


def test_a_good_record_closes_no_reject_of_another_file(store, tmp_path):
    for name, title in (("one.jsonl", ""), ("two.jsonl", "Tea")):
        (tmp_path / name).write_text(
            json.dumps({"id": f"arxiv:2301.0000{len(name + title)}", "title": title})
        )
        import_file(store, tmp_path / name)
    (row,) = _open(store)
    assert row.source_id == "one.jsonl row[1]"
    (tmp_path / "one.jsonl").write_text(json.dumps({"id": "arxiv:2301.00001", "title": "Mended"}))
    import_file(store, tmp_path / "one.jsonl")
    assert _open(store) == []
