"""The registry of sources."""

from __future__ import annotations

import pytest

from foundation.errors import ConfigurationError
from foundation.settings import SOURCE_NAMES
from harvester import registry


def test_every_source_is_named_as_in_settings_and_made_once():
    for name in registry.names():
        source = registry.get(name)
        assert source.name == name
        assert name in SOURCE_NAMES
        assert registry.get(name) is source
        assert source.delay_seconds >= 1
        assert source.default_base_url.startswith("https://")


def test_hyphens_and_capitals_are_forgiven():
    assert registry.get("ACL-Anthology") is registry.get("acl_anthology")


def test_an_unknown_name_lists_what_is_known():
    with pytest.raises(ConfigurationError) as caught:
        registry.get("arxive")
    assert all(name in str(caught.value) for name in registry.names())


def test_file_formats_come_with_the_source_that_parses_them():
    found = {file_format.name: source.name for source, file_format in registry.file_formats()}
    assert found["Anthology XML"] == "acl_anthology"
    assert found["arXiv Atom"] == "arxiv"


def test_arxiv_sources_share_one_operator():
    operators = {source.name: source.operator for source in registry.sources()}
    assert {operators[name] for name in operators if name.startswith("arxiv")} == {"arxiv"}
