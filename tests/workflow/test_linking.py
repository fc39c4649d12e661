"""A preprint and its proceedings version, imported from raw files of two sources."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

from db.hashing import content_hash
from db.links import link_history
from db.papers import find_paper, paper_counts
from harvester.files import read_import_file
from workflow.ingest import import_file

PREPRINTS = Path(__file__).resolve().parents[1] / "fixtures" / "arxiv" / "page.response.xml"

COLLECTION = """<?xml version='1.0' encoding='UTF-8'?>
<collection id="{year}.tea"><volume id="long" type="proceedings"><meta>
<booktitle>Proceedings of the Invented Meeting</booktitle><year>{year}</year><venue>acl</venue></meta>
<paper id="1"><title>{title}</title>{authors}<abstract>{abstract}</abstract></paper>
<paper id="2"><title>An Unlike Heading about Kettles and Their Lids</title>
<author><first>Somebody</first><last>Else</last></author></paper>
</volume></collection>
"""


def proceedings(path: Path) -> tuple[Path, str]:
    """A collection whose first paper is the first preprint; its arXiv key."""
    source, (page,) = read_import_file(PREPRINTS)
    draft = next(
        record.draft for record in source.parse(page).records if record.draft.year and record.draft.authors
    )
    authors = "".join(
        f"<author><first>{escape(' '.join(author.name.split()[:-1]))}</first>"
        f"<last>{escape(author.name.split()[-1])}</last></author>"
        for author in draft.authors
    )
    path.write_text(
        COLLECTION.format(
            year=draft.year, title=escape(draft.title), authors=authors, abstract=escape(draft.abstract or "")
        ),
        encoding="utf-8",
    )
    return path, draft.external_ids[0].key


def test_what_an_import_joins_is_counted_as_linked(store, tmp_path: Path) -> None:
    collection, key = proceedings(tmp_path / "tea.xml")
    preprints = import_file(store, PREPRINTS)
    report = import_file(store, collection)
    assert (report.state, report.fetched, report.new, report.linked) == ("complete", 2, 1, 1)
    with store.read() as session:
        counts = paper_counts(session)
        assert counts.duplicates_linked == preprints.linked + 1
        assert counts.papers == preprints.new + 1
        paper = find_paper(session, key)
        assert paper is not None
        assert paper.source == "acl_anthology"
        before = content_hash(session)
        assert [row.method for row in link_history(session, key)] == ["rule"]
    again = import_file(store, collection)
    assert (again.new, again.linked, again.unchanged) == (0, 0, 2)
    with store.read() as session:
        assert content_hash(session) == before


def test_the_other_order_makes_the_same_store(store, tmp_path: Path) -> None:
    from db.engine import open_store

    collection, _ = proceedings(tmp_path / "tea.xml")
    hashes = []
    other = open_store(f"sqlite:///{tmp_path / 'other.db'}")
    for chosen, files in ((store, (PREPRINTS, collection)), (other, (collection, PREPRINTS))):
        assert sum(import_file(chosen, file).linked for file in files) >= 1
        with chosen.read() as session:
            hashes.append(content_hash(session))
    other.dispose()
    assert hashes[0] == hashes[1]
