from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from export.registry import FORMATS, ExportMaterial, export_format
from foundation.errors import ConfigurationError
from landscape.layout import SlideLayout
from landscape.types import LandscapeSnapshot


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_makes_the_same_file_twice(
    name: str, snapshot: LandscapeSnapshot, layout: SlideLayout, make_paper: Any
) -> None:
    material = ExportMaterial(snapshot, layout, papers=(make_paper(),), show_counts=False)
    chosen = export_format(name.upper())
    content = chosen.render(material)
    assert chosen.name == name
    assert len(content) > 200
    assert chosen.render(material) == content
    assert chosen.suffix.startswith(".")
    assert "/" in chosen.media_type


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_takes_an_empty_landscape(
    name: str, empty_snapshot: LandscapeSnapshot, layout: SlideLayout
) -> None:
    assert isinstance(export_format(name).render(ExportMaterial(empty_snapshot, layout)), bytes)


def test_an_unknown_format_lists_the_known_ones() -> None:
    with pytest.raises(ConfigurationError) as refusal:
        export_format("docx")
    assert "docx" in str(refusal.value)
    assert "pptx, png, svg" in str(refusal.value)


def test_the_list_needs_no_slide_library() -> None:
    code = "import sys, export.registry; print('pptx' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"
