"""The static view as a page of its own: one file, no script, nothing fetched, at home in light and dark."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from sm_pipeline_widgets.view.html import render_html
from sm_pipeline_widgets.view.picture import readable

if TYPE_CHECKING:
    from sm_pipeline_widgets.view.html import Snapshot

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE = (
    ":root { color-scheme: light dark; "
    "font: 14px/1.5 system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif } "
    "body { max-width: 72rem; margin: 2rem auto; padding: 0 1rem } table { border-collapse: collapse } "
    "th { text-align: left; padding: 1px 12px 1px 0; vertical-align: top } td { overflow-wrap: anywhere } "
    "section { margin-top: 1.5rem } h2 { font-size: 1.1rem } summary { cursor: pointer } "
    "pre, code { font: 13px/1.45 ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace }"
)


def page(snapshot: Snapshot) -> str:
    """The whole document."""
    return document(snapshot.title, render_html(snapshot))


def document(title: str, body: str) -> str:
    """A page around HTML that is escaped already."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">'
        f"<title>{escape(readable(title))}</title><style>{_STYLE}</style></head>\n"
        f"<body>{body}</body></html>\n"
    )
