"""Files that a user may offer, good and bad."""

import gzip
from pathlib import Path

import pytest

from db.hashing import content_hash
from db.papers import paper_counts
from workflow.ingest import import_file

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
COLLECTION = FIXTURES / "acl_anthology" / "present.response.xml"


def _state(store) -> tuple[int, str]:
    with store.read() as session:
        return paper_counts(session).papers, content_hash(session)


def test_a_file_is_imported_once(store, tmp_path: Path) -> None:
    first = import_file(store, COLLECTION)
    assert first.state == "complete"
    assert first.new > 0
    assert first.rejected == len(first.rejects) > 0
    assert dict(first.skipped)["front matter"] >= 1
    before = _state(store)
    packed = tmp_path / "again.xml.gz"
    packed.write_bytes(gzip.compress(COLLECTION.read_bytes()))
    second = import_file(store, packed)
    assert (second.new, second.updated) == (0, 0)
    assert second.unchanged == first.new + first.updated
    assert _state(store) == before


def _truncated(path: Path) -> None:
    path.write_bytes(COLLECTION.read_bytes()[:-200])


def _html(path: Path) -> None:
    path.write_bytes(b"<!DOCTYPE html><html><body>Rate exceeded.</body></html>")


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _broken_gzip(path: Path) -> None:
    path.write_bytes(gzip.compress(COLLECTION.read_bytes())[:-40])


def _entity(path: Path) -> None:
    path.write_bytes(
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><collection id="2023.x">&e;</collection>'
    )


def _absent(path: Path) -> None:
    path.unlink(missing_ok=True)


def _folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("damage", [_truncated, _html, _empty, _broken_gzip, _entity, _absent, _folder])
def test_a_bad_file_gets_one_line_and_loses_nothing(store, tmp_path: Path, damage) -> None:
    import_file(store, COLLECTION)
    before = _state(store)
    bad = tmp_path / "bad.xml"
    damage(bad)
    report = import_file(store, bad)
    assert report.state == "failed"
    assert report.reason
    assert "\n" not in report.reason
    assert _state(store) == before


@pytest.mark.shared
def test_three_collections_of_2023_lose_no_paper(store, shared_data: Path) -> None:
    folder = shared_data / "data" / "acl_anthology" / "xml"
    reports = [import_file(store, folder / f"2023.{name}.xml.gz") for name in ("acl", "emnlp", "findings")]
    assert [report.fetched for report in reports] == [1249, 1182, 2158]
    assert sum(report.rejected for report in reports) == 0
    papers, digest = _state(store)
    assert papers == 4589
    assert import_file(store, folder / "2023.acl.xml.gz").unchanged == 1249
    assert _state(store) == (papers, digest)
