"""Schemas: created, compared, brought up to date. The only module that loads Alembic.

Add a migration as `db/migrations/versions/NNNN_what.py` and its number to `db.engine.REVISIONS`. A
released migration is never edited. There is no way down: the backup made before an upgrade is
the way back.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from db.engine import APPLICATION_ID, HEAD, Store, schema_revision

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy.engine import Connection

FOLDER = Path(__file__).parent / "migrations"


@dataclass(frozen=True)
class UpgradeReport:
    """What an upgrade did.

    Attributes:
        before: The schema before.
        after: The schema now.
        backup: The copy made first; None on PostgreSQL, or where nothing had to change.
    """

    before: str
    after: str
    backup: Path | None


def create_schema(store: Store) -> None:
    """Give an empty database the newest schema, in one transaction.

    Two processes may try at once: the second finds the first one's schema.

    Args:
        store: A store without tables.
    """
    with store.writer.begin() as connection:
        if schema_revision(connection) is None:
            if store.is_sqlite:
                connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
            _run(connection)


def upgrade(store: Store) -> UpgradeReport:
    """Bring a store to the newest schema, after a backup. Killed midway, the store is as before.

    Args:
        store: A store, opened with `accept_outdated`.

    Returns:
        What was done; a store that is up to date is left alone.
    """
    with store.engine.connect() as connection:
        before = schema_revision(connection) or ""
    if before == HEAD:
        return UpgradeReport(before, HEAD, None)
    backup = None
    if store.is_sqlite and store.path is not None:
        from db.backup import backup_store

        backup = backup_store(store, _free_name(store.path, before))
    with store.writer.begin() as connection:
        _run(connection)
    return UpgradeReport(before, HEAD, backup)


def differences(connection: Connection) -> list[Any]:
    """What tables in a database lack or have too much, compared with `db.models`.

    Args:
        connection: An open connection.

    Returns:
        Alembic's list of differences; empty when the migrations say what the models say.
    """
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlmodel import SQLModel

    import db.models  # noqa: F401  (fills the metadata)

    context = MigrationContext.configure(
        connection, opts={"include_object": is_ours, "compare_type": True, "compare_server_default": True}
    )
    return list(compare_metadata(context, SQLModel.metadata))


def is_ours(thing: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Whether Alembic should compare a thing: all but the search index, which no model describes."""
    return not (name or "").startswith(("paper_fts", "ix_paper_search"))


def _run(connection: Connection) -> None:
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config


def _free_name(path: Path, revision: str) -> Path:
    number = 1
    while (copy := path.with_name(f"{path.stem}.before-{revision}-{number}.db")).exists():
        number += 1
    return copy
