"""Venues as data."""

from __future__ import annotations

import re

import pytest

from foundation.errors import ConfigurationError
from harvester.venues import anthology_names, editions, licence_of, recent_editions, venues


@pytest.mark.parametrize(
    ("venue_id", "volume"),
    [
        ("acl-2023", "2023.acl"), ("emnlp-2024", "2024.emnlp"), ("naacl-2021", "2021.naacl"),
        ("eacl-2023", "2023.eacl"), ("findings-2023", "2023.findings"), ("tacl-2022", "2022.tacl"),
        ("cl-2022", "2022.cl"), ("conll-2023", "2023.conll"), ("coling-2022", "2022.coling"),
        ("aacl-2022", "2022.aacl"), ("ijcnlp-2023", "2023.ijcnlp"), ("acl-2019", "P19"),
        ("ACL-2023", "2023.acl"), ("acl-2026", "2026.acl"),
    ],
)  # fmt: skip
def test_a_venue_and_year_lead_to_a_volume(venue_id, volume):
    (edition,) = editions(venue_id, latest_year=2026)
    assert edition.volume == volume
    assert edition.id == venue_id.lower()
    assert edition.venue.source == "acl_anthology"


def test_a_venue_without_a_year_means_every_known_year():
    years = [edition.year for edition in editions("naacl", latest_year=2026)]
    assert years == [2018, 2019, 2021, 2022, 2024, 2025]


@pytest.mark.parametrize(
    ("venue_id", "named"),
    [
        ("alc-2023", "acl"), ("acl-1950", "2023"), ("acl-2199", "2023"),
        ("acl-", "2023"), ("", "emnlp"), ("acl-٢٠٢٣", "2023"), ("naacl-2023", "2024"),
    ],
)  # fmt: skip
def test_unknown_venues_are_refused_with_what_there_is(venue_id, named):
    with pytest.raises(ConfigurationError) as caught:
        editions(venue_id, latest_year=2026)
    assert named in str(caught.value)


def test_every_row_is_sound():
    for venue in venues():
        assert list(venue.years) == sorted(set(venue.years))
        for year in venue.years:
            volume = venue.volume_of(year)
            if venue.source == "acl_anthology":
                assert re.fullmatch(rf"{year}\.{venue.id}|[A-Z]{year % 100:02d}", volume)


def test_a_plain_harvest_looks_for_years_that_may_exist():
    found = {
        edition.id: edition.known
        for edition in recent_editions("acl_anthology", first_year=2025, last_year=2026)
    }
    assert found["acl-2025"] is True
    assert found["acl-2026"] is False
    assert "naacl-2023" not in found


def test_licences_follow_the_year():
    assert licence_of("acl", 2016) == "CC BY 4.0"
    assert licence_of("acl", 2015) == "CC BY-NC-SA 3.0"
    assert licence_of("acl", None) is None
    assert licence_of("unheard-of", 2023) is None


def test_names_are_written_as_the_venues_write_them():
    names = anthology_names()
    assert {tag: names[tag] for tag in ("acl", "conll", "findings", "tacl", "cl", "ijcnlp")} == {
        "acl": "ACL",
        "conll": "CoNLL",
        "findings": "Findings",
        "tacl": "TACL",
        "cl": "CL",
        "ijcnlp": "IJCNLP",
    }
