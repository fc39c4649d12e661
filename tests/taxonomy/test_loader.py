from pathlib import Path

import pytest
import yaml

from foundation.errors import TaxonomyError
from taxonomy.loader import LANDSCAPE_FILE, load_geometry, load_taxonomy, load_taxonomy_file


@pytest.fixture
def data() -> dict:
    return yaml.safe_load(LANDSCAPE_FILE.read_text(encoding="utf-8"))


@pytest.fixture
def write(tmp_path: Path):
    def _write(data: object, redirects: list | None = None) -> tuple[Path, Path | None]:
        path = tmp_path / "grid.yaml"
        path.write_text(yaml.safe_dump(data), encoding="utf-8")
        if redirects is None:
            return path, None
        other = tmp_path / "redirects.yaml"
        other.write_text(yaml.safe_dump({"redirects": redirects}), encoding="utf-8")
        return path, other

    return _write


def test_published_grid_has_its_shape() -> None:
    taxonomy = load_taxonomy()
    assert [row.id for row in taxonomy.pipelines] == ["training", "inference", "add-ons"]
    assert len(taxonomy.components) == 6
    assert len(taxonomy.cells) == 18
    assert len(taxonomy.topics) == 44
    by_row = [
        sum(topic.id.startswith(row.id + "/") for topic in taxonomy.topics) for row in taxonomy.pipelines
    ]
    assert by_row == [16, 15, 13]
    empty = [cell for cell in taxonomy.cells if not taxonomy.topics_by_cell[cell]]
    assert empty == ["training/controllable-generation", "inference/prediction-tasks"]


def test_every_topic_says_what_it_holds_and_what_it_does_not() -> None:
    for topic in load_taxonomy().topics:
        assert len(topic.scope_note) > 60, topic.id
        assert topic.excludes, topic.id
        assert len(topic.seed_phrases) >= 6, topic.id
        assert len(set(topic.seed_phrases)) == len(topic.seed_phrases), topic.id


def test_geometry_places_every_chip_in_its_band() -> None:
    geometry, taxonomy = load_geometry(), load_taxonomy()
    assert set(geometry.chips_pt) == set(taxonomy.topic_by_id)
    for topic, (_, y, _, height) in geometry.chips_pt.items():
        _, band_y, _, band_height = geometry.pipelines[topic.split("/")[0]].band_pt
        assert band_y <= y, topic
        assert y + height <= band_y + band_height, topic


def test_labels_of_cells() -> None:
    assert load_taxonomy().cell_label("training/data") == "Training Pipeline × Data"
    with pytest.raises(KeyError):
        load_taxonomy().cell_label("training/nothing")


def _double_topic(data: dict) -> None:
    data["topics"].append(data["topics"][0])


def _orphan(data: dict) -> None:
    data["topics"][0]["id"] = "training/no-such-component/x"


def _dangling(data: dict) -> None:
    data["topics"][0]["excludes"] = [{"text": "something else entirely", "see": "training/data/nowhere"}]


def _self_reference(data: dict) -> None:
    data["topics"][0]["excludes"] = [{"text": "something else entirely", "see": data["topics"][0]["id"]}]


def _unknown_key(data: dict) -> None:
    data["topics"][0]["colour"] = "red"


@pytest.mark.parametrize("damage", [_double_topic, _orphan, _dangling, _self_reference, _unknown_key])
def test_each_contradiction_is_refused(data: dict, write, damage) -> None:
    damage(data)
    path, _ = write(data)
    with pytest.raises(TaxonomyError) as caught:
        load_taxonomy_file(path)
    assert "\n" not in str(caught.value)


def test_redirects_lead_to_the_id_in_force(data: dict, write) -> None:
    redirects = [
        {"from": "training/data/oldest", "to": "training/data/old", "since": "1.1", "reason": "renamed once"},
        {
            "from": "training/data/old",
            "to": "training/data/synthetic",
            "since": "1.2",
            "reason": "merged into it",
        },
        {"from": "training/data/gone", "to": None, "since": "1.2", "reason": "given up for good"},
    ]
    taxonomy = load_taxonomy_file(*write(data, redirects))
    assert taxonomy.resolve_topic("training/data/oldest") == "training/data/synthetic"
    assert taxonomy.resolve_topic("training/data/synthetic") == "training/data/synthetic"
    assert taxonomy.resolve_topic("training/data/gone") is None
    assert taxonomy.resolve_topic("training/data/never-was") is None


@pytest.mark.parametrize(
    "redirects",
    [
        [
            {"from": "training/data/a", "to": "training/data/b", "since": "1.1", "reason": "in a circle"},
            {"from": "training/data/b", "to": "training/data/a", "since": "1.1", "reason": "in a circle"},
        ],
        [
            {
                "from": "training/data/a",
                "to": "training/data/nowhere",
                "since": "1.1",
                "reason": "leads nowhere",
            }
        ],
        [{"from": "training/data/synthetic", "to": None, "since": "1.1", "reason": "still in force"}],
    ],
)
def test_wrong_redirects_are_refused(data: dict, write, redirects: list) -> None:
    with pytest.raises(TaxonomyError):
        load_taxonomy_file(*write(data, redirects))


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "version: [", "!!python/object/apply:os.system ['true']"])
def test_files_that_are_no_taxonomy_are_refused_in_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "grid.yaml"
    path.write_text(text)
    with pytest.raises(TaxonomyError) as caught:
        load_taxonomy_file(path)
    assert "\n" not in str(caught.value)
