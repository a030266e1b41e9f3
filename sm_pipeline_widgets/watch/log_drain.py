"""A log from its beginning to its end of now, in one go: for files and for looking through."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sm_pipeline_widgets.errors import PipelineWidgetsError
from sm_pipeline_widgets.watch.health import Trouble, trouble_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sm_pipeline_widgets.execution.loglines import LogLine
    from sm_pipeline_widgets.watch.source import LineReader

ATTEMPTS = 6
PASSING = frozenset({Trouble.THROTTLED, Trouble.UNREACHABLE, Trouble.SERVICE})


def drain(
    reader: LineReader, *, sleep: Callable[[float], None] = time.sleep, attempts: int = ATTEMPTS
) -> Iterator[LogLine]:
    """Every line there is, each once; trouble that passes by itself is waited out, for half a minute in all.

    Raises
    ------
    PipelineWidgetsError
        Trouble that does not pass, or has not passed.
    """
    failures = 0
    while True:
        lines: list[LogLine] = []
        try:
            lines = reader.poll()
            is_unsure = not lines and not reader.is_sure
        except PipelineWidgetsError as error:
            is_unsure = True
            if failures + 1 >= attempts or trouble_of(error) not in PASSING:
                raise
        if is_unsure and failures + 1 < attempts:
            failures += 1
            sleep(0.5 * 2**failures)
            continue
        failures = 0
        yield from lines
        if not lines and not reader.is_behind:
            return
