"""Where data comes from, as most families write it: an ``s3://`` URI, a step's output, or a mapping with ``uri``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.source import Json, MappingNode, Node, Scalar
from sm_pipeline_widgets.definition.values import is_expression_node

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.definition.values import StepContext


def check_uri(context: StepContext, uri: Json, node: Node, what: str) -> None:
    """A literal that is no S3 URI cannot be right."""
    if isinstance(uri, str) and not uri.startswith(("s3://", "$")):
        fix = "Give `s3://bucket/prefix`, or another step's output: `$steps.NAME.outputs.NAME`."
        context.problem("not-an-s3-uri", f"{what} is `{uri}`, which is no S3 URI", node.span, fix)


def input_source(
    context: StepContext, name: Scalar, node: Node, known: Mapping[str, str]
) -> tuple[Json, dict[str, Node]]:
    """The URI of a named input, and the options that stand beside it; `known` are the options there are."""
    options: dict[str, Node] = {}
    if isinstance(node, MappingNode) and not is_expression_node(node):
        options = context.options(node, known, "an input")
        if "uri" not in options:
            context.problem("missing-key", f"the input `{name.text}` has no `uri`", name.span)
    where = options.get("uri", node)
    uri = context.text(where) if not isinstance(where, MappingNode) or is_expression_node(where) else ""
    check_uri(context, uri, where, f"the input `{name.text}`")
    return uri, options


def s3_input(name: str, uri: Json, path: Json, options: Mapping[str, Json]) -> dict[str, Json]:
    """An input of a processing job; `options` are its ``mode``, ``distribution`` and ``compression``."""
    return {
        "InputName": name,
        "AppManaged": False,
        "S3Input": {
            "S3Uri": uri,
            "LocalPath": path,
            "S3DataType": "S3Prefix",
            "S3InputMode": options.get("mode", "File"),
            "S3DataDistributionType": options.get("distribution", "FullyReplicated"),
            "S3CompressionType": options.get("compression", "None"),
        },
    }
