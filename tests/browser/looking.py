"""Whether a page is looked at, as the browser tells it: a tab that comes to the front or goes behind another."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

_TURN = """isHidden => {
    Object.defineProperty(document, 'hidden', {configurable: true, get: () => isHidden});
    Object.defineProperty(document, 'visibilityState', {configurable: true, get: () => (isHidden ? 'hidden' : 'visible')});
    document.dispatchEvent(new Event('visibilitychange'));
}"""


def hide(page: Page) -> None:
    """The tab goes behind another: Chromium without a window shows every tab, so the page is told."""
    page.evaluate(_TURN, True)


def reveal(page: Page) -> None:
    page.evaluate(_TURN, False)
