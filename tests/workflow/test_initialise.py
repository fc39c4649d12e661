from db.hashing import content_hash
from db.labels import NewLabel, add_labels
from db.papers import find_paper
from foundation.clock import utc_now
from foundation.settings import Settings
from landscape.grid import take_snapshot
from landscape.paper import get_paper
from taxonomy.library import load_library
from taxonomy.loader import load_taxonomy
from workflow.classifying import classify_store
from workflow.initialise import ensure_store, initialise


def test_an_empty_store_comes_alive_from_the_library(tmp_path) -> None:
    settings = Settings(home=tmp_path)
    store = ensure_store(settings)
    with store.read() as session:
        snapshot = take_snapshot(session, load_taxonomy())
    library = load_library()
    assert snapshot.papers == snapshot.relevant == len(library)
    assert all(topic.n_papers >= 2 for cell in snapshot.cells for topic in cell.topics)
    assert all(cell.n_papers for cell in snapshot.cells), "no cell is without a paper, empty of topics or not"
    store.dispose()


def test_the_chart_counts_what_the_library_places(tmp_path) -> None:
    store = ensure_store(Settings(home=tmp_path))
    with store.read() as session:
        snapshot = take_snapshot(session, load_taxonomy())
    placed: dict[str, int] = {}
    for paper in load_library():
        for topic in paper.topics:
            placed[topic] = placed.get(topic, 0) + 1
    assert {topic.id: topic.n_papers for cell in snapshot.cells for topic in cell.topics} == placed
    store.dispose()


def test_initialising_again_changes_nothing(tmp_path) -> None:
    settings = Settings(home=tmp_path)
    first = initialise(settings)
    store = ensure_store(settings)
    with store.read() as session:
        before = content_hash(session)
    assert initialise(settings) == first
    with store.read() as session:
        assert content_hash(session) == before
    store.dispose()


def test_a_models_label_never_hides_a_persons(tmp_path) -> None:
    settings = Settings(home=tmp_path)
    store = ensure_store(settings)
    key, taxonomy = load_library()[0].key, load_taxonomy()
    with store.write() as session:
        paper = find_paper(session, key)
        assert paper is not None
        assert paper.id is not None
        label = NewLabel(
            paper.id, "labelled", 1.0, (("add-ons/model", 1.0),), (("add-ons/model/interpretability", 1.0),),
            method="person", by="ada",
        )  # fmt: skip
        add_labels(session, None, [label], taxonomy_version=taxonomy.version, at=utc_now())
    classify_store(store, settings, everything=True)
    with store.read() as session:
        detail = get_paper(session, taxonomy, key)
    assert detail.row.cell == "add-ons/model"
    assert detail.row.method == "person"
    assert {label.method for label in detail.labels} == {"model", "library", "person"}
    store.dispose()


def test_a_text_that_changes_while_it_is_read_stays_stale(tmp_path, monkeypatch) -> None:
    """A harvest may correct an abstract between reading and label: the label is of the old text."""
    from sqlalchemy import text

    from workflow import classifying

    settings = Settings(home=tmp_path)
    store = ensure_store(settings)
    made = classifying.label_from

    def correct_meanwhile(prediction, paper, by):
        label = made(prediction, paper, by)
        monkeypatch.setattr(classifying, "label_from", made)
        with store.write() as session:
            statement = text(
                "UPDATE paper SET abstract = 'New.', text_revision = text_revision + 1 WHERE id = :id"
            )
            session.connection().execute(statement, {"id": paper.paper_id})
        return label

    monkeypatch.setattr(classifying, "label_from", correct_meanwhile)
    classify_store(store, settings, everything=True)
    assert classifying.count_to_label(store, settings) == 1
    store.dispose()
