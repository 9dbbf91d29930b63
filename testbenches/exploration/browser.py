# SPDX-License-Identifier: Apache-2.0
"""Headless Chromium for the tests of the pages; 77, CTest's code for a skipped test, without it."""

import argparse
import json
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

from waiting import DEADLINE_S

SKIPPED = 77
CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")

paths = {}    # of the tools

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait
except ImportError:
    webdriver = None


def skip_without_browser():
    missing = [str(path) for path in (CHROMIUM, DRIVER) if not path.exists()]
    missing += [] if webdriver else ["selenium"]
    if missing:
        print(f"skipped: {', '.join(missing)} not installed")
        sys.exit(SKIPPED)


def fresh_room(test_class):
    room = Path(tempfile.mkdtemp(prefix="topkima_page_"))
    test_class.addClassCleanup(shutil.rmtree, room, ignore_errors=True)
    return room


def main():
    parser = argparse.ArgumentParser(description="Other arguments go to unittest.")
    parser.add_argument("--macro", required=True, help="path of topkima-macro")
    parser.add_argument("--soc", required=True, help="path of topkima-soc")
    arguments, others = parser.parse_known_args()
    paths.update(macro=Path(arguments.macro).resolve(), soc=Path(arguments.soc).resolve())
    unittest.main(module="__main__", argv=[sys.argv[0], *others])


def started():
    options = Options()
    options.binary_location = str(CHROMIUM)
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                 "--window-size=1280,900"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(service=Service(str(DRIVER)), options=options)
    browser.set_page_load_timeout(DEADLINE_S)
    return browser


class PageTest(unittest.TestCase):
    """Pages in one browser for all tests. After each test its log must hold nothing, and no page
    may have asked for anything outside its file."""

    browser = None

    @classmethod
    def setUpClass(cls):
        if PageTest.browser is None:
            PageTest.browser = started()
            unittest.addModuleCleanup(PageTest.browser.quit)

    def setUp(self):
        self.emulate(media="", scheme="light")
        self.width(1280)
        for log in ("browser", "performance"):
            self.browser.get_log(log)

    def tearDown(self):
        self.assertEqual(self.browser.get_log("browser"), [])
        self.assertEqual([url for url in self.requests()
                          if not url.startswith(("file:", "data:", "blob:"))], [])

    def requests(self):
        messages = (json.loads(entry["message"])["message"]
                    for entry in self.browser.get_log("performance"))
        return [message["params"]["request"]["url"] for message in messages
                if message["method"] == "Network.requestWillBeSent"]

    def open(self, page):
        """Loads a page, unless it is the one that is open."""
        if self.browser.current_url != Path(page).as_uri():
            self.browser.get(Path(page).as_uri())

    def emulate(self, media, scheme):
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "media": media, "features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def width(self, pixels):
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": pixels, "height": 900, "deviceScaleFactor": 1, "mobile": False})

    def script(self, text, *arguments):
        return self.browser.execute_script(text, *arguments)

    def one(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def count(self, selector):
        return len(self.browser.find_elements(By.CSS_SELECTOR, selector))

    def text(self, selector):
        """What is shown, with plain spaces and minus signs."""
        shown = self.one(selector).text
        return shown.replace("\u202f", "").replace("\u00a0", " ").replace("\u2212", "-")

    def until(self, condition, what):
        WebDriverWait(self.browser, DEADLINE_S, 0.05).until(lambda _: condition(), what)

    def style(self, selector, name):
        return self.script("return getComputedStyle(document.querySelector(arguments[0]))"
                           "[arguments[1]]", selector, name)

    def choose(self, selector, value):
        self.script("const select = document.querySelector(arguments[0]);"
                    "select.value = arguments[1];"
                    "select.dispatchEvent(new Event('change', {bubbles: true}))", selector, value)

    def assert_controls_are_labelled(self):
        unlabelled = self.script(
            "return [...document.querySelectorAll('input, select, button, [tabindex=\"0\"]')]"
            ".filter(one => !(one.labels && one.labels.length) && !one.getAttribute('aria-label')"
            " && !one.getAttribute('aria-labelledby') && !one.textContent.trim())"
            ".map(one => one.outerHTML)")
        self.assertEqual(unlabelled, [])

    def assert_fits(self, pixels):
        """Nothing makes the page itself scroll sideways."""
        self.width(pixels)
        self.until(lambda: self.script("return document.documentElement.scrollWidth") <= pixels,
                   f"a page of {pixels} pixels")

    def assert_painted(self, selector):
        self.assertTrue(self.script(
            "const canvas = document.querySelector(arguments[0]);"
            "const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, "
            "canvas.height); return data.some(value => value !== 0)", selector), selector)

    def theme(self):
        return self.script("return document.documentElement.dataset.theme")

    def assert_both_themes(self):
        """The system's, then the button's, which the page remembers."""
        self.emulate(media="", scheme="dark")
        self.until(lambda: self.theme() == "dark", "the dark theme")
        dark = self.style("body", "backgroundColor")
        ink = self.style(".main-svg .xtick text", "fill")
        self.one("#theme").click()
        self.assertNotEqual(self.style("body", "backgroundColor"), dark)
        self.assertNotEqual(self.style(".main-svg .xtick text", "fill"), ink)
        self.browser.refresh()
        self.assertEqual(self.theme(), "light")
        self.one("#theme").click()
        self.assertEqual(self.style("body", "backgroundColor"), dark)
        self.assertEqual(self.style(".main-svg .xtick text", "fill"), ink)

    def assert_prints(self):
        """On paper: light, no controls, charts no wider than the page."""
        self.emulate(media="print", scheme="dark")
        self.until(lambda: self.theme() == "light", "paper")
        for selector in (".controls", "nav", ".tools", ".modebar-container", ".skip"):
            self.assertEqual(self.style(selector, "display"), "none", selector)
        widest = self.script("return Math.max(...[...document.querySelectorAll('.main-svg')]"
                             ".map(one => one.getBoundingClientRect().width))")
        self.assertLessEqual(widest, 690)
        self.emulate(media="", scheme="dark")
        self.until(lambda: self.style(".controls", "display") != "none", "the screen")
