"""The five questions of a new reader, each answered within three clicks; docs/app.md has the same paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pptx import Presentation
from selenium.webdriver import Keys
from selenium.webdriver.common.by import By

if TYPE_CHECKING:
    from conftest import Browser

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

MOST_CLICKS = 3


class Reader:
    """Counts what a reader does; typing words and Enter count as one click."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.clicks = 0

    def click(self, selector: str) -> None:
        """Click the first element of a selector."""
        self._count()
        self.browser.one(selector).click()
        self.browser.settle()

    def follow(self, text: str) -> None:
        """Follow a link by its text."""
        self._count()
        self.browser.until(lambda: self.browser.driver.find_elements(By.LINK_TEXT, text))[0].click()
        self.browser.settle()

    def chip(self, label: str) -> None:
        """Click a chip of the figure."""
        self._count()
        self.browser.wait_for_figure()
        self.browser.click_in_figure(label)
        self.browser.until(self.browser.titles)
        self.browser.settle()

    def words(self, text: str) -> None:
        """Type words into the search box."""
        self._count()
        self.browser.one("input[aria-label='Words in title or abstract']").send_keys(text + Keys.ENTER)
        self.browser.until(lambda: self.browser.all(".ls-active a"))
        self.browser.settle()

    def _count(self) -> None:
        self.clicks += 1
        assert self.clicks <= MOST_CLICKS


def test_what_is_new_in_peft_this_year(browser: Browser) -> None:
    browser.open()
    reader = Reader(browser)
    reader.chip("PEFT")
    reader.follow("Newest first")
    browser.until(lambda: browser.text(".ls-sorts a[aria-current='true']") == "Newest first")
    years = [int(text[-4:]) for text in browser.texts(".ls-papers .ls-meta") if text[-4:].isdigit()]
    assert years
    assert years == sorted(years, reverse=True)


def test_which_cells_are_thin(browser: Browser) -> None:
    browser.open()
    reader = Reader(browser)
    reader.click("a[href$='/status']")
    browser.until(lambda: browser.all("#thin"))
    assert browser.text("#thin") == "Thin cells"


def test_why_is_this_paper_here(browser: Browser) -> None:
    browser.open("?topic=inference/context/rag")
    reader = Reader(browser)
    reader.click(".ls-details")
    browser.until(lambda: browser.texts("#placed") == ["Why it is here"])
    assert browser.texts(".ls-paper .ls-place")


def test_what_to_read_first_on_rag_for_medicine(browser: Browser) -> None:
    browser.open()
    reader = Reader(browser)
    reader.words("medical")
    reader.chip("RAG*")
    titles = browser.titles()
    assert 0 < len(titles) < 25
    assert browser.text(".ls-sorts a[aria-current='true']") == "Best match"


def test_give_me_this_as_a_slide(browser: Browser) -> None:
    browser.open("?from=2023")
    browser.wait_for_figure()
    reader = Reader(browser)
    deck = browser.saved("*.pptx", lambda: reader.click("[data-testid='stDownloadButton'] button"))
    assert len(Presentation(str(deck)).slides) == 1
