"""`landscape harvest --citations`."""

from __future__ import annotations

import json


def test_an_empty_store_has_nothing_to_count(landscape):
    (report,) = json.loads(landscape("harvest", "--citations", "--json").out)
    assert (report["name"], report["state"], report["fetched"]) == ("semantic_scholar", "complete", 0)


def test_it_goes_with_max_alone(landscape):
    assert landscape("harvest", "--citations", "--max", "5").code == 0
    for words in (("arxiv",), ("--venue", "acl-2023"), ("--from", "2024-01-01")):
        outcome = landscape("harvest", "--citations", *words)
        assert outcome.code == 2
        assert "--citations goes with --max alone" in outcome.err
