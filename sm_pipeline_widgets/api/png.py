"""A picture as PNG, drawn by resvg: an optional package, so that nobody who draws in a browser has to install it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

INK, PAPER = "#1f2328", "#ffffff"
ZOOM = 2.0
"""Pixels of the PNG for one of the picture: sharp on today's screens."""
FONTS = ("DejaVu Sans", "Liberation Sans", "Noto Sans", "Arial", "Helvetica")
MOST_PIXELS = 60_000_000
_PROBE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20">'
    '<text x="2" y="15" font-family="sans-serif">Mm</text></svg>'
)


def load_resvg(find: Callable[[str], Any] = import_module) -> Any:
    """The package that draws, as `find` finds it.

    Raises
    ------
    UsageError
        It is not installed.
    """
    try:
        return find("resvg_py")
    except ImportError:
        fix = "Install it with `%pip install 'sm_pipeline_widgets[png]'`, or export `.svg`."
        raise UsageError("A PNG needs the package resvg-py, which is not installed.", fix) from None


def png_of(svg: str, size: tuple[int, int], load: Callable[[], Any] = load_resvg) -> bytes:
    """The picture in dark ink on white.

    Parameters
    ----------
    size
        The picture's width and height in its own pixels; very large ones are drawn smaller.

    Raises
    ------
    UsageError
        The package is missing, or this machine has no font to write with.
    """
    resvg = load()
    family = next((name for name in FONTS if _writes(resvg, name)), None)
    if family is None:
        fix = "Install a font (such as the package `fonts-dejavu-core`), or export `.svg`."
        raise UsageError("This machine has no font to write a PNG's texts with.", fix)
    width, height = size
    zoom = min(ZOOM, (MOST_PIXELS / max(1, width * height)) ** 0.5)
    # `currentColor` is the ink of the root; media queries are for browsers
    inked = svg.replace("<svg ", f'<svg color="{INK}" ', 1)
    drawn = resvg.svg_to_bytes(
        svg_string=inked, background=PAPER, zoom=zoom, sans_serif_family=family, font_family=family
    )
    return bytes(drawn)


def _writes(resvg: Any, family: str) -> bool:
    """Whether texts come out in that font: resvg leaves out what it has no font for, and says nothing."""
    options = {"sans_serif_family": family, "font_family": family}
    blank = _PROBE.replace("Mm", "")
    return bool(resvg.svg_to_bytes(svg_string=_PROBE, **options) != resvg.svg_to_bytes(svg_string=blank, **options))
