"""Every page under axe-core in a real browser: no serious finding that is ours.

axe-core comes from npm: `npm ci --prefix tests/browser`. Without it these tests are skipped.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from views.navigation import page_paths

if TYPE_CHECKING:
    from tests.browser.conftest import Browser

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")
STATES = (
    "?topic=inference/context/rag",
    "trends?place=training/model",
    "papers?paper=arxiv:2310.11511",
    "knowledge?page=inference/model/quantisation",
)
DARK = ("", "trends?place=training/model", "status")  # each kind of colour once
_RUN = """
const done = arguments[arguments.length - 1];
const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
axe.run(document, {resultTypes: ["violations"], runOnly: rules})
  .then(found => done(found.violations.flatMap(rule => rule.nodes.map(node => ({
    rule: rule.id, impact: node.impact || rule.impact, where: node.target.flat().join(" "),
    html: node.html.slice(0, 300), told: node.failureSummary.slice(0, 300)})))))
  .catch(error => done([{rule: "axe", impact: "critical", where: "", html: "", told: String(error)}]));
"""


@pytest.fixture(scope="module")
def axe() -> str:
    """axe-core's source."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci --prefix tests/browser")
    return AXE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("path", "dark"),
    [*((path, False) for path in (*page_paths(), *STATES)), *((path, True) for path in DARK)],
)
def test_page_has_no_serious_finding(browser: Browser, axe: str, path: str, dark: bool) -> None:
    browser.open(path, dark=dark)
    browser.driver.set_script_timeout(60)
    browser.driver.execute_script(axe)
    found: list[dict[str, Any]] = browser.driver.execute_async_script(_RUN)
    assert [each for each in found if each["impact"] in GRAVE] == []
