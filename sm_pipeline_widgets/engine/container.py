"""A job's request → what its container is given: files, variables, command, data in and out (``sagemaker.md`` §6).

Pure: makes a description that ``runner`` carries out. Paths are the container's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sm_pipeline_widgets.engine import notebook_main, script_mode
from sm_pipeline_widgets.engine.records import JobKind, JobRecord
from sm_pipeline_widgets.engine.transfer import Download, Upload

_PYTHON = re.compile(r"(?:.*/)?python(?:3(?:\.\d+)?)?$")
_DEFAULT_SECONDS = 86400
MOST_HOSTS = 32
NOTEBOOK_CHANNEL = "sagemaker_headless_execution_pipelinestep"
_INHERITED = re.compile(
    r"HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TMPDIR|LD_LIBRARY_PATH|DYLD_\w+|SSL_CERT_\w+|CUDA_\w+|CONDA_PREFIX"
    r"|VIRTUAL_ENV|(?i:https?_proxy|all_proxy)"
)


class ContainerError(Exception):
    """The request describes no container that can be run here; the text says what and where."""


@dataclass(frozen=True, slots=True)
class Place:
    """The engine as a job sees it: where the API is, its throw-away keys, and the machine."""

    url: str
    access_key: str
    secret_key: str
    region: str
    python: str
    cpus: int
    environ: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Container:
    """Everything a job needs to start, and what is kept when it ends."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str
    max_seconds: float
    files: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    downloads: tuple[Download, ...] = ()
    uploads: tuple[Upload, ...] = ()
    code_archive: str = ""
    model_uri: str = ""
    output_uri: str = ""
    checkpoint: Upload | None = None
    host: str = "algo-1"
    hosts: tuple[str, ...] = ("algo-1",)
    script: tuple[str, ...] = ()
    """The script-mode command as its failure names it; empty for other containers."""
    program: str = ""
    """The script-mode program, which the toolkit makes executable."""
    warnings: tuple[str, ...] = ()
    """What the log begins with."""
    is_isolated: bool = False
    """Whether it is to be kept from the network."""


def describe_container(job: JobRecord, place: Place, number: int = 1) -> Container:
    """The container of a job on one of its hosts.

    Raises
    ------
    ContainerError
        The request asks for what cannot be run here.
    """
    try:
        make = _training if job.kind is JobKind.TRAINING else _processing
        return make(job, place, number)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        missing = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise ContainerError(f"ClientError: the arguments of step '{job.step}' cannot be read: {missing}.") from error


def own_entry_point(kind: str, arguments: Mapping[str, Any]) -> str:
    """Why the engine cannot start a step's container, or nothing: it has no image, so the command must be given."""
    if kind == "Processing":
        specification = arguments.get("AppSpecification")
        has_command = isinstance(specification, Mapping) and bool(specification.get("ContainerEntrypoint"))
        return "" if has_command else "AppSpecification.ContainerEntrypoint is missing"
    specification = arguments.get("AlgorithmSpecification")
    has_command = isinstance(specification, Mapping) and bool(specification.get("ContainerEntrypoint"))
    if has_command or script_mode.PROGRAM in (arguments.get("HyperParameters") or {}):
        return ""
    return "neither AlgorithmSpecification.ContainerEntrypoint nor the hyperparameter sagemaker_program is given"


def model_uri(job: JobRecord) -> str:
    """Where a training job's model is kept."""
    output = job.request["OutputDataConfig"]
    name = "model" if output.get("CompressionType") == "NONE" else "model.tar.gz"
    return f"{str(output['S3OutputPath']).rstrip('/')}/{job.api_name}/output/{name}"


def metric_patterns(request: Mapping[str, Any]) -> list[tuple[str, re.Pattern[str]]]:
    """The metrics of a training job: names, and what finds their values in the log.

    Raises
    ------
    ContainerError
        A regular expression cannot be read.
    """
    found = []
    for at in (request.get("AlgorithmSpecification") or {}).get("MetricDefinitions") or []:
        try:
            found.append((str(at["Name"]), re.compile(str(at["Regex"]))))
        except re.error as error:
            raise ContainerError(
                f"ClientError: the Regex {at['Regex']!r} of metric '{at['Name']}' cannot be read: {error}."
            ) from error
    return found


def _processing(job: JobRecord, place: Place, number: int) -> Container:
    request = job.request
    application = request["AppSpecification"]
    kept = tuple(_processing_outputs(job))
    cluster = request["ProcessingResources"]["ClusterConfig"]
    host = _host(job, cluster, place, number)
    echo = {"ProcessingJobName": job.api_name, "ProcessingJobArn": job.arn, **request}
    files = {
        "/opt/ml/config/processingjobconfig.json": json.dumps(echo),
        "/opt/ml/config/resourceconfig.json": json.dumps(script_mode.resource_config(host)),
    }
    argv = [*application["ContainerEntrypoint"], *(application.get("ContainerArguments") or [])]
    return Container(
        argv=_with_python([str(part) for part in argv], place),
        env=_environment(job, place, {}),
        cwd="",
        max_seconds=_limit(request),
        files=files,
        folders=("/opt/ml/output", "/opt/ml/processing", *(upload.path for upload in kept)),
        downloads=tuple(_processing_inputs(job, host)),
        uploads=kept,
        host=host.name,
        hosts=tuple(host.names),
        is_isolated=bool((request.get("NetworkConfig") or {}).get("EnableNetworkIsolation")),
    )


def _processing_inputs(job: JobRecord, host: script_mode.Host) -> Iterator[Download]:
    for at in job.request.get("ProcessingInputs") or []:
        source = at.get("S3Input")
        name = at.get("InputName")
        if source is None:
            raise ContainerError(
                f"ClientError: input '{name}' of step '{job.step}' is no S3Input; the engine reads S3 only."
            )
        if "LocalPath" not in source and at.get("AppManaged"):
            continue
        _refuse_pipe(job, f"input '{name}'", source.get("S3InputMode"))
        yield Download(
            source["S3Uri"],
            source["LocalPath"],
            source.get("S3DataType", "S3Prefix"),
            source.get("S3CompressionType") == "Gzip",
            *_shard(source, host),
        )


def _processing_outputs(job: JobRecord) -> Iterator[Upload]:
    for at in (job.request.get("ProcessingOutputConfig") or {}).get("Outputs") or []:
        target = at.get("S3Output")
        if target is None:
            raise ContainerError(
                f"ClientError: output '{at.get('OutputName')}' of step '{job.step}' goes to a feature store, "
                "and the engine has none; give it an S3Output."
            )
        if target.get("LocalPath"):
            yield Upload(target["LocalPath"], target["S3Uri"], target.get("S3UploadMode") == "Continuous")


def _training(job: JobRecord, place: Place, number: int) -> Container:
    request = job.request
    raw = {name: str(value) for name, value in (request.get("HyperParameters") or {}).items()}
    channels = {at["ChannelName"]: at for at in request.get("InputDataConfig") or []}
    resources = request.get("ResourceConfig") or {}
    host = _host(job, resources, place, number)
    specification = request.get("AlgorithmSpecification") or {}
    mode = str(specification.get("TrainingInputMode") or "File")
    described = {name: _channel_config(at, mode) for name, at in channels.items()}
    files = {
        "/opt/ml/input/config/hyperparameters.json": json.dumps(raw),
        "/opt/ml/input/config/resourceconfig.json": json.dumps(script_mode.resource_config(host)),
        "/opt/ml/input/config/inputdataconfig.json": json.dumps(described),
    }
    metric_patterns(request)
    start = _start(job, place, described, host)
    sync = request.get("CheckpointConfig")
    output = f"{str(request['OutputDataConfig']['S3OutputPath']).rstrip('/')}/{job.api_name}/output"
    return Container(
        argv=start.argv,
        env=_environment(job, place, {"TRAINING_JOB_NAME": job.api_name, "TRAINING_JOB_ARN": job.arn, **start.env}),
        cwd=script_mode.CODE if start.program else "",
        max_seconds=_limit(request),
        files=files,
        folders=("/opt/ml/code", "/opt/ml/model", "/opt/ml/output/data", "/opt/ml/checkpoints", "/opt/ml/input/data"),
        downloads=tuple(_channel(job, host, name, at) for name, at in channels.items()),
        code_archive=start.code_archive,
        model_uri=model_uri(job),
        output_uri=f"{output}/output.tar.gz",
        checkpoint=Upload(sync.get("LocalPath", "/opt/ml/checkpoints"), sync["S3Uri"], is_continuous=True)
        if sync
        else None,
        host=host.name,
        hosts=tuple(host.names),
        script=start.argv if start.program else (),
        program=f"{script_mode.CODE}/{start.program}" if start.program else "",
        warnings=tuple(job.details.get("Warnings", ())),
        is_isolated=bool(request.get("EnableNetworkIsolation")),
    )


@dataclass(frozen=True, slots=True)
class _Start:
    """What a training job is started with; ``program`` is empty where it is no script mode."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    program: str = ""
    code_archive: str = ""


def _start(job: JobRecord, place: Place, channels: Mapping[str, Mapping[str, Any]], host: script_mode.Host) -> _Start:
    request = job.request
    specification = request.get("AlgorithmSpecification") or {}
    notebook = _notebook_command(request)
    if notebook:
        return _Start(_with_python(list(notebook), place))
    if specification.get("ContainerEntrypoint"):
        argv = [*specification["ContainerEntrypoint"], *(specification.get("ContainerArguments") or ())]
        return _Start(_with_python([str(part) for part in argv], place))
    raw = {name: str(value) for name, value in (request.get("HyperParameters") or {}).items()}
    values = script_mode.decode(raw)
    program = str(values[script_mode.PROGRAM])
    return _Start(
        _with_python(list(script_mode.command(program, script_mode.user_part(values))), place),
        script_mode.environment(values, channels, job.api_name, host),
        program,
        str(values.get(script_mode.SUBMIT_DIRECTORY, "")),
    )


def _channel(job: JobRecord, host: script_mode.Host, name: str, channel: Mapping[str, Any]) -> Download:
    source = channel["DataSource"].get("S3DataSource")
    if source is None:
        raise ContainerError(
            f"ClientError: channel '{name}' of step '{job.step}' is no S3DataSource: the engine reads S3 only."
        )
    algorithm = job.request.get("AlgorithmSpecification") or {}
    _refuse_pipe(job, f"channel '{name}'", channel.get("InputMode") or algorithm.get("TrainingInputMode"))
    if channel.get("RecordWrapperType", "None") != "None":
        raise ContainerError(
            f"ClientError: channel '{name}' of step '{job.step}' asks for RecordIO records. Only Pipe mode makes them, "
            "which the engine has not; leave RecordWrapperType out and read the files."
        )
    return Download(
        source["S3Uri"],
        f"/opt/ml/input/data/{name}",
        source.get("S3DataType", "S3Prefix"),
        channel.get("CompressionType") == "Gzip",
        *_shard(source, host),
        tuple(map(str, source.get("AttributeNames") or ())),
    )


def _notebook_command(request: Mapping[str, Any]) -> tuple[str, ...]:
    """What executes a NotebookJob's notebook, or nothing for any other training job: its driver is in the image."""
    channels = [str(at["ChannelName"]) for at in request.get("InputDataConfig") or []]
    if NOTEBOOK_CHANNEL not in channels or notebook_main.INPUT not in (request.get("Environment") or {}):
        return ()
    place = f"/opt/ml/input/data/{NOTEBOOK_CHANNEL}"
    config = "/opt/ml/input/config/hyperparameters.json"
    return ("python3", notebook_main.__file__, place, "/opt/ml/output/data", config)


def _shard(source: Mapping[str, Any], host: script_mode.Host) -> tuple[int, int]:
    """Which part of the objects is a host's: its own share, or everything."""
    if source.get("S3DataDistributionType") != "ShardedByS3Key":
        return 0, 1
    return host.number - 1, host.count


def _refuse_pipe(job: JobRecord, what: str, mode: Any) -> None:
    if mode == "Pipe":
        raise ContainerError(
            f"ClientError: {what} of step '{job.step}' asks for Pipe mode, which the engine has not; "
            "use File or FastFile."
        )


def _channel_config(channel: Mapping[str, Any], default_mode: str) -> dict[str, Any]:
    source = channel["DataSource"].get("S3DataSource") or {}
    config = {
        "TrainingInputMode": channel.get("InputMode") or default_mode,
        "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
        "RecordWrapperType": channel.get("RecordWrapperType", "None"),
    }
    if "ContentType" in channel:
        config["ContentType"] = channel["ContentType"]
    return config


def _host(job: JobRecord, resources: Mapping[str, Any], place: Place, number: int) -> script_mode.Host:
    """A host among those a job's resources ask for; all are this machine."""
    wanted = resources.get("InstanceGroups") or [{"InstanceGroupName": "homogeneousCluster", **resources}]
    counts = [int(group.get("InstanceCount", 1)) for group in wanted]
    if sum(counts) > MOST_HOSTS:
        raise ContainerError(
            f"ClientError: step '{job.step}' asks for {sum(counts)} instances; the engine starts at most {MOST_HOSTS}, "
            "as processes of this one machine."
        )
    if min(counts) < 1:
        raise ContainerError(f"ClientError: step '{job.step}' asks for no instance; InstanceCount begins at 1.")
    groups: list[script_mode.Group] = []
    first = 1
    for group, count in zip(wanted, counts, strict=True):
        hosts = tuple(script_mode.host_name(at) for at in range(first, first + count))
        name, kind = str(group["InstanceGroupName"]), str(group.get("InstanceType", "local"))
        groups.append(script_mode.Group(name, kind, hosts))
        first += count
    return script_mode.Host(place.cpus, tuple(groups), number)


def _limit(request: Mapping[str, Any]) -> float:
    return float((request.get("StoppingCondition") or {}).get("MaxRuntimeInSeconds") or _DEFAULT_SECONDS)


def _with_python(argv: list[str], place: Place) -> tuple[str, ...]:
    """Any Python a command names is the engine's: the image that had another one is not here."""
    return (place.python, *argv[1:]) if argv and _PYTHON.match(argv[0]) else tuple(argv)


def _environment(job: JobRecord, place: Place, extra: Mapping[str, str]) -> dict[str, str]:
    return environment(job.request.get("Environment") or {}, place, extra)


def environment(wanted: Mapping[str, Any], place: Place, extra: Mapping[str, str]) -> dict[str, str]:
    """The variables of a command: nothing secret of the user's, and an API that can only be the engine.

    Parameters
    ----------
    wanted
        What the request gives; it wins over `extra`.
    """
    own = {name: value for name, value in place.environ.items() if _INHERITED.fullmatch(name) and "@" not in value}
    folder = place.python.rpartition("/")[0]
    path = place.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin")
    given = {str(name): str(value) for name, value in wanted.items()}
    return {
        **own,
        "PATH": f"{folder}:{path}" if folder else path,
        "PYTHONUNBUFFERED": "1",
        "AWS_REGION": place.region,
        "AWS_DEFAULT_REGION": place.region,
        **extra,
        **given,
        "AWS_ENDPOINT_URL": place.url,
        "AWS_ACCESS_KEY_ID": place.access_key,
        "AWS_SECRET_ACCESS_KEY": place.secret_key,
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }
