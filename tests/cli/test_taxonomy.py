"""`landscape taxonomy import` and `diff`, from a deck that was edited to the next version."""

import json
from pathlib import Path

from pptx import Presentation


def test_a_renamed_chip_becomes_the_next_version_once_accepted(landscape, tmp_path: Path) -> None:
    deck = tmp_path / "deck.pptx"
    landscape("export", "pptx", "--out", deck)
    presentation = Presentation(str(deck))
    for shape in presentation.slides[0].shapes:
        for each in shape.shapes if shape.shape_type == 6 else (shape,):
            if each.name == "Chip: Quantisation":
                each.text_frame.paragraphs[0].runs[0].text = "Low-bit"
    presentation.save(str(deck))
    proposed = landscape("taxonomy", "import", deck)
    assert proposed.code == 0
    assert "“Quantisation” becomes “Low-bit”" in proposed.out
    assert "keep with --accept" in proposed.out
    assert landscape("taxonomy", "diff", "1.0", "1.1").code == 2
    assert "no topic differs" in landscape("taxonomy", "diff").out
    accepted = landscape("taxonomy", "import", deck, "--accept", "--out", tmp_path / "next.yaml", "--json")
    answer = json.loads(accepted.out)
    assert answer["version"] == "1.1"
    assert Path(answer["accepted"]).read_text() == (tmp_path / "next.yaml").read_text()
    assert (
        "inference/model/quantisation leads to inference/model/low-bit"
        in landscape("taxonomy", "diff", "1.0", "1.1").out
    )
    assert landscape("taxonomy", "diff").out == landscape("taxonomy", "diff", "1.0", "1.1").out
    (change,) = json.loads(landscape("taxonomy", "diff", "1.0", tmp_path / "next.yaml", "--json").out)
    assert change["kind"] == "renamed"
    assert landscape("taxonomy", "import", deck, "--accept").code == 2
    assert "no topic differs" in landscape("taxonomy", "diff", "1.0", "1.0").out
