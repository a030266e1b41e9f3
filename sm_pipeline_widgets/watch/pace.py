"""How often to ask: fast while something changes, slower while all is quiet, slow after a refusal."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between polls, and how many steps' logs are read that nobody asked for.

    ``settle`` is how long a log may lag behind its job's end; ``describe_every`` how many quiet polls share one
    DescribePipelineExecution while steps run (an execution cannot end before they do).
    """

    fastest: float
    slowest: float
    after_error: float
    settle: float
    logs_unasked: int
    describe_every: int

    def next_delay(self, before: float, *, has_changed: bool) -> float:
        """The delay after a poll that was answered."""
        return self.fastest if has_changed else min(max(before, self.fastest) * 1.5, self.slowest)

    def backoff(self, failures: int) -> float:
        """The delay after so many polls in a row that failed."""
        return min(self.fastest * 2.0**failures, self.after_error)


LOCAL = Pace(fastest=0.15, slowest=1.0, after_error=5.0, settle=0.4, logs_unasked=64, describe_every=1)
AWS = Pace(fastest=2.0, slowest=15.0, after_error=60.0, settle=12.0, logs_unasked=3, describe_every=3)
