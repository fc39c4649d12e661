"""In a real browser: a place opened on Trends, two dates compared in full, a harvest asked for on Status."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.by import By

if TYPE_CHECKING:
    from conftest import Browser

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_a_cell_of_the_grid_opens_its_lines_without_loading_the_page_anew(browser: Browser) -> None:
    browser.open("trends")
    browser.driver.execute_script("window.stillHere = true")
    browser.one(".ls-trend-grid a[href='?place=inference/context']").click()
    browser.until(lambda: browser.text(".ls-chosen h2") == "Inference Pipeline × Context")
    browser.until(lambda: browser.all(".js-plotly-plot .legendtext"))
    assert "place=inference/context" in browser.driver.current_url
    assert "RAG*" in browser.texts(".js-plotly-plot .legendtext")
    assert browser.driver.execute_script("return window.stillHere") is True
    assert browser.complaints() == []


def test_trends_fit_a_phone(browser: Browser) -> None:
    browser.open("trends", width=390, height=844)
    assert browser.driver.execute_script("return document.documentElement.scrollWidth") <= 390
    links = browser.all(".ls-trend-grid a")
    assert len(links) == 18
    assert max(link.rect["x"] + link.rect["width"] for link in links) <= 390


def test_the_comparison_on_the_chart_leads_to_its_story_and_files(browser: Browser) -> None:
    browser.open("?compare=2022-01-01..2024-01-01")
    browser.until(lambda: browser.all(".ls-comparison"))
    browser.driver.find_element(By.LINK_TEXT, "What moved, in full").click()
    browser.until(lambda: browser.text(".ls-head h1") == "What moved")
    assert "moved?compare=2022-01-01..2024-01-01" in browser.driver.current_url
    browser.until(lambda: "1 January 2022 – 1 January 2024" in browser.text(".ls-head"))
    browser.settle()
    browser.one(".st-key-moved_csv button").click()
    (file,) = browser.until(lambda: list(browser.downloads.glob("what-moved-*.csv")))
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))
    assert len(rows) == 18 + 44
    arrived = {row["label"]: row["n_arrived"] for row in rows}
    shown = browser.driver.execute_script(
        """const text = e => e.textContent.trim();
           return [...document.querySelectorAll(".ls-moved tbody tr")].map(row =>
             [text(row.querySelector("th")), text(row.querySelectorAll("td.ls-number")[2])])"""
    )
    assert len(shown) == 18 + 44
    assert {name: count.replace(",", "") for name, count in shown} == arrived


def test_a_harvest_is_asked_for_and_taken_back(browser: Browser) -> None:
    browser.open("status")
    browser.one(".st-key-harvest_now button").click()
    browser.until(lambda: browser.all(".ls-state-waiting"))
    assert "Asked for" in browser.text(".ls-said")
    browser.one("[class*='st-key-harvest_cancel_'] button").click()
    browser.until(lambda: browser.all(".ls-state-cancelled"))
    assert not browser.all(".ls-state-waiting")
