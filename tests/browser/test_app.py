"""What a reader sees and does, in a real browser on the real app."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from pptx import Presentation
from selenium.webdriver import ActionChains, Keys

from landscape.grid import take_snapshot
from landscape.types import LandscapeSnapshot
from taxonomy.loader import load_taxonomy

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Browser

# One group: the session's app and browser are started once, also when tests run in parallel.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

RAG = "inference/context/rag"
HOSTILE = "$x^2$ _a_ *b* [x](javascript:alert(1)) <img src=x onerror=alert(1)> :smile: ~~s~~ `c` & co"


@pytest.fixture(scope="session")
def counted(browser_home: Path) -> LandscapeSnapshot:
    """What the app should show."""
    from db.engine import open_store

    store = open_store(f"sqlite:///{browser_home / 'landscape.db'}")
    with store.read() as session:
        snapshot = take_snapshot(session, load_taxonomy())
    store.dispose()
    return snapshot


def test_figure_and_table_say_the_same_counts(browser: Browser, counted: LandscapeSnapshot) -> None:
    browser.open()
    browser.wait_for_figure()
    names = browser.driver.execute_script(
        "return [...document.querySelectorAll('.ls-grid a')].map(a => a.getAttribute('aria-label'))"
    )
    assert len(browser.all(".ls-grid .ls-cell")) == 18
    assert len(browser.all(".ls-grid .ls-chip")) == 44
    topics = [topic for cell in counted.cells for topic in cell.topics]
    for topic in topics:
        noun = "paper" if topic.n_papers == 1 else "papers"
        assert f"{topic.label}, {topic.n_papers:,} {noun}" in names
    drawn = browser.labels()
    for topic in topics:
        assert str(topic.n_papers) in drawn


def test_nothing_is_asked_of_other_machines_and_the_console_is_quiet(browser: Browser) -> None:
    for path in ("", "?view=table", f"?topic={RAG}&colour=growth", "papers", "status"):
        browser.open(path)
        if path in ("", f"?topic={RAG}&colour=growth"):
            browser.wait_for_figure()
        assert browser.hosts() == {"127.0.0.1"}, path
        assert browser.complaints() == [], path


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1920, 1080), (1024, 768)])
def test_click_on_a_chip_lists_its_papers(
    browser: Browser, counted: LandscapeSnapshot, width: int, height: int
) -> None:
    browser.open(width=width, height=height)
    browser.click_in_figure("RAG*")
    browser.until(browser.titles)
    n_papers = counted.topic(RAG).n_papers
    assert browser.text(".ls-selection h2") == "RAG*"
    assert f"{n_papers} papers" in browser.text(".ls-selection")
    assert len(browser.titles()) == min(25, n_papers)
    assert "topic=inference" in browser.driver.current_url
    browser.click_in_figure("Creativity")
    browser.until(lambda: browser.text(".ls-selection h2") == "Creativity")


def test_click_beside_the_chips_lists_the_cell(browser: Browser, counted: LandscapeSnapshot) -> None:
    browser.open()
    cell = counted.cell("inference/prediction-tasks")
    browser.wait_for_figure()
    browser.click_in_figure(f"{cell.n_papers} papers")
    browser.until(browser.titles)
    assert browser.text(".ls-selection h2") == "Inference Pipeline × Prediction Tasks"
    assert len(browser.titles()) == min(25, cell.n_papers)


def test_keyboard_reaches_the_table_and_opens_a_chip(browser: Browser) -> None:
    browser.open()
    browser.wait_for_figure()
    grid = browser.one(".st-key-grid_behind")
    assert grid.size["width"] <= 1
    link = browser.one(f".ls-grid a[data-focus='{RAG}']")
    browser.driver.execute_script("arguments[0].focus()", link)
    browser.until(lambda: browser.one(".st-key-grid_behind").size["width"] > 800)
    assert not browser.one(".js-plotly-plot").is_displayed()
    assert link.value_of_css_property("outline-style") == "solid"
    ActionChains(browser.driver).send_keys(Keys.ENTER).perform()
    browser.until(browser.titles)
    assert browser.text(".ls-selection h2") == "RAG*"
    browser.until(lambda: browser.driver.execute_script("return document.activeElement.dataset.focus") == RAG)
    ActionChains(browser.driver).send_keys(Keys.TAB).perform()
    following = browser.driver.execute_script("return document.activeElement.dataset.focus")
    assert following == "inference/model"


def test_back_and_forward_walk_through_what_was_opened(browser: Browser) -> None:
    browser.open("?view=table")
    browser.one(f".ls-grid a[data-focus='{RAG}']").click()
    browser.until(lambda: browser.text(".ls-selection h2") == "RAG*")
    browser.one(".ls-grid a[data-focus='training/model/peft']").click()
    browser.until(lambda: browser.text(".ls-selection h2") == "PEFT")
    browser.driver.back()
    browser.until(lambda: browser.text(".ls-selection h2") == "RAG*")
    browser.driver.back()
    browser.until(lambda: not browser.all(".ls-selection"))
    browser.driver.forward()
    browser.until(lambda: browser.text(".ls-selection h2") == "RAG*")


def test_link_inside_the_app_does_not_load_the_page_again(browser: Browser) -> None:
    browser.open("?view=table")
    browser.driver.execute_script("window.stillHere = true")
    browser.one(f".ls-grid a[data-focus='{RAG}']").click()
    browser.until(browser.titles)
    browser.one(".ls-details").click()
    browser.until(lambda: browser.all(".ls-paper h1"))
    browser.one(".ls-back a").click()
    browser.until(browser.titles)
    assert browser.driver.execute_script("return window.stillHere") is True


def test_words_narrow_counts_and_address(browser: Browser, counted: LandscapeSnapshot) -> None:
    browser.open()
    box = browser.one("input[aria-label='Words in title or abstract']")
    box.send_keys("retrieval" + Keys.ENTER)
    browser.until(lambda: "q=retrieval" in browser.driver.current_url)
    browser.until(lambda: browser.all(".ls-active a"))
    browser.settle()
    name = str(browser.one(f".ls-grid a[data-focus='{RAG}']").get_attribute("aria-label"))
    found = int(re.sub(r"\D", "", name))
    assert 0 < found < counted.topic(RAG).n_papers
    browser.one(".ls-active a").click()
    browser.until(lambda: not browser.all(".ls-active a"))
    assert "q=" not in browser.driver.current_url


def test_permalink_restores_everything(browser: Browser) -> None:
    browser.open(f"?topic={RAG}&from=2023&sort=title&colour=share")
    titles = browser.titles()
    assert titles
    assert "from 2023" in browser.text(".ls-active")
    assert browser.text(".ls-sorts a[aria-current='true']") == "By title"
    address = browser.driver.current_url
    browser.driver.get(address)
    browser.until(lambda: browser.titles() == titles)


def test_phone_shows_the_table_in_place_of_the_figure(browser: Browser) -> None:
    browser.open(width=390, height=844)
    chips = browser.all(".ls-grid .ls-chip")
    assert len(chips) == 44
    assert all(chip.is_displayed() for chip in chips)
    assert not any(plot.is_displayed() for plot in browser.all(".js-plotly-plot"))
    assert min(chip.size["height"] for chip in chips) >= 24  # WCAG 2.2, success criterion 2.5.8
    assert browser.driver.execute_script("return document.documentElement.scrollWidth") <= 390
    reach = max(chip.rect["x"] + chip.rect["width"] for chip in chips)
    assert reach <= 390
    chips[0].click()
    browser.until(browser.titles)
    assert browser.text(".ls-selection h2") == "Self-generation"


@pytest.mark.parametrize("path", ["?topic=add-ons/evaluation/creativity", "papers?paper=arxiv:2401.00036"])
def test_title_that_tries_to_be_markup_shows_as_it_is(browser: Browser, path: str) -> None:
    browser.open(path)
    assert HOSTILE in browser.texts(".ls-papers bdi, .ls-paper h1 bdi")
    assert not browser.all("[data-testid='stMain'] img")
    assert not browser.all("[data-testid='stMain'] .katex")
    assert not [a for a in browser.all("a") if str(a.get_attribute("href")).lower().startswith("javascript")]
    assert browser.complaints() == []


def test_deck_downloads_with_the_counts_that_are_shown(browser: Browser, counted: LandscapeSnapshot) -> None:
    browser.open()
    browser.wait_for_figure()
    deck = browser.saved("*.pptx", browser.one("[data-testid='stDownloadButton'] button").click)
    slide = Presentation(str(deck)).slides[0]
    texts = {shape.name: shape.text_frame.text for shape in _shapes(slide.shapes) if shape.has_text_frame}
    for topic in (topic for cell in counted.cells for topic in cell.topics):
        assert texts[f"Count: {topic.label}"] == str(topic.n_papers)


def _shapes(shapes: Any) -> list[Any]:
    found: list[Any] = []
    for shape in shapes:
        found += _shapes(shape.shapes) if hasattr(shape, "shapes") else [shape]
    return found


@pytest.mark.parametrize("path", [f"?topic={RAG}", "papers?paper=arxiv:2401.00036", "status"])
def test_only_the_page_scrolls_and_nothing_is_cut_at_the_side(browser: Browser, path: str) -> None:
    browser.open(path)
    for width in (1280, 390):
        browser.resize(width, 800)
        assert browser.driver.execute_script(
            """const root = document.scrollingElement, main = document.querySelector("[data-testid=stMain]");
               return [root.scrollHeight > innerHeight, root.scrollWidth > innerWidth,
                       main.scrollWidth > main.clientWidth]"""
        ) == [False, False, False]


def test_what_is_selected_stays_in_sight_and_leads_to_the_list(browser: Browser) -> None:
    browser.open(f"?topic={RAG}")
    browser.wait_for_figure()
    bar = browser.one(".ls-selection")
    assert bar.rect["y"] < 800
    browser.one(".ls-jump").click()
    browser.until(lambda: browser.one(".ls-papers h3").rect["y"] > 0)
    browser.until(
        lambda: (
            browser.driver.execute_script(
                "return document.querySelector('.ls-papers h3').getBoundingClientRect().y"
            )
            < 400
        )
    )


def test_dark_theme_reaches_figure_and_table(browser: Browser) -> None:
    browser.open("?view=table", dark=True)
    page = browser.one(".stApp").value_of_css_property("background-color")
    band = browser.one(".ls-row td").value_of_css_property("background-color")
    for colour in (page, band):
        assert max(int(part) for part in re.findall(r"\d+", colour)[:3]) < 80
    browser.open(dark=True)
    paper = browser.one(".js-plotly-plot .main-svg").value_of_css_property("background-color")
    assert paper == page
