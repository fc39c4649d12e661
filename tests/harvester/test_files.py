"""Raw files: told apart by content, refused in one clear line."""

from __future__ import annotations

import gzip

import pytest

from foundation.errors import RefusedInputError
from harvester import files
from harvester.files import UnknownFormatError, read_bounded, read_import_file


@pytest.mark.parametrize(
    ("case", "source"),
    [
        ("acl_anthology/present", "acl_anthology"),
        ("acl_anthology/old", "acl_anthology"),
        ("arxiv/page", "arxiv"),
    ],
)
@pytest.mark.parametrize("form", ["plain", "gzip", "no suffix"])
def test_files_are_told_by_content(tmp_path, fixture_folder, case, source, form):
    payload = (fixture_folder / f"{case}.response.xml").read_bytes()
    path = tmp_path / {"plain": "export.xml", "gzip": "export.xml.gz", "no suffix": "export"}[form]
    path.write_bytes(gzip.compress(payload, mtime=0) if form == "gzip" else payload)
    found, pages = read_import_file(path)
    assert found.name == source
    assert len(pages) == 1
    assert pages[0].payload == payload
    assert pages[0].url.startswith("file:export")
    parsed = found.parse(pages[0])
    assert parsed.records
    assert parsed.next_position is None


def test_gzip_is_known_without_its_suffix(tmp_path, fixture_folder):
    payload = (fixture_folder / "arxiv/page.response.xml").read_bytes()
    path = tmp_path / "feed.xml"
    path.write_bytes(gzip.compress(payload, mtime=0))
    assert read_import_file(path)[1][0].payload == payload


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("empty.xml", b"", "empty"),
        ("blank.xml", b" \n\x00", "empty"),
        ("empty.xml.gz", gzip.compress(b"", mtime=0), "empty"),
        ("wrong.xml.gz", b"<collection id='2023.acl'/>", "no gzip"),
        ("cut.xml.gz", gzip.compress(b"<collection id='2023.acl'/>", mtime=0)[:-4], "damaged gzip"),
        ("cut.xml", b"<collection id='2023.acl'><volume id='long'>", "damaged"),
        (
            "cut.atom",
            b'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/x"><entry>',
            "damaged",
        ),
        ("bytes.xml", b"<collection id='2023.acl'>\xff</collection>", "damaged"),
        ("doctype.xml", b"<!DOCTYPE collection><collection id='2023.acl'/>", "DOCTYPE"),
    ],
)
def test_damaged_files_are_refused_in_one_line(tmp_path, name, content, match):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RefusedInputError, match=match) as caught:
        read_import_file(path)
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("content", [b"plain words", b"<html/>", b"<feed xmlns='urn:other'/>", b"\x89PNG"])
def test_unknown_formats_are_left_to_other_readers(tmp_path, content):
    path = tmp_path / "file.bin"
    path.write_bytes(content)
    with pytest.raises(UnknownFormatError, match="no known format"):
        read_import_file(path)


def test_an_error_feed_is_refused(tmp_path, fixture_folder):
    path = tmp_path / "error.xml"
    path.write_bytes((fixture_folder / "arxiv/error.response.xml").read_bytes())
    with pytest.raises(RefusedInputError, match="incorrect id format"):
        read_import_file(path)


def test_missing_files_and_folders_are_refused(tmp_path):
    for path in (tmp_path / "none.xml", tmp_path):
        with pytest.raises(RefusedInputError, match="cannot be read"):
            read_import_file(path)


def test_large_files_are_refused(tmp_path):
    path = tmp_path / "large.xml"
    path.write_bytes(b"<a>" + bytes(1_000))
    with pytest.raises(RefusedInputError, match="too large"):
        read_bounded(path, limit_bytes=100)
    path.write_bytes(gzip.compress(bytes(100_000), mtime=0))
    with pytest.raises(RefusedInputError, match="too large when decompressed"):
        read_bounded(path, limit_bytes=1_000)
    assert files.LIMIT_BYTES == 64 * 1024 * 1024
