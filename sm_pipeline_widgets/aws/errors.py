"""What botocore raises, in this package's words.

Knows error codes and exceptions of boto3; every other module of ``aws`` lets its errors pass through
:func:`translated`, so that nobody above has to know botocore's tree.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import boto3
from boto3.exceptions import Boto3Error
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import (
    ConnectionError as BotoConnectionError,
)
from botocore.parsers import ResponseParserError

from sm_pipeline_widgets.aws.codes import (
    DENIED,
    EXPIRED,
    NOT_FOUND,
    THROTTLED,
    UNTRUSTED,
    is_clock_wrong,
)
from sm_pipeline_widgets.errors import PipelineWidgetsError, ServiceError, SignInError, TargetError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "DENIED",
    "EXPIRED",
    "NOT_FOUND",
    "THROTTLED",
    "UNTRUSTED",
    "is_missing",
    "is_not_there",
    "surely",
    "translate",
    "translated",
]

Answer = TypeVar("Answer")

_ACTION = re.compile(r"not authorized to perform:? ([a-z0-9-]+:[A-Za-z*]+)")
_TITLE = re.compile(r"<title>([^<]{1,200})", re.IGNORECASE)
_LOGIN = "Sign in again (`aws sso login`, or renew the keys), then go on: what runs is not affected."


@contextmanager
def translated() -> Iterator[None]:
    """Raise what boto3 raises inside as a TargetError (cannot ask) or a ServiceError (asked and refused)."""
    try:
        yield
    except (ClientError, BotoCoreError, Boto3Error) as error:
        raise translate(error) from error
    except ResponseParserError as error:  # a proxy's page, a network's sign-in page; botocore quotes it whole
        fix = "Check the network and the proxy; a page of theirs may have come in place of an answer."
        raise UnreachableError("No proper answer came: it is not what the service writes.", fix) from error


def surely(ask: Callable[[], Answer]) -> Answer:
    """What a request with a token of its own answers: sent once more where its answer got lost, it is done once.

    boto3 does not try again by itself once an answer has begun.
    """
    try:
        with translated():
            return ask()
    except UnreachableError:
        with translated():
            return ask()


def translate(error: ClientError | BotoCoreError | Boto3Error) -> PipelineWidgetsError:
    """The error of this package's tree that says the same, with what to do next."""
    if isinstance(error, ClientError):
        return _refusal(error)
    if isinstance(error, NoCredentialsError | PartialCredentialsError | CredentialRetrievalError):
        return SignInError(
            f"There are no usable AWS credentials: {error}",
            "Name a profile (`%pipeline target PROFILE`), run `aws configure`, or use `%pipeline target local`.",
        )
    if isinstance(error, SSOError | TokenRetrievalError):
        return SignInError(f"The AWS sign-in has expired: {error}", _LOGIN)
    if isinstance(error, ProfileNotFound):
        return TargetError(str(error), "`aws configure list-profiles` lists the profiles there are.")
    if isinstance(error, NoRegionError):
        return TargetError("No AWS region is set.", "Add `--region us-east-1` (or yours), or set AWS_DEFAULT_REGION.")
    if isinstance(error, BotoConnectionError | HTTPClientError):
        return UnreachableError(
            f"The service cannot be reached: {error}", "Check the network, the proxy and the region."
        )
    if isinstance(error, ParamValidationError):
        return ServiceError("The request", "ParamValidation", str(error), _fix_of_request(str(error)))
    return TargetError(f"boto3 could not do it: {error}", "Check the target with `%pipeline target`.")


def _fix_of_request(message: str) -> str:
    """An older boto3 knows fewer members than the service takes."""
    if "Unknown parameter in input" in message:
        return f"boto3 {boto3.__version__} does not know that member: leave it out, or `pip install --upgrade boto3`."
    return "Correct the named member and try again."


def is_missing(error: ServiceError) -> bool:
    """Whether the service says that the thing asked for does not exist."""
    return error.code in NOT_FOUND


def is_not_there(error: ServiceError) -> bool:
    """The same of SageMaker's things, where a validation error may say it (moto has other words for it)."""
    return is_missing(error) or (error.code == "ValidationException" and "could not find" in error.message.lower())


def _refusal(error: ClientError) -> ServiceError:
    details = error.response.get("Error", {})
    code = str(details.get("Code", "Unknown"))
    message = _readable(str(details.get("Message", ""))) or "the service gave no reason"
    request = str(error.response.get("ResponseMetadata", {}).get("RequestId", ""))
    if request and request not in message:
        message = f"{message} (request {request})"
    return ServiceError(error.operation_name, code, message, _fix(code, message))


def _readable(message: str) -> str:
    """The message; of a web page that came in place of one, its title."""
    if not message.lstrip()[:15].lower().startswith(("<!doctype", "<html")):
        return message
    title = _TITLE.search(message)
    return f"a web page came in place of an answer ({title[1].strip()})" if title else "a web page came, and no answer"


def _fix(code: str, message: str) -> str:
    if code in THROTTLED:
        return "Too many requests at once in this account: wait a little and try again."
    if code in EXPIRED:
        return _LOGIN
    if is_clock_wrong(code, message):
        return "This machine's clock is wrong: set it (AWS accepts five minutes of difference), then go on."
    if code in UNTRUSTED:
        return "The keys are not accepted here: check the profile, the region and this machine's clock."
    if code in DENIED:
        action = _ACTION.search(message)
        needed = f"the action `{action[1]}`" if action else "this action"
        return f"The role or user you act as needs {needed}; `aws sts get-caller-identity` shows who that is."
    if code in {"ResourceLimitExceeded", "ResourceLimitExceededException"}:
        return "Ask for a higher limit in Service Quotas, or wait until something that runs has ended."
    if code in NOT_FOUND:
        return "Check the name, and that the target has the right account and region (`%pipeline target`)."
    return ""
