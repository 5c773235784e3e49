"""report.html in a browser: headless Chromium opens it from disk, and finds nothing to complain about."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bhm_columnar.report.page import write_comparison, write_report

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on this machine")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Start Chromium with an empty profile."""
    with sync_api.sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"),
            executable_path=BROWSER,
            headless=True,
            args=FLAGS,
            viewport={"width": 1280, "height": 900},
        )
        yield context
        context.close()


@pytest.fixture(scope="module")
def report(analysed: Path, filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the page of the analysed toy dumps, with a reference."""
    out = Path(shutil.copytree(analysed, tmp_path_factory.mktemp("report") / "out"))
    return write_report(out, reference=filled)


@pytest.fixture
def page(browser: Any, report: Path) -> Iterator[Any]:
    """Open the page; nothing may be written to its console, and no request may leave the file."""
    tab = browser.new_page()
    complaints: list[str] = []
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on(
        "request", lambda request: complaints.append(request.url) if _leaves(request.url, report) else None
    )
    tab.goto(report.as_uri())
    yield tab
    tab.close()
    assert complaints == []


def _leaves(url: str, report: Path) -> bool:
    return not (url.startswith("data:") or url.partition("#")[0] == report.as_uri())


def test_it_opens_and_is_small(page: Any, report: Path) -> None:
    assert report.stat().st_size < 5_000_000
    assert page.title().startswith("BHM report, runs 380000")
    assert page.locator("h1").is_visible()
    assert page.evaluate("[...document.images].every((one) => one.complete && one.naturalWidth > 0)")


def test_network_is_forbidden(browser: Any, report: Path) -> None:
    tab = browser.new_page()
    refused: list[str] = []
    tab.on("console", lambda message: refused.append(message.text))
    tab.goto(report.as_uri())
    tab.evaluate("fetch('http://127.0.0.1:9/').catch(() => null)")
    tab.close()
    assert any("Content Security Policy" in text for text in refused)


def test_a_table_is_sorted_by_its_headings(page: Any) -> None:
    table = page.locator("table", has=page.locator("caption", has_text="Channels").first).first
    heading = table.locator("thead th", has_text="SR").first

    def column() -> list[int]:
        return [
            int(text.replace(",", "")) for text in table.locator("tbody tr td:nth-child(4)").all_inner_texts()
        ]

    before = column()
    heading.locator("button").click()
    assert heading.get_attribute("aria-sort") == "ascending"
    assert column() == sorted(before) != before
    heading.locator("button").press("Enter")
    assert heading.get_attribute("aria-sort") == "descending"
    assert column() == sorted(before, reverse=True)
    table.locator("thead th button").first.click()
    assert heading.get_attribute("aria-sort") == "none"
    assert table.locator("tbody th").first.inner_text() == "MF01"


def test_a_unit_on_the_map_shows_its_channel(page: Any) -> None:
    assert page.locator(".panel:visible").count() == 1
    page.locator("a.unit[data-channel=PF07]").click()
    assert page.locator(".panel:visible h3").inner_text() == "PF07"
    assert page.evaluate("document.activeElement.id") == "channel-PF07"
    unit = page.locator("a.unit[data-channel=MN02]")
    unit.focus()
    page.keyboard.press("Enter")
    assert page.locator(".panel:visible h3").inner_text() == "MN02"
    assert page.locator("a.unit[aria-current]").get_attribute("data-channel") == "MN02"
    page.get_by_role("button", name="next channel").click()
    assert page.locator(".panel:visible h3").inner_text() == "MN03"


def test_the_name_of_a_channel_in_a_table_leads_to_it(page: Any) -> None:
    page.locator("td a, th a", has_text="PN09").first.click()
    assert page.locator(".panel:visible h3").inner_text() == "PN09"


def test_a_figure_is_shown_large(page: Any) -> None:
    figures = page.locator(".gallery img").evaluate_all("all => all.map((one) => one.alt)")
    page.locator(".gallery button").first.focus()
    page.keyboard.press("Enter")
    zoom = page.locator("#zoom")
    assert zoom.is_visible()
    assert zoom.locator("img").get_attribute("alt") == figures[0]
    page.keyboard.press("ArrowRight")
    assert zoom.locator("img").get_attribute("alt") == figures[1]
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert zoom.locator("img").get_attribute("alt") == figures[-1]
    page.keyboard.press("Escape")
    assert not zoom.is_visible()
    assert page.evaluate("document.activeElement === document.querySelector('.gallery button')")


@pytest.mark.parametrize("width", [400, 1280])
def test_nothing_sticks_out(page: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast(page: Any, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    worst = page.evaluate(CONTRAST)
    assert worst["ratio"] >= 4.5, worst["text"]
    page.emulate_media(color_scheme="light")


def test_in_print_all_channels_are_there(page: Any) -> None:
    page.emulate_media(media="print")
    assert page.locator(".panel:visible").count() == 40
    assert page.locator("nav:visible").count() == 0
    page.emulate_media(media="screen")


def test_a_comparison_opens(browser: Any, analysed: Path, filled: Path, tmp_path: Path) -> None:
    path = tmp_path / "compare.html"
    write_comparison(analysed, filled, path)
    tab = browser.new_page()
    complaints: list[str] = []
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.goto(path.as_uri())
    tab.locator("a[href='#channel-PN05']").first.click()
    assert tab.locator(".panel:visible h3").inner_text() == "PN05"
    tab.close()
    assert complaints == []


#: smallest contrast (WCAG 2) of visible HTML text against the nearest background that is not transparent
CONTRAST = """() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map((one) => one / 255)
    .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
    .reduce((sum, one, k) => sum + one * [0.2126, 0.7152, 0.0722][k], 0);
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = channels(getComputedStyle(one).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  let worst = { ratio: 99, text: "" };
  for (const element of document.querySelectorAll("body *:not(script):not(svg *)")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility()) continue;
    const [low, high] = [luminance(channels(getComputedStyle(element).color)), luminance(behind(element))].sort((a, b) => a - b);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < worst.ratio) worst = { ratio, text: element.textContent.slice(0, 80) };
  }
  return worst;
}"""
