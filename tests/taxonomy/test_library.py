import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest
import yaml

from foundation.errors import TaxonomyError
from taxonomy.library import load_library, read_library
from taxonomy.loader import load_taxonomy

ROW = {
    "title": "An Invented Study of Adapters",
    "authors": ["Ada Example"],
    "year": 2023,
    "venue": "ACL",
    "ids": {"arxiv": "2301.00001"},
    "cell": "training/model",
    "topics": ["training/model/peft"],
    "summary": "Trains small invented adapters between frozen layers and reports that they suffice for toys.",
}


def _folder(tmp_path: Path, rows: list[dict], place: str = "training/model/peft") -> Path:
    path = tmp_path / f"{place}.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(yaml.safe_dump(rows), encoding="utf-8")
    return tmp_path


def test_a_sound_row_is_read(tmp_path: Path) -> None:
    (paper,) = read_library(_folder(tmp_path, [ROW]))
    assert paper.key == "arxiv:2301.00001"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"ids": {}}, "at least one id"),
        ({"ids": {"arxiv": "23.1"}}, "ids.arxiv"),
        ({"cell": "training/nothing", "topics": []}, "cell"),
        ({"topics": ["inference/context/rag"]}, "hangs in none"),
        ({"other_cells": ["training/model"]}, "stands twice"),
        ({"summary": "Too short."}, "summary"),
        ({"colour": "red"}, "colour"),
        ({"authors": []}, "authors"),
    ],
)
def test_each_fault_of_a_row_is_named(tmp_path: Path, change: dict, named: str) -> None:
    place = "training/nothing/_cell" if change.get("cell") == "training/nothing" else "training/model/peft"
    with pytest.raises(TaxonomyError, match=named):
        read_library(_folder(tmp_path, [{**ROW, **change}], place))


def test_a_paper_stands_once_and_in_its_own_file(tmp_path: Path) -> None:
    with pytest.raises(TaxonomyError, match="stands twice"):
        read_library(_folder(tmp_path / "a", [ROW, ROW]))
    with pytest.raises(TaxonomyError, match="wrong file"):
        read_library(_folder(tmp_path / "b", [ROW], "training/model/distillation"))


def test_the_library_stands_behind_every_chip_and_cell() -> None:
    """What the documentation promises: breadth, depth for each topic, and the cells' own papers."""
    taxonomy, papers = load_taxonomy(), load_library()
    assert len(papers) >= 600
    counts = Counter(topic for paper in papers for topic in paper.topics)
    assert not {topic.id: counts[topic.id] for topic in taxonomy.topics if counts[topic.id] < 12}
    topicless = Counter(paper.cell for paper in papers if not paper.topics)
    assert topicless.total() >= 60
    for cell in taxonomy.cells:
        if not taxonomy.topics_by_cell[cell]:
            assert topicless[cell] >= 8, cell


def test_the_library_weighs_on_recent_years() -> None:
    years = [paper.year for paper in load_library()]
    assert min(years) >= 2018
    assert max(years) <= 2025
    assert sum(year >= 2022 for year in years) / len(years) >= 0.7


def test_no_eight_words_stand_in_more_than_three_summaries() -> None:
    """Summaries are written one by one: a formula repeated over entries says nothing."""
    where = defaultdict(set)
    for paper in load_library():
        words = re.findall(r"[\w'-]+", paper.summary.lower())
        for start in range(len(words) - 7):
            where[tuple(words[start : start + 8])].add(paper.key)
    repeated = {" ".join(run): sorted(keys) for run, keys in where.items() if len(keys) > 3}
    assert not repeated


def test_no_dev_paper_is_in_the_library(shared_data: Path) -> None:
    """The dev list measures the classifier: none of its papers may be known beforehand."""
    import gzip
    import json

    from papers.text import title_key

    with gzip.open(shared_data / "gold" / "dev.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    ids, titles = {row["id"] for row in rows}, {title_key(row["title"]) for row in rows}
    for paper in load_library():
        keys = {f"{scheme}:{value}" for scheme, value in paper.ids.model_dump(exclude_none=True).items()}
        assert not keys & ids, paper.key
        assert title_key(paper.title) not in titles, paper.key
