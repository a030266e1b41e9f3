"""The pictures of the documentation: screenshots that browser tests have taken, copied by ``make pictures``."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]
TAKEN = Path(__file__).parent / "screenshots"
SHOWN = ROOT / "docs" / "images"
PICTURES = {
    "run": "quickstart-failure-light",
    "running": "quickstart-run-light",
    "editing": "fields-picker",
    "difference": "difference-light",
    "registry": "registry-light",
    "panel": "lab-panel",
}
"""The picture's name in the documentation, and the screenshot's."""


def main() -> None:
    """Copy each; a screenshot that is missing is an error: its test has to run first."""
    for shown, taken in PICTURES.items():
        shutil.copyfile(TAKEN / f"{taken}.png", SHOWN / f"{shown}.png")
        print(f"docs/images/{shown}.png is {taken}")


if __name__ == "__main__":
    main()
