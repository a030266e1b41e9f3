"""A pipeline as a Python script that needs boto3 alone: creates or updates the pipeline, and can start it.

What a target decides (bucket, role) is an argument of the script's function; the rest is the definition as a literal.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.view.picture import readable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sm_pipeline_widgets.definition.facts import TargetFacts

WIDTH = 110
"""Columns of a line of the script."""
ROLE, BUCKET = "<<role of sm-pipeline-widgets>>", "<<bucket of sm-pipeline-widgets>>"
"""Marks that stand in a definition where the script has its arguments."""
_MARKS = re.compile(f"({ROLE}|{BUCKET})")
_NAMES = {ROLE: "role", BUCKET: "bucket"}
_LINE = 60  # base64 is no reading matter, but lines should fit


@dataclass(frozen=True, slots=True)
class Code:
    """Code that steps name: the objects' keys in the bucket, and what is in them."""

    objects: Mapping[str, bytes] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


def script(name: str, definition: Mapping[str, Any], facts: TargetFacts, code: Code, description: str = "") -> str:
    """The whole script.

    Parameters
    ----------
    definition
        With :data:`ROLE` and :data:`BUCKET` where the arguments go; as it is where there are none.
    facts
        The arguments' defaults.
    code
        What the script uploads where it is not there yet.
    """
    constants = (
        f"NAME = {literal(name)}\nDESCRIPTION = {literal(description)}\nREGION = {literal(facts.region)}\n"
        f"ROLE = {literal(facts.role)}\nBUCKET = {literal(facts.bucket)}\n"
        "INLINE_LIMIT = 100 * 1024  # a longer definition goes through S3"
    )
    function = (
        "def definition(role: str, bucket: str) -> dict:\n"
        '    """The pipeline definition, as the service takes it."""\n'
        f"    return {literal(definition, indent=4)}"
    )
    blocks = [
        _head(name, code),
        constants,
        *([f"CODE = {_code(code)}"] if code.objects else []),
        function,
        _UPLOAD if code.objects else "",
        _BODY.replace("@BEFORE@", _before(definition, code)),
    ]
    return "\n\n\n".join(block for block in blocks if block) + "\n"


def _before(definition: Mapping[str, Any], code: Code) -> str:
    """What must be there before the pipeline is: its bucket if it uses the target's, its code if it has any."""
    lines = []
    if code.objects or BUCKET in json.dumps(definition):
        lines.append("    ensure_bucket(s3, bucket, session.region_name)\n")
    if code.objects:
        lines.append("    upload_code(s3, bucket)\n")
    return "".join(lines)


def literal(value: Any, indent: int = 0) -> str:
    """A JSON value as a Python literal, its keys in their order; marks become f-strings."""
    inline = _inline(value)
    if indent + len(inline) <= WIDTH or not isinstance(value, dict | list) or not value:
        return inline
    pad = " " * (indent + 4)
    opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
    lines = "".join(f"{pad}{item},\n" for item in _items(value, indent + 4))
    return f"{opening}\n{lines}{' ' * indent}{closing}"


def _items(value: Any, indent: int) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            said = _inline(key)
            # an inner line begins at its key; a short value stands behind it
            inline = _inline(inner)
            fits = indent + len(said) + len(inline) + 3 <= WIDTH
            yield f"{said}: {inline if fits else literal(inner, indent)}"
    else:
        yield from (literal(inner, indent) for inner in value)


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_inline(key)}: {_inline(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float) and repr(value).strip("-") in ("nan", "inf"):
        return f'float("{value!r}")'
    return repr(value)


def _text(text: str) -> str:
    parts = _MARKS.split(text)
    if len(parts) == 1:
        return _quoted(text)
    if text in _NAMES:
        return _NAMES[text]
    inner = "".join(
        f"{{{_NAMES[part]}}}" if part in _NAMES else _quoted(part)[1:-1].replace("{", "{{").replace("}", "}}")
        for part in parts
    )
    return f'f"{inner}"'


def _quoted(text: str) -> str:
    """In double quotes, with everything escaped that hides or breaks a line."""
    shown = "".join(
        char if char.isascii() and char.isprintable() and char not in '"\\' else _escape(char) for char in text
    )
    return f'"{shown}"'


def _escape(char: str) -> str:
    known = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    if char in known:
        return known[char]
    if readable(char) == char:
        return char
    number = ord(char)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _code(code: Code) -> str:
    lines = "".join(f"    {_quoted(key)}: {_content(content)},\n" for key, content in code.objects.items())
    return f"{{\n{lines}}}"


def _content(content: bytes) -> str:
    """A file as the lines it has, or as base64 where it is no text."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        encoded = base64.b64encode(content).decode()
        lines = [f'        "{encoded[at : at + _LINE]}"' for at in range(0, len(encoded), _LINE)]
        return "base64.b64decode(\n{}\n    )".format("\n".join(lines))
    lines = [f"        {_quoted(line)}" for line in text.splitlines(keepends=True)] or ['        ""']
    return "(\n{}\n    ).encode()".format("\n".join(lines))


def _head(name: str, code: Code) -> str:
    title = readable(name).replace("\\", "/").replace('"', "'")
    needs_base64 = any(not _is_text(content) for content in code.objects.values())
    left_out = "".join(f"\n- {readable(key)}" for key in code.left_out)
    note = f"\n\nThis code is not in the script and must lie in the bucket:{left_out}" if left_out else ""
    imports = ["argparse", *(["base64"] if needs_base64 else []), "hashlib", "json", "uuid"]
    purpose = f"Create or update the SageMaker pipeline {title}, and start it with --start. Needs boto3 alone."
    return (
        f'"""{purpose}{note}{chr(10) if note else ""}"""\n\n'
        + "\n".join(f"import {module}" for module in imports)
        + "\n\nimport boto3\nfrom botocore.exceptions import ClientError"
    )


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


_UPLOAD = '''\
def upload_code(s3, bucket: str) -> None:
    """Put the steps' code under its hash, where it is not there yet."""
    for key, content in CODE.items():
        if not s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("KeyCount"):
            s3.put_object(Bucket=bucket, Key=key, Body=content)'''

_BODY = '''\
def ensure_bucket(s3, bucket: str, region: str) -> None:
    """Create the bucket where there is none."""
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchBucket", "NotFound"):
            raise
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=bucket, **place)


def described(s3, bucket: str, region: str, text: str) -> dict:
    """The definition as a request holds it: whole, or as its place in S3."""
    if len(text.encode()) < INLINE_LIMIT:
        return {"PipelineDefinition": text}
    ensure_bucket(s3, bucket, region)
    key = f"pipeline-definitions/{hashlib.sha256(text.encode()).hexdigest()}.json"
    s3.put_object(Bucket=bucket, Key=key, Body=text.encode())
    return {"PipelineDefinitionS3Location": {"Bucket": bucket, "ObjectKey": key}}


def deploy(session: boto3.Session, name: str, role: str, bucket: str) -> str:
    """Create the pipeline or make a new version of it; gives back its ARN."""
    sagemaker, s3 = session.client("sagemaker"), session.client("s3")
@BEFORE@    text = json.dumps(definition(role, bucket))
    request = {"PipelineName": name, "RoleArn": role, **described(s3, bucket, session.region_name, text)}
    if DESCRIPTION:
        request["PipelineDescription"] = DESCRIPTION
    try:
        sagemaker.describe_pipeline(PipelineName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("ResourceNotFound", "ResourceNotFoundException"):
            raise
        return sagemaker.create_pipeline(**request, ClientRequestToken=str(uuid.uuid4()))["PipelineArn"]
    return sagemaker.update_pipeline(**request)["PipelineArn"]


def start(session: boto3.Session, name: str, values: list) -> str:
    """Start the pipeline; values are NAME=VALUE. Gives back the execution's ARN."""
    pairs = [dict(zip(("Name", "Value"), value.split("=", 1))) for value in values]
    answer = session.client("sagemaker").start_pipeline_execution(
        PipelineName=name, PipelineParameters=pairs, ClientRequestToken=str(uuid.uuid4())
    )
    return answer["PipelineExecutionArn"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", default=NAME)
    parser.add_argument("--region", default=REGION)
    parser.add_argument("--role", default=ROLE, help="ARN of the role that the pipeline and its jobs act as")
    parser.add_argument("--bucket", default=BUCKET, help="for code, large definitions and outputs")
    parser.add_argument("--profile", help="a profile of your AWS configuration")
    parser.add_argument("--start", action="store_true", help="start the pipeline afterwards")
    parser.add_argument("-p", "--parameter", action="append", default=[], metavar="NAME=VALUE", help="for --start")
    given = parser.parse_args()
    wrong = [value for value in given.parameter if "=" not in value]
    if wrong:
        parser.error(f"-p takes NAME=VALUE, not {wrong[0]}")
    session = boto3.Session(region_name=given.region, profile_name=given.profile)
    print(deploy(session, given.name, given.role, given.bucket))
    if given.start:
        print(start(session, given.name, given.parameter))


if __name__ == "__main__":
    main()'''
