"""Watches one execution on a thread of its own and tells listeners what changes.

The kernel stays free; interrupting a cell stops the waiting, never the run. While nobody looks or waits, only the end
is asked for. The thread ends when the execution has ended and its logs are read, and starts again for them;
while somebody looks at an execution that could be retried, it goes on and asks, rarely, whether it was.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from typing import TYPE_CHECKING

from sm_pipeline_widgets.errors import PipelineWidgetsError, TargetError
from sm_pipeline_widgets.watch.attention import Attention
from sm_pipeline_widgets.watch.crowd import EVERYBODY, Crowd, Seat
from sm_pipeline_widgets.watch.health import Trouble
from sm_pipeline_widgets.watch.listeners import Listeners
from sm_pipeline_widgets.watch.log_store import LogStore
from sm_pipeline_widgets.watch.mood import Mood, delay_of, is_done, mood_of
from sm_pipeline_widgets.watch.poller import Poller, Update
from sm_pipeline_widgets.watch.sleeping import sleep

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from sm_pipeline_widgets.execution.failure import CodeOrigin, FailureReport
    from sm_pipeline_widgets.execution.progress import JobProgress
    from sm_pipeline_widgets.execution.state import ExecutionState
    from sm_pipeline_widgets.watch.health import Health
    from sm_pipeline_widgets.watch.pace import Pace
    from sm_pipeline_widgets.watch.source import Source

logger = logging.getLogger(__name__)

CHANCE = random.Random()
"""Not the module's own: other threads of the kernel, and a seed that a person has set there, are left alone."""


SLEPT_SECONDS = 60.0
"""A wait that took so much longer than it was meant to: the machine was asleep."""


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
        wait: Callable[[threading.Event, float], None] = sleep,
        jitter: Callable[[], float] = CHANCE.random,
        crowd: Crowd = EVERYBODY,
    ) -> None:
        self.arn = arn
        self.store = store or LogStore()
        self._poller = Poller(source, arn, self.store, sources={} if sources is None else sources, pace=pace)
        self._clock, self._wait, self._jitter = clock, wait, jitter
        self._is_local = source.is_local
        self._crowd = Crowd() if source.is_local else crowd
        self._attention = Attention(clock)
        self._attention.glance()
        self._mood = Mood.AWAKE
        self._is_asked = False
        self._asked_at = 0.0
        self._followed: set[str] = set()
        self._listeners = Listeners()
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
    def is_attended(self) -> bool:
        """Whether anybody looks, waits or listens now."""
        return self._attention.is_awake

    @property
    def is_closed(self) -> bool:
        return self._is_closed

    @property
    def is_settled(self) -> bool:
        """Whether the execution has ended and every log that matters is read to its end."""
        return self._poller.is_settled

    def ease(self, seconds: float) -> None:
        """Leave at least so many seconds between two polls from now on; an engine on this machine is asked as ever."""
        self._poller.ease = 0.0 if self._is_local else seconds

    def start(self) -> Watcher:
        """Begin (or go on) to watch; returns the watcher itself."""
        return self._start(asks=True)

    def _start(self, *, asks: bool) -> Watcher:
        with self._news:
            if self._thread is None and not self._is_closed:
                self._broken = None
                self._is_asked = self._is_asked or asks
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

    def look(self, who: Hashable, *, is_seen: bool, at_once: bool = True) -> None:
        """A view of it came before somebody's eyes, or went from there; to be said again while it is so.

        Parameters
        ----------
        at_once
            Ask at once where nobody looked before; otherwise when it is time to.
        """
        if not is_seen:
            self._attention.unsee(who)
            return
        self._attention.see(who)
        if at_once and not (self.is_settled and not self._poller.may_go_on):
            if self._clock() >= self._due:
                self._wake.set()
            self._start(asks=not self.is_settled)

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

    def subscribe(self, listener: Callable[[Update], None], *, looks: bool = True) -> Callable[[], None]:
        """Tell `listener` every update, at once what is known (on this thread, later on mine); returns what ends that.

        Parameters
        ----------
        looks
            Whether it needs to know everything; a view says by :meth:`look` when it does.
        """
        who = object()
        if looks:
            self._attention.hold(who)
        self._listeners.add(listener, lambda: self._poller.last)

        def unsubscribe() -> None:
            self._attention.release(who)
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
        who = object()
        self._attention.hold(who)
        try:
            if self._broken is not None or not self._is_over(settled=settled):
                self._rouse_dozing()
                self.start()
            with self._news:
                self._news.wait_for(lambda: self._is_over(settled=settled), timeout)
        finally:
            self._attention.release(who)
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
        """The newest state, asked anew where nobody looked for a while; where there is none, block till known.

        That a new execution is not known yet is asked again.
        """
        with self._news:
            polls = self._polls
        self._attention.glance()
        is_old = self._rouse_dozing()
        if self.state is None:
            self.start()
        with self._news:
            self._news.wait_for(lambda: self._has_answer(polls, is_old=is_old), timeout)
        return self.state

    def _rouse_dozing(self) -> bool:
        """Ask at once where only the end was asked for; whether that was so."""
        if self._mood is not Mood.DOZING or self._thread is None:
            return False
        self._rouse()
        return True

    def _has_answer(self, polls: int, *, is_old: bool) -> bool:
        if is_old and self.state is not None:
            return self._polls > polls or self._broken is not None or self._is_closed
        if self.state is not None or self._broken is not None or self._is_closed:
            return True
        return self._polls > polls and self.health.trouble is not Trouble.GONE

    def _rouse(self) -> None:
        self._is_asked = True
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
        seat = Seat(self._crowd)
        try:
            self._watch(seat)
        finally:
            seat.take(is_awake=False)

    def _watch(self, seat: Seat) -> None:
        broken: Exception | None = None
        try:
            while not self._is_closed:
                self._wake.clear()
                cost = self._turn(seat)
                broken = self._poller.hopeless
                if broken is not None:
                    break
                with self._news:
                    self._news.notify_all()
                    if is_done(self._poller, self._attention) and not self._wake.is_set():
                        self._thread = None
                        return
                self._rest(cost)
        except Exception as error:
            logger.exception("Watching %s broke", self.arn)
            broken = error
        with self._news:
            self._broken, self._thread = broken, None
            self._news.notify_all()

    def _turn(self, seat: Seat) -> float:
        """Ask what has to be asked now; returns how long it took."""
        is_asked, self._is_asked = self._is_asked or self._pokes > self._answered, False
        self._mood = Mood.AWAKE if is_asked else mood_of(self._poller, self._attention)
        seat.take(is_awake=self._mood is Mood.AWAKE)
        return self._poll() if self._mood is Mood.AWAKE or self._has_moved() else 0.0

    def _has_moved(self) -> bool:
        """Whether it has ended, or was retried; whoever looks again and again does not have it asked each time."""
        is_lingering = self._mood is Mood.LINGERING
        if is_lingering and self._clock() - self._asked_at < self._poller.pace.linger:
            return False
        self._asked_at = self._clock()
        try:
            return self._poller.has_moved()
        except PipelineWidgetsError:
            return not is_lingering  # of an execution that has ended, nothing is missing

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
            self._listeners.tell(update or self._poller.last)
        if not self._poller.is_failing or self._poller.gone is not None:
            self._answered = pokes
        self._polls += 1
        self._was_logs_only = logs_only
        if not logs_only:
            self._asked_at = self._clock()
            self._due = self._asked_at + self._poller.delay
        return self._clock() - began

    def _overdue(self) -> threading.Timer:
        """Tells who listens when no answer comes; the poll itself waits on."""
        seconds = self._poller.pace.overdue

        def tell() -> None:
            self._listeners.tell(self._poller.stale(f"no answer for {seconds:.0f} s, still waiting", self._clock()))

        timer = threading.Timer(seconds or 0, tell)
        timer.daemon = True
        if seconds is not None:
            timer.start()
        return timer

    def _rest(self, cost: float) -> None:
        """Wait until it is time to ask again; a big pipeline is dear to read: at most a third of the time."""
        delay = delay_of(self._mood, self._poller, self._clock() - self._asked_at)
        if not delay or self._is_closed:
            return
        if self._was_logs_only and self._mood is Mood.AWAKE:  # the state is due when it was due before
            delay = min(delay, max(0.0, self._due - self._clock()))
        seconds = max(delay * self._crowd.stretch, 2 * cost) * (0.9 + 0.2 * self._jitter())
        began = self._clock()
        self._wait(self._wake, seconds)
        if self._clock() - began > seconds + SLEPT_SECONDS and not self.is_settled:
            self._is_asked = True
            self._listeners.tell(self._poller.stale("this machine was asleep; asking again", self._clock()))
