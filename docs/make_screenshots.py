"""Draws the pictures of the app that the documentation shows.

    python docs/make_screenshots.py [--home FOLDER] [--out FOLDER] [NAME ...]

Starts the app, opens its pages in chromium and writes `docs/screenshots/*.png`. Pages through time need
a harvested store: with `--home` those are taken from the store in that folder; without it, like all the
others, from a fresh store with the starter library. Needs the development tools and Debian's chromium
and chromium-driver.
"""

from __future__ import annotations

import argparse
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

from PIL import Image
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
        harvested: Whether a harvested store shows more, where one is given.
    """

    name: str
    path: str
    shown: str
    size_px: tuple[int, int] = (1280, 800)
    dark: bool = False
    harvested: bool = False


PLOT = ".js-plotly-plot .main-svg"
PICTURES = (
    Picture("landscape", "", FIGURE, (1280, 900), harvested=True),
    Picture("landscape-dark", "", FIGURE, (1280, 900), dark=True, harvested=True),
    Picture("phone", "", ".ls-grid", (390, 844), harvested=True),
    Picture("compare", "?compare=2024-01-01..2024-12-31", FIGURE, (1280, 1020), harvested=True),
    Picture("table", "?view=table", ".ls-grid", (1280, 930), harvested=True),
    Picture("topic", "?topic=inference/context/rag", ".ls-papers", (1280, 1500)),
    Picture("trends", "trends", "#shift", (1280, 1300), harvested=True),
    Picture("trends-cell", "trends?place=training/model", PLOT, (1280, 860), harvested=True),
    Picture("moved", "moved?compare=2023-12-31..2024-12-31", PLOT, (1280, 1150), harvested=True),
    Picture("papers", "papers?sort=date", ".ls-papers", (1280, 900)),
    Picture("paper", "papers?paper=arxiv:2310.11511", ".ls-paper", (1280, 1000)),
    Picture("map", "map", PLOT, (1280, 900), harvested=True),
    Picture("knowledge", "knowledge", ".ls-know-grid", (1280, 860)),
    Picture("knowledge-topic", "knowledge?page=inference/model/quantisation", ".ls-know", (1280, 1300)),
    Picture("knowledge-entry", "knowledge?entry=method/lora", ".ls-know", (1280, 1100)),
    Picture("adapt", "adapt?domain=medical&must_cite=true&gpu_memory_gb=48", ".ls-head", (1280, 1200)),
    Picture("review", "review", ".ls-head", (1280, 900)),
    Picture("status", "status", "#classifier", (1280, 1350), harvested=True),
)
# Something to review: papers that no one has labelled by hand, made up, since abstracts belong to others.
INVENTED = (
    (
        "Adapters that know when to stop",
        "We add a gate to every adapter of a large language model, so that layers without use for a task "
        "stay as they were. Tuning only gates and adapters keeps 98 % of full fine-tuning on five tasks that "
        "we made up, and stores 0.4 % of the weights.",
    ),
    (
        "Asking twice: when do retrieved passages change an answer?",
        "A pre-trained language model answers each question with and without retrieved passages. Where the "
        "two differ we ask people which one is right, and learn to predict it from token probabilities.",
    ),
    (
        "A benchmark of recipes with missing steps",
        "Large language models are given recipes from which one step was taken away, and name it. We release "
        "1,200 invented recipes, human answers, and an automatic score that agrees with people.",
    ),
)
COLOURS = 256  # of the palette: pages are flat colours and grey edges of type


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
        env={**environment, "LANDSCAPE_HOME": str(home), "LOGNAME": "ada"},
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
    with Image.open(target) as shot:
        flat = shot.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=2)
    flat.save(target, optimize=True)
    return target


def add_invented(home: Path) -> None:
    """Import and classify the invented papers.

    Args:
        home: Folder of the store.
    """
    file = home / "invented.bib"
    entries = [
        f"@misc{{invented{number}, title={{{title}}}, author={{One, Ada}}, year=2026, "
        f"abstract={{{abstract}}}}}\n"
        for number, (title, abstract) in enumerate(INVENTED, 1)
    ]
    file.write_text("".join(entries).replace("%", r"\%"), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LANDSCAPE_")}
    for words in (["import", str(file)], ["classify", "--vectors", "none"]):
        subprocess.run(  # noqa: S603 - our own program
            [Path(sys.executable).with_name("landscape"), *words],
            cwd=ROOT,
            env={**environment, "LANDSCAPE_HOME": str(home)},
            check=True,
            stdout=subprocess.DEVNULL,
        )


def main() -> None:
    """Take the pictures that are asked for; all of them unasked."""
    parser = argparse.ArgumentParser(description="Draws the pictures of the app.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="pictures to take; all unasked")
    parser.add_argument("--home", type=Path, help="folder of a harvested store, for pages through time")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "screenshots")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    wanted = [each for each in PICTURES if not asked.names or each.name in asked.names]
    with tempfile.TemporaryDirectory() as scratch:
        starter = Path(scratch) / "landscape"
        ensure_store(Settings(home=starter)).dispose()
        add_invented(starter)
        for home in dict.fromkeys((starter, asked.home or starter)):
            here = [each for each in wanted if (asked.home or starter if each.harvested else starter) == home]
            if not here:
                continue
            with running_app(home) as url, chromium(Path(scratch) / "profile") as driver:
                for picture in here:
                    sys.stdout.write(f"{take(driver, url, picture, asked.out)}\n")
                    sys.stdout.flush()


if __name__ == "__main__":
    main()
