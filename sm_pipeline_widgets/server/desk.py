"""What the handlers ask: which target is meant, what is there, and what is to be done. Blocks; called in threads.

Looking never starts the engine on this machine, nor keeps it awake while nothing happens there: that is for who wants
something of it (``start``, ``wake``).
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3

from sm_pipeline_widgets.api.targets import connect
from sm_pipeline_widgets.aws import pipelines
from sm_pipeline_widgets.aws.errors import translated
from sm_pipeline_widgets.aws.target import ENGINE_WORDS, engine_target
from sm_pipeline_widgets.engine.daemon import Endpoint, last_written, state_home, status
from sm_pipeline_widgets.errors import EngineError, PipelineWidgetsError, UsageError
from sm_pipeline_widgets.server.facts import Overview, PipelineEntry, TargetChoice, Trouble, trouble_of
from sm_pipeline_widgets.server.listing import Listing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from sm_pipeline_widgets.aws.target import Target

LOCAL = "local"
_RESTS = Trouble(
    message="The engine on this machine does not run.",
    fix="It starts by itself when a notebook needs it. Start it here to see what it has.",
)
MOST_LISTINGS = 8
"""Targets whose lists are remembered."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which target is meant: as in ``%pipeline target NAME --profile P --region R``."""

    name: str = LOCAL
    profile: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class _Look:
    """What the engine was seen to hold, and what told that it was the newest."""

    entries: list[PipelineEntry]
    mark: tuple[int, float]


class Desk:
    """Answers for every page of one Jupyter server."""

    def __init__(self, home: Callable[[], Path] = state_home, clock: Callable[[], float] = time.time) -> None:
        self._home = home
        self._clock = clock
        self._lock = threading.Lock()
        self._listings: dict[Choice | Endpoint, Listing] = {}
        self._engine_look: _Look | None = None

    def targets(self) -> list[TargetChoice]:
        """The engine, the usual credentials, and every profile of the AWS configuration; asks nobody."""
        with translated():
            profiles = boto3.Session().available_profiles
        named = [TargetChoice(name=name, words=f"profile {name}") for name in profiles if name not in (LOCAL, "aws")]
        usual = TargetChoice(name="aws", words="AWS, with the usual credentials")
        return [TargetChoice(name=LOCAL, words=ENGINE_WORDS), usual, *named]

    def overview(self, choice: Choice, opened: Collection[str] = ()) -> Overview:
        """What is at the target; what is wrong is part of the answer."""
        try:
            if choice.name == LOCAL:
                return self._engine_overview(opened)
            listing = self._listing(choice)
            return self._told(choice, listing.target.words, listing.look(opened))
        except PipelineWidgetsError as error:
            return self._told(choice, choice.name, [], trouble_of(error))

    def start(self, choice: Choice, name: str, parameters: Mapping[str, str]) -> str:
        """Start a deployed pipeline as it is, and return the execution's ARN.

        Raises
        ------
        PipelineWidgetsError
            There is no such pipeline, a parameter is missing, the target refuses.
        """
        if not name:
            raise UsageError("No pipeline was named.", "Name one that the list shows.")
        return pipelines.start(self._acting(choice), name, parameters)

    def stop(self, choice: Choice, arn: str) -> None:
        """Ask the service to stop an execution.

        Raises
        ------
        PipelineWidgetsError
            There is no such execution, it has ended, the target refuses.
        """
        pipelines.stop(self._acting(choice), arn)

    def wake(self) -> None:
        """Start the engine on this machine: somebody wants to see what it has.

        Raises
        ------
        EngineError
            It does not start.
        """
        connect(LOCAL, home=self._home()).wake()

    def _engine_overview(self, opened: Collection[str]) -> Overview:
        home, choice = self._home(), Choice()
        seen = self._engine_look
        endpoint = status(home)
        if endpoint is None:  # what it had last is still there
            return self._told(choice, ENGINE_WORDS, seen.entries if seen else [], _RESTS, "resting")
        mark = (endpoint.pid, last_written(home))
        is_same = seen is not None and seen.mark == mark and not _running(seen.entries)
        if seen is None or not is_same or any(_is_unread(one, opened) for one in seen.entries):
            seen = _Look(self._engine_listing(endpoint).look(opened), mark)
            self._engine_look = seen
        return self._told(choice, ENGINE_WORDS, seen.entries)

    def _engine_listing(self, endpoint: Endpoint) -> Listing:
        """The engine as one looks at it: it is not started, whatever happens to it meanwhile."""

        def look() -> Endpoint:
            found = status(self._home())
            if found is None:
                raise EngineError(_RESTS["message"], _RESTS["fix"])
            return found

        return self._kept(endpoint, lambda: engine_target(endpoint, look))

    def _listing(self, choice: Choice) -> Listing:
        return self._kept(choice, lambda: connect(choice.name, profile=choice.profile, region=choice.region))

    def _kept(self, key: Choice | Endpoint, make: Callable[[], Target]) -> Listing:
        with self._lock:
            if key not in self._listings:
                self._listings[key] = Listing(make(), self._clock)
                for old in list(self._listings)[:-MOST_LISTINGS]:
                    del self._listings[old]
            return self._listings[key]

    def _acting(self, choice: Choice) -> Target:
        """The target for who wants something done there."""
        return connect(LOCAL, home=self._home()) if choice.name == LOCAL else self._listing(choice).target

    def _told(
        self,
        choice: Choice,
        words: str,
        entries: list[PipelineEntry],
        trouble: Trouble | None = None,
        state: str = "",
    ) -> Overview:
        return Overview(
            state=state or ("trouble" if trouble else "ready"),
            target=choice.name,
            words=words,
            is_local=choice.name == LOCAL,
            trouble=trouble,
            pipelines=entries,
            running=_running(entries),
            now=int(self._clock() * 1000),
        )


def _running(entries: list[PipelineEntry]) -> int:
    return sum(run["is_running"] for entry in entries for run in entry["runs"] or ())


def _is_unread(entry: PipelineEntry, opened: Collection[str]) -> bool:
    return entry["runs"] is None and entry["name"] in opened
