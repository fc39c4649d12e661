"""Every source by name: one line each. A source is imported when it is first asked for."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from foundation.errors import ConfigurationError
from harvester.source import FileFormat, Source

# name (as in settings) -> module:class
_SOURCES: dict[str, str] = {
    "arxiv": "harvester.sources.arxiv:ArxivApi",
    "arxiv_oai": "harvester.sources.arxiv_oai:ArxivOai",
    "acl_anthology": "harvester.sources.acl_anthology:AclAnthology",
    "pmlr": "harvester.sources.pmlr:Pmlr",
    "openreview": "harvester.sources.openreview:OpenReview",
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


def file_formats() -> tuple[tuple[Source, FileFormat], ...]:
    """All raw files that can be imported, each with the source that parses it."""
    return tuple((source, file_format) for source in sources() for file_format in source.file_formats)
