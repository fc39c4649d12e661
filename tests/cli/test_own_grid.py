"""A store that follows another grid: placed without labels, counted, drawn and handed out by its own file."""

from __future__ import annotations

import json

import pytest

from foundation.errors import RefusedInputError
from foundation.settings import load_settings
from taxonomy.loader import load_taxonomy
from taxonomy.samples import read_grid, sample_names
from workflow.initialise import ensure_store, initialise

PAPERS = (
    ("Masked autoencoders for small images", "A vision transformer is pre-trained with a high mask ratio."),
    ("Boxes in the fog: an object detector", "Object detection in images with bounding boxes and rain."),
    ("Coding of discharge letters", "ICD coding of clinical notes of patients with a language model."),
    (
        "Taking names out of hospital notes",
        "De-identification of patient records: protected health information.",
    ),
    ("Regret of linear bandits", "We bound the regret of stochastic arms."),
)


@pytest.fixture
def done(landscape):
    """Call `landscape` with words that must succeed; returns what it said."""

    def call(*words: object) -> str:
        outcome = landscape(*words)
        assert outcome.code == 0, outcome.err
        return outcome.out

    return call


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "papers.jsonl"
    with path.open("w", encoding="utf-8") as out:
        for number, (title, abstract) in enumerate(PAPERS):
            out.write(
                json.dumps({"id": f"arxiv:2301.{number:05d}", "title": title, "abstract": abstract}) + "\n"
            )
    return path


@pytest.mark.parametrize(
    ("sample", "placed"),
    [
        ("vision-models", {"learning/objective/masked-images", "perceiving/task/detection"}),
        ("clinical-nlp", {"serving/method/coding", "guarding/text/de-identification"}),
    ],
)
def test_the_whole_tool_follows_a_sample(sample, placed, rows, tmp_path, done) -> None:
    grid = read_grid(sample)
    assert f"grid: {grid.title}, version 1.0" in done("init", "--taxonomy", sample)
    assert done("init", "--taxonomy", sample).startswith("0 papers"), "again changes nothing"
    done("import", rows)
    done("classify")
    status = json.loads(done("status", "--json"))
    assert (status["cells"], status["topics"]) == (len(grid.cells), len(grid.topics))
    assert status["relevant"] == 2
    assert "described" in status["classifier"]
    done("export", "json", "--out", tmp_path / "grid.json")
    told = json.loads((tmp_path / "grid.json").read_text(encoding="utf-8"))
    assert len(told["cells"]) == len(grid.cells)
    borne = {topic["id"] for cell in told["cells"] for topic in cell["topics"] if topic["n_papers"]}
    assert placed <= borne
    for kind in ("svg", "html", "pptx", "csv", "atom", "bibtex"):
        out = tmp_path / f"out.{kind}"
        done("export", kind, "--out", out)
        assert out.stat().st_size > 200
    svg = (tmp_path / "out.svg").read_text(encoding="utf-8")
    page = (tmp_path / "out.html").read_text(encoding="utf-8")
    for row in grid.pipelines:
        assert row.label.split()[0] in svg
    for topic in placed:
        assert grid.topic_by_id[topic].label in page
    assert "Inference Pipeline" not in page


@pytest.mark.parametrize("sample", sample_names())
def test_the_deck_of_a_sample_holds_a_chip_a_topic(sample, tmp_path, done) -> None:
    from pptx import Presentation

    done("init", "--taxonomy", sample)
    done("export", "pptx", "--out", tmp_path / "deck.pptx")
    names = {
        shape.name
        for slide in Presentation(str(tmp_path / "deck.pptx")).slides
        for group in slide.shapes
        for shape in (group.shapes if group.shape_type == 6 else (group,))
    }
    assert {f"Chip: {topic.label}" for topic in read_grid(sample).topics} <= names


def test_a_store_follows_one_grid(tmp_path) -> None:
    settings = load_settings()
    ensure_store(settings).dispose()
    with pytest.raises(RefusedInputError, match="follows another grid"):
        initialise(settings, grid=read_grid("vision-models"))
    assert load_taxonomy().is_founding


def test_a_version_that_is_in_force_is_never_changed(tmp_path) -> None:
    settings = load_settings()
    grid = read_grid("vision-models")
    assert initialise(settings, grid=grid)["taxonomy"] == "A Vision Model Research Landscape, version 1.0"
    with pytest.raises(RefusedInputError, match="never changed"):
        initialise(settings, grid=grid.model_copy(update={"title": "Another"}))
    with pytest.raises(RefusedInputError, match="follows another grid"):
        initialise(settings, grid=read_grid("clinical-nlp"))
    later = grid.model_copy(update={"title": "Another", "version": "1.1"})
    assert initialise(settings, grid=later)["taxonomy"] == "Another, version 1.1"
    assert load_taxonomy() == later


def test_an_own_grid_without_a_name_is_told_so(tmp_path) -> None:
    nameless = read_grid("vision-models").model_copy(update={"grid": "llm-research"})
    with pytest.raises(RefusedInputError, match="grid of your own needs a name"):
        initialise(load_settings(), grid=nameless)


def test_a_file_that_is_no_grid_is_refused_in_one_line(tmp_path, landscape) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("version: '1.0'\ntitle: Broken\n", encoding="utf-8")
    for given in (path, tmp_path / "absent.yaml"):
        outcome = landscape("init", "--taxonomy", given)
        assert (outcome.code, outcome.out) == (2, "")
        assert len(outcome.err.splitlines()) == 1
