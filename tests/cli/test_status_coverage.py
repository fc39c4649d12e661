"""`landscape status --coverage`."""

from __future__ import annotations

import json


def test_the_ledger_is_printed_and_as_json(landscape, tmp_path):
    path = tmp_path / "icml2024.jsonl"
    path.write_text('{"id": "arxiv:2401.00001", "title": "Tea"}\n')
    assert landscape("import", path).code == 0
    shown = landscape("status", "--coverage")
    assert shown.code == 0
    assert "pmlr icml-2024: 0 of 2610 papers, 1 in all, never harvested" in shown.out
    assert "never harvested, " in shown.out
    assert "  acl_anthology naacl: 2018-2019, 2021-2022, 2024-2025" in shown.out
    assert "  openreview tmlr\n" in shown.out
    told = json.loads(landscape("status", "--coverage", "--json").out)
    assert set(told) == {"venues", "categories", "gaps"}
    (row,) = [row for row in told["venues"] if row["id"] == "icml-2024"]
    assert (row["gap"], row["expected"], row["papers"]) == ("never", 2610, 1)
