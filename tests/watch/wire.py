"""The service's answers put where the network would be: real clients ask, and nothing leaves the process."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSResponse

from sm_pipeline_widgets.aws.session import TargetSession
from sm_pipeline_widgets.aws.source import TargetSource
from sm_pipeline_widgets.aws.target import Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass
class Body:
    content: bytes

    def stream(self) -> Iterator[bytes]:
        yield self.content


@dataclass
class Wire:
    """Answers by operation; an operation nobody has an answer for is an error. `calls` counts what was asked."""

    answers: dict[str, Callable[[dict[str, Any]], dict[str, Any]]]
    calls: Counter = field(default_factory=Counter)

    def source(self) -> TargetSource:
        session = TargetSession(region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
        session.events.register("before-send", self._answer)
        return TargetSource(Target("aws", session, account="123456789012"))

    def _answer(self, request: Any, **_: Any) -> AWSResponse:
        operation = request.headers["X-Amz-Target"].decode().rpartition(".")[2]
        self.calls[operation] += 1
        answer = self.answers[operation](json.loads(request.body))
        code = answer.pop("__status", 200)
        return AWSResponse(
            request.url, code, {"content-type": "application/x-amz-json-1.1"}, Body(json.dumps(answer).encode())
        )


def refusal(code: str, message: str = "no") -> dict[str, Any]:
    """An answer that refuses."""
    return {"__status": 400, "__type": code, "message": message}
