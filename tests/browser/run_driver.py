"""The second cell of a driver notebook: a launcher whose answers are set by hand, metrics, and logs of any length."""

import threading
import time
from dataclasses import replace

from sm_pipeline_widgets.definition.run_form import run_form
from sm_pipeline_widgets.execution.loglines import LogLine
from sm_pipeline_widgets.execution.progress import JobProgress
from sm_pipeline_widgets.execution.submitting import Asks, Progress, Question, Stage

PARAMETERS = [
    {"Name": "alpha", "Type": "Float", "DefaultValue": 0.1, "Description": "How much to regularise"},
    {"Name": "rows", "Type": "Integer", "Description": "Rows of the sample <b>exactly</b>"},
    {
        "Name": "instance",
        "Type": "String",
        "DefaultValue": "ml.m5.large",
        "EnumValues": ["ml.m5.large", "ml.m5.xlarge"],
    },
    {"Name": "is_full", "Type": "Boolean", "DefaultValue": False},
    {"Name": "DB_PASSWORD", "Type": "String", "DefaultValue": "hunter2"},
]
DIFFERENCE = """diabetes (deployed at prod) → what you run

~ step train_forest
    ~ Arguments.ResourceConfig.InstanceType: ml.m5.large → ml.m5.xlarge
+ step explain
- step too_bad"""
DOWNLOADING = JobProgress("downloading its image", "3 of 12 training jobs done", machines="2 of ml.m5.large")
UPDATE = Question(
    Asks.UPDATE, "Update `diabetes`, which is deployed at prod (eu-west-1)?", DIFFERENCE, "Update and run"
)


class FakeLauncher:
    "Answers as it is told to, and remembers what it was asked."

    def __init__(self, parameters=PARAMETERS, questions=(), costs=True, last=None):
        self.parameters, self.questions, self.is_dear, self.last = parameters, questions, costs, last or {}
        self.started, self.go_on, self.error, self.presses = [], threading.Event(), "", 0
        self.go_on.set()

    def costs(self):
        return self.is_dear

    def form(self):
        self.presses += 1
        form = run_form("diabetes", self.parameters, token=f"{self.presses:032d}", last=self.last)
        return replace(form, target="prod, eu-west-1, account 123456789012", versions=(7, 6), aliases=("champion",))

    def start(self, options, confirmed, listener):
        began = time.time()
        listener(Progress(Stage.CHECKING, "`diabetes` at prod", began, 0.4))
        left = tuple(question for question in self.questions if question.asks not in confirmed)
        if left:
            return left
        listener(Progress(Stage.UPLOADING, "3 files to bucket", began, None, 40, 100))
        self.go_on.wait(30)
        if self.error:
            raise RuntimeError(self.error)
        listener(Progress(Stage.UPLOADING, "3 files to bucket", began, 1.2, 100, 100))
        self.started.append((options, confirmed))
        return ()


def long_log(run, step, count, every=1000):
    "A log with an error now and then."
    now = int(time.time() * 1000) - count
    run.logs[step] = [
        LogLine(
            now + n,
            f"algo-{n % 2 + 1}",
            f"ERROR fold {n} failed" if n % every == every - 1 else f"epoch {n} rmse={60 - n / count:.3f}",
        )
        for n in range(count)
    ]


TRAINING = {
    "Steps": [
        {
            "Name": "train_forest",
            "Type": "Training",
            "Arguments": {
                "AlgorithmSpecification": {
                    "MetricDefinitions": [
                        {"Name": "rmse", "Regex": "rmse=([0-9.]+)"},
                        {"Name": "depth", "Regex": "depth (\\d+)"},
                    ]
                }
            },
        }
    ]
}
