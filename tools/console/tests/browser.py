"""A real browser, with the actions of a person."""

from __future__ import annotations

import json
import os
import shutil
import time
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from selenium import webdriver
from selenium.common.exceptions import ElementClickInterceptedException, StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from selenium.webdriver.remote.webelement import WebElement

_SECONDS = 30
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_TAKES = "self::button or self::a or @role='button'"
_IS_MOVING = "for (let e = arguments[0]; e; e = e.parentElement) if (e.getAnimations().length) return true"
"""Whether an element or what contains it is being animated: a click may then land beside it."""


def start() -> webdriver.Chrome:
    """Start Chromium without a window; if it is missing, the test is skipped, or fails in CI."""
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    driver = shutil.which("chromedriver")
    if not browser or not driver:
        missing = "Chromium with its driver is not on PATH (apt install chromium chromium-driver)"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    options = webdriver.ChromeOptions()
    options.binary_location = str(browser)
    # Root may start it only without a sandbox, for example in a container.
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,900"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=Service(driver))


class Page:
    """A page of the console in the browser."""

    def __init__(self, driver: webdriver.Chrome, address: str, pictures: Path) -> None:
        self.driver = driver
        self._address = address.partition("/?")[0]
        self._pictures = pictures
        driver.get(address)

    def open(self, path: str) -> None:
        """Go to a page of the console."""
        self.driver.get(f"{self._address}{path}")

    def text(self) -> str:
        """Return all visible text."""
        shown: str = self.driver.execute_script("return document.body?.innerText ?? ''")
        return shown

    def see(self, *words: str) -> None:
        """Wait until all these words are shown."""
        self.wait(lambda: all(each in self.text() for each in words), lambda: f"no {words} in:\n{self.text()}")

    def see_no(self, words: str) -> None:
        """Wait until these words are not shown."""
        self.wait(lambda: words not in self.text(), lambda: f"{words!r} in:\n{self.text()}")

    def click(self, words: str, *, row: str = "") -> None:
        """Click a button or a link with these words, optionally in the table row that contains other words."""
        place = f"//tr[contains(normalize-space(.), '{row}')]" if row else ""
        # The element opened last is in front of all others.
        path = f"({place}//*[{_TAKES}][normalize-space(.)='{words}'])[last()]"

        self.wait(lambda: self._clicked(path), lambda: f"no {words!r} to click in:\n{self.text()}")

    def field(self, label: str) -> WebElement:
        """Find a field by its label."""
        self.wait(lambda: bool(self._found(f"//*[@aria-label='{label}']")), lambda: f"no field {label!r}")
        found = self._found(f"//*[@aria-label='{label}']")
        assert found
        return found

    def click_option(self, words: str) -> None:
        """Click an option of the open list."""
        path = f"//*[@role='option'][normalize-space(.)='{words}']"
        self.wait(lambda: self._clicked(path), lambda: f"no option {words!r} in:\n{self.text()}")

    def follow(self, address: str) -> None:
        """Follow the first link to an address with that beginning."""
        path = f"//a[starts-with(@href, '{address}')]"
        self.wait(lambda: self._clicked(path), lambda: f"no link to {address} in:\n{self.text()}")

    def type_at_once(self, field: WebElement, text: str) -> None:
        """Replace the text of a field at once, as pasting does."""
        script = "arguments[0].value = JSON.parse(arguments[1]); arguments[0].dispatchEvent(new Event('input'))"
        self.driver.execute_script(script, field, json.dumps(text))

    def press(self, key: str) -> None:
        """Press a key in the focused element."""
        ActionChains(self.driver).send_keys(key).perform()

    def focus(self, words: str) -> None:
        """Press Tab until an element with these words has the focus."""
        self.wait(lambda: self._tabbed_to(words), lambda: f"Tab does not reach {words!r} in:\n{self.text()}")

    def suspend(self, *, seconds: int) -> None:
        """Stop the tab for this time, as a suspended or very busy machine does."""
        browser = psutil.Process(self.driver.service.process.pid)
        tabs = [each for each in browser.children(recursive=True) if "--type=renderer" in each.cmdline()]
        for tab in tabs:
            tab.suspend()
        time.sleep(seconds)
        for tab in tabs:
            tab.resume()

    def picture(self, name: str) -> None:
        """Save a screenshot."""
        self._pictures.mkdir(exist_ok=True)
        self.driver.save_screenshot(str(self._pictures / f"{name}.png"))

    def errors(self) -> list[dict[str, Any]]:
        """Return the errors in the browser's log."""
        log: list[dict[str, Any]] = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [entry for entry in log if entry["level"] == "SEVERE"]

    def _tabbed_to(self, words: str) -> bool:
        # An element's handle becomes stale when the page draws it again; the document always knows its focus.
        if self.driver.execute_script("return document.activeElement?.innerText ?? ''").strip() == words:
            return True
        self.press(Keys.TAB)
        return False

    def _clicked(self, path: str) -> bool:
        element = self._found(path)
        if not element or not element.is_enabled() or not element.is_displayed():
            return False
        if self.driver.execute_script(_IS_MOVING, element):
            return False
        element.click()
        return True

    def _found(self, path: str) -> WebElement | None:
        found = self.driver.find_elements(By.XPATH, path)
        return found[0] if found else None

    def wait(self, done: Callable[[], bool], why: Callable[[], str] | str) -> None:
        """Wait until a condition holds; ``why`` says what is wrong if it never does."""
        wait = WebDriverWait(
            self.driver,
            _SECONDS,
            poll_frequency=0.1,
            ignored_exceptions=[ElementClickInterceptedException, StaleElementReferenceException],
        )
        try:
            wait.until(lambda _: done())
        except Exception as error:
            raise AssertionError(why if isinstance(why, str) else why()) from error
