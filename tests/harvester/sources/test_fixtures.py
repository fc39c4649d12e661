"""Every committed answer of every source, beside what it should be read as."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foundation.errors import LandscapeError
from harvester import registry

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
# OpenReview's answers say more than a page of drafts (paging, refusals): test_openreview.py reads them.
NAMES = tuple(name for name in registry.names() if name != "openreview")
CASES = sorted(path for name in NAMES for path in (FIXTURES / name).glob("*.response.*"))


def test_every_source_has_fixtures():
    assert {path.parent.name for path in CASES} == set(NAMES)


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.name.split('.')[0]}")
def test_an_answer_is_read_as_expected(path, page_of):
    expected = json.loads(
        (path.parent / f"{path.name.split('.')[0]}.expected.json").read_text(encoding="utf-8")
    )
    source = registry.get(path.parent.name)
    page = page_of(source.name, path.read_bytes())
    if "error" in expected:
        with pytest.raises(LandscapeError) as caught:
            source.parse(page)
        assert type(caught.value).__name__ == expected["error"]
        assert caught.value.message == expected["message"]
        return
    parsed = source.parse(page)
    assert {
        "drafts": [
            json.loads(record.draft.model_dump_json(exclude_defaults=True)) for record in parsed.records
        ],
        "rejects": [
            {
                "source_id": reject.wire.source_id,
                "field": reject.field,
                "value": reject.value,
                "reason": reject.reason,
            }
            for reject in parsed.rejects
        ],
        "skipped": parsed.skipped,
        "unknown_elements": parsed.unknown_elements,
        "total": parsed.total,
    } == expected


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.name.split('.')[0]}")
def test_a_record_can_be_read_again_from_its_own_bytes(path, page_of):
    """What is kept of a rejected record is enough to read it once the parser is mended."""
    source = registry.get(path.parent.name)
    try:
        parsed = source.parse(page_of(source.name, path.read_bytes()))
    except LandscapeError:
        return
    for record in parsed.records:
        again = source.parse(page_of(source.name, record.wire.payload))
        assert [found.draft for found in again.records] == [record.draft]
        assert again.records[0].wire.digest == record.wire.digest
    for reject in parsed.rejects:
        again = source.parse(page_of(source.name, reject.wire.payload))
        assert [(found.field, found.reason) for found in again.rejects] == [(reject.field, reject.reason)]


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.name.split('.')[0]}")
def test_a_page_cut_anywhere_is_refused_whole(path, page_of):
    source = registry.get(path.parent.name)
    payload = path.read_bytes().rstrip()
    for end in range(0, len(payload), 7):
        with pytest.raises(LandscapeError):
            source.parse(page_of(source.name, payload[:end]))
    with pytest.raises(LandscapeError):
        source.parse(page_of(source.name, payload[:-1]))
