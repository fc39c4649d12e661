"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

# No test is timed: on a busy machine the default deadline of 200 ms a case turned sound tests red.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The recorded data that lies beside the checkout; skips where it is absent."""
    folder = Path(os.environ.get("TEST_SHARED_DATA", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip(f"no recorded data at {folder.name}/ beside the checkout")
    return folder


@pytest.fixture(scope="session")
def chromium() -> tuple[Path, Path]:
    """Debian's chromium and its driver; skips where either is absent."""
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not browser or not driver:
        pytest.skip("chromium and chromium-driver are not installed")
    return Path(browser), Path(driver)


@pytest.fixture(scope="session")
def soffice() -> Path:
    """LibreOffice's command; skips where it is absent."""
    found = shutil.which("soffice")
    if not found:
        pytest.skip("LibreOffice is not installed")
    return Path(found)


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's own settings or store."""
    for key in list(os.environ):
        if key.startswith("LANDSCAPE_"):
            monkeypatch.delenv(key)
    monkeypatch.setenv("LANDSCAPE_HOME", str(tmp_path / "home"))
    # Reading with words alone keeps the suite short; the accurate mode has tests of its own.
    monkeypatch.setenv("LANDSCAPE_CLASSIFIER_MODE", "fast")


def pytest_make_parametrize_id(config: pytest.Config, val: object) -> str | None:
    """Name byte parameters by their length.

    Bytes that hold a clock (gzip writes one) once gave every worker other names, and pytest-xdist
    refuses to run workers that collect different tests.
    """
    return f"{len(val)}-bytes" if isinstance(val, bytes) else None
