"""A batch transform: a model's server started, every input object asked of it, its answers kept. Blocking.

Input objects that are done are noted in the job's folder, so an engine that takes the job up again goes on behind them.
"""

from __future__ import annotations

import contextlib
import gzip
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import joblog, supervised
from sm_pipeline_widgets.engine.batches import Batch, BatchError, BatchPlan, batches, output_of, plan_of
from sm_pipeline_widgets.engine.endings import Ending
from sm_pipeline_widgets.engine.logbook import DATA_LOG
from sm_pipeline_widgets.engine.records import JobStatus
from sm_pipeline_widgets.engine.serving import ModelServer, Request, ServedModel, ServingError, model_of, start_server
from sm_pipeline_widgets.engine.transfer import Download, TransferError, named_objects, split_uri

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from sm_pipeline_widgets.engine.hosts import Means
    from sm_pipeline_widgets.engine.objects import ObjectStore
    from sm_pipeline_widgets.engine.progress import Progress

MODEL = "Model"
"""The member of a record's details that holds the model's CreateModel request."""
DONE = "done"
_READY_SECONDS = 600.0
_INVOCATION_SECONDS = 600


@dataclass(frozen=True, slots=True)
class _Transform:
    """What stays the same over all objects of a job."""

    objects: ObjectStore
    server: ModelServer
    plan: BatchPlan
    request: Mapping[str, Any]
    progress: Progress
    folder: Path


class _Stopped(Exception):  # noqa: N818 - no error: somebody asked
    """The job is to end."""


def work(progress: Progress, means: Means) -> Ending:
    """Take a Transform job to its end.

    Raises
    ------
    TransferError, OSError
        Its data cannot be read or kept.
    """
    request, folder = progress.record.request, progress.folder
    folder.mkdir(parents=True, exist_ok=True)
    if progress.is_stopping:
        return Ending(JobStatus.STOPPED, "Stopped")
    try:
        plan = plan_of(request)
        model = model_of(progress.record.details[MODEL])
        progress.to("Downloading")
        server = start_server(_with_variables(model, request), folder, means, _variables(request))
    except (BatchError, ServingError) as error:
        return _failed(f"ClientError: {error}")
    try:
        if not server.wait_ready(_READY_SECONDS, progress.stop_asked):
            return Ending(JobStatus.STOPPED, "Stopped")
        progress.to("Training", started=progress.record.started or progress.clock())
        _transform_all(_Transform(means.objects, server, plan, request, progress, folder))
    except _Stopped:
        return Ending(JobStatus.STOPPED, "Stopped")
    except ServingError as error:
        return _failed(f"AlgorithmError: {error}")
    except BatchError as error:
        return _failed(f"ClientError: {error}")
    finally:
        server.stop()
    return Ending(JobStatus.COMPLETED, "Completed")


def stop(folder: Path) -> None:
    """End the server; what is under way then ends as well."""
    supervised.stop(folder)


def _failed(reason: str) -> Ending:
    return Ending(JobStatus.FAILED, "Failed", reason)


def _with_variables(model: ServedModel, request: Mapping[str, Any]) -> ServedModel:
    return ServedModel(model.name, model.data, {**model.environment, **(request.get("Environment") or {})})


def _variables(request: Mapping[str, Any]) -> dict[str, str]:
    return {
        "SAGEMAKER_BATCH": "true",
        "SAGEMAKER_MAX_PAYLOAD_IN_MB": str(request.get("MaxPayloadInMB", 6)),
        "SAGEMAKER_BATCH_STRATEGY": str(request.get("BatchStrategy", "MultiRecord")),
        "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": str(_concurrency(request)),
    }


def _concurrency(request: Mapping[str, Any]) -> int:
    return max(1, int(request.get("MaxConcurrentTransforms") or 1))


def _transform_all(job: _Transform) -> None:
    source = job.request["TransformInput"]["DataSource"]["S3DataSource"]
    wanted = Download(source["S3Uri"], "", source.get("S3DataType", "S3Prefix"))
    out_bucket, out_prefix = split_uri(job.request["TransformOutput"]["S3OutputPath"])
    done = _read_done(job.folder)
    count = 0
    for bucket, key, name in named_objects(job.objects, wanted):
        if name.endswith("/") or (wanted.kind != "S3Prefix" and key == split_uri(wanted.uri)[1]):
            continue
        count += 1
        if key in done:
            continue
        path = job.folder / "output"
        _transform(job, bucket, key, path)
        job.objects.put_file(out_bucket, f"{out_prefix.rstrip('/')}/{name}.out".lstrip("/"), path)
        with (job.folder / DONE).open("a", encoding="utf-8") as file:
            file.write(f"{key}\n")
    if count == 0:
        raise TransferError(
            f'ClientError: Data download failed:No S3 objects found under S3 URL "{wanted.uri}" '
            "given in TransformInput."
        )


def _transform(job: _Transform, bucket: str, key: str, path: Path) -> None:
    """Transform one object into a file."""
    concurrency = _concurrency(job.request)
    with (
        _lines(job, bucket, key) as lines,
        path.open("wb") as output,
        ThreadPoolExecutor(concurrency, "transform") as pool,
    ):
        waiting = batches(lines, job.plan)
        try:
            while window := list(islice(waiting, concurrency * 2)):
                for batch, answer in zip(window, pool.map(lambda at: _ask(job, at), window), strict=True):
                    output.write(output_of(batch, answer, job.plan))
        except (BatchError, ServingError) as error:
            if not job.progress.is_stopping:
                _note(job.folder, f"s3://{bucket}/{key}: {error}")
            raise
        except (gzip.BadGzipFile, EOFError) as error:
            raise BatchError(f"s3://{bucket}/{key} is not gzip: {error}") from error


@contextlib.contextmanager
def _lines(job: _Transform, bucket: str, key: str) -> Iterator[Iterable[bytes]]:
    with job.objects.open(bucket, key) as file:
        if job.request["TransformInput"].get("CompressionType") == "Gzip":
            with gzip.open(file) as plain:
                yield plain
        else:
            yield file


def _ask(job: _Transform, batch: Batch) -> bytes:
    """The model's answer; asked again as often as ``ModelClientConfig`` says."""
    config = job.request.get("ModelClientConfig") or {}
    seconds = float(config.get("InvocationsTimeoutInSeconds") or _INVOCATION_SECONDS)
    given, wanted = job.request["TransformInput"], job.request.get("TransformOutput") or {}
    request = Request(
        batch.body, str(given.get("ContentType") or "application/json"), str(wanted.get("Accept") or "*/*")
    )
    problem = ""
    for _ in range(1 + int(config.get("InvocationsMaxRetries") or 0)):
        if job.progress.is_stopping:
            raise _Stopped
        try:
            reply = job.server.invoke(request, seconds)
        except ServingError as error:
            if job.progress.is_stopping:
                raise _Stopped from None
            problem = str(error)
            continue
        if reply.status == 200:
            return reply.body
        problem = f"Bad HTTP status received from algorithm: {reply.status}: {reply.body.decode('utf-8', 'replace')}"
    raise ServingError(f"See job logs for more information. {problem}")


def _note(folder: Path, text: str) -> None:
    joblog.append(folder / DATA_LOG, text.replace("\n", " "))


def _read_done(folder: Path) -> set[str]:
    path = folder / DONE
    return set(path.read_text(encoding="utf-8").splitlines()) if path.exists() else set()
