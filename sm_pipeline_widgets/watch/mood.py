"""How closely an execution is watched, and how long until it is asked again."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sm_pipeline_widgets.watch.attention import Attention
    from sm_pipeline_widgets.watch.poller import Poller


class Mood(StrEnum):
    """How closely an execution is watched."""

    AWAKE = "awake"
    DOZING = "dozing"
    """Nobody looks: only the end is asked for."""
    LINGERING = "lingering"
    """It has ended, and all is read; somebody looks, and it could be retried."""


def mood_of(poller: Poller, attention: Attention) -> Mood:
    """How to watch while nothing special is asked for."""
    state = poller.last.state
    if poller.is_settled:
        return Mood.LINGERING
    # an end is read to its last log line, whether anybody looks or not: the saved notebook shows it
    is_needed = state is None or state.status.is_end or attention.is_awake
    return Mood.AWAKE if is_needed else Mood.DOZING


def is_done(poller: Poller, attention: Attention) -> bool:
    """Whether nothing more has to be asked until somebody comes."""
    return poller.is_settled and not (poller.may_go_on and attention.is_seen)


def delay_of(mood: Mood, poller: Poller, since: float) -> float:
    """Seconds until it is time to ask again, when it was asked last so many seconds ago."""
    if poller.is_settled:
        return max(0.1, poller.pace.linger - since)
    delay = max(poller.delay, poller.pace.doze) if mood is Mood.DOZING else poller.delay
    return max(delay, poller.ease)
