"""Archives from strangers: read in memory, cut ones told, bombs refused, nothing ever unpacked."""

from __future__ import annotations

import gzip
import io
import re
import tarfile
import zlib

import pytest

from foundation.errors import TerminalSourceError, TransientSourceError
from harvester import archive
from harvester.archive import ArchiveStream, looks_like_tar, read_archive, single_file

ANY = re.compile(r".*")
COMMIT = "2b93c4af27abbb7dd9406219ca3b815ecb3243c7"


def tar(*names: str, sizes: dict[str, int] | None = None, commit: str = "") -> bytes:
    """A plain tar of small files, in the order given; a name that ends in a slash is a folder."""
    out = io.BytesIO()
    headers = {"comment": commit} if commit else None
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT, pax_headers=headers) as made:
        for name in names:
            entry = tarfile.TarInfo(name.rstrip("/"))
            if name.endswith("/"):
                entry.type = tarfile.DIRTYPE
                made.addfile(entry)
                continue
            content = bytes((sizes or {}).get(name, 0)) or name.encode()
            entry.size = len(content)
            made.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def feed(packed: bytes, step: int = 100, **options: int) -> tuple[bytes, int]:
    """What comes out, and after how many bytes it was enough."""
    stream = ArchiveStream("_posts", **options)
    for start in range(0, len(packed), step):
        if stream.feed(packed[start : start + step]):
            return stream.finish(), start + step
    return stream.finish(), len(packed)


def paths(payload: bytes) -> list[str]:
    return [member.path for member in read_archive(payload, wanted=ANY).members]


@pytest.mark.parametrize("step", [1, 7, 1_000_000])
def test_a_stream_is_read_to_its_end(step):
    plain = tar("top/", "top/README.md", "top/_posts/", "top/_posts/a.md", "top/_posts/b.md")
    assert feed(gzip.compress(plain), step)[0] == plain


def test_a_stream_is_left_behind_the_folder_that_is_wanted():
    """Some volumes keep their PDFs in the same repository: half a gigabyte that nobody wants."""
    names = ["top/_posts/", "top/_posts/a.md", "top/_posts/b.md", "top/assets/", "top/assets/a.pdf"]
    noise = {"top/assets/a.pdf": 3_000_000}
    packed = gzip.compress(tar(*names, sizes=noise), 0)
    plain, taken = feed(packed)
    assert paths(plain) == ["top/_posts/a.md", "top/_posts/b.md"]
    assert taken < 10_000


@pytest.mark.parametrize("before", ["README.md", "_config.yml", "_posts-old/x.md", "_posts.md", "Z/y"])
def test_names_in_git_s_order_before_the_folder_do_not_end_it(before):
    names = sorted([f"top/{before}", "top/_posts/a.md", "top/zoo.html"])
    assert "top/_posts/a.md" in paths(feed(gzip.compress(tar(*names)))[0])


def test_an_archive_that_is_not_in_order_is_read_whole():
    plain = tar("top/zoo.html", "top/_posts/a.md", "top/assets/x", "top/_posts/b.md")
    assert feed(gzip.compress(plain))[0] == plain


def test_a_stream_cut_at_any_byte_is_refused():
    packed = gzip.compress(tar("top/_posts/a.md", "top/_posts/b.md"))
    for end in range(len(packed)):
        with pytest.raises(TransientSourceError):
            feed(packed[:end], 50)


def test_a_stream_that_is_left_early_needs_the_name_behind_whole():
    packed = gzip.compress(tar("top/_posts/a.md", "top/_posts/b.md", "top/zoo.html"), 0)
    whole, enough = feed(packed, 1)
    for end in range(0, enough, 13):
        with pytest.raises(TransientSourceError):
            feed(packed[:end], 50)
    assert paths(whole) == ["top/_posts/a.md", "top/_posts/b.md"]


def test_a_plain_archive_cut_at_any_byte_is_refused():
    payload = single_file("_posts/a.md", b"tea" * 300)
    for end in range(len(payload)):
        with pytest.raises(TransientSourceError):
            read_archive(payload[:end], wanted=ANY)


def test_damage_is_named():
    packed = bytearray(gzip.compress(tar("top/_posts/a.md")))
    with pytest.raises(TransientSourceError, match="damaged"):
        feed(b"not gzip at all")
    plain = bytearray(tar("top/_posts/a.md"))
    plain[0] ^= 1  # the header's checksum is wrong now
    with pytest.raises(TransientSourceError, match="damaged"):
        feed(gzip.compress(bytes(plain)))
    with pytest.raises(TransientSourceError, match="damaged"):
        read_archive(bytes(plain), wanted=ANY)
    packed[-6] ^= 255  # gzip's own checksum
    with pytest.raises(TransientSourceError, match="damaged"):
        feed(bytes(packed), 10_000)


def test_a_bomb_is_refused_before_it_is_large():
    bomb = gzip.compress(tar("top/README.md", sizes={"top/README.md": 50_000_000}), 9)
    assert len(bomb) < 60_000
    stream = ArchiveStream("_posts")
    with pytest.raises(TerminalSourceError, match="larger"):
        stream.feed(bomb)
    assert len(stream._plain) < 8_000_000, "stopped by its ratio long before the cap"


def test_a_large_archive_is_refused():
    packed = gzip.compress(tar("top/README.md", sizes={"top/README.md": 300_000}), 0)
    with pytest.raises(TerminalSourceError, match="larger"):
        feed(packed, limit_bytes=200_000)


def test_too_many_and_too_large_members_are_refused(monkeypatch):
    monkeypatch.setattr(archive, "MEMBERS_LIMIT", 3)
    with pytest.raises(TerminalSourceError, match="too many"):
        read_archive(tar("a", "b", "c", "d"), wanted=ANY)
    monkeypatch.setattr(archive, "MEMBER_LIMIT_BYTES", 10)
    found = read_archive(tar("a", "b", sizes={"b": 11}), wanted=ANY)
    assert [member.path for member in found.members] == ["a"]
    assert found.too_large == ("b",)


def test_nothing_leads_out_of_an_archive(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for name, kind, link in [
            ("/etc/cron.d/x", tarfile.REGTYPE, ""),
            ("../../x", tarfile.REGTYPE, ""),
            ("a/../../x", tarfile.REGTYPE, ""),
            ("..\\x", tarfile.REGTYPE, ""),
            ("a/link", tarfile.SYMTYPE, "/etc/passwd"),
            ("a/hard", tarfile.LNKTYPE, "../../etc/passwd"),
            ("a/device", tarfile.CHRTYPE, ""),
            ("a/pipe", tarfile.FIFOTYPE, ""),
            ("a/good", tarfile.REGTYPE, ""),
        ]:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, link
            made.addfile(entry)
    found = read_archive(out.getvalue(), wanted=ANY)
    assert [member.path for member in found.members] == ["a/good"]
    assert (found.unsafe, found.links) == (4, 4)
    assert list(tmp_path.iterdir()) == []


def test_the_commit_is_found_where_git_writes_it():
    assert read_archive(tar("v1-HEAD/a", commit=COMMIT), wanted=ANY).commit == COMMIT
    assert read_archive(tar(f"v1-{COMMIT}/a"), wanted=ANY).commit == COMMIT
    assert read_archive(tar("v1-HEAD/a"), wanted=ANY).commit is None
    assert read_archive(tar("v1-HEAD/a", commit="teapot"), wanted=ANY).commit is None


def test_one_file_makes_the_same_archive_each_time():
    name = "_posts/" + "long-" * 40 + "ü.md"
    made = single_file(name, b"tea")
    assert made == single_file(name, b"tea")
    assert looks_like_tar(made)
    assert [(m.path, m.content) for m in read_archive(made, wanted=ANY).members] == [(name, b"tea")]


def test_what_is_no_tar_is_said():
    assert not looks_like_tar(b"<xml>")
    with pytest.raises(TransientSourceError):
        read_archive(zlib.compress(b"x") + bytes(1024), wanted=ANY)
