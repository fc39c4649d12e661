"""What several commands need: settings, the store, progress, output."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from foundation.errors import RefusedInputError
from foundation.settings import Settings, load_settings

if TYPE_CHECKING:
    from db.engine import Store

json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


class DayType(click.ParamType[date]):
    """A day: `2024-03-31`."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read a day or refuse by name."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a day such as 2024-03-31.", param, ctx)


DAY = DayType()


def refuse_swapped_days(from_date: date | None, until_date: date | None) -> None:
    """Refuse a span of days that ends before it begins.

    Args:
        from_date: First day, or None.
        until_date: Last day, or None.

    Raises:
        RefusedInputError: The first day lies after the last.
    """
    if from_date and until_date and from_date > until_date:
        days: dict[str, Any] = {"from": from_date, "until": until_date}
        raise RefusedInputError("--from lies after --until", hint="Swap them.", **days)


@contextmanager
def opened_store(settings: Settings | None = None) -> Iterator[Store]:
    """Open the store, created and brought up to date where needed; dispose of it afterwards."""
    from db.engine import open_store

    settings = settings or load_settings()
    store = open_store(settings.resolved_database_url)
    try:
        yield store
    finally:
        store.dispose()


def plain(value: Any) -> Any:
    """A value as JSON can hold it: dataclasses as objects, times in ISO 8601, paths as text."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [plain(item) for item in value]
    return value


def shortened(ids: Sequence[str], most: int = 10) -> str:
    """The first few of a list of ids, with a sign that there are more."""
    return ", ".join(ids[:most]) + (" …" if len(ids) > most else "")


def login_name() -> str:
    """Who sits at this terminal, as the system knows it."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no such user in a container, as pwd and the environment tell it
        return "a reader"


def plural(count: int, noun: str = "paper") -> str:
    """A count with its noun: `1 paper`, `4,589 papers`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def print_json(value: Any) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(plain(value), ensure_ascii=False, indent=2))


@contextmanager
def progress_bar(label: str, unit: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A progress bar on a terminal, nothing when piped.

    Args:
        label: What is being done.
        unit: What is counted, such as `papers`.
        total: How many there are, where that is known.

    Yields:
        A function that takes how many were done since the last call.
    """
    from tqdm import tqdm

    # disable=None turns the bar off where stderr is not a terminal; the delay keeps short work quiet.
    bar = tqdm(
        total=total, desc=label, unit=f" {unit}", disable=None, delay=0.5, file=sys.stderr, leave=False
    )
    with bar:

        def advance(count: int) -> None:
            bar.update(count)

        yield advance


def writable_parent(path: Path) -> Path:
    """Check that a file can be written before long work begins.

    Args:
        path: The file to be written.

    Returns:
        The same path.

    Raises:
        RefusedInputError: Its folder is missing or not writable, or the path is a folder.
    """
    import os

    folder = path.parent
    if path.is_dir():
        raise RefusedInputError("the output is a folder", hint="Name a file in it.", path=path)
    if not folder.is_dir():
        raise RefusedInputError("the output's folder does not exist", hint="Create it first.", path=folder)
    if not os.access(folder, os.W_OK):
        raise RefusedInputError(
            "the output's folder cannot be written to", hint="Choose another one.", path=folder
        )
    return path


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Args:
        path: The file.
        content: Its bytes.
    """
    import os
    import tempfile

    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        umask = os.umask(0)
        os.umask(umask)
        Path(name).chmod(0o666 & ~umask)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
