"""boto3 sessions whose every client talks to one place, whatever the environment says."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import HTTPClientError

from sm_pipeline_widgets.aws.codes import EXPIRED, UNTRUSTED
from sm_pipeline_widgets.aws.credentials import RenewingChain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LOCAL_CONFIG = Config(
    # a proxy of the user's is not asked for 127.0.0.1
    proxies={},
    s3={"addressing_style": "path"},
    retries={"mode": "standard", "total_max_attempts": 3},
    connect_timeout=5,
    read_timeout=70,
    max_pool_connections=32,
)
AWS_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 4},
    connect_timeout=10,
    read_timeout=60,
    max_pool_connections=32,
)
READING_CONFIG = Config(
    # A watcher asks again by itself: better to say early that nothing comes than to wait a minute for one answer.
    retries={"mode": "standard", "total_max_attempts": 2},
    connect_timeout=5,
    read_timeout=20,
    max_pool_connections=64,
)
_DATES_KEPT = 8
_SMALLEST_SKEW = 2.0


@dataclass(frozen=True, slots=True)
class Following:
    """Says before every call where the engine is now: one that came back may have moved.

    ``act`` is asked by who wants something done, and starts an engine that has ended; ``look`` by who only watches,
    and raises where a person has ended it. Both must be cheap while it lives.
    """

    act: Callable[[], str]
    look: Callable[[], str]


class TargetSession(boto3.Session):
    """A boto3.Session that fills in the endpoint and the client configuration where the caller gives none.

    Other people's code (the SageMaker SDK, a script) can be handed this session and talks to the same place.
    Credentials that the service refuses are read again from where they came, so that signing in again is enough.
    """

    def __init__(
        self,
        *,
        endpoint_url: str | None = None,
        config: Config | None = None,
        reading: Config = READING_CONFIG,
        following: Following | None = None,
        **session: Any,
    ) -> None:
        super().__init__(**session)
        self.endpoint_url = endpoint_url
        self._client_config = config
        self._reading = reading
        self._following = following
        self._making = threading.RLock()  # boto3 sessions may not make two clients at once; watchers have threads
        self._readers: dict[str, Any] = {}
        self._behind: deque[float] = deque(maxlen=_DATES_KEPT)
        self._chain = RenewingChain(self._find_credentials)
        if session.get("botocore_session") is None:
            self._session.register_component("credential_provider", self._chain)
        self.events.register("response-received", self._note)

    @property
    def clock_ahead(self) -> float:
        """How many seconds this machine's clock is ahead of the service's; 0 where it is right or not known."""
        ahead = min(self._behind, default=0.0)  # a slow answer only ever makes it look larger
        return ahead if abs(ahead) >= _SMALLEST_SKEW else 0.0

    def reader(self, service_name: Any) -> Any:
        """The client for questions that are asked again and again; one for all who watch."""
        with self._making:
            if service_name not in self._readers:
                made = super().client(service_name, **self._filled(service_name, {"config": self._reading}))
                if self._following is not None:
                    _follow(made, self._following.look)
                self._readers[service_name] = made
            return self._readers[service_name]

    def wake(self) -> None:
        """See that somebody is there to be asked: an engine that has ended starts. AWS is always there."""
        if self._following is not None:
            self._following.act()

    def client(self, service_name: Any, *args: Any, **kwargs: Any) -> Any:
        with self._making:
            made = super().client(service_name, *args, **self._filled(service_name, kwargs))
        if self._following is not None:
            _follow(made, self._following.act)
        return made

    def resource(self, service_name: Any, *args: Any, **kwargs: Any) -> Any:
        with self._making:
            return super().resource(service_name, *args, **self._filled(service_name, kwargs))

    def _filled(self, service_name: str, kwargs: dict[str, Any]) -> dict[str, Any]:
        filled = dict(kwargs)
        if filled.get("endpoint_url") is None and self.endpoint_url is not None:
            filled["endpoint_url"] = self.endpoint_url
        ours = self._client_config
        if ours is not None:
            # boto3 still presigns S3 URLs with signature version 2 where the endpoint is not AWS's own
            ours = ours.merge(Config(signature_version="s3v4")) if service_name == "s3" else ours
            given = filled.get("config")
            filled["config"] = ours.merge(given) if given is not None else ours
        return filled

    def _find_credentials(self) -> Any:
        """Go through the chain with nothing remembered: files and environment as they are now."""
        core = botocore.session.Session(profile=self._session.get_config_variable("profile"))
        if self.region_name:  # a profile that assumes a role asks STS in a region
            core.set_config_variable("region", self.region_name)
        return core.get_credentials()

    def _note(
        self,
        response_dict: Mapping[str, Any] | None,
        parsed_response: Mapping[str, Any] | None,
        event_name: str = "",
        **_: Any,
    ) -> None:
        """Look at every answer: whether it is the service's own, its time, and whether it accepts who asks."""
        if response_dict is None or parsed_response is None:
            return
        if not event_name.startswith("response-received.s3"):
            check_whole(response_dict)
        date = response_dict.get("headers", {}).get("date")
        if date:
            self._behind.append(time.time() - _seconds(str(date)))
        if parsed_response.get("Error", {}).get("Code") in EXPIRED | UNTRUSTED:
            self._chain.refused()


class ForeignAnswerError(HTTPClientError):
    """A web page in place of an answer; botocore would take it for an answer with nothing in it."""

    fmt = (
        "something between this machine and AWS answered with a web page of its own "
        "(the sign-in page of a network, or a proxy)"
    )


class TornAnswerError(HTTPClientError):
    """Half an answer; botocore would take it for an answer with nothing in it."""

    fmt = "the connection broke off in the middle of an answer"


def check_whole(response: Mapping[str, Any]) -> None:
    """Refuse what botocore would read as "there is nothing".

    Raises
    ------
    TornAnswerError
        Fewer bytes came than were announced.
    ForeignAnswerError
        A web page came, with a status that says all is well.
    """
    headers, body = response.get("headers", {}), response.get("body")
    if not isinstance(body, bytes) or int(response.get("status_code", 0)) >= 300:
        return
    announced = str(headers.get("content-length", ""))
    if announced.isdigit() and len(body) < int(announced) and "content-encoding" not in headers:
        raise TornAnswerError
    if str(headers.get("content-type", "")).startswith("text/html") and body.lstrip().startswith(b"<"):
        raise ForeignAnswerError


def _seconds(date: str) -> float:
    """The time of an HTTP date; now where it is none (a proxy's, say)."""
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return time.time()


def isolated_session(
    url: str, access_key: str, secret_key: str, region: str, following: Following | None = None
) -> TargetSession:
    """A session that reads no profile, no configuration file and no environment: for the engine on this machine."""
    nowhere = os.devnull
    core = botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": (None, None, nowhere, None),
            "credentials_file": (None, None, nowhere, None),
        }
    )
    return TargetSession(
        endpoint_url=url,
        config=LOCAL_CONFIG,
        following=following,
        botocore_session=core,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        region_name=region,
    )


def _follow(client: Any, url_now: Callable[[], str]) -> None:
    """Ask `url_now` before every call of a client and send the call there."""

    def redirect(params: dict[str, Any], **_: Any) -> None:
        now = urlsplit(url_now())
        asked = urlsplit(params["url"])
        if (asked.scheme, asked.netloc) != (now.scheme, now.netloc):
            params["url"] = asked._replace(scheme=now.scheme, netloc=now.netloc).geturl()

    client.meta.events.register("before-call", redirect)
