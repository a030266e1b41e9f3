"""The first cell of a driver notebook: an execution view fed from a fake run, no engine and no AWS."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import networkx as nx

from sm_pipeline_widgets.errors import Problem, Severity
from sm_pipeline_widgets.execution.causes import Cause
from sm_pipeline_widgets.execution.failure import FailureReport, Frame, RootFailure
from sm_pipeline_widgets.execution.loglines import LogLine
from sm_pipeline_widgets.execution.state import ExecutionState, ExecutionStatus, StepState, StepStatus
from sm_pipeline_widgets.view.picture import draw
from sm_pipeline_widgets.widgets.execution_view import ExecutionView

STEPS = [
    ("prepare", "Processing", None),
    ("train_ridge", "Training", None),
    ("train_forest", "Training", None),
    ("evaluate", "Processing", None),
    ("good_enough", "Condition", None),
    ("register", "RegisterModel", "then"),
    ("too_bad", "Fail", "else"),
]
EDGES = [
    ("prepare", "train_ridge", ("data",)),
    ("prepare", "train_forest", ("data",)),
    ("train_ridge", "evaluate", ("data",)),
    ("train_forest", "evaluate", ("data",)),
    ("prepare", "evaluate", ("data",)),
    ("evaluate", "good_enough", ("data",)),
    ("good_enough", "register", ("branch",)),
    ("good_enough", "too_bad", ("branch",)),
]


def graph_of(steps=STEPS, edges=EDGES):
    graph = nx.DiGraph()
    for name, kind, branch in steps:
        graph.add_node(name, type=kind, branch=branch)
    for source, target, kinds in edges:
        graph.add_edge(source, target, kinds=kinds)
    return graph


class FakeRun:
    "A run whose steps are set by hand, with a log per step."

    def __init__(self, steps=STEPS):
        self.began = datetime.now(UTC) - timedelta(seconds=60)
        rows = {name: StepState(name, kind, StepStatus.WAITING) for name, kind, _branch in steps}
        self.state = ExecutionState(
            "arn:aws:sagemaker:us-east-1:000000000000:pipeline/diabetes/execution/abc123def456",
            "diabetes",
            ExecutionStatus.EXECUTING,
            rows,
            started=self.began,
        )
        self.logs = {}
        self.followed = []

    def set(self, name, status, start=None, end=None, reason="", **more):
        step = replace(
            self.state.steps[name],
            status=StepStatus(status),
            reason=reason,
            started=None if start is None else self.began + timedelta(seconds=start),
            ended=None if end is None else self.began + timedelta(seconds=end),
            **more,
        )
        self.state = replace(self.state, steps={**self.state.steps, name: step})

    def end(self, status, reason="", after=60):
        self.state = replace(
            self.state, status=ExecutionStatus(status), reason=reason, ended=self.began + timedelta(seconds=after)
        )

    def write(self, step, *texts, stream="algo-1"):
        now = int(time.time() * 1000)
        self.logs.setdefault(step, []).extend(LogLine(now + at, stream, text) for at, text in enumerate(texts))

    def pages(self, step, first, count):
        return self.logs.get(step, [])[first : first + count]

    def total(self, step):
        return len(self.logs.get(step, []))

    def totals(self):
        return {step: len(lines) for step, lines in self.logs.items()}

    def follow(self, step, on):
        self.followed.append((step, on))


pressed = []
problems = [
    Problem(
        "W012",
        Severity.WARNING,
        "`train_forest` asks for 3 instances but its script uses one",
        "Set count: 1, or use the hosts in SM_HOSTS.",
        "train_forest",
        12,
        5,
    ),
    Problem(
        "N003",
        Severity.NOTE,
        "`evaluate` is not cached",
        "Add cache: true to skip it when nothing changed.",
        "evaluate",
        21,
        3,
    ),
]


def make_view(run, steps=STEPS, edges=EDGES, **more):
    def refuse():
        raise RuntimeError("RunPipeline was refused (AccessDenied): no iam:PassRole\nAttach the policy of docs/iam.md")

    view = ExecutionView(
        draw(graph_of(steps, edges), problems=problems),
        **{
            "title": "diabetes",
            "subtitle": "local engine",
            "problems": problems,
            "parameters": {"alpha": "0.1", "max_rmse": "60", "API_TOKEN": "hunter2"},
            "details": {
                "train_forest": [
                    ("Image", "sklearn 1.4-2"),
                    ("Instance", "1 × ml.m5.large"),
                    ("Code", "cell:train_forest"),
                    ("hyperparameters.trees", "200"),
                    ("environment.DB_PASSWORD", "hunter2"),
                ]
            },
            "actions": {
                "run": refuse,
                "stop": lambda: pressed.append("stop"),
                "retry": lambda: pressed.append("retry"),
            },
            **more,
        },
    )
    view.attach_logs(run.pages, run.total, run.follow)
    return view


def count_messages(view):
    "Every message the view's comm sends from now on."
    sent, comm = [], view.comm
    original = comm.send
    comm.send = lambda data=None, *args, **kwargs: (sent.append(data), original(data, *args, **kwargs))[1]
    return sent


def now():
    return datetime.now(UTC)


def make_report(
    run,
    tail,
    step="train_forest",
    message="could not convert string to float: 'n/a'",
    source="    model.fit(features, target)",
):
    def named(*states):
        return tuple(s.name for s in run.state.steps.values() if s.status in states)

    def reasons(state):
        return tuple((s.name, s.reason) for s in run.state.steps.values() if s.status == state)

    root = RootFailure(
        step,
        "Training",
        reasons=(f"ValueError: {message}", run.state.steps[step].reason),
        exit_code=1,
        exit_meaning="the script ended with an error",
        exception_type="ValueError",
        exception_message=message,
        fault="the step's own code failed",
        frames=(
            Frame("/opt/ml/code/train.py", 12, "main", source, True, "cell train_forest, line 12"),
            Frame(
                "/usr/lib/python3/site-packages/sklearn/ensemble/_forest.py",
                363,
                "fit",
                "    X, y = self._validate_data(X, y)",
            ),
            Frame(
                "/usr/lib/python3/site-packages/sklearn/utils/validation.py",
                1012,
                "check_array",
                "    array = np.asarray(array, dtype=dtype)",
            ),
        ),
        log_tail=tuple(run.pages(step, max(0, run.total(step) - 20), 20)),
        causes=(
            Cause(
                "A column holds text where numbers are wanted.",
                "Clean or encode it before fit().",
                "could not convert string to float",
            ),
        ),
        job_arn=run.state.steps[step].job_arn,
        facts=(("Instance", "1 × ml.m5.large"), ("Attempts", "2")),
    )
    return FailureReport(
        run.state.arn,
        "diabetes",
        run.state.status,
        (root,),
        blocked=reasons("blocked"),
        skipped=reasons("skipped"),
        succeeded=named("succeeded", "cached"),
        reason="Step failure: One or multiple steps failed",
    )
