import pytest

from foundation.errors import TaxonomyError
from taxonomy.loader import load_taxonomy
from taxonomy.pages import HEADINGS, TopicPage, check_page, library_keys, load_pages, read_page


@pytest.fixture
def page_text() -> str:
    start = sorted(library_keys())[:5]
    body = "\n\n".join(f"## {heading}\n\n" + "word " * 45 for heading in HEADINGS)
    return (
        "---\nid: training/model/peft\ntitle: PEFT\nterms: [LoRA, adapter, prefix]\n"
        f"neighbours: [inference/model/quantisation]\nstart_with: {start}\n"
        "methods: [LoRA, adapters]\ndatasets: [GLUE, SuperGLUE]\nmeasures: [accuracy]\n---\n" + body
    )


def _page(tmp_path, text: str) -> TopicPage:
    path = tmp_path / "page.md"
    path.write_text(text, encoding="utf-8")
    return read_page(path)


def test_a_sound_page_passes(tmp_path, page_text: str) -> None:
    page = _page(tmp_path, page_text)
    check_page(page, "training/model/peft")
    assert page.word_count == 180


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("title: PEFT", "title: LoRA", "another title"),
        ("inference/model/quantisation", "inference/model/nothing", "neighbour"),
        ("inference/model/quantisation", "training/model/peft", "neighbour"),
        ("## Since 2023", "## Later", "heading"),
        ("word word", "[x](paper:arxiv:0000.00000)", "library lacks"),
    ],
)
def test_each_fault_of_a_page_is_named(tmp_path, page_text: str, old: str, new: str, named: str) -> None:
    page = _page(tmp_path, page_text.replace(old, new, 1))
    with pytest.raises(TaxonomyError, match=named):
        check_page(page, "training/model/peft")


def test_length_is_kept(tmp_path, page_text: str) -> None:
    with pytest.raises(TaxonomyError, match="too short"):
        check_page(_page(tmp_path, page_text.replace("word " * 40, "")), "training/model/peft")


@pytest.mark.parametrize(
    "text",
    [
        "no front matter",
        "---\nid: [\n---\nbody",
        "---\nid: x\n---\nbody",
        "---\nid: !!python/name:os.system\n---\nbody",
    ],
)
def test_files_that_are_no_page_are_refused_in_one_line(tmp_path, text: str) -> None:
    with pytest.raises(TaxonomyError) as caught:
        _page(tmp_path, text)
    assert "\n" not in str(caught.value)


def test_every_topic_and_every_cell_has_a_sound_page() -> None:
    taxonomy = load_taxonomy()
    assert set(load_pages()) == {*taxonomy.topic_by_id, *taxonomy.cells}
