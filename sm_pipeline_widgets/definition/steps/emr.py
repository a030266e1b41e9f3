"""EMR and EMRServerless: Spark and Hadoop on clusters of EMR.

``sagemaker.md`` §1.5: EMR takes a running cluster or makes one (a subset of RunJobFlow); EMRServerless takes the
members of StartJobRun in camel case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.source import Json, MappingNode, Node, SequenceNode
from sm_pipeline_widgets.definition.steps.base import CACHE_KEY, RETRY_KEY, StepType, merged, said
from sm_pipeline_widgets.definition.steps.members import (
    code_uri,
    group,
    has,
    is_options,
    leaves_open,
    length,
    needed,
    place,
    refer_paths,
    role,
    say,
    text_map,
    text_setting,
    texts,
)

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.references import Reference
    from sm_pipeline_widgets.definition.remainder import Remainder
    from sm_pipeline_widgets.definition.spec import StepSpec
    from sm_pipeline_widgets.definition.values import StepContext

CLUSTER_KEYS = {
    "release": "The EMR release, such as `emr-6.6.0`.",
    "applications": "What is installed, such as `[Spark]`.",
    "primary": "The primary node: an instance type, or `{instance, count}`.",
    "core": "The nodes that hold data and work.",
    "task": "Nodes that only work.",
    "job_role": "The instance profile of the nodes.",
    "service_role": "The role EMR works as.",
    "log": "The S3 prefix the cluster's logs go below.",
}
_NODE_KEYS = {"instance": "The instance type.", "count": "How many.", "market": "`ON_DEMAND` or `SPOT`."}
_NODE_ROLES = {"primary": "MASTER", "core": "CORE", "task": "TASK"}
_CLUSTER_MEMBERS = {
    "release": "ReleaseLabel",
    "job_role": "JobFlowRole",
    "service_role": "ServiceRole",
    "log": "LogUri",
}
_RUNNER = "command-runner.jar"
_PATHS = {"cluster": "ClusterId", "id": "Id", "state": "Status.State"}
_RUN_PATHS = {
    "id": "jobRun.jobRunId",
    "application": "jobRun.applicationId",
    "arn": "jobRun.arn",
    "state": "jobRun.state",
}
_APPLICATION_KEYS = {
    "release": "The EMR release, such as `emr-7.0.0`.",
    "type": "`SPARK` (when left out) or `HIVE`.",
    "name": "The application's name.",
}


def build_emr(context: StepContext) -> dict[str, Json]:
    """The members of an EMR step."""
    if leaves_open(context, "jar", "code", "script"):
        fix = "Give `code: job.py` or `script: s3://…` for Spark, or a `jar`."
        context.problem("missing-key", "nothing says what to run", None, fix)
    needed(context, "cluster", "Give a running cluster's id (`j-…`), or `{release: …, core: {count: 2}}` to make one.")
    return {
        "Arguments": said(
            {
                "StepConfig": group({"HadoopJarStep": _jar(context)}),
                "ExecutionRoleArn": text_setting(context, "execution_role"),
                **_cluster(context),
            }
        )
    }


def build_serverless(context: StepContext) -> dict[str, Json]:
    """The members of an EMRServerless step; role and application stand in it twice, as the SDK writes them."""
    if leaves_open(context, "code", "script", "driver"):
        context.problem("missing-key", "nothing says what to run", None, "Give `code: job.py` or `script: s3://…`.")
    needed(context, "application", "Give an application's id, or `{release: emr-7.0.0}` to make one.")
    known = _application(context)
    execution_role = role(context)
    timeout = length(context, "max_runtime")
    return {
        "Arguments": said(
            {
                "ExecutionRoleArn": execution_role,
                "JobConfig": group(
                    {
                        "executionRoleArn": execution_role,
                        "applicationId": known.get("ApplicationId"),
                        "jobDriver": _driver(context),
                        "configurationOverrides": context.value("overrides"),
                        "executionTimeoutMinutes": timeout // 60 if isinstance(timeout, int) else timeout,
                    }
                ),
                **known,
            }
        )
    }


def refer_emr(step: StepSpec, reference: Reference) -> Json | None:
    """``cluster``, ``id`` and ``state``."""
    return refer_paths(_PATHS, step, reference)


def refer_serverless(step: StepSpec, reference: Reference) -> Json | None:
    """``id``, ``application``, ``arn`` and ``state``."""
    if reference.names[1] == "jobRun":
        path = "".join(f"['{part.value}']" if part.bracket else f".{part.value}" for part in reference.path[1:])
        return {"Get": f"Steps.{step.name}{path}"}
    return refer_paths(_RUN_PATHS, step, reference)


def unbuild_emr(rest: Remainder) -> None:
    """Friendly keys for what they can say of an EMR step."""
    jar = ("StepConfig", "HadoopJarStep")
    say(rest, texts={"cluster": ("ClusterId",), "jar": (*jar, "Jar"), "main_class": (*jar, "MainClass")})
    rest.take("args", (*jar, "Args"), rest.texts)
    say(rest, texts={"execution_role": ("ExecutionRoleArn",)})
    if "cluster" not in rest.keys:
        rest.take("cluster", ("ClusterConfig",), rest.wording.value)


def _script(context: StepContext) -> Json:
    if has(context, "code"):
        use = context.code_use("files")
        return code_uri(context, use) if use is not None else None
    uri, _ = place(context, "script", {"uri": ""}, "the script")
    return uri


def _jar(context: StepContext) -> Json:
    args = texts(context, "args")
    script = _script(context)
    jar = text_setting(context, "jar")
    if script is not None:
        submit: list[Json] = ["spark-submit", "--deploy-mode", "cluster", *(texts(context, "spark") or []), script]
        args = [*submit, *(args or [])]
        jar = jar if jar is not None else _RUNNER
    properties = text_map(context, "properties")
    pairs: Json = [{"Key": key, "Value": value} for key, value in properties.items()] if properties else None
    return group({"Jar": jar, "Args": args, "MainClass": text_setting(context, "main_class"), "Properties": pairs})


def _cluster(context: StepContext) -> dict[str, Json]:
    node = context.node("cluster")
    if node is None:
        return {}
    if not is_options(node):
        return {"ClusterId": context.text(node)}
    return {"ClusterConfig": _cluster_config(context, node)}


def _cluster_config(context: StepContext, node: MappingNode) -> Json:
    """Friendly keys; those that begin with a capital are RunJobFlow's own and go as they are."""
    friendly = MappingNode(tuple(at for at in node.entries if not at.key.text[:1].isupper()), node.span)
    own = {key: context.json(value) for key, value in node.items() if key[:1].isupper()}
    options = context.options(friendly, CLUSTER_KEYS, "a cluster")
    members: dict[str, Json] = {
        member: context.text(options[key]) for key, member in _CLUSTER_MEMBERS.items() if key in options
    }
    if "applications" in options:
        names = options["applications"]
        several = names.values if isinstance(names, SequenceNode) else (names,)
        members["Applications"] = [{"Name": context.text(name)} for name in several]
    nodes = [_nodes(context, key, options[key]) for key in _NODE_ROLES if key in options]
    if nodes:
        members["Instances"] = {"InstanceGroups": nodes}
    if "Instances" not in members and "Instances" not in own:
        fix = "For example `cluster: {release: emr-6.6.0, primary: m5.xlarge, core: {instance: m5.xlarge, count: 2}}`."
        context.problem("missing-key", "the cluster has no nodes", node.span, fix)
    config: Json = merged(members, own)
    return config


def _nodes(context: StepContext, key: str, node: Node) -> Json:
    options = context.options(node, _NODE_KEYS, "nodes") if is_options(node) else {"instance": node}
    return said(
        {
            "InstanceRole": _NODE_ROLES[key],
            "InstanceType": context.text(options["instance"]) if "instance" in options else "m5.xlarge",
            "InstanceCount": context.json(options["count"]) if "count" in options else 1,
            "Market": context.text(options["market"]) if "market" in options else None,
        }
    )


def _application(context: StepContext) -> dict[str, Json]:
    node = context.node("application")
    if node is None:
        return {}
    if not is_options(node):
        return {"ApplicationId": context.text(node)}
    friendly = MappingNode(tuple(at for at in node.entries if at.key.text in _APPLICATION_KEYS), node.span)
    own = {key: context.json(value) for key, value in node.items() if key != "release"}
    given = {key: context.text(value) for key, value in friendly.items()}
    config = {**own, **said({"releaseLabel": given.get("release"), "type": given.get("type", "SPARK")})}
    return {"ApplicationConfig": config}


def _driver(context: StepContext) -> Json:
    if has(context, "driver"):
        return context.value("driver")
    script = _script(context)
    if script is None:
        return None
    spark = texts(context, "spark")
    parameters: Json = None
    if spark is not None:
        literal = " ".join(str(one) for one in spark if isinstance(one, str))
        parameters = literal if len(spark) == sum(isinstance(one, str) for one in spark) else _joined(spark)
    return {
        "sparkSubmit": said(
            {
                "entryPoint": script,
                "entryPointArguments": texts(context, "args"),
                "sparkSubmitParameters": parameters,
            }
        )
    }


def _joined(values: list[Json]) -> Json:
    return {"Std:Join": {"On": " ", "Values": values}}


_SCRIPT_KEYS = {
    "code": "A Spark script: a file on this machine, or `cell:NAME`.",
    "script": "The S3 URI of a Spark script.",
    "entry": "The script inside the folder given as `code`.",
    "args": "Arguments of the script or program.",
    "spark": "Options of spark-submit, such as `[--conf, spark.executor.cores=4]`.",
}

EMR = StepType(
    name="EMR",
    family="call",
    doc="Runs a Spark script or a jar on an EMR cluster.",
    keys={
        "cluster": (
            "A running cluster's id; or one to make: `{release, applications, primary, core, task, job_role, "
            "service_role, log}`, and RunJobFlow's own members."
        ),
        **_SCRIPT_KEYS,
        "jar": "The jar to run, instead of a script.",
        "main_class": "The jar's class.",
        "properties": "Java properties for the class.",
        "execution_role": "The role the program works as, on clusters that take one.",
        **CACHE_KEY,
        **RETRY_KEY,
    },
    build=build_emr,
    refer=refer_emr,
    unbuild=unbuild_emr,
    outputs={"cluster": "The cluster's id.", "id": "The EMR step's id.", "state": "The EMR step's state."},
)

EMR_SERVERLESS = StepType(
    name="EMRServerless",
    family="call",
    doc="Runs a Spark script on EMR Serverless.",
    keys={
        "application": "An application's id; or one to make: `{release: emr-7.0.0}` and CreateApplication's own.",
        **_SCRIPT_KEYS,
        "driver": "The service's `jobDriver`, instead of a script.",
        "overrides": "The service's `configurationOverrides`.",
        "max_runtime": "When to give up, in whole minutes: seconds, or `90m`, `2h`.",
        "role": "The role the job works as.",
        **CACHE_KEY,
        **RETRY_KEY,
    },
    build=build_serverless,
    refer=refer_serverless,
    outputs={
        "id": "The job run's id.",
        "application": "The application's id.",
        "arn": "The job run's ARN.",
        "state": "The job run's state.",
    },
)
