"""All recorded wire-format data goes in, and is counted."""

import os

import pytest


def _check(told) -> None:
    kinds = told["by_kind"]
    for kind, counts in kinds.items():
        assert counts["crashed"] == [], kind
        known = sum(counts[what] for what in ("new", "updated", "unchanged", "linked", "rejected"))
        assert known == counts["read"], kind
    skipped = sum(
        number for what, number in kinds["acl_anthology"].items() if what.startswith("skipped: paper")
    )
    assert kinds["acl_anthology"]["read"] + skipped == kinds["acl_anthology"]["elements"]
    assert kinds["arxiv"]["read"] == kinds["arxiv"]["elements"] - 1, "one entry is the API's error"
    assert kinds["arxiv_oai"]["read"] == kinds["arxiv_oai"]["elements"]
    if "pmlr" in kinds:
        assert kinds["pmlr"]["read"] == kinds["pmlr"]["elements"]
    assert told["citations"]["counts that differ"] == 0
    assert told["again"]["content_hash_unchanged"]
    assert (told["again"]["new"], told["again"]["updated"]) == (0, 0)


@pytest.mark.shared
def test_recorded_data_is_imported(measure, shared_data) -> None:
    told = measure("harness/imports.py", "--small")
    _check(told)


@pytest.mark.faults
@pytest.mark.shared
def test_all_recorded_data_is_imported(measure, shared_data) -> None:
    _check(measure("harness/imports.py", keep="imports"))


@pytest.mark.faults
@pytest.mark.shared
def test_as_fast_as_another_reader(measure, shared_data) -> None:
    """`PEER_PYTHON` and `PEER_DATADIR` name the environment and data of the acl-anthology package."""
    peer = [os.environ[name] for name in ("PEER_PYTHON", "PEER_DATADIR") if name in os.environ]
    if len(peer) < 2:
        pytest.skip("PEER_PYTHON and PEER_DATADIR name no acl-anthology 0.5.4")
    told = measure("harness/imports.py", "--no-import", "--peer", *peer, keep="beside_acl_anthology")
    assert told["beside"]["papers_ours"] == told["beside"]["papers_theirs"]
