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

    A log that brings nothing rests for up to ``log_rest`` seconds when nobody looks at it (0: it is read at every
    poll). One running job is described every ``job_every`` seconds. ``refusals`` is after how many answers in a row
    "there is no such execution" is believed; ``expect`` for how long something that was just done may take to show;
    ``overdue`` after how long a view is told that no answer comes.

    While nobody looks, every ``doze`` seconds it is asked whether the execution has ended, and nothing else; while
    somebody looks at one that has ended and could be retried, every ``linger`` seconds whether it was.
    """

    fastest: float
    slowest: float
    growth: float
    after_error: float
    settle: float
    logs_unasked: int
    logs_of_all: bool
    describe_every: int
    log_rest: float = 0.0
    job_every: float = 1.0
    refusals: int = 1
    expect: float = 0.0
    overdue: float | None = None
    doze: float = 30.0
    linger: float = 60.0

    def next_delay(self, before: float, *, has_changed: bool) -> float:
        """The delay after a poll that was answered."""
        return self.fastest if has_changed else min(max(before, self.fastest) * self.growth, self.slowest)

    def backoff(self, failures: int) -> float:
        """The delay after so many polls in a row that failed."""
        return float(min(self.fastest * 2.0 ** min(failures, 30), self.after_error))

    def rest(self, before: float, looked_at: int) -> float:
        """How long to leave a log alone that has brought nothing, when `looked_at` logs (0: not this one) are watched.

        Logs that somebody looks at share what one of them may cost.
        """
        if not self.log_rest:
            return 0.0
        longest = self.slowest * looked_at if looked_at else self.log_rest
        return min(max(before, self.fastest) * self.growth, longest)


LOCAL = Pace(
    fastest=0.15,
    slowest=1.0,
    growth=1.05,
    after_error=5.0,
    settle=0.4,
    logs_unasked=64,
    logs_of_all=True,
    describe_every=1,
    expect=1.0,
    overdue=8.0,
    doze=2.0,
    linger=5.0,
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
    log_rest=90.0,
    job_every=30.0,
    refusals=2,
    expect=20.0,
    overdue=8.0,
)
