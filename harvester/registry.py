"""Every source by name: one line each. A source is imported when it is first asked for."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from foundation.errors import ConfigurationError
from foundation.settings import Settings
from harvester.source import FileFormat, RecordReader, Source

# name (as in settings) -> module:class
_SOURCES: dict[str, str] = {
    "arxiv": "harvester.sources.arxiv:ArxivApi",
    "arxiv_oai": "harvester.sources.arxiv_oai:ArxivOai",
    "acl_anthology": "harvester.sources.acl_anthology:AclAnthology",
    "pmlr": "harvester.sources.pmlr:Pmlr",
    "neurips": "harvester.sources.neurips:Neurips",
    "iclr": "harvester.sources.iclr:Iclr",
    "openreview": "harvester.sources.openreview:OpenReview",
}
# Lists that people keep themselves, asked after every raw file of a source has passed. The order
# matters: CSL-JSON is JSON too.
_READERS: dict[str, str] = {
    "bibtex": "harvester.formats.bibtex:Bibtex",
    "ris": "harvester.formats.ris:Ris",
    "csl": "harvester.formats.csl_json:Csl",
    "jsonl": "harvester.formats.rows:Rows",
}


def names() -> tuple[str, ...]:
    """Names of all sources, in the order in which a plain harvest asks them."""
    return tuple(_SOURCES)


def get(name: str) -> Source:
    """A source by name.

    Args:
        name: As in settings, `acl_anthology`; hyphens are read as underscores.

    Returns:
        The source; the same object each time.

    Raises:
        ConfigurationError: There is none of that name; the message lists all.
    """
    known = name.strip().lower().replace("-", "_")
    if known not in _SOURCES:
        raise ConfigurationError(
            f"there is no source {name!r}", hint=f"Known sources: {', '.join(sorted(_SOURCES))}."
        )
    return _load(known)


@cache
def _load(name: str) -> Source:
    module, _, class_name = _SOURCES[name].partition(":")
    source: Source = getattr(import_module(module), class_name)()
    return source


def sources() -> tuple[Source, ...]:
    """All sources."""
    return tuple(get(name) for name in _SOURCES)


def enabled(settings: Settings) -> tuple[str, ...]:
    """Names of the sources that a plain harvest asks; none where none is enabled.

    Args:
        settings: Say which are switched on or off; the others are as they come.
    """
    found = []
    for source in sources():
        wanted = settings.source(source.name).enabled
        if source.enabled_by_default if wanted is None else wanted:
            found.append(source.name)
    return tuple(found)


def readers() -> tuple[RecordReader, ...]:
    """Readers of people's own lists."""
    return tuple(_load_reader(name) for name in _READERS)


def reader(name: str) -> RecordReader | None:
    """What reads the records of a source or of a list; None where nothing of that name does."""
    if name in _SOURCES:
        return _load(name)
    return _load_reader(name) if name in _READERS else None


@cache
def _load_reader(name: str) -> RecordReader:
    module, _, class_name = _READERS[name].partition(":")
    found: RecordReader = getattr(import_module(module), class_name)()
    return found


def file_formats() -> tuple[tuple[RecordReader, FileFormat], ...]:
    """All files that can be imported, each with what parses it; raw files of sources first."""
    return tuple(
        (each, file_format) for each in (*sources(), *readers()) for file_format in each.file_formats
    )
