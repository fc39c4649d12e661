"""The ledger: what the store holds of what there is, worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime
from typing import Any

import pytest

from db.harvests import begin_run, finish_run, move_cursor
from db.papers import store_page
from harvester import venues
from harvester.venue_sizes import known_size
from landscape.coverage import CoverageLedger, VenueCoverage, take_coverage
from papers.draft import ExternalIdDraft, PaperDraft
from papers.record import ParsedPage, ParsedRecord, WireRecord

WHEN = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture
def ledger(builder: Any) -> Callable[[], CoverageLedger]:
    def take() -> CoverageLedger:
        with builder.read() as session:
            return take_coverage(session)

    return take


def _row(ledger: CoverageLedger, venue_id: str, source: str | None = None) -> VenueCoverage:
    (row,) = [
        each for each in ledger.venues if each.id == venue_id and (source is None or each.source == source)
    ]
    return row


def _run(builder: Any, source: str, key: str, *, state: str = "complete", **counts: int) -> None:
    with builder.store.write() as session:
        run = begin_run(session, source, key, at=WHEN)
        reason = "" if state == "complete" else "the connection failed"
        finish_run(session, run, state=state, reason=reason, counts=counts, at=WHEN)


def _papers(builder: Any, source: str, venue: str, year: int, count: int) -> None:
    records = []
    for number in range(count):
        name = ExternalIdDraft(scheme="doi", value=f"10.1234/{source}.{venue}.{year}.{number}".lower())
        draft = PaperDraft(
            source=source, source_id=name.value, title=f"Tea {number}", external_ids=(name,),
            venue=venue, year=year,
        )  # fmt: skip
        wire = WireRecord(source, name.value, "file:x", WHEN, "text/plain", name.value.encode())
        records.append(ParsedRecord(draft, wire))
    with builder.store.write() as session:
        store_page(session, ParsedPage(tuple(records)), at=WHEN)


def test_an_empty_store_shows_every_known_venue_year_as_a_gap(ledger: Callable[[], CoverageLedger]) -> None:
    taken = ledger()
    assert {gap.kind for gap in taken.gaps} == {"never"}
    row = _row(taken, "acl-2023")
    assert (row.source, row.volume, row.state, row.expected, row.expected_by, row.got) == (
        "acl_anthology", "2023.acl", "never", 1249, "table", 0,
    )  # fmt: skip
    assert taken.categories == ()
    assert len([row for row in taken.venues if row.venue == "tmlr"]) == 1
    known = {f"{venue.id}-{year}" for venue in venues.venues() for year in venue.years if venue.id != "tmlr"}
    assert known <= {row.id for row in taken.venues}


def test_a_complete_volume_has_no_gap_and_a_short_one_has(
    builder: Any, ledger: Callable[[], CoverageLedger]
) -> None:
    assert known_size("acl_anthology", "2022.conll") == 28
    _papers(builder, "acl_anthology", "CoNLL", 2022, 28)
    _papers(builder, "acl_anthology", "CL", 2022, 30)
    for volume in ("2022.conll", "2022.cl"):
        _run(builder, "acl_anthology", volume, fetched=28, rejected=1)
    taken = ledger()
    whole, short = _row(taken, "conll-2022"), _row(taken, "cl-2022")
    assert (whole.got, whole.papers, whole.rejected, whole.gap, whole.last_complete) == (
        28,
        28,
        1,
        None,
        WHEN,
    )
    assert (short.got, short.expected, short.gap) == (30, 40, "short")
    (gap,) = [gap for gap in taken.gaps if gap.kind == "short"]
    assert (gap.what, gap.detail) == ("cl-2022", "30 of 40 papers")
    assert gap.command == "landscape harvest acl_anthology --venue cl-2022"


def test_what_the_source_said_counts_before_the_table(
    builder: Any, ledger: Callable[[], CoverageLedger]
) -> None:
    _run(builder, "openreview", "colmweb.org/COLM/2024/Conference", fetched=299, expected=301)
    row = _row(ledger(), "colm-2024")
    assert (row.expected, row.expected_by) == (301, "source")


def test_a_run_that_ended_early_is_a_gap_until_one_is_complete(
    builder: Any, ledger: Callable[[], CoverageLedger]
) -> None:
    _run(builder, "acl_anthology", "2023.eacl", state="partial")
    taken = ledger()
    assert _row(taken, "eacl-2023").gap == "unfinished"
    assert any("the connection failed" in gap.detail for gap in taken.gaps if gap.what == "eacl-2023")
    _papers(builder, "acl_anthology", "EACL", 2023, 335)
    _run(builder, "acl_anthology", "2023.eacl")
    _run(builder, "acl_anthology", "2023.eacl", state="failed")
    row = _row(ledger(), "eacl-2023")
    assert (row.state, row.gap, row.last_complete) == ("failed", None, WHEN)


def test_papers_from_elsewhere_are_seen_and_do_not_close_the_gap(
    builder: Any, ledger: Callable[[], CoverageLedger]
) -> None:
    _papers(builder, "jsonl", "ICML", 2024, 3)
    row = _row(ledger(), "icml-2024")
    assert (row.got, row.papers, row.gap) == (0, 3, "never")
    assert any(
        gap.what == "icml-2024" and "3 papers came by other ways" in gap.detail for gap in ledger().gaps
    )


def test_a_volume_that_was_imported_whole_is_no_gap(
    builder: Any, ledger: Callable[[], CoverageLedger]
) -> None:
    _papers(builder, "acl_anthology", "CoNLL", 2022, 27)
    assert _row(ledger(), "conll-2022").gap == "never"
    _papers(builder, "acl_anthology", "CoNLL", 2022, 28)
    row = _row(ledger(), "conll-2022")
    assert (row.state, row.got, row.gap) == ("never", 28, None)


def test_openreview_shows_what_it_was_asked_for(builder: Any, ledger: Callable[[], CoverageLedger]) -> None:
    assert not any(row.source == "openreview" and row.venue == "iclr" for row in ledger().venues)
    _run(builder, "openreview", "ICLR.cc/2025/Conference", fetched=3)
    row = _row(ledger(), "iclr-2025", "openreview")
    assert (row.year, row.state) == (2025, "complete")


def test_a_journal_in_one_piece_counts_all_its_years(
    builder: Any, ledger: Callable[[], CoverageLedger]
) -> None:
    _papers(builder, "openreview", "TMLR", 2023, 2)
    _papers(builder, "openreview", "TMLR", 2024, 3)
    _run(builder, "openreview", "TMLR", fetched=5, expected=5)
    row = _row(ledger(), "tmlr")
    assert (row.year, row.got, row.expected, row.gap) == (None, 5, 5, None)


def test_days_of_a_category_that_were_never_complete(
    builder: Any, ledger: Callable[[], CoverageLedger]
) -> None:
    with builder.store.write() as session:
        for first, last, complete in (
            ("2026-01-01", "2026-01-07", True),
            ("2026-01-08", "2026-01-14", False),
            ("2026-01-15", "2026-01-21", True),
            ("2026-01-22", "2026-01-22", False),
        ):
            move_cursor(
                session, "arxiv", f"cs.CL {first}..{last}", position=None if complete else "x",
                complete=complete, watermark=last if complete else None, at=WHEN,
            )  # fmt: skip
        move_cursor(session, "arxiv", "query all:tea", position=None, complete=True, watermark="x", at=WHEN)
    taken = ledger()
    (row,) = taken.categories
    assert (row.category, row.first, row.last, row.days) == ("cs.CL", date(2026, 1, 1), date(2026, 1, 22), 14)
    assert row.gaps == (
        (date(2026, 1, 8), date(2026, 1, 14)), (date(2026, 1, 22), date(2026, 1, 22)),
    )  # fmt: skip
    week, day = [gap for gap in taken.gaps if gap.kind == "days"]
    assert week.detail == "7 days never complete"
    assert week.command == "landscape harvest arxiv --category cs.CL --from 2026-01-08 --until 2026-01-14"
    assert day.detail == "1 day never complete"


def test_the_ledger_cannot_be_changed(ledger: Callable[[], CoverageLedger]) -> None:
    taken = ledger()
    with pytest.raises(FrozenInstanceError):
        taken.venues = ()  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        taken.venues[0].got = 1  # type: ignore[misc]


def test_every_counted_volume_is_one_that_can_be_harvested() -> None:
    volumes = {(venue.source, venue.volume_of(year)) for venue in venues.venues() for year in venue.years}
    assert known_size("acl_anthology", "2199.acl") is None
    for volume in ("2023.acl", "2022.emnlp", "2024.naacl"):
        assert ("acl_anthology", volume) in volumes
        assert (known_size("acl_anthology", volume) or 0) > 500


@pytest.mark.shared
def test_counts_of_the_table_are_those_of_the_data(shared_data: Any) -> None:
    from harvester.files import read_import_file

    for volume in ("2022.conll", "2023.eacl", "2024.cl"):
        reader, (page,) = read_import_file(shared_data / f"data/acl_anthology/xml/{volume}.xml.gz")
        assert len(reader.parse(page).records) == known_size("acl_anthology", volume)
