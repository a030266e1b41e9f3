from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from sm_pipeline_widgets.errors import ServiceError, TargetError
from sm_pipeline_widgets.execution.loglines import LogLine
from sm_pipeline_widgets.watch.log_drain import ATTEMPTS, drain

THROTTLED = ServiceError("GetLogEvents", "ThrottlingException", "Rate exceeded")


@dataclass
class Scripted:
    """A reader whose polls are written down: texts, or an error."""

    polls: list[list[str] | Exception]
    sure: list[bool] = field(default_factory=list)
    is_sure: bool = True

    @property
    def is_behind(self) -> bool:
        return len(self.polls) > 1

    def poll(self) -> list[LogLine]:
        found = self.polls.pop(0) if self.polls else []
        self.is_sure = self.sure.pop(0) if self.sure else True
        if isinstance(found, Exception):
            raise found
        return [LogLine(0, "algo-1", text) for text in found]

    def end(self, at: object) -> None:
        pass


def drained(reader: Scripted) -> tuple[list[str], list[float]]:
    slept: list[float] = []
    return [line.text for line in drain(reader, sleep=slept.append)], slept


def test_every_line_comes_also_behind_empty_pages_and_throttling():
    reader = Scripted([["a"], [], THROTTLED, THROTTLED, ["b", "c"], []])
    assert drained(reader) == (["a", "b", "c"], [1.0, 2.0])


def test_an_answer_that_is_not_new_is_no_end():
    assert drained(Scripted([["a"], [], ["b"]], sure=[True, False, True])) == (["a", "b"], [1.0])


@pytest.mark.parametrize(
    ("error", "waits"),
    [
        (THROTTLED, ATTEMPTS - 1),
        (ServiceError("GetLogEvents", "AccessDeniedException", "no"), 0),
        (TargetError("boto3 could not do it"), 0),
    ],
)
def test_trouble_that_does_not_pass_is_raised(error, waits):
    slept: list[float] = []
    lines = drain(Scripted([["a"], *[error] * 9]), sleep=slept.append)
    assert next(lines).text == "a"
    with pytest.raises(type(error)):
        next(lines)
    assert len(slept) == waits


def test_only_old_answers_end_it_in_the_end():
    assert drained(Scripted([[]] * 40, sure=[False] * 40))[0] == []
