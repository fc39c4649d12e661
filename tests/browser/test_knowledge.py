"""A new reader's walk through the Knowledge pages, in a real browser on the real app."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from selenium.webdriver import Keys

if TYPE_CHECKING:
    from conftest import Browser

pytestmark = pytest.mark.browser

QUANTISATION = "inference/model/quantisation"
GPTQ = "arxiv:2210.17323"


def _click(browser: Browser, selector: str, text: str) -> None:
    """Click the link with this text, once it is there."""

    def found() -> bool:
        for link in browser.all(selector):
            if link.text.strip() == text:
                browser.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", link)
                link.click()
                return True
        return False

    browser.until(found)


def _heading(browser: Browser, text: str) -> None:
    browser.until(lambda: browser.text(".ls-know h1, .ls-paper h1, .ls-head h1") == text)
    browser.settle()


def test_a_new_reader_walks_from_a_chip_to_its_page_and_on_and_back(browser: Browser) -> None:
    browser.open()
    browser.click_in_figure("Quantisation")
    browser.until(lambda: browser.text(".ls-selection h2") == "Quantisation")
    loaded = browser.driver.execute_script("return performance.timeOrigin")
    n_papers = browser.text(".ls-selection p").split()[0]
    _click(browser, ".ls-selection nav a", "About this topic")
    _heading(browser, "Quantisation")
    assert browser.driver.current_url.endswith(f"/knowledge?page={QUANTISATION}")
    assert browser.text("a.ls-button") == f"On the chart: {n_papers} papers"
    # To a paper to start with, and back.
    title = browser.texts("ol.ls-start h3")[0]
    _click(browser, "ol.ls-start h3 a", title)
    _heading(browser, title)
    assert f"paper={GPTQ}" in unquote(browser.driver.current_url)
    _click(browser, ".ls-back a", "‹ Back to Quantisation")
    _heading(browser, "Quantisation")
    # To a neighbour, and by the browser's own step back.
    _click(browser, ".ls-aside a", "Smart Attention")
    _heading(browser, "Smart Attention")
    browser.driver.back()
    _heading(browser, "Quantisation")
    # To a method, to another that is related, and to the topic again.
    _click(browser, ".ls-card a", "GPTQ")
    _heading(browser, "GPTQ")
    _click(browser, ".ls-where a", "Quantisation")
    _heading(browser, "Quantisation")
    # And to where the walk began.
    _click(browser, "a.ls-button", f"On the chart: {n_papers} papers")
    browser.until(lambda: browser.text(".ls-selection h2") == "Quantisation")
    assert browser.driver.current_url.endswith(f"/?topic={QUANTISATION}")
    # Nothing on the way loaded the app anew.
    assert browser.driver.execute_script("return performance.timeOrigin") == loaded


def test_words_find_an_entry_and_lead_back_to_what_was_found(browser: Browser) -> None:
    browser.open("knowledge")
    box = browser.one("[data-testid='stTextInput'] input")
    box.send_keys("quantization", Keys.ENTER)
    browser.until(lambda: "words=quantization" in browser.driver.current_url)
    _click(browser, ".ls-card a", "Quantisation")
    _heading(browser, "Quantisation")
    _click(browser, ".ls-trail a", "‹ Search for “quantization”")
    browser.until(lambda: browser.texts("#hits-topic"))
    assert browser.one("[data-testid='stTextInput'] input").get_attribute("value") == "quantization"


def test_jumps_bring_a_group_into_sight(browser: Browser) -> None:
    browser.open("knowledge?kind=method")
    heading = browser.one("#group-safety")
    _click(browser, ".ls-jumps a", browser.one(".ls-jumps a[href='#group-safety']").text.strip())
    browser.until(
        lambda: 40 < browser.driver.execute_script(
            "return arguments[0].getBoundingClientRect().top", heading
        ) < 400
    )  # fmt: skip
    assert "kind=method" in browser.driver.current_url
    assert browser.texts(".ls-tabs a[aria-current='page']")[0].startswith("Methods")


@pytest.mark.parametrize(
    "path",
    [
        "knowledge?kind=model",
        f"knowledge?page={QUANTISATION}",
        "knowledge?entry=concept/route-pretraining",
        "knowledge?words=hallucination",
    ],
)
def test_nothing_is_cut_on_a_phone_or_on_a_desk(browser: Browser, path: str) -> None:
    for width, height, dark in ((390, 844, False), (1280, 800, True)):
        browser.open(path, width=width, height=height, dark=dark)
        beyond = browser.driver.execute_script(
            """const main = document.querySelector("[data-testid='stMain']");
               const edge = main.clientWidth + 1;
               return [...main.querySelectorAll(".stHtml *")]
                 .filter(e => !e.closest(".ls-unseen") && e.getClientRects().length)
                 .filter(e => e.getBoundingClientRect().right > edge && e.textContent.trim())
                 .filter(e => !getComputedStyle(e).clipPath.includes("inset") && !e.closest("thead"))
                 .map(e => e.className + ": " + e.textContent.trim().slice(0, 40));"""
        )
        assert beyond == []
        assert browser.driver.execute_script(
            """const main = document.querySelector("[data-testid='stMain']");
               return main.scrollWidth <= main.clientWidth"""
        )
        assert browser.complaints() == []
        assert browser.hosts() == {"127.0.0.1"}
