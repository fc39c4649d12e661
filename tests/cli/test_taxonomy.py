"""`landscape taxonomy import` and `diff`, from a deck that was edited to the next version."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

from pptx import Presentation

from foundation.settings import load_settings
from taxonomy.changes import TopicChange, apply_changes
from taxonomy.loader import load_taxonomy
from taxonomy.models import Topic
from taxonomy.versions import save_version, write_version


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


def test_a_version_is_reported_over_the_whole_corpus_and_drawn_at_any_date(landscape, tmp_path: Path) -> None:
    assert landscape("init").code == 0
    home = load_settings().home
    change = TopicChange(
        "renamed and moved",
        "training/model/peft",
        "inference/model/small-updates",
        label_before="PEFT",
        label_after="Small Updates",
        cell_before="training/model",
        cell_after="inference/model",
    )
    moved = apply_changes(load_taxonomy(), [change], today=date(2026, 5, 3), reason="Agreed in May")
    save_version(moved, home)
    new = Topic(
        id="training/evaluation/verifiable-rewards",
        label="Verifiable Rewards",
        scope_note="Rewards that a program can check.",
        seed_phrases=("verifiable rewards",),
    )
    write_version(home, [new], today=date(2026, 5, 4))

    told = json.loads(landscape("taxonomy", "report", "1.0", "1.2", "--json").out)
    topics = {row["id"]: (row["before"], row["after"]) for row in told["topics"]}
    before, after = topics["inference/model/small-updates"]
    assert before == after > 0, "its papers follow it"
    assert topics[new.id][0] is None
    assert told["papers"] == told["relevant_before"] == told["relevant_after"]
    assert [row["kind"] for row in told["changes"]] == ["renamed and moved", "added"]
    page = tmp_path / "report.md"
    said = landscape("taxonomy", "report", "1.0", "1.2", "--out", page)
    assert said.code == 0
    assert "topic Verifiable Rewards (training/evaluation/verifiable-rewards): new →" in said.out
    assert "| Small Updates | `inference/model/small-updates` |" in page.read_text(encoding="utf-8")

    today = datetime.now(UTC).date()
    charts = {}
    for version in ("1.0", "1.1", "1.2"):
        for day in (today, date(2020, 1, 1)):
            out = tmp_path / f"{version}-{day}.json"
            assert landscape("export", "json", "--grid", version, "--as-of", day, "--out", out).code == 0
            chart = json.loads(out.read_text(encoding="utf-8"))
            assert chart["taxonomy_version"] == version
            counts = {t["id"]: t["n_papers"] for cell in chart["cells"] for t in cell["topics"]}
            charts[version, day] = (chart["papers"], counts)
    assert charts["1.0", today][1]["training/model/peft"] == before
    assert charts["1.1", today][1]["inference/model/small-updates"] == before
    assert charts["1.2", today][0] == told["papers"]
    assert charts["1.2", date(2020, 1, 1)][0] == 0
    assert landscape("export", "json", "--grid", "7.0", "--out", tmp_path / "x.json").code == 2
