"""Friendly keys for Processing steps: the inverse of :mod:`steps.processing` as far as it goes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.decompile_values import InexpressibleError
from sm_pipeline_widgets.definition.steps.base import say_cluster, say_image, say_max_runtime, say_uri
from sm_pipeline_widgets.definition.steps.processing import CODE_FOLDER, ROOT
from sm_pipeline_widgets.definition.steps.sources import s3_input

if TYPE_CHECKING:
    from collections.abc import Callable

    from sm_pipeline_widgets.definition.remainder import Remainder
    from sm_pipeline_widgets.definition.source import Json


def unbuild_processing(rest: Remainder) -> None:
    """Friendly keys for what they can say of a Processing step."""
    text = rest.wording.text
    rest.keys["defaults"] = "none"
    say_image(rest, "AppSpecification", "ImageUri")
    _say_code(rest)
    rest.take("command", ("AppSpecification", "ContainerEntrypoint"), rest.texts)
    rest.take("args", ("AppSpecification", "ContainerArguments"), rest.texts)
    say_cluster(rest, "ProcessingResources", "ClusterConfig")
    rest.take("role", ("RoleArn",), rest.wording.setting)
    say_max_runtime(rest)
    rest.take("environment", ("Environment",), rest.texts_by_name)
    rest.take("inputs", ("ProcessingInputs",), lambda value: rest.entries(value, "InputName", _say_input(text)))
    outputs = ("ProcessingOutputConfig", "Outputs")
    rest.take("outputs", outputs, lambda value: rest.entries(value, "OutputName", _say_output(text)))
    rest.take("isolated", ("NetworkConfig", "EnableNetworkIsolation"), rest.wording.setting)
    rest.take_member("property_files", "PropertyFiles", lambda value: _say_property_files(rest, value))


def _say_code(rest: Remainder) -> None:
    """``code`` for a script on S3 that is the last input and the last word of the command."""
    arguments: Any = rest.arguments if isinstance(rest.arguments, dict) else {}
    inputs, specification = arguments.get("ProcessingInputs"), arguments.get("AppSpecification")
    command = specification.get("ContainerEntrypoint") if isinstance(specification, dict) else None
    if not isinstance(inputs, list) or not inputs or not isinstance(command, list) or len(command) < 2:
        return
    uri = _script_uri(inputs[-1])
    if uri is None or command[-1] != f"{CODE_FOLDER}/{uri.rsplit('/', 1)[-1]}":
        return
    if any(isinstance(one, dict) and one.get("InputName") == "code" for one in inputs[:-1]):
        return
    rest.keys["code"] = uri
    left = command[:-1] if command[:-1] != ["python3"] else []
    specification["ContainerEntrypoint"], arguments["ProcessingInputs"] = left, inputs[:-1]
    for holder, member in ((specification, "ContainerEntrypoint"), (arguments, "ProcessingInputs")):
        if not holder[member]:
            del holder[member]
    if not specification:
        del arguments["AppSpecification"]


def _script_uri(last: Any) -> str | None:
    """Where the script lies that the last input brings, when it is written as the builder writes it."""
    place = last.get("S3Input") if isinstance(last, dict) else None
    uri = place.get("S3Uri") if isinstance(place, dict) else None
    if not isinstance(uri, str) or not uri.startswith("s3://") or "$" in uri or uri.endswith("/"):
        return None
    usual = s3_input("code", uri, CODE_FOLDER, {})
    return uri if json.dumps(last, sort_keys=True) == json.dumps(usual, sort_keys=True) else None


def _say_input(text: Callable[[Any], Json]) -> Callable[[str, dict[str, Any]], Json]:
    def say(name: str, members: dict[str, Any]) -> Json:
        place = members.get("S3Input")
        if members != {"AppManaged": False, "S3Input": place} or members["AppManaged"] is not False:
            raise InexpressibleError(name)
        usual = s3_input(name, "", f"{ROOT}/input/{name}", {})["S3Input"]
        return _say_place(place, usual, _INPUT_MEMBERS, text)

    return say


def _say_output(text: Callable[[Any], Json]) -> Callable[[str, dict[str, Any]], Json]:
    def say(name: str, members: dict[str, Any]) -> Json:
        place = members.get("S3Output")
        if members != {"AppManaged": False, "S3Output": place} or members["AppManaged"] is not False:
            raise InexpressibleError(name)
        usual: Json = {"S3Uri": "", "LocalPath": f"{ROOT}/output/{name}", "S3UploadMode": "EndOfJob"}
        return _say_place(place, usual, _OUTPUT_MEMBERS, text)

    return say


_INPUT_MEMBERS = {
    "LocalPath": "path",
    "S3InputMode": "mode",
    "S3DataDistributionType": "distribution",
    "S3CompressionType": "compression",
}
_OUTPUT_MEMBERS = {"LocalPath": "path", "S3UploadMode": "mode"}


def _say_place(place: Any, usual: Any, keys: dict[str, str], text: Callable[[Any], Json]) -> Json:
    """A place in S3 with what differs from the usual; its URI alone when nothing does."""
    if not isinstance(place, dict) or set(place) != set(usual):
        raise InexpressibleError(str(place))
    options: dict[str, Json] = {"uri": say_uri(place["S3Uri"], text)}
    for member, value in place.items():
        if member in keys and value != usual[member]:
            options[keys[member]] = text(value)
        elif member != "S3Uri" and value != usual[member]:
            raise InexpressibleError(str(place))
    uri = options["uri"]
    return options if len(options) > 1 or not isinstance(uri, str) else uri


def _say_property_files(rest: Remainder, value: Any) -> Json:
    outputs = rest.keys.get("outputs")
    found: dict[str, Json] = {}
    for file in value if isinstance(value, list) else ():
        if not isinstance(file, dict) or set(file) != {"PropertyFileName", "OutputName", "FilePath"}:
            raise InexpressibleError(str(file))
        name, output, path = file["PropertyFileName"], file["OutputName"], file["FilePath"]
        if not all(isinstance(part, str) and part for part in (name, output, path)) or name in found or "/" in output:
            raise InexpressibleError(str(file))
        if not isinstance(outputs, dict) or output not in outputs:
            raise InexpressibleError(str(file))
        found[name] = f"{output}/{path}"
    if not found:
        raise InexpressibleError(str(value))
    return found
