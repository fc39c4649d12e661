from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import text

import db.engine as engine
import db.migrate as migrate
from db.engine import Store, open_store
from db.links import link_duplicates
from db.migrate import differences, upgrade
from db.papers import store_page
from db.regroup import Regrouped
from foundation.errors import StoreError


def test_the_migrations_say_what_the_models_say(store: Store) -> None:
    with store.engine.connect() as connection:
        assert differences(connection) == []


def test_the_comparison_sees_a_missing_column(store: Store) -> None:
    with store.write() as session:
        session.connection().execute(text("ALTER TABLE paper DROP COLUMN language"))
        session.connection().execute(text("DROP INDEX ix_paper_title_key"))
    with store.engine.connect() as connection:
        found = {difference[0] for difference in differences(connection)}
    assert found == {"add_column", "add_index"}


def test_every_migration_is_a_known_revision() -> None:
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(migrate._config())
    assert tuple(reversed([revision.revision for revision in script.walk_revisions()])) == engine.REVISIONS


def test_a_current_store_needs_no_upgrade(store: Store) -> None:
    report = upgrade(store)
    assert (report.before, report.after, report.backup) == (engine.HEAD, engine.HEAD, None)


def test_an_upgrade_makes_a_backup_first(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(sqlite_url)
    with store.write() as session:
        session.connection().execute(text("UPDATE alembic_version SET version_num = '0000'"))
    store.dispose()
    monkeypatch.setattr(engine, "REVISIONS", ("0000", engine.HEAD))
    step = text(f"UPDATE alembic_version SET version_num = '{engine.HEAD}'")
    monkeypatch.setattr(migrate, "_run", lambda connection: connection.execute(step))
    store = open_store(sqlite_url, accept_outdated=True)
    report = upgrade(store)
    store.dispose()
    assert (report.before, report.after) == ("0000", engine.HEAD)
    assert report.backup is not None
    connection = sqlite3.connect(report.backup)
    assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0000",)
    connection.close()
    open_store(sqlite_url).dispose()


def test_a_store_of_the_first_schema_is_upgraded_with_its_papers(store: Store, record, page, now) -> None:
    with store.write() as session:
        store_page(session, page(record("arxiv", "2303.00001", "2303.00001")), at=now)
        for table in (
            "match_key", "paper_link", "citation_count", "snapshot", "schedule_state", "harvest_request",
            "seen_paper", "saved_search", "reading_list_paper", "reading_list", "paper_note", "paper_tag",
            "place_words", "sub_topic_paper", "sub_topic", "discovery_run", "map_point", "paper_vector",
        ):  # fmt: skip
            session.connection().execute(text(f"DROP TABLE {table}"))
        for change in (
            "DROP INDEX ix_label_assignment_current",
            "CREATE INDEX ix_label_assignment_current ON label_assignment (taxonomy_version, paper_id)",
            "CREATE INDEX ix_label_assignment_paper ON label_assignment (paper_id)",
        ):
            session.connection().execute(text(change))
        session.connection().execute(text("UPDATE alembic_version SET version_num = '0001'"))
    with pytest.raises(StoreError, match="older schema"):
        open_store(store.url.render_as_string(hide_password=False))
    report = upgrade(store)
    assert (report.before, report.after) == ("0001", engine.HEAD)
    with store.engine.connect() as connection:
        assert differences(connection) == []
    with store.write() as session:
        assert link_duplicates(session, at=now) == Regrouped()
        assert session.connection().scalar(text("SELECT count(*) FROM match_key")) > 0


def test_a_failed_upgrade_leaves_the_store_as_it_was(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(sqlite_url)
    with store.write() as session:
        session.connection().execute(text("UPDATE alembic_version SET version_num = '0000'"))

    def fail(connection) -> None:
        connection.execute(text("DROP TABLE authorship"))
        raise RuntimeError

    monkeypatch.setattr(migrate, "_run", fail)
    with pytest.raises(RuntimeError):
        upgrade(store)
    with store.read() as session:
        assert session.connection().scalar(text("SELECT count(*) FROM authorship")) == 0
    store.dispose()


def test_a_creation_that_is_cut_short_leaves_nothing(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = migrate._run

    def fail(connection) -> None:
        run(connection)
        raise RuntimeError

    monkeypatch.setattr(migrate, "_run", fail)
    with pytest.raises(RuntimeError):
        open_store(sqlite_url)
    monkeypatch.setattr(migrate, "_run", run)
    open_store(sqlite_url).dispose()
