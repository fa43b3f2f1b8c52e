"""The page in a browser: no error, tables sort by mouse and keyboard, nothing scrolls sideways."""

import os
from pathlib import Path

import pytest

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
DRIVER = Path(os.environ.get("CHROMEDRIVER", "/usr/bin/chromedriver"))
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage",
    "--force-prefers-reduced-motion",  # else a click comes while the page still scrolls to it
)  # fmt: skip


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    if not (CHROMIUM.exists() and DRIVER.exists()):
        pytest.skip(f"no {CHROMIUM} and {DRIVER}: the page is not tried in a browser")
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(str(DRIVER))
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    driver.quit()


@pytest.fixture
def page(browser, html):
    """The page in a window of 400 x 800."""
    sized(browser, 400)
    browser.get(html.as_uri())
    return browser


def sized(browser, width):
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def column(page, index):
    """What the cells of the first table's column are sorted by, from top to bottom."""
    script = """return [...document.querySelector("table.sortable").tBodies[0].rows].map(
        row => row.cells[arguments[0]].dataset.value)"""
    return page.execute_script(script, index)


def heading(page, index):
    from selenium.webdriver.common.by import By

    return page.find_elements(By.CSS_SELECTOR, "table.sortable thead th")[index]


def button(page, index):
    from selenium.webdriver.common.by import By

    return heading(page, index).find_element(By.TAG_NAME, "button")


def numbers(values):
    return [float(value) for value in values]


def test_the_console_stays_empty(page):
    button(page, 0).click()
    assert page.get_log("browser") == []


def test_a_click_sorts_and_a_second_turns_the_order(page):
    before = numbers(column(page, 2))
    assert heading(page, 2).get_attribute("aria-sort") is None
    button(page, 2).click()
    assert numbers(column(page, 2)) == sorted(before)
    assert heading(page, 2).get_attribute("aria-sort") == "ascending"
    button(page, 2).click()
    assert numbers(column(page, 2)) == sorted(before, reverse=True)
    assert heading(page, 2).get_attribute("aria-sort") == "descending"
    button(page, 0).click()
    assert heading(page, 2).get_attribute("aria-sort") is None
    assert column(page, 0) == sorted(column(page, 0))


@pytest.mark.parametrize("key", ["ENTER", "SPACE"])
def test_the_keyboard_sorts_as_the_mouse_does(page, key):
    from selenium.webdriver.common.keys import Keys

    before = numbers(column(page, 2))
    button(page, 2).send_keys(getattr(Keys, key))
    assert numbers(column(page, 2)) == sorted(before)
    assert page.switch_to.active_element == button(page, 2)


def test_cells_without_a_number_stay_last(page):
    script = """
        const table = document.querySelector("#theory-caption + .scroll table");
        const button = table.tHead.rows[0].cells[1].querySelector("button");
        const last = () => { button.click(); return [...table.tBodies[0].rows].at(-1)
            .cells[1].dataset.value ?? "nothing"; };
        return [last(), last()]"""
    assert page.execute_script(script) == ["nothing", "nothing"]


@pytest.mark.parametrize("width", [320, 400, 800, 1200])
def test_the_page_never_scrolls_sideways(page, width):
    sized(page, width)
    page.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.execute_script("return document.documentElement.scrollWidth") <= width


def test_tab_reaches_the_skip_link_first_and_then_the_figure(page):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    page.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    assert page.switch_to.active_element.get_attribute("class") == "skip"
    page.switch_to.active_element.send_keys(Keys.TAB)
    assert page.switch_to.active_element.get_attribute("role") == "region"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_the_paper(page, scheme):
    """Contrast of at least 4.5 in both schemes (WCAG 2, AA); charts stay on white."""
    feature = {"name": "prefers-color-scheme", "value": scheme}
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    try:
        paper = colour(page, "body", "backgroundColor")
        assert (luminance(paper) < 0.1) == (scheme == "dark")
        for selector in ("body", "a[href='#theory']", ".note", ".ends", "thead button"):
            assert contrast(colour(page, selector, "color"), paper) >= 4.5, selector
        assert colour(page, ".chart", "backgroundColor") == (255, 255, 255)
    finally:
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def colour(page, selector, what):
    script = "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]"
    text = page.execute_script(script, selector, what)
    return tuple(int(word) for word in text.removeprefix("rgb(").rstrip(")").split(", "))


def luminance(rgb):
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (x / 255 for x in rgb)
    ]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)
