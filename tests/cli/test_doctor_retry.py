"""`landscape doctor --retry-rejected`."""

from __future__ import annotations

import json


def test_rejects_are_tried_again_from_the_command_line(landscape, tmp_path):
    path = tmp_path / "list.jsonl"
    path.write_text('{"id": "arxiv:2301.00001", "title": ""}\n{"id": "arxiv:2301.00002", "title": "Tea"}\n')
    assert landscape("import", path).code == 0
    told = json.loads(landscape("doctor", "--retry-rejected", "--json").out)
    assert (told["tried"], told["still_rejected"]) == (1, 1)
    shown = landscape("doctor", "--retry-rejected")
    assert shown.code == 0
    assert "1 x the record has no title" in shown.out
    assert landscape("doctor", "--retry-rejected", "--library").code == 2
