"""How the engine on this machine compares with the service: tables for ``docs/local-engine.md``, from its own tables.

``python -m sm_pipeline_widgets.engine.parity`` prints them; with a file it brings that file up to date.

>>> print(step_types().splitlines()[0])
| Step type | Here | Cache | Retry policies | How |
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sm_pipeline_widgets.engine.operations.registry import OPERATIONS
from sm_pipeline_widgets.engine.operations.s3 import S3_OPERATIONS
from sm_pipeline_widgets.engine.steptypes import TABLE
from sm_pipeline_widgets.engine.steptypes.base import ParityStatus
from sm_pipeline_widgets.engine.steptypes.refused import REFUSED

if TYPE_CHECKING:
    from collections.abc import Sequence

BEGIN, END = "<!-- parity: begin (made by python -m sm_pipeline_widgets.engine.parity) -->", "<!-- parity: end -->"


@dataclass(frozen=True, slots=True)
class Feature:
    """Something of the service that is no step type of its own."""

    name: str
    status: ParityStatus
    how: str


_SAME, _NEAR, _NOT = ParityStatus.SAME, ParityStatus.APPROXIMATED, ParityStatus.REFUSED
FEATURES = (
    Feature("Parallel steps, MaxParallelExecutionSteps", _SAME, "Jobs beyond what this machine takes at once wait."),
    Feature(
        "Parameters, Join, JsonGet, property files", _SAME, "Typed, checked at start, resolved when a step starts."
    ),
    Feature("Run conditions, CompletedWithFailures", _SAME, "DependsOn with a trigger."),
    Feature("Caching", _SAME, "The documented members are compared; a hit shows the old job and its execution."),
    Feature("Retry policies", _SAME, "Intervals, backoff, attempts, expiry; user code's failures are not retried."),
    Feature("Retry, stop, selective execution", _SAME, "Same ARN, same states; 120 s between SIGTERM and SIGKILL."),
    Feature("Versions and their aliases", _SAME, "Each update makes a version."),
    Feature("Idempotency tokens", _SAME, "The same token acts once."),
    Feature("Failure reasons", _NEAR, "The service's words where they are known, plain words elsewhere."),
    Feature(
        "Experiments, MLflow", _NEAR, "PipelineExperimentConfig and MlflowConfig are accepted; nothing is recorded."
    ),
    Feature("Roles, VPCs, encryption keys, quotas", _NEAR, "Accepted and kept; nobody is refused for lack of a right."),
    Feature("CreatedBy, who did what", _NEAR, "Empty: one person uses this machine."),
    Feature("The container's image", _NEAR, "Never pulled: a command runs with this machine's programs and Python."),
    Feature(
        "/opt/ml and SM_* variables", _SAME, "In a mount namespace; elsewhere paths are rewritten, with a warning."
    ),
    Feature("requirements.txt", _NEAR, "Said in the log; installed with SM_PIPELINE_WIDGETS_REQUIREMENTS=install."),
    Feature("Several instances", _NEAR, "As many processes on this machine, each its host, log stream and share."),
    Feature(
        "Network isolation",
        _NEAR,
        "A job of one host reaches its own loopback alone, in a mount namespace; elsewhere its log warns. Not for "
        "models.",
    ),
    Feature("Input modes", _NEAR, "File and FastFile (as File); Pipe and RecordIO wrapping are refused."),
    Feature("S3", _NEAR, "Objects, multipart, presigned URLs, ranges; no policies, versions or lifecycles."),
    Feature("CloudWatch Logs", _NEAR, "Reading and filtering of steps', functions' and endpoints' logs; no writing."),
    Feature("Declared outputs (`local: {outputs: …}`)", _NEAR, "Only here: any step can be answered instead of run."),
)


def step_types() -> str:
    """The table of step types, each the service knows."""
    rows = [
        (name, str(row.parity.status), _yes(row.compared), _yes(row.retryable), row.parity.how)
        for name, row in TABLE.items()
    ]
    rows += [(name, str(_NOT), "", "", how) for name, how in REFUSED.items()]
    return _table(("Step type", "Here", "Cache", "Retry policies", "How"), sorted(rows))


def features() -> str:
    """The table of what is no step type."""
    return _table(("Feature", "Here", "How"), [(at.name, str(at.status), at.how) for at in FEATURES])


def operations() -> str:
    """The operations that are answered, by service."""
    answered = {**{service: sorted(found) for service, found in OPERATIONS.items()}, "s3": sorted(S3_OPERATIONS)}
    rows = [(f"`{service}`", str(len(names)), ", ".join(names)) for service, names in sorted(answered.items())]
    return _table(("Service", "Operations", "Which"), rows)


def render() -> str:
    """All tables as Markdown, between the marks."""
    parts = [
        BEGIN,
        "### Step types",
        step_types(),
        "### Everything else",
        features(),
        "### Operations over the wire",
        operations(),
        END,
    ]
    return "\n\n".join(parts)


def updated(text: str) -> str:
    """A document with the tables of now between its marks.

    Raises
    ------
    ValueError
        It has no marks.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the document has no place for the tables")
    return before + render() + after


def main(arguments: list[str]) -> int:
    if not arguments:
        sys.stdout.write(render() + "\n")
    for name in arguments:
        path = Path(name)
        path.write_text(updated(path.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


def _yes(value: object) -> str:
    return "yes" if value else ""


def _table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
