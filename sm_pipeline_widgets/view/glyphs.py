"""The signs on a card: one per step type, one per state, drawn on 16 by 16.

The twin of ``labextension/src/glyphs.ts``; a test holds the two together.
"""

from __future__ import annotations

Stroke = tuple[str, str]
"""How a path is painted (``line`` or ``fill``) and its SVG path data."""

TYPE_GLYPHS: dict[str, tuple[Stroke, ...]] = {
    "Processing": (("line", "M2.75 3h10.5v10H2.75zM2.75 6.5h10.5M2.75 9.75h10.5"),),
    "Training": (("line", "M2.5 2.5v11h11"), ("line", "M5 4c.6 4.6 2.8 6.6 8 6.8")),
    "Tuning": (("line", "M2.5 4.5h11M2.5 8h11M2.5 11.5h11M5.5 3v3M10.5 6.5v3M7 10v3"),),
    "Transform": (("line", "M2.5 8h10.8M9.3 4 13.3 8l-4 4"),),
    "Condition": (("line", "M8 2.2 13.8 8 8 13.8 2.2 8z"),),
    "Model": (("line", "M8 1.9 13.4 5v6L8 14.1 2.6 11V5zM2.6 5 8 8.1 13.4 5M8 8.1v6"),),
    "RegisterModel": (("line", "M8 1.9 13.4 5v6L8 14.1 2.6 11V5zM2.6 5 8 8.1 13.4 5M8 8.1v6"),),
    "Lambda": (("line", "M4.2 2.8h1.9l4.7 10.4h1.4M7.9 7 4 13.2"),),
    "Callback": (("line", "M13 5.2H6a3.1 3.1 0 0 0 0 6.2h5.5M10.2 2.4 13 5.2 10.2 8"),),
    "Fail": (("line", "M5.4 2.2h5.2l3.2 3.2v5.2l-3.2 3.2H5.4l-3.2-3.2V5.4zM8 4.9v3.9M8 10.7v.4"),),
    "ForEach": (
        ("line", "M12.9 6.6A5.1 5.1 0 0 0 3.7 5.2M3.1 9.4a5.1 5.1 0 0 0 9.2 1.4M3.5 2.3v3.1h3.1M12.5 13.7v-3.1H9.4"),
    ),
    "QualityCheck": (("line", "M8 1.9l5 1.8v4c0 3.2-2 5.2-5 6.4-3-1.2-5-3.2-5-6.4v-4zM5.6 7.9l1.8 1.8 3.2-3.5"),),
    "ClarifyCheck": (("line", "M8 1.9l5 1.8v4c0 3.2-2 5.2-5 6.4-3-1.2-5-3.2-5-6.4v-4zM5.6 7.9l1.8 1.8 3.2-3.5"),),
    "": (("line", "M3 3h4v4H3zM9 3h4v4H9zM3 9h4v4H3zM9 9h4v4H9z"),),
}

STATE_GLYPHS: dict[str, tuple[Stroke, ...]] = {
    "waiting": (("line", "M8 2.75a5.25 5.25 0 1 1 0 10.5a5.25 5.25 0 1 1 0-10.5z"),),
    "starting": (("line", "M8 2.75a5.25 5.25 0 1 1 0 10.5a5.25 5.25 0 1 1 0-10.5z"), ("line", "M8 5v3.2l2.1 1.3")),
    "running": (("line", "M8 2.5A5.5 5.5 0 1 1 2.5 8"),),
    "succeeded": (("line", "M3 8.5l3.3 3.3L13 4.4"),),
    "cached": (("line", "M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11z"), ("line", "M5.5 8.2l1.8 1.8 3.3-3.8")),
    "reused": (("line", "M13 8a5 5 0 1 1-1.5-3.6M13 2.4v2.9h-2.9"), ("line", "M5.8 8.1l1.6 1.6 2.8-3.2")),
    "failed": (
        (
            "fill",
            (
                "M8 1.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13z"
                "M5.7 4.7l-1 1L7 8l-2.3 2.3 1 1L8 9l2.3 2.3 1-1L9 8l2.3-2.3-1-1L8 7z"
            ),
        ),
    ),
    "blocked": (("line", "M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11zM4.2 4.2l7.6 7.6"),),
    "skipped": (("line", "M2.8 10.6a5.3 5.3 0 0 1 9.9-1.9M13 5.2v3.7H9.3"),),
    "stopping": (("line", "M3.5 3.5h9v9h-9z"),),
    "stopped": (("fill", "M3.5 3.5h9v9h-9z"),),
    "added": (("line", "M8 3v10M3 8h10"),),
    "removed": (("line", "M3 8h10"),),
    "changed": (("line", "M2.8 9.4c1.5-3.4 3.5-3 5.2-1.4s3.7 2 5.2-1.4"),),
    "unchanged": (("line", "M3.5 6h9M3.5 10h9"),),
    "unknown": (("line", "M5.7 6a2.4 2.4 0 1 1 3.5 2.2c-.8.4-1.2.9-1.2 1.8M8 12.3v.4"),),
}
