"""Processing: a script or container over data, with named outputs and property files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.code import file_key, folder_key
from sm_pipeline_widgets.definition.compilation import ReferenceMeaningError
from sm_pipeline_widgets.definition.source import Json, MappingNode, Node, Scalar, SequenceNode, plain
from sm_pipeline_widgets.definition.steps.base import (
    CACHE_KEY,
    JOB_KEYS,
    RETRY_KEY,
    StepType,
    cluster,
    environment_name,
    filled,
    members_of,
    merged,
    named,
    no_more,
    path_text,
    pick_output,
    property_get,
    run_prefix,
    said,
    spelled_out,
    stopping_condition,
    variables,
)
from sm_pipeline_widgets.definition.steps.sources import check_uri, input_source, s3_input
from sm_pipeline_widgets.definition.values import is_expression_node
from sm_pipeline_widgets.definition.wording import did_you_mean, listed

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.compilation import CodeUse
    from sm_pipeline_widgets.definition.references import Reference
    from sm_pipeline_widgets.definition.source import Scalar as ScalarNode
    from sm_pipeline_widgets.definition.spec import StepSpec
    from sm_pipeline_widgets.definition.values import StepContext

ROOT = "/opt/ml/processing"
CODE_FOLDER = f"{ROOT}/input/code"
INPUT_KEYS = {
    "uri": "Where it comes from: an s3:// URI or a step's output.",
    "path": "The folder it appears in inside the container.",
    "mode": "`File` or `Pipe`.",
    "distribution": "`FullyReplicated` or `ShardedByS3Key`.",
    "compression": "`None` or `Gzip`.",
}
OUTPUT_KEYS = {
    "uri": "Where it goes; below the run's own prefix when left out.",
    "path": "The folder it is taken from inside the container.",
    "mode": "`EndOfJob` or `Continuous`.",
}


def build(context: StepContext) -> dict[str, Json]:
    """The members of a Processing step."""
    uri = context.code_uri()
    use = context.code_use("files") if uri is None else None
    inputs = [_input(context, name, node) for name, node in context.pairs("inputs")]
    outputs = [_output(context, name, node) for name, node in context.pairs("outputs")]
    entry = use.facts.entry if use is not None else _entry(context, uri) if uri is not None else None
    if uri is not None:
        # Behind the others, where the SDK puts it.
        inputs.append(s3_input("code", uri, CODE_FOLDER, {}))
    specification: dict[str, Json] = {**said({"ImageUri": context.image()}), **_command(context, entry)}
    if context.bare:
        return _isolated(context, _bare(context, use, inputs, outputs, specification))
    arguments: dict[str, Json] = {
        "ProcessingResources": {"ClusterConfig": cluster(context)},
        "AppSpecification": specification,
        "RoleArn": context.value("role", context.pipeline.facts.role),
        "Environment": {**_folders(inputs, "Input"), **_folders(outputs, "Output"), **variables(context)},
        "StoppingCondition": stopping_condition(context),
    }
    if use is not None:
        inputs.insert(0, _code_input(context, use))
    if inputs:
        arguments["ProcessingInputs"] = list(inputs)
    if outputs:
        arguments["ProcessingOutputConfig"] = {"Outputs": list(outputs)}
    files = _property_files(context)
    return _isolated(context, {"Arguments": arguments, **({"PropertyFiles": files} if files else {})})


def _isolated(context: StepContext, members: dict[str, Json]) -> dict[str, Json]:
    value = context.value("isolated") if context.says("isolated") else None
    network: Json = {"Arguments": {"NetworkConfig": {"EnableNetworkIsolation": value}}}
    return members if value is None else merged(members, network)


def _bare(
    context: StepContext,
    use: CodeUse | None,
    inputs: list[dict[str, Json]],
    outputs: list[dict[str, Json]],
    specification: dict[str, Json],
) -> dict[str, Json]:
    """The members of a step that has nothing but what it says."""
    code = [_code_input(context, use)] if use is not None else []
    arguments = filled(
        {
            "ProcessingResources": filled({"ClusterConfig": cluster(context)}),
            "AppSpecification": specification,
            "RoleArn": context.value("role"),
            "StoppingCondition": stopping_condition(context),
        }
    )
    if context.says("environment"):
        arguments["Environment"] = variables(context)
    if context.says("inputs") or code or inputs:
        arguments["ProcessingInputs"] = [*code, *inputs]
    if context.says("outputs"):
        arguments["ProcessingOutputConfig"] = {"Outputs": list(outputs)}
    members: dict[str, Json] = {"Arguments": arguments}
    if context.says("property_files"):
        members["PropertyFiles"] = _property_files(context)
    return members


def refer(step: StepSpec, reference: Reference) -> Json | None:
    """``outputs.NAME``, ``inputs.NAME`` and ``PROPERTY_FILE.path.in.it``."""
    kind = reference.names[1]
    if kind == "outputs":
        name = pick_output(step, reference, 2, named(step.node("outputs")), "output")
        no_more(reference, 3)
        return property_get(step, f"ProcessingOutputConfig.Outputs['{name}'].S3Output.S3Uri")
    if kind == "inputs":
        name = pick_output(step, reference, 2, named(step.node("inputs")), "input")
        no_more(reference, 3)
        return property_get(step, f"ProcessingInputs['{name}'].S3Input.S3Uri")
    if kind not in named(step.node("property_files")):
        return None
    if len(reference.path) < 3:
        message = f"`{reference.text}` is a whole file; say which value in it"
        raise ReferenceMeaningError("incomplete-reference", message, f"For example `{reference.text}.rmse`.")
    return {
        "Std:JsonGet": {
            "PropertyFile": {"Get": f"Steps.{step.name}.PropertyFiles.{kind}"},
            "Path": path_text(reference.path[2:]),
        }
    }


def _entry(context: StepContext, uri: str) -> str:
    """The script to run of code that lies on S3."""
    said_entry = plain(context.node("entry"))
    if isinstance(said_entry, str):
        return said_entry
    name = uri.rsplit("/", 1)[-1]
    if not name:
        node = context.node("code")
        fix = "Add `entry: main.py`, or give the URI of a single script."
        context.problem("missing-key", f"nothing says which script of `{uri}` runs", node.span if node else None, fix)
    return name


def _command(context: StepContext, entry: str | None) -> dict[str, Json]:
    command: dict[str, Json] = {}
    entrypoint = [context.text(node) for node in _list(context, "command")]
    if entry is not None:
        entrypoint = [*(entrypoint or ["python3"]), f"{CODE_FOLDER}/{entry}"]
    if entrypoint or (context.bare and context.says("command")):
        command["ContainerEntrypoint"] = entrypoint
    given = [context.text(node) for node in _list(context, "args")]
    if given or (context.bare and context.says("args")):
        command["ContainerArguments"] = given
    if (
        entry is None
        and not context.bare
        and not entrypoint
        and "image" not in context.step.entries
        and "arguments" not in context.step.entries
    ):
        fix = "Give `code: script.py`, `code: cell:NAME`, or an `image` (and `command`) that knows what to do."
        context.problem("missing-key", "nothing says what to run", None, fix)
    return command


def _list(context: StepContext, key: str) -> tuple[Node, ...]:
    node = context.node(key)
    if isinstance(node, SequenceNode):
        return node.values
    if isinstance(node, Scalar) and node.value is not None:
        return (node,)
    if node is not None and isinstance(node, MappingNode):
        context.problem("wrong-kind", f"`{key}` takes a list", node.span, f"For example `{key}: [a, b]`.")
    return ()


def _code_input(context: StepContext, use: CodeUse) -> dict[str, Json]:
    sha = use.facts.sha256
    key = folder_key(sha) if use.facts.is_folder else file_key(sha, use.facts.entry)
    return s3_input("code", f"s3://{context.pipeline.facts.bucket}/{key}", CODE_FOLDER, {})


def _input(context: StepContext, name: ScalarNode, node: Node) -> dict[str, Json]:
    if spelled_out(node):
        return {"InputName": name.text, **members_of(context, node)}
    uri, options = input_source(context, name, node, INPUT_KEYS)
    path = context.text(options["path"]) if "path" in options else f"{ROOT}/input/{name.text}"
    return s3_input(name.text, uri, path, {key: context.text(value) for key, value in options.items()})


def _output(context: StepContext, name: ScalarNode, node: Node) -> dict[str, Json]:
    options: dict[str, Node] = {}
    uri: Json = None
    if spelled_out(node):
        return {"OutputName": name.text, **members_of(context, node)}
    if isinstance(node, MappingNode) and not is_expression_node(node):
        options = context.options(node, OUTPUT_KEYS, "an output")
    elif node is not name and not (isinstance(node, Scalar) and node.value is None):
        options = {"uri": node}
    if "uri" in options:
        uri = context.text(options["uri"])
        check_uri(context, uri, options["uri"], f"the output `{name.text}`")
    if uri is None and not context.bare:
        uri = run_prefix(context, "output", name.text)
    return {
        "OutputName": name.text,
        "AppManaged": False,
        "S3Output": {
            **said({"S3Uri": uri}),
            "LocalPath": context.text(options["path"]) if "path" in options else f"{ROOT}/output/{name.text}",
            "S3UploadMode": context.text(options["mode"]) if "mode" in options else "EndOfJob",
        },
    }


def _folders(entries: list[dict[str, Json]], kind: str) -> dict[str, Json]:
    folders: dict[str, Json] = {}
    for entry in entries:
        inner = entry.get(f"S3{kind}")
        if isinstance(inner, dict) and "LocalPath" in inner:
            folders[environment_name(f"SM_{kind.upper()}_", str(entry[f"{kind}Name"]))] = inner["LocalPath"]
    return folders


def _property_files(context: StepContext) -> list[Json]:
    outputs = named(context.step.node("outputs"))
    files: list[Json] = []
    for name, node in context.mapping("property_files").items():
        output, _, path = node.text.partition("/") if isinstance(node, Scalar) else ("", "", "")
        if not path:
            fix = f"For example `{name}: report/evaluation.json`."
            context.problem("wrong-kind", f"the property file `{name}` is written OUTPUT/FILE", node.span, fix)
        elif output not in outputs:
            fix = did_you_mean(output, outputs, f"The outputs are {listed(outputs)}." if outputs else "Add `outputs:`.")
            context.problem("unknown-output", f"the step has no output `{output}`", node.span, fix)
        files.append({"PropertyFileName": name, "OutputName": output, "FilePath": path})
    return files


PROCESSING = StepType(
    name="Processing",
    family="job",
    doc="Runs a script or container over data.",
    keys={
        "inputs": "Data the step reads: a name with an s3:// URI or a step's output.",
        "outputs": "Folders whose content is kept: a list of names, or names with `uri`, `path` and `mode`.",
        "property_files": "JSON files whose values later steps and conditions may read: `NAME: OUTPUT/FILE`.",
        "args": "Arguments of the script or container.",
        "command": "What runs the script (`[python3]`), or the container's own command when there is no code.",
        "isolated": "Whether the container is kept from the network.",
        **JOB_KEYS,
        **CACHE_KEY,
        **RETRY_KEY,
    },
    build=build,
    refer=refer,
    outputs={
        "outputs.NAME": "The output's S3 URI.",
        "inputs.NAME": "The input's S3 URI.",
        "PROPERTY_FILE.path": "A value in a property file.",
    },
)
