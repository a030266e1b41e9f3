"""What JupyterLab's panel asks the Jupyter server, below ``BASE_URL/sm-pipeline-widgets/``.

Jupyter's own handlers do what guards them: a token or cookie is needed, requests that change something need the XSRF
token too, and its authoriser is asked. Questions are answered in threads: the server goes on meanwhile.
"""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado.web import HTTPError, authenticated

from sm_pipeline_widgets.errors import PipelineWidgetsError
from sm_pipeline_widgets.server import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable

    from sm_pipeline_widgets.server.desk import Choice, Desk

Answer = TypeVar("Answer")
LONGEST = 1 << 16
"""Bytes of a request's body."""
_THREADS = 4
_REFUSED = 409


@cache
def desk() -> Desk:
    """The one desk; boto3 takes a third of a second to import, which no server's start has to wait for."""
    from sm_pipeline_widgets.server.desk import Desk  # noqa: PLC0415

    return Desk()


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="sm_pipeline_widgets")


class PipelinesHandler(APIHandler):
    """What all of them share."""

    auth_resource = "sm_pipeline_widgets"

    async def ask(self, question: Callable[[Desk], Answer]) -> Answer:
        """What the desk answers, found in a thread."""
        return await asyncio.get_running_loop().run_in_executor(_threads(), lambda: question(desk()))

    async def do(self, deed: Callable[[Desk], dict[str, Any]]) -> None:
        """Do something and answer; what is refused is told with what to do next."""
        try:
            self.finish(await self.ask(deed))
        except PipelineWidgetsError as error:
            self.set_status(_REFUSED)
            self.finish({"message": error.message, "fix": error.fix})

    def choice(self, said: Callable[[str], str]) -> Choice:
        from sm_pipeline_widgets.server.desk import Choice  # noqa: PLC0415 - see `desk`

        return Choice(said("target") or "local", said("profile") or None, said("region") or None)

    def asked(self, name: str) -> str:
        """A value of the address; '' where there is none."""
        return self.get_query_argument(name, "") or ""

    def body(self) -> dict[str, Any]:
        """The JSON object that was sent.

        Raises
        ------
        HTTPError
            It is none, or too long.
        """
        try:
            content = json.loads(self.request.body) if len(self.request.body) <= LONGEST else None
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise HTTPError(400, reason="The body is no JSON object of less than 64 KB")
        return content

    def said_in(self, content: dict[str, Any]) -> Callable[[str], str]:
        """Texts of a body by their names; '' where there is none."""
        return lambda name: value if isinstance(value := content.get(name), str) else ""


class TargetsHandler(PipelinesHandler):
    """``GET targets``: the places to choose."""

    @authenticated
    @authorized
    async def get(self) -> None:
        await self.do(lambda known: {"targets": known.targets()})


class OverviewHandler(PipelinesHandler):
    """``GET overview?target=&profile=&region=&open=NAME``: pipelines and executions, with what is wrong if anything."""

    @authenticated
    @authorized
    async def get(self) -> None:
        choice, opened = self.choice(self.asked), frozenset(self.get_query_arguments("open"))
        await self.do(lambda known: {**known.overview(choice, opened)})


class StartHandler(PipelinesHandler):
    """``POST start`` ``{pipeline, parameters, target…}``: a deployed pipeline as it is."""

    @authenticated
    @authorized
    async def post(self) -> None:
        content = self.body()
        said = self.said_in(content)
        choice, given = self.choice(said), content.get("parameters") or {}
        parameters = {str(name): str(value) for name, value in given.items()} if isinstance(given, dict) else {}
        await self.do(lambda known: {"arn": known.start(choice, said("pipeline"), parameters)})


class StopHandler(PipelinesHandler):
    """``POST stop`` ``{arn, target…}``."""

    @authenticated
    @authorized
    async def post(self) -> None:
        said = self.said_in(self.body())
        choice = self.choice(said)

        def stop(known: Desk) -> dict[str, Any]:
            known.stop(choice, said("arn"))
            return {}

        await self.do(stop)


class WakeHandler(PipelinesHandler):
    """``POST wake``: start the engine on this machine."""

    @authenticated
    @authorized
    async def post(self) -> None:
        def wake(known: Desk) -> dict[str, Any]:
            known.wake()
            return {}

        await self.do(wake)


_ROUTES: dict[str, type[PipelinesHandler]] = {
    "targets": TargetsHandler,
    "overview": OverviewHandler,
    "start": StartHandler,
    "stop": StopHandler,
    "wake": WakeHandler,
}


def handlers(base_url: str) -> list[tuple[str, type[PipelinesHandler]]]:
    """Every address with its handler."""
    return [(url_path_join(base_url, FOLDER, name), handler) for name, handler in _ROUTES.items()]
