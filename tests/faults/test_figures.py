"""The page of figures says what the figures say."""

import json


def test_the_page_is_made_of_the_figures(figures) -> None:
    kept = json.loads(figures.FIGURES.read_text(encoding="utf-8"))
    assert set(kept) <= set(figures.SECTIONS)
    assert figures.PAGE.read_text(encoding="utf-8") == figures.page(kept), "run tests/faults/figures.py"


def test_what_was_kept_lost_nothing(figures) -> None:
    kept = {name: entry["figures"] for name, entry in json.loads(figures.FIGURES.read_text()).items()}
    assert (kept["byte_cuts"]["accepted"], kept["byte_cuts"]["crashed"]) == (0, 0)
    assert (kept["kills"]["lost"], kept["kills"]["doubled"], kept["kills"]["hash_differs"]) == (0, 0, 0)
    assert kept["fuzz"]["crashes"] == 0
    assert kept["rules"]["noticed"] == kept["rules"]["cases"]
