"""One browser for all tests of pages."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""What a browser is called on PATH."""
PLACES = ("/usr/bin", "/usr/lib/chromium", "/snap/bin", "/opt/google/chrome")
SETTINGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")

Opened = Callable[..., Any]
"""Opens a page that is given as a text, in a window of its own; keywords are those of a context."""


def _missing(reason: str) -> None:
    """Skip a test that has no browser; under CI, where there is one, fail it."""
    if os.environ.get("CI"):
        pytest.fail(f"CI has a browser, but {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _missing("playwright is not installed")
    path = os.pathsep.join([os.environ.get("PATH", ""), *PLACES])
    found = next((p for name in NAMES if (p := shutil.which(name, path=path))), None)
    if found is None:
        _missing(f"none of {', '.join(NAMES)} is installed")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=[*SETTINGS])
        yield launched
        launched.close()


def _listening(page: Any, heard: list[str]) -> Any:
    """A page of which everything is heard that a page must not do: requests, messages, errors."""
    page.set_default_timeout(5000)
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("dialog", lambda dialog: heard.append(dialog.message))
    page.on("request", lambda request: heard.append(request.url))
    return page


@pytest.fixture(scope="session")
def window(browser: Any) -> tuple[Any, list[str]]:
    """The window of tests that need no settings, and what is heard from it."""
    heard: list[str] = []
    return _listening(browser.new_page(), heard), heard


@pytest.fixture
def opened(browser: Any, window: Any, tmp_path: Path) -> Iterator[Opened]:
    """Opens pages, and sees that they stay within their file and are silent."""
    contexts = []
    usual, heard = window

    def opened(text: str, name: str = "page.html", **settings: Any) -> Any:
        page = usual
        if settings:
            contexts.append(browser.new_context(**settings))
            page = _listening(contexts[-1].new_page(), heard)
        page.set_viewport_size({"width": 1280, "height": 800})
        path = tmp_path / name
        path.write_text(text, "utf-8")
        page.goto(path.as_uri())
        heard.remove(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    told = heard[:]
    heard.clear()
    assert told == []
