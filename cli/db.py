"""`landscape db`: upgrade, back up, restore, check and hash the store."""

from __future__ import annotations

from pathlib import Path

import click

from cli.shared import json_option, opened_store, print_json, writable_parent
from foundation.settings import load_settings


@click.group("db", epilog="Example: landscape db backup landscape-2026-11.db")
def command() -> None:
    """Upgrade, back up, restore, check and hash the store."""


@command.command("upgrade", epilog="Example: landscape db upgrade")
def upgrade() -> None:
    """Bring the store's schema up to date; a backup is made first."""
    from db.engine import open_store
    from db.migrate import upgrade as upgrade_store

    store = open_store(load_settings().resolved_database_url, accept_outdated=True)
    try:
        report = upgrade_store(store)
    finally:
        store.dispose()
    if report.before == report.after:
        click.echo(f"up to date at schema {report.after}: {store.name}")
    else:
        kept = f"; the store as it was is kept as {report.backup}" if report.backup else ""
        click.echo(f"upgraded from schema {report.before} to {report.after}{kept}")


@command.command("hash", epilog="Example: landscape db hash --json")
@json_option
def content_hash_command(as_json: bool) -> None:
    """Print the content hash: the same papers and human labels give the same hash."""
    from db.hashing import content_hash

    with opened_store() as store, store.read() as session:
        digest = content_hash(session)
    if as_json:
        print_json({"hash": digest})
    else:
        click.echo(digest)


@command.command("backup", epilog="Example: landscape db backup landscape-2026-11.db")
@click.argument("file", type=click.Path(path_type=Path))
def backup_command(file: Path) -> None:
    """Write a consistent copy of the store to FILE."""
    from db.backup import backup_store

    writable_parent(file)
    with opened_store() as store:
        backup_store(store, file)
    click.echo(f"{file}: {file.stat().st_size:,} bytes")


@command.command("restore", epilog="Example: landscape db restore landscape-2026-11.db")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def restore_command(file: Path) -> None:
    """Put a backup in the place of the store; the present one is kept beside it."""
    from db.backup import restore_store

    kept = restore_store(load_settings().resolved_database_url, file)
    click.echo(f"restored from {file}" + (f"; the store that was there is kept as {kept}" if kept else ""))


@command.command("check", epilog="Example: landscape db check")
@json_option
def check_command(as_json: bool) -> None:
    """Check the store's integrity; exit code 2 when something is wrong."""
    from db.backup import check_store

    with opened_store() as store:
        problems = check_store(store)
    if as_json:
        print_json({"problems": problems})
    else:
        click.echo("\n".join(problems) or "no problem found")
    raise SystemExit(2 if problems else 0)
