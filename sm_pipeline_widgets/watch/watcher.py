"""Watches one execution on a thread of its own and tells listeners what changes.

The kernel stays free; interrupting a cell stops the waiting, never the run. The thread ends when the execution has
ended and its logs are read, and starts again when somebody follows another step.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from typing import TYPE_CHECKING

from sm_pipeline_widgets.errors import PipelineWidgetsError, TargetError
from sm_pipeline_widgets.watch.crowd import EVERYBODY, Crowd
from sm_pipeline_widgets.watch.health import Trouble
from sm_pipeline_widgets.watch.log_store import LogStore
from sm_pipeline_widgets.watch.poller import Poller, Update

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sm_pipeline_widgets.execution.failure import CodeOrigin, FailureReport
    from sm_pipeline_widgets.execution.progress import JobProgress
    from sm_pipeline_widgets.execution.state import ExecutionState
    from sm_pipeline_widgets.watch.health import Health
    from sm_pipeline_widgets.watch.pace import Pace
    from sm_pipeline_widgets.watch.source import Source

logger = logging.getLogger(__name__)


SLICE_SECONDS = 5.0
SLEPT_SECONDS = 60.0
"""A wait that took so much longer than it was meant to: the machine was asleep."""


def _sleep(event: threading.Event, seconds: float) -> None:
    """Wait by the clock on the wall: the time a machine sleeps counts."""
    wall, awake = time.time() + seconds, time.monotonic() + seconds  # the first clock may be set back meanwhile
    while (left := min(wall - time.time(), awake - time.monotonic())) > 0:
        if event.wait(min(left, SLICE_SECONDS)):
            return


class Watcher:
    """One execution, read by one poller, shared by everybody who looks at it.

    Parameters
    ----------
    sources
        Where each step's code came from, for the failure report; asked only for steps that failed, once each.
    clock
        Seconds since the epoch.
    wait
        Waits until the event is set or so many seconds have passed.
    jitter
        A number from 0 to 1, that keeps many watchers from asking at the same moment.
    crowd
        Those with whom it shares what may be asked, where asking costs something.
    """

    def __init__(
        self,
        source: Source,
        arn: str,
        *,
        sources: Mapping[str, CodeOrigin] | None = None,
        store: LogStore | None = None,
        pace: Pace | None = None,
        clock: Callable[[], float] = time.time,
        wait: Callable[[threading.Event, float], None] = _sleep,
        jitter: Callable[[], float] = random.random,
        crowd: Crowd = EVERYBODY,
    ) -> None:
        self.arn = arn
        self.store = store or LogStore()
        self._poller = Poller(source, arn, self.store, sources={} if sources is None else sources, pace=pace)
        self._clock, self._wait, self._jitter = clock, wait, jitter
        self._crowd = Crowd() if source.is_local else crowd
        self._followed: set[str] = set()
        self._listeners: list[Callable[[Update], None]] = []
        self._telling = threading.RLock()
        self._news = threading.Condition()
        self._wake = threading.Event()
        self._pokes = 0
        self._answered = 0
        self._expected = 0
        self._polls = 0
        self._is_rung = False
        self._due = 0.0
        self._was_logs_only = False
        self._thread: threading.Thread | None = None
        self._is_closed = False
        self._broken: Exception | None = None

    @property
    def last(self) -> Update:
        """The newest update."""
        return self._poller.last

    @property
    def state(self) -> ExecutionState | None:
        """The newest state; None while nothing has been read."""
        return self._poller.last.state

    @property
    def report(self) -> FailureReport | None:
        return self._poller.last.report

    @property
    def health(self) -> Health:
        return self._poller.last.health

    @property
    def progress(self) -> Mapping[str, JobProgress]:
        """What running jobs do now, by step."""
        return self._poller.last.progress

    @property
    def is_closed(self) -> bool:
        return self._is_closed

    @property
    def is_settled(self) -> bool:
        """Whether the execution has ended and every log that matters is read to its end."""
        return self._poller.is_settled

    def start(self) -> Watcher:
        """Begin (or go on) to watch; returns the watcher itself."""
        with self._news:
            if self._thread is None and not self._is_closed:
                self._broken = None
                self._poller.begin_again()
                self._thread = threading.Thread(target=self._run, name=f"watch {self.arn[-12:]}", daemon=True)
                self._thread.start()
        return self

    def close(self, timeout: float = 2.0) -> None:
        """Stop watching; the execution goes on."""
        self._is_closed = True
        self._wake.set()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)
        with self._news:
            self._news.notify_all()

    def poke(self) -> None:
        """Ask again at once: something was done that changes the execution (a stop, a retry).

        Also an execution that had ended is watched again; who waits from now on waits for an answer newer than this.
        """
        with self._news:
            self._pokes += 1
        self._rouse()

    def follow(self, step: str) -> None:
        """Read this step's log too, whatever its state."""
        if step not in self._followed:
            self._followed = {*self._followed, step}
            self._poller.wake_log(step)
            self._rouse()

    def ring(self, step: str) -> None:
        """A step's log has news (somebody who listens says so): read it now."""
        self._poller.wake_log(step)
        self._is_rung = True
        self._rouse()

    def unfollow(self, step: str) -> None:
        self._followed = self._followed - {step}

    def subscribe(self, listener: Callable[[Update], None]) -> Callable[[], None]:
        """Tell `listener` every update, and at once what is known; returns what ends that.

        It is called on the watcher's thread (the first time: on the caller's), never twice at the same time.
        """
        with self._telling:
            self._listeners.append(listener)
            known = self._poller.last
            if known.state is not None or not known.health.ok:
                self._tell_one(listener, known)

        def unsubscribe() -> None:
            with self._telling:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return unsubscribe

    def wait(self, timeout: float | None = None, *, settled: bool = False) -> ExecutionState:
        """Block until the execution has ended, or `timeout` seconds have passed; returns the newest state.

        Parameters
        ----------
        settled
            Wait until the logs are read to their end, too.

        Raises
        ------
        ServiceError
            There is no such execution, or it may not be looked at.
        TargetError
            Nothing could be read of the execution in time, or watching it broke.
        """
        if self._broken is not None or not self._is_over(settled=settled):
            self.start()
        with self._news:
            self._news.wait_for(lambda: self._is_over(settled=settled), timeout)
        if isinstance(self._broken, PipelineWidgetsError):
            raise self._broken
        if self._broken is not None:
            raise TargetError(
                f"Watching {self.arn} broke: {self._broken!r}", "The run is not affected; watch it again."
            ) from self._broken
        if self._poller.gone is not None and self.is_settled and not (self.state and self.state.status.is_end):
            raise self._poller.gone
        state = self.state
        if state is None:
            trouble = self.health.message or "no answer yet"
            raise TargetError(f"Nothing could be read of {self.arn}: {trouble}.", "Check the ARN and the target.")
        return state

    def first(self, timeout: float) -> ExecutionState | None:
        """The newest state; where there is none yet, block until there is, or asking (anew) has shown why not.

        That a new execution is not known yet is asked again.
        """
        with self._news:
            polls = self._polls
        if self.state is None:
            self.start()
        with self._news:
            self._news.wait_for(lambda: self._has_answer(polls), timeout)
        return self.state

    def _has_answer(self, polls: int) -> bool:
        if self.state is not None or self._broken is not None or self._is_closed:
            return True
        return self._polls > polls and self.health.trouble is not Trouble.GONE

    def _rouse(self) -> None:
        self._wake.set()
        self.start()

    def _is_over(self, *, settled: bool) -> bool:
        if self._is_closed or self._broken is not None:
            return True
        if self._answered < self._pokes:
            return False
        state = self.state
        if self._poller.gone is not None:
            return self.is_settled
        return self.is_settled if settled else state is not None and state.status.is_end

    def _run(self) -> None:
        self._crowd.enter()
        try:
            self._watch()
        finally:
            self._crowd.leave()

    def _watch(self) -> None:
        broken: Exception | None = None
        try:
            while not self._is_closed:
                self._wake.clear()
                cost = self._poll()
                broken = self._poller.hopeless
                if broken is not None:
                    break
                with self._news:
                    self._news.notify_all()
                    if self._poller.is_settled and not self._wake.is_set():
                        self._thread = None
                        return
                self._rest(cost)
        except Exception as error:
            logger.exception("Watching %s broke", self.arn)
            broken = error
        with self._news:
            self._broken, self._thread = broken, None
            self._news.notify_all()

    def _poll(self) -> float:
        """Ask once and tell what is new; returns how long it took."""
        pokes, began = self._pokes, self._clock()
        is_rung, self._is_rung = self._is_rung, False
        is_fresh = not self._poller.is_failing and pokes == self._answered
        logs_only = is_rung and is_fresh and 0 < self._due - began < self._poller.delay
        if pokes > self._answered and pokes > self._expected:
            self._expected = pokes
            self._poller.expect(began)
        overdue = self._overdue()
        try:
            update = self._poller.poll(self._followed, began, logs_only=logs_only)
        finally:
            overdue.cancel()
        if update is not None or self._poller.owes_news:
            self._tell(update or self._poller.last)
        if not self._poller.is_failing or self._poller.gone is not None:
            self._answered = pokes
        self._polls += 1
        self._was_logs_only = logs_only
        if not logs_only:
            self._due = self._clock() + self._poller.delay
        return self._clock() - began

    def _overdue(self) -> threading.Timer:
        """Tells who listens when no answer comes; the poll itself waits on."""
        seconds = self._poller.pace.overdue

        def tell() -> None:
            self._tell(self._poller.stale(f"no answer for {seconds:.0f} s, still waiting", self._clock()))

        timer = threading.Timer(seconds or 0, tell)
        timer.daemon = True
        if seconds is not None:
            timer.start()
        return timer

    def _rest(self, cost: float) -> None:
        """Wait until it is time to ask again; a big pipeline is dear to read: at most a third of the time."""
        delay = self._poller.delay
        if not delay or self._is_closed:
            return
        if self._was_logs_only:  # the state is due when it was due before
            delay = min(delay, max(0.0, self._due - self._clock()))
        seconds = max(delay * self._crowd.stretch, 2 * cost) * (0.9 + 0.2 * self._jitter())
        began = self._clock()
        self._wait(self._wake, seconds)
        if self._clock() - began > seconds + SLEPT_SECONDS:
            self._tell(self._poller.stale("this machine was asleep; asking again", self._clock()))

    def _tell(self, update: Update) -> None:
        with self._telling:
            for listener in tuple(self._listeners):
                self._tell_one(listener, update)

    @staticmethod
    def _tell_one(listener: Callable[[Update], None], update: Update) -> None:
        try:
            listener(update)
        except Exception:
            # a view that is broken must not keep the others from being told
            logger.exception("A listener of an execution failed")
