"""The real app on a free loopback port, over the starter library, in Debian's chromium."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import ActionChains, Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from db.labels import NewLabel, add_labels
from db.papers import find_paper_ids, store_page
from foundation.settings import Settings
from papers.draft import ExternalIdDraft, PaperDraft
from papers.record import ParsedPage, ParsedRecord, WireRecord
from workflow.initialise import ensure_store

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 40.0
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOSTILE = "$x^2$ _a_ *b* [x](javascript:alert(1)) <img src=x onerror=alert(1)> :smile: ~~s~~ `c` & co"


@pytest.fixture(scope="session")
def browser_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the starter library, a paper whose title tries to be markup, and one on medicine."""
    home = tmp_path_factory.mktemp("browser-home")
    store = ensure_store(Settings(home=home))
    for number, title, topic in (
        (36, HOSTILE, "add-ons/evaluation/creativity"),
        (37, "Medical questions answered with invented passages", "inference/context/rag"),
    ):
        key = f"2401.{number:05d}"
        draft = PaperDraft(
            source="arxiv",
            source_id=key,
            title=title,
            external_ids=(ExternalIdDraft(scheme="arxiv", value=key),),
            year=2024,
            url=f"https://arxiv.org/abs/{key}",
        )
        wire = WireRecord("arxiv", key, "file:test", NOW, "application/json", b"{}")
        with store.write() as session:
            store_page(session, ParsedPage((ParsedRecord(draft, wire),)), at=NOW)
            (paper_id,) = find_paper_ids(session, [f"arxiv:{key}"]).values()
            label = NewLabel(
                paper_id=paper_id,
                verdict="labelled",
                relevance=1.0,
                cells=((topic.rpartition("/")[0], 1.0),),
                topics=((topic, 1.0),),
                method="person",
                by="a reader",
            )
            add_labels(session, None, [label], taxonomy_version="1.0", at=NOW)
    store.dispose()
    return home


@pytest.fixture(scope="session")
def app_url(browser_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running app, as `streamlit run app.py` serves it with its own settings."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LANDSCAPE_")}
    environment["LANDSCAPE_HOME"] = str(browser_home)
    log = tmp_path_factory.mktemp("browser-log") / "streamlit.log"
    url = f"http://127.0.0.1:{port}"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            deadline = time.monotonic() + PATIENCE_SECONDS
            while not _answers(f"{url}/_stcore/health"):
                if server.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"the app did not start:\n{log.read_text()}")
                time.sleep(0.1)
            yield url
        finally:
            server.terminate()
            server.wait(timeout=20)


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (URLError, OSError):
        return False


@dataclass
class Browser:
    """A reader's browser: opens states of the app and says what is seen."""

    driver: Chrome
    app_url: str
    downloads: Path

    def open(self, path: str = "", *, width: int = 1280, height: int = 800, dark: bool = False) -> None:
        """Open a page afresh and wait until it stands."""
        self.driver.get("about:blank")
        self.driver.get_log("performance")
        self.driver.get_log("browser")
        self.resize(width, height)
        scheme = "dark" if dark else "light"
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        )
        self.driver.get(f"{self.app_url}/{path}")
        self.until(lambda: self.all(".ls-head, .ls-paper, .ls-notice"))
        self.settle()

    def resize(self, width: int, height: int) -> None:
        """Give the window another size, in CSS pixels."""
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )

    def until(self, condition: Callable[[], Any]) -> Any:
        """Wait until a condition holds."""
        wait = WebDriverWait(
            self.driver,
            PATIENCE_SECONDS,
            poll_frequency=0.1,
            ignored_exceptions=[StaleElementReferenceException],  # the page was drawn again meanwhile
        )
        return wait.until(lambda _: condition())

    def saved(self, pattern: str, click: Callable[[], Any]) -> Path:
        """The file that a click saved, also where it took the place of one of the same name."""
        self.settle()  # a click on a page that is about to be drawn again is lost

        def seen() -> set[tuple[Path, int]]:
            return {(path, path.stat().st_mtime_ns) for path in self.downloads.glob(pattern)}

        before = seen()
        click()
        path, _ = self.until(lambda: seen() - before).pop()
        return path

    def settle(self) -> None:
        """Wait until the script has run to its end."""
        self.until(lambda: self.all("[data-test-script-state='notRunning']"))

    def all(self, selector: str) -> list[WebElement]:
        """Elements by CSS selector."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        """The first element, once it is there."""
        found: list[WebElement] = self.until(lambda: self.all(selector))
        return found[0]

    def texts(self, selector: str) -> list[str]:
        """Texts of elements, also where they cannot be seen; read at one moment."""
        found: list[str] = self.driver.execute_script(
            "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent.trim())", selector
        )
        return found

    def text(self, selector: str) -> str:
        """Text of the first element, or nothing."""
        return (self.texts(selector) or [""])[0]

    def titles(self) -> list[str]:
        """Titles of the listed papers."""
        return self.texts(".ls-papers h3")

    def labels(self) -> list[str]:
        """Texts in the figure; the lines of a label follow each other without a blank."""
        return self.texts(".js-plotly-plot .annotation-text")

    def wait_for_figure(self) -> None:
        """Wait until the figure is drawn."""
        self.until(lambda: "RAG*" in self.labels())
        self.settle()

    def click_in_figure(self, label: str) -> None:
        """Click where a label of the figure is drawn."""
        self.until(lambda: label in self.labels())
        self.settle()
        x, y = self.driver.execute_script(
            """const label = [...document.querySelectorAll(".js-plotly-plot .annotation-text")]
                 .find(e => e.textContent.trim() === arguments[0]);
               label.scrollIntoView({block: "center"});
               const box = label.getBoundingClientRect();
               return [box.x + box.width / 2, box.y + box.height / 2];""",
            label,
        )
        actions = ActionChains(self.driver)
        actions.w3c_actions.pointer_action.move_to_location(int(x), int(y)).pause(0.2).click()
        actions.perform()

    def hosts(self) -> set[str]:
        """Hosts that were asked for anything since the page was opened."""
        asked = set()
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            params = message.get("params", {})
            url = params.get("request", {}).get("url") or params.get("url", "")
            if message["method"] in ("Network.requestWillBeSent", "Network.webSocketCreated") and "//" in url:
                parts = urlsplit(url)
                if parts.scheme in ("http", "https", "ws", "wss"):
                    asked.add(parts.hostname or "")
        return asked

    def complaints(self) -> list[str]:
        """Errors on the console, but for Streamlit's own search for its base path on sub-pages."""
        return [
            entry["message"]
            for entry in self.driver.get_log("browser")
            if entry["level"] == "SEVERE" and "/_stcore/" not in entry["message"]
        ]


@pytest.fixture(scope="session")
def browser(
    chromium: tuple[Path, Path], app_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """One browser for the whole session; each test opens its page afresh."""
    program, driver_program = chromium
    options = ChromeOptions()
    options.binary_location = str(program)
    downloads = tmp_path_factory.mktemp("downloads")
    for argument in (
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--disable-dev-shm-usage", f"--user-data-dir={tmp_path_factory.mktemp('profile')}",
    ):  # fmt: skip
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    driver = Chrome(service=Service(str(driver_program)), options=options)
    try:
        driver.execute_cdp_cmd(
            "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(downloads)}
        )
        yield Browser(driver, app_url, downloads)
    finally:
        driver.quit()
