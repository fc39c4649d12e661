"""From an empty form to a downloaded plan, in a real browser on the real app."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver import Keys
from selenium.webdriver.common.by import By

if TYPE_CHECKING:
    from conftest import Browser

pytestmark = pytest.mark.browser


def _write(browser: Browser, label: str, value: str, *, kind: str = "stTextInput") -> None:
    field = browser.one(f".st-key-adapt_form [data-testid='{kind}'] input[aria-label^='{label}']")
    browser.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", field)
    field.click()
    field.send_keys(value, Keys.ENTER)
    browser.settle()


def _choose(browser: Browser, key: str, option: str) -> None:
    field = browser.one(f".st-key-adapt_{key} input")
    browser.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", field)
    field.click()

    def chosen() -> bool:
        for each in browser.driver.find_elements(By.CSS_SELECTOR, "[role='option']"):
            if each.text.strip() == option:
                each.click()
                return True
        return False

    browser.until(chosen)
    browser.settle()


def _download(browser: Browser, label: str, name: str) -> Path:
    button = next(b for b in browser.all(".st-key-adapt_files button") if label in b.text)
    browser.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
    button.click()
    path = browser.downloads / name
    browser.until(lambda: path.is_file() and path.stat().st_size > 0)
    return path


def test_from_an_empty_form_to_a_downloaded_plan(browser: Browser) -> None:
    browser.open("adapt")
    heading = "#recommended"
    browser.until(lambda: browser.text(heading).startswith("Prompt engineering"))
    assert browser.driver.current_url.endswith("/adapt")
    _write(browser, "Domain", "legal")
    browser.until(lambda: "domain=legal" in browser.driver.current_url)
    _choose(browser, "must_cite", "Yes")
    browser.until(lambda: browser.text(heading).startswith("Retrieval-augmented generation"))
    _write(browser, "Labelled examples", "300", kind="stNumberInput")
    browser.until(lambda: "labelled_examples=300" in browser.driver.current_url)
    picture = browser.one(".ls-phase-chart")
    assert "for Legal" in str(picture.get_attribute("alt"))
    assert browser.all(".js-plotly-plot")
    assert any("CUAD" in each for each in browser.texts(".ls-plan li"))
    written = _download(browser, "Markdown", "plan.md").read_text(encoding="utf-8")
    assert "Legal" in written
    plan = json.loads(_download(browser, "JSON", "plan.json").read_bytes())
    assert (plan["domain"], plan["routes"][0]["id"]) == ("legal", "rag")
    # The address is the plan: opened afresh, form and plan are as they were.
    address = browser.driver.current_url.partition("/adapt")[2]
    browser.open(f"adapt{address}")
    browser.until(lambda: browser.text(heading).startswith("Retrieval-augmented generation"))
    field = browser.one(".st-key-adapt_labelled_examples input")
    assert field.get_attribute("value") == "300"
    assert browser.complaints() == []


@pytest.mark.parametrize(("width", "dark"), [(390, False), (1280, True)])
def test_nothing_of_the_plan_is_cut(browser: Browser, width: int, dark: bool) -> None:
    browser.open("adapt?domain=medical&gpu_memory_gb=48&labelled_examples=2000", width=width, dark=dark)
    browser.until(lambda: browser.all("#models"))
    beyond = browser.driver.execute_script(
        """const main = document.querySelector("[data-testid='stMain']");
           const edge = main.clientWidth + 1;
           return [...main.querySelectorAll(".ls-plan *")]
             .filter(e => e.getClientRects().length && e.textContent.trim())
             .filter(e => e.getBoundingClientRect().right > edge)
             .map(e => e.className + ": " + e.textContent.trim().slice(0, 40));"""
    )
    assert beyond == []
