"""Draws the pictures of the app that the documentation shows.

    python docs/make_screenshots.py [FOLDER]

Starts the app on a fresh store with the starter library, opens its pages in chromium and writes
`docs/screenshots/*.png`. Needs the development tools and Debian's chromium and chromium-driver.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions as expected
from selenium.webdriver.support.ui import WebDriverWait

from foundation.settings import Settings
from workflow.initialise import ensure_store

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_SECONDS = 60
FIGURE = ".js-plotly-plot .annotation-text"


@dataclass(frozen=True)
class Picture:
    """One picture.

    Attributes:
        name: File name without ending.
        path: What is opened.
        shown: CSS selector of what must stand before the picture is taken.
        size_px: Width and height of the window.
        dark: Whether the reader prefers a dark page.
    """

    name: str
    path: str
    shown: str
    size_px: tuple[int, int] = (1280, 800)
    dark: bool = False


PICTURES = (
    Picture("landscape", "", FIGURE, (1280, 860)),
    Picture("landscape-dark", "", FIGURE, (1280, 860), dark=True),
    Picture("table", "?view=table", ".ls-grid", (1280, 900)),
    Picture("topic", "?topic=inference/context/rag", ".ls-papers", (1280, 1500)),
    Picture("paper", "papers?paper=arxiv:2310.11511", ".ls-paper", (1280, 1000)),
    Picture("knowledge", "knowledge", ".ls-know-grid", (1280, 860)),
    Picture("knowledge-topic", "knowledge?page=inference/model/quantisation", ".ls-know", (1280, 1300)),
    Picture("knowledge-entry", "knowledge?entry=method/lora", ".ls-know", (1280, 1100)),
    Picture("status", "status", ".ls-figures", (1280, 1200)),
    Picture("phone", "", ".ls-grid", (390, 844)),
)


@contextmanager
def running_app(home: Path) -> Iterator[str]:
    """Serve the app over a store; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LANDSCAPE_")}
    server = subprocess.Popen(  # noqa: S603 - our own program and port
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)],
        cwd=ROOT,
        env={**environment, "LANDSCAPE_HOME": str(home)},
        stdout=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)


@contextmanager
def chromium(profile: Path) -> Iterator[Chrome]:
    """A headless browser of its own."""
    options = ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for argument in (
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--disable-dev-shm-usage", f"--user-data-dir={profile}",
    ):  # fmt: skip
        options.add_argument(argument)
    driver = Chrome(service=Service(shutil.which("chromedriver")), options=options)
    try:
        yield driver
    finally:
        driver.quit()


def take(driver: Chrome, url: str, picture: Picture, folder: Path) -> Path:
    """Take one picture.

    Returns:
        The file written.
    """
    width, height = picture.size_px
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
    )
    scheme = {"name": "prefers-color-scheme", "value": "dark" if picture.dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    driver.get("about:blank")
    driver.get(f"{url}/{picture.path}")
    wait = WebDriverWait(driver, PATIENCE_SECONDS)
    for selector in (picture.shown, "[data-test-script-state='notRunning']"):
        wait.until(expected.presence_of_element_located((By.CSS_SELECTOR, selector)))
    time.sleep(1)  # fonts and fades
    target = folder / f"{picture.name}.png"
    driver.save_screenshot(str(target))
    return target


def main() -> None:
    """Take every picture."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch) / "home"
        ensure_store(Settings(home=home)).dispose()
        with running_app(home) as url, chromium(Path(scratch) / "profile") as driver:
            for picture in PICTURES:
                sys.stdout.write(f"{take(driver, url, picture, folder)}\n")


if __name__ == "__main__":
    main()
