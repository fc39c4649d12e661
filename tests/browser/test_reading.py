"""What readers do beyond looking: compare, filter, pick, save, correct, by mouse and by keyboard alone."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import bibtexparser
import pytest
import rispy
from pptx import Presentation
from selenium.webdriver import ActionChains, Keys

if TYPE_CHECKING:
    from conftest import Browser

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

RAG = "inference/context/rag"
SELF_RAG = "arxiv:2310.11511"


def _saved(browser: Browser, pattern: str, click: Callable[[], None]) -> Path:
    """The file that a click saved."""
    path = browser.saved(pattern, click)
    assert isinstance(path, Path)
    return path


def _press(browser: Browser, *keys: str) -> None:
    ActionChains(browser.driver).send_keys(*keys).perform()


def _focused(browser: Browser, what: str) -> str:
    return str(browser.driver.execute_script(f"return document.activeElement.{what} ?? ''"))


def _tick(browser: Browser, number: int) -> None:
    browser.until(lambda: browser.all(f"[class*='st-key-paper_{number}'] [data-testid='stCheckbox'] label"))
    browser.settle()
    browser.one(f"[class*='st-key-paper_{number}'] [data-testid='stCheckbox'] label").click()


def test_two_dates_are_compared_and_the_comparison_has_an_address(browser: Browser) -> None:
    browser.open("?compare=2022-01-01..2024-06-30")
    browser.until(lambda: any("▲" in label or "=" in label for label in browser.labels()))
    assert "1 Jan 2022 – 30 Jun 2024" in browser.text(".ls-comparison")
    names = browser.driver.execute_script(
        "return [...document.querySelectorAll('.ls-grid .ls-chip')].map(a => a.getAttribute('aria-label'))"
    )
    assert all("arrived" in name for name in names)
    story = browser.one(".ls-comparison a[href^='moved']")
    story.click()
    browser.until(lambda: "/moved?" in browser.driver.current_url)
    browser.until(lambda: browser.text(".ls-head h1") == "What moved")
    browser.driver.back()
    browser.until(lambda: browser.all(".ls-comparison"))
    browser.settle()
    browser.one(".ls-comparison a[href='?']").click()
    browser.until(lambda: not browser.all(".ls-comparison"))
    assert "compare" not in browser.driver.current_url


def test_dates_are_chosen_behind_the_button(browser: Browser) -> None:
    browser.open("?view=table")
    browser.one(".st-key-compare button").click()
    browser.one(".st-key-compare_now button").click()
    browser.until(lambda: "compare=" in browser.driver.current_url)
    browser.until(lambda: browser.all(".ls-comparison"))


def test_filter_by_venue_narrows_the_chart_and_is_taken_away(browser: Browser) -> None:
    browser.open("?view=table")
    whole = browser.text(".ls-head p")
    browser.one(".st-key-filters button").click()
    box = browser.one("input[aria-label='Venue']")
    box.click()
    box.send_keys("NeurIPS" + Keys.ENTER)
    browser.until(lambda: "venue=NeurIPS" in browser.driver.current_url)
    browser.until(lambda: "NeurIPS" in browser.text(".ls-active"))
    browser.settle()
    assert browser.text(".ls-head p") != whole
    _press(browser, Keys.ESCAPE)
    browser.settle()
    browser.driver.execute_script("document.querySelector('.ls-active a').click()")
    browser.until(lambda: not browser.all(".ls-active"))
    browser.until(lambda: browser.text(".ls-head p") == whole)


def test_picked_papers_leave_as_bibtex_ris_and_csv(browser: Browser) -> None:
    browser.open("papers?q=retrieval&sort=title")
    browser.until(lambda: len(browser.titles()) > 2)
    titles = browser.titles()
    for number in (1, 3):
        _tick(browser, number)
        browser.until(lambda: browser.all(".ls-picked"))
        browser.settle()
    browser.until(lambda: browser.text(".ls-picked") == "2 papers selected")
    picked = {titles[0], titles[2]}
    browser.one(".st-key-save_selection button").click()

    def save(form: str) -> Callable[[], None]:
        return lambda: browser.one(f".st-key-save_selection_{form} button").click()

    with _saved(browser, "selection-*.bib", save("bibtex")).open(encoding="utf-8") as file:
        assert len(bibtexparser.load(file).entries) == 2
    with _saved(browser, "selection-*.ris", save("ris")).open(encoding="utf-8-sig") as file:
        assert {entry.get("title") or entry.get("primary_title") for entry in rispy.load(file)} == picked
    with _saved(browser, "selection-*.csv", save("csv")).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["title"] for row in rows} == picked
    _press(browser, Keys.ESCAPE)
    # What was picked stays picked on the next page of the list, and is let go at once.
    browser.settle()
    browser.driver.execute_script("document.querySelector('.st-key-pick_none button').click()")
    browser.until(lambda: not browser.all(".ls-picked"))


def test_topic_alone_leaves_as_a_slide(browser: Browser) -> None:
    browser.open(f"?topic={RAG}&view=table")
    browser.until(lambda: browser.all(".ls-place-panel"))
    browser.one(".st-key-save_place button").click()
    path = _saved(browser, "rag-*.pptx", lambda: browser.one(".st-key-save_place_pptx button").click())
    deck = Presentation(str(path))
    words = " ".join(
        shape.text_frame.text for slide in deck.slides for shape in slide.shapes if shape.has_text_frame
    )
    assert "RAG" in words


def test_label_is_corrected_and_the_correction_undone(browser: Browser) -> None:
    browser.open(f"papers?paper={SELF_RAG}")
    browser.one(".st-key-correct button").click()
    off = browser.until(
        lambda: [
            each
            for each in browser.all("[data-testid='stRadio'] label")
            if "Not about pre-trained" in each.text
        ]
    )
    off[0].click()
    browser.settle()
    browser.until(lambda: browser.one(".st-key-correct_save button").is_enabled())
    browser.one(".st-key-correct_save button").click()
    browser.until(lambda: "Correction saved." in browser.text(".ls-said"))
    browser.settle()
    first = browser.texts(".ls-history > li")[0]
    assert "Not about pre-trained language models" in first
    assert "Placed by a person" in first
    browser.driver.execute_script("document.querySelector('.st-key-correct_undo button').click()")
    browser.until(lambda: "Correction undone" in browser.text(".ls-said"))
    browser.settle()
    assert "starter library" in browser.texts(".ls-history > li")[0]
    assert browser.until(lambda: browser.texts(".ls-history > .ls-taken-back"))


def test_keyboard_alone_goes_from_the_address_to_a_paper(browser: Browser) -> None:
    browser.open()
    browser.wait_for_figure()
    for _ in range(60):  # the bar of pages, the controls, then the grid of links behind the figure
        _press(browser, Keys.TAB)
        if _focused(browser, "dataset.focus"):
            break
    assert _focused(browser, "dataset.focus") == "training/data"
    _press(browser, Keys.ENTER)
    browser.until(lambda: browser.text(".ls-selection h2") == "Training Pipeline × Data")
    browser.until(lambda: _focused(browser, "dataset.focus") == "training/data")
    title = ""
    for _ in range(140):
        _press(browser, Keys.TAB)
        if _focused(browser, "className") == "ls-details":
            title = _focused(browser, "ariaLabel").removeprefix("Details of ")
            break
    assert title
    _press(browser, Keys.ENTER)
    browser.until(lambda: browser.text(".ls-paper h1") == title)


def test_phone_compares_and_reads_a_topic_without_scrolling_sideways(browser: Browser) -> None:
    for path, sign in (
        ("?compare=2022-01-01..2024-06-30", ".ls-comparison"),
        (f"?topic={RAG}", ".ls-place-panel"),
        ("papers", "[class*='st-key-paper_'] .ls-papers"),
        (f"papers?paper={SELF_RAG}", ".ls-similar"),
    ):
        browser.open(path, width=390, height=844)
        browser.until(lambda sign=sign: browser.all(sign))
        browser.settle()
        wide = browser.driver.execute_script(
            """const main = document.querySelector("[data-testid=stMain]");
               return [document.scrollingElement.scrollWidth, main.scrollWidth - main.clientWidth]"""
        )
        assert wide == [390, 0], path


def test_slider_over_years_follows_the_keyboard(browser: Browser) -> None:
    browser.open("?view=table")
    thumb = browser.one(".st-key-years [role='slider'], .st-key-years input[type='range']")
    browser.driver.execute_script("arguments[0].focus()", thumb)
    time.sleep(0.2)
    _press(browser, Keys.ARROW_RIGHT)
    browser.until(lambda: "from=" in browser.driver.current_url)
    browser.until(lambda: "from 20" in browser.text(".ls-active"))
