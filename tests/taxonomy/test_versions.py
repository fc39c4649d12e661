"""Accepted versions: kept whole, in force at once, never changed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from foundation.errors import TaxonomyError
from taxonomy.changes import compare
from taxonomy.loader import VERSIONS_FOLDER, founding_taxonomy, load_taxonomy, version_files
from taxonomy.models import Topic
from taxonomy.samples import read_grid, sample_names
from taxonomy.versions import (
    accepted_versions,
    find_version,
    known_versions,
    save_version,
    version_path,
    write_version,
)

TODAY = date(2026, 5, 3)
NEW = Topic(
    id="training/evaluation/verifiable-rewards",
    label="Verifiable Rewards",
    scope_note="Rewards that a program can check.",
    seed_phrases=("verifiable rewards",),
)


def test_without_an_accepted_version_the_shipped_one_is_in_force(tmp_path: Path) -> None:
    assert load_taxonomy(tmp_path) is founding_taxonomy()
    assert load_taxonomy() is founding_taxonomy(), "the settings' own folder"
    assert known_versions(tmp_path) == ("1.0",)


def test_a_new_topic_makes_the_next_version_which_is_in_force_at_once(tmp_path: Path) -> None:
    new = write_version(tmp_path, [NEW], today=TODAY)
    assert (new.version, new.published) == ("1.1", TODAY)
    assert load_taxonomy(tmp_path) == new
    assert new.topics_by_cell["training/evaluation"][-1] == NEW
    assert [change.line for change in compare(founding_taxonomy(), new)] == [
        f"+ Verifiable Rewards in training/evaluation ({NEW.id})"
    ]
    later = write_version(tmp_path, [NEW.model_copy(update={"id": f"{NEW.id}-2"})], today=TODAY)
    assert later.version == "1.2"
    assert known_versions(tmp_path) == ("1.0", "1.1", "1.2")
    assert find_version("1.1", tmp_path) == new
    assert find_version("1.0", tmp_path) is founding_taxonomy()


def test_the_tenth_version_follows_the_ninth(tmp_path: Path) -> None:
    for number in (9, 10):
        save_version(founding_taxonomy().model_copy(update={"version": f"1.{number}"}), tmp_path)
    assert accepted_versions(tmp_path) == ("1.9", "1.10")
    assert load_taxonomy(tmp_path).version == "1.10"


@pytest.mark.parametrize(
    ("topics", "what"),
    [
        ([], "needs a change"),
        ([NEW, NEW], "two topics of one cell"),
        ([NEW.model_copy(update={"id": "training/model/peft"})], "two topics of one cell"),
        ([NEW.model_copy(update={"id": "nowhere/model/thing"})], "hangs in no cell"),
    ],
)
def test_a_version_that_contradicts_itself_is_not_written(tmp_path: Path, topics, what: str) -> None:
    with pytest.raises(TaxonomyError, match=what):
        write_version(tmp_path, topics, today=TODAY)
    assert version_files(tmp_path) == {}


def test_a_version_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched, pytest.raises(TaxonomyError, match="No space left"):
        patched.setattr("os.link", full)
        write_version(tmp_path, [NEW], today=TODAY)
    assert list((tmp_path / VERSIONS_FOLDER).iterdir()) == []
    assert load_taxonomy(tmp_path) is founding_taxonomy()


def test_an_id_that_was_retired_is_not_used_again(tmp_path: Path) -> None:
    data = founding_taxonomy().model_dump(mode="json", by_alias=True)
    data["version"] = "1.1"
    data["redirects"] = [{"from": NEW.id, "to": None, "since": "1.1", "reason": "It was given up"}]
    save_version(type(founding_taxonomy()).model_validate(data), tmp_path)
    with pytest.raises(TaxonomyError, match="in use once"):
        write_version(tmp_path, [NEW], today=TODAY)


def test_another_grid_hides_the_shipped_version(tmp_path: Path) -> None:
    for name in sample_names():
        home = tmp_path / name
        grid = read_grid(name)
        save_version(grid, home)
        assert load_taxonomy(home) == grid
        assert known_versions(home) == ("1.0",)
        assert find_version("1.0", home) == grid
        with pytest.raises(TaxonomyError, match="no such version"):
            find_version("1.1", home)


def test_a_broken_version_is_named_and_nothing_else_is_taken_instead(tmp_path: Path) -> None:
    write_version(tmp_path, [NEW], today=TODAY)
    version_path(tmp_path, "1.2").write_text("version: 1.2\n", encoding="utf-8")
    with pytest.raises(TaxonomyError, match=r"landscape\.v1\.2\.yaml"):
        load_taxonomy(tmp_path)
