"""How often to ask: fast while something changes, slower while all is quiet, slow after a refusal."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between polls, and which logs are read that nobody asked for.

    Quiet polls grow apart by ``growth`` from ``fastest`` to ``slowest`` (on this machine gently: a step's first line
    should be on screen within 0.3 s). ``logs_unasked`` is how many running steps' logs (and as many failed ones') are
    read; with ``logs_of_all`` also those of every step that ran while it was watched, however short. ``settle`` is
    how long a log may lag behind its job's end; ``describe_every`` how many quiet polls share one
    DescribePipelineExecution while steps run (an execution cannot end before they do).
    """

    fastest: float
    slowest: float
    growth: float
    after_error: float
    settle: float
    logs_unasked: int
    logs_of_all: bool
    describe_every: int

    def next_delay(self, before: float, *, has_changed: bool) -> float:
        """The delay after a poll that was answered."""
        return self.fastest if has_changed else min(max(before, self.fastest) * self.growth, self.slowest)

    def backoff(self, failures: int) -> float:
        """The delay after so many polls in a row that failed."""
        return min(self.fastest * 2.0**failures, self.after_error)


LOCAL = Pace(
    fastest=0.15,
    slowest=1.0,
    growth=1.05,
    after_error=5.0,
    settle=0.4,
    logs_unasked=64,
    logs_of_all=True,
    describe_every=1,
)
AWS = Pace(
    fastest=2.0,
    slowest=15.0,
    growth=1.5,
    after_error=60.0,
    settle=12.0,
    logs_unasked=3,
    logs_of_all=False,
    describe_every=3,
)
