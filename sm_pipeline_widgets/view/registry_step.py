"""A version of a model as a step of the cell language, to be put into a cell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sm_pipeline_widgets.execution.registry import Version


def step_text(version: Version) -> str:
    """A text with one Model step that is made of the version; other steps take `$steps.NAME.name`.

    Example: ``steps: {diabetes_v3: {type: Model, arguments: {Containers: [{ModelPackageName: arn:…}]}}}``
    """
    name = re.sub(r"\W+", "_", f"{version.group}_v{version.number}", flags=re.ASCII).strip("_")
    return (
        "steps:\n"
        f"  {name}:\n"
        "    type: Model\n"
        "    arguments:\n"
        "      Containers:\n"
        f"        - ModelPackageName: {version.arn}\n"
    )
