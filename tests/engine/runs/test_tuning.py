"""Tunings: a step and jobs of one's own, with real training jobs."""

from __future__ import annotations

import json

import pytest

from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.operations.registry import OPERATIONS

CALL = OPERATIONS["sagemaker"]
SCRIPT = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument('-x', type=float)
parser.add_argument('--kind')
parser.add_argument('--fixed')
given = parser.parse_args()
assert given.fixed == 'same'
open('/opt/ml/model/x', 'w').write(str(given.x))
print(f'loss={(given.x - 3) ** 2 + (given.kind == "bad")};')
"""


def tuning(lab, script=SCRIPT, strategy="Random", most=4, parallel=2, **more):
    static = {
        "sagemaker_program": '"train.py"',
        "sagemaker_submit_directory": json.dumps(lab.code({"train.py": script})),
        "fixed": '"same"',
    }
    ranges = {
        "ContinuousParameterRanges": [{"Name": "x", "MinValue": "0", "MaxValue": "10"}],
        "CategoricalParameterRanges": [{"Name": "kind", "Values": ['"bad"', '"good"']}],
    }
    if strategy == "Grid":
        values = [{"Name": "x", "Values": ["1", "3"]}]
        ranges = {"CategoricalParameterRanges": values + ranges["CategoricalParameterRanges"]}
    config = {
        "Strategy": strategy,
        "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "loss"},
        "ResourceLimits": {"MaxNumberOfTrainingJobs": most, "MaxParallelTrainingJobs": parallel},
        "ParameterRanges": ranges,
        **more.pop("config", {}),
    }
    definition = {
        "StaticHyperParameters": static,
        "AlgorithmSpecification": {
            "TrainingImage": "image", "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "loss", "Regex": "loss=(.*?);"}],
        },
        "OutputDataConfig": {"S3OutputPath": "s3://data/tuned"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "RoleArn": "arn:aws:iam::000000000000:role/local",
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        **more.pop("definition", {}),
    }  # fmt: skip
    return {"HyperParameterTuningJobConfig": config, "TrainingJobDefinition": definition, **more}


def describe(lab, name):
    return CALL["DescribeHyperParameterTuningJob"](lab.engine, {"HyperParameterTuningJobName": name})


def tuned(lab, name, **more):
    request = {"HyperParameterTuningJobName": name, **more}
    return CALL["ListTrainingJobsForHyperParameterTuningJob"](lab.engine, request)["TrainingJobSummaries"]


def run(lab, request, name="mine"):
    CALL["CreateHyperParameterTuningJob"](lab.engine, {"HyperParameterTuningJobName": name, **request})
    return lab.until(
        lambda: (at := describe(lab, name))["HyperParameterTuningJobStatus"] not in ("InProgress", "Stopping") and at
    )


def test_a_step_gives_its_best_model_to_the_next(lab):
    best = {"Std:Join": {"On": "/", "Values": ["s3://data/tuned", {"Get": "Steps.tune.BestTrainingJob.TrainingJobName"}, "output/model.tar.gz"]}}  # fmt: skip
    top = {"Get": "Steps.tune.TrainingJobSummaries[1].TunedHyperParameters['x']"}
    use = lab.processing("use", "import os; print(os.listdir('/opt/ml/processing/input/m'))", inputs={"m": best})
    end = lab.run([
        {"Name": "tune", "Type": "Tuning", "Arguments": tuning(lab)},
        use,
        {"Name": "f", "Type": "Fail", "DependsOn": ["use"], "Arguments": {"ErrorMessage": top}},
    ])  # fmt: skip
    assert end.steps["tune"]["StepStatus"] == "Succeeded", end.steps["tune"]
    assert end.log("use") == ["['model.tar.gz']"]
    name = end.steps["tune"]["Metadata"]["TuningJob"]["Arn"].rpartition("/")[2]
    assert len(name) <= 32
    whole = describe(lab, name)
    assert whole["HyperParameterTuningJobStatus"] == "Completed"
    assert whole["TrainingJobStatusCounters"] == {"Completed": 4, "InProgress": 0, "RetryableError": 0, "NonRetryableError": 0, "Stopped": 0}  # fmt: skip
    assert whole["ObjectiveStatusCounters"] == {"Succeeded": 4, "Pending": 0, "Failed": 0}
    summaries = tuned(lab, name, SortBy="FinalObjectiveMetricValue", SortOrder="Ascending")
    values = [at["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for at in summaries]
    assert values == sorted(values)
    assert whole["BestTrainingJob"]["TrainingJobName"] == summaries[0]["TrainingJobName"]
    assert end.steps["f"]["FailureReason"] == summaries[1]["TunedHyperParameters"]["x"]
    child = CALL["DescribeTrainingJob"](lab.engine, {"TrainingJobName": summaries[0]["TrainingJobName"]})
    assert child["TuningJobArn"] == whole["HyperParameterTuningJobArn"]
    assert child["HyperParameters"]["_tuning_objective_metric"] == '"loss"'


def test_a_grid_tries_everything(lab):
    whole = run(lab, tuning(lab, strategy="Grid", most=100, parallel=4))
    tried = {tuple(sorted(at["TunedHyperParameters"].items())) for at in tuned(lab, "mine")}
    assert tried == {(("kind", f'"{kind}"'), ("x", x)) for kind in ("bad", "good") for x in "13"}
    assert whole["BestTrainingJob"]["TunedHyperParameters"] == {"kind": '"good"', "x": "3"}
    assert whole["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == 0.0


def test_bayesian(lab):
    whole = run(lab, tuning(lab, strategy="Bayesian", most=5, parallel=2))
    assert whole["TrainingJobStatusCounters"]["Completed"] == 5


def test_enough_is_enough(lab):
    criteria = {"TuningJobCompletionCriteria": {"TargetObjectiveMetricValue": 1000.0}}
    whole = run(lab, tuning(lab, most=20, parallel=1, config=criteria))
    assert whole["TrainingJobStatusCounters"]["Completed"] == 1
    patience = {"TuningJobCompletionCriteria": {"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 2}}}  # fmt: skip
    constant = SCRIPT.replace('{(given.x - 3) ** 2 + (given.kind == "bad")}', "1.0")
    whole = run(lab, tuning(lab, constant, most=20, parallel=1, config=patience), "patient")
    assert whole["TrainingJobStatusCounters"]["Completed"] == 3


def test_training_jobs_that_fail_one_after_the_other_end_it(lab):
    whole = run(lab, tuning(lab, "raise ValueError('no data')", most=30, parallel=2))
    assert whole["HyperParameterTuningJobStatus"] == "Failed"
    assert whole["TrainingJobStatusCounters"]["NonRetryableError"] in (5, 6)
    assert whole["FailureReason"].startswith("ClientError: All training jobs failed.")
    assert "ValueError: no data" in whole["FailureReason"]


def test_some_that_fail_do_not(lab):
    script = SCRIPT + "\nif given.kind == 'bad': raise SystemExit(3)\n"
    whole = run(lab, tuning(lab, script, strategy="Grid"))
    assert whole["HyperParameterTuningJobStatus"] == "Completed"
    assert whole["TrainingJobStatusCounters"]["NonRetryableError"] == 2
    assert {at["ObjectiveStatus"] for at in tuned(lab, "mine", StatusEquals="Failed")} == {"Failed"}


def test_an_objective_that_is_nowhere_is_told(lab):
    whole = run(lab, tuning(lab, "print('nothing')", most=2))
    assert whole["HyperParameterTuningJobStatus"] == "Failed"
    assert "No training job gave a value for the objective metric 'loss'" in whole["FailureReason"]


def test_a_tuning_is_stopped_with_all_it_began(lab, tmp_path):
    script = f"import os, time\nopen({str(tmp_path)!r} + '/' + os.environ['TRAINING_JOB_NAME'], 'w').close()\ntime.sleep(600)"
    here = len(list(tmp_path.iterdir()))
    CALL["CreateHyperParameterTuningJob"](lab.engine, {"HyperParameterTuningJobName": "mine", **tuning(lab, script)})
    lab.until(lambda: len(list(tmp_path.iterdir())) == here + 2)
    CALL["StopHyperParameterTuningJob"](lab.engine, {"HyperParameterTuningJobName": "mine"})
    lab.until(lambda: describe(lab, "mine")["HyperParameterTuningJobStatus"] == "Stopped")
    assert [at["TrainingJobStatus"] for at in tuned(lab, "mine")] == ["Stopped"] * 2
    listed = CALL["ListHyperParameterTuningJobs"](lab.engine, {})["HyperParameterTuningJobSummaries"]
    assert [(at["HyperParameterTuningJobName"], at["Strategy"]) for at in listed] == [("mine", "Random")]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"strategy": "Grid", "config": {"ParameterRanges": {"IntegerParameterRanges": [{"Name": "n", "MinValue": "1", "MaxValue": "2"}]}}}, "categorical parameters only"),
        ({"strategy": "Hyperband"}, "Hyperband must know how long a training job may run"),
        ({"definition": {"StaticHyperParameters": {}}}, "static hyperparameter sagemaker_program"),
    ],
)  # fmt: skip
def test_what_is_refused(lab, more, words):
    with pytest.raises(ServiceException, match=words):
        CALL["CreateHyperParameterTuningJob"](lab.engine, {"HyperParameterTuningJobName": "x", **tuning(lab, **more)})


def test_a_tuning_is_taken_up_with_what_it_has(make_lab, tmp_path):
    """The second engine begins no training job again that the first one ended."""
    gate, log = tmp_path / "gate", tmp_path / "log"
    wait = f"""
import os, time
open({str(log)!r}, 'a').write(os.environ['TRAINING_JOB_NAME'] + '\\n')
while not os.path.exists({str(gate)!r}) and not os.environ['TRAINING_JOB_NAME'].startswith('mine-001'): time.sleep(0.01)
"""
    first = make_lab()
    request = tuning(first, wait + SCRIPT, most=4, parallel=2)
    CALL["CreateHyperParameterTuningJob"](first.engine, {"HyperParameterTuningJobName": "mine", **request})
    first.until(lambda: log.exists() and len(log.read_text().splitlines()) == 3)
    first.until(lambda: [at["TrainingJobStatus"] for at in tuned(first, "mine")].count("Completed") == 1)
    first.close()
    second = make_lab()
    gate.touch()
    second.until(lambda: describe(second, "mine")["HyperParameterTuningJobStatus"] == "Completed")
    names = log.read_text().splitlines()
    assert len(names) == len(set(names)) == 4
    assert len(tuned(second, "mine")) == 4


SLOW = """
import argparse, time
parser = argparse.ArgumentParser()
for name in ('-x', '--kind', '--fixed'): parser.add_argument(name)
given = parser.parse_args()
# every combination with kind "good" is good from the first epoch on; the bad one would take for ever
for epoch in range(3 if given.kind == 'good' else 10_000):
    print(f'loss={1 / (epoch + 1) if given.kind == "good" else 9};', flush=True)
    time.sleep(0.1 if given.kind == 'good' else 0.02)
"""


def test_a_training_job_that_is_not_worth_it_is_stopped(lab):
    values = [{"Name": "x", "Values": ["1", "2", "3"]}, {"Name": "kind", "Values": ["good", "bad"]}]
    config = {"ParameterRanges": {"CategoricalParameterRanges": values}, "TrainingJobEarlyStoppingType": "Auto"}
    # good, bad, good, bad …: the bad ones wait for three good ones to have ended
    whole = run(lab, tuning(lab, SLOW, strategy="Grid", most=6, parallel=6, config=config))
    by_kind = {(at["TunedHyperParameters"]["kind"], at["TrainingJobStatus"]) for at in tuned(lab, "mine")}
    assert whole["HyperParameterTuningJobStatus"] == "Completed"
    assert by_kind == {("good", "Completed"), ("bad", "Stopped")}
    assert whole["BestTrainingJob"]["TunedHyperParameters"]["kind"] == "good"


CLIMB = """
import argparse, os, time
parser = argparse.ArgumentParser()
for name in ('-x', '--kind', '--fixed'): parser.add_argument(name)
given = parser.parse_args()
for epoch in range(1000):
    print(f'loss={float(given.x) + 10 / (epoch + 1)};', flush=True)
    # all begin together, then wait to be stopped: what is stopped is what is worse, not what is slower
    while epoch == 0 and len(open(ALL).readlines()) < 6: time.sleep(0.02)
    time.sleep(0.15)
"""


def test_hyperband_stops_all_but_the_best_and_these_at_the_most_resources(lab, tmp_path):
    begun = tmp_path / "begun"
    script = f"ALL = {str(begun)!r}\nopen(ALL, 'a').write('x\\n')\n" + CLIMB
    config = {"StrategyConfig": {"HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 8}}}
    whole = run(lab, tuning(lab, script, strategy="Hyperband", most=6, parallel=6, config=config))
    jobs = sorted(tuned(lab, "mine"), key=lambda at: float(at["TunedHyperParameters"]["x"]))
    assert whole["HyperParameterTuningJobStatus"] == "Completed"
    assert whole["BestTrainingJob"]["TrainingJobName"] == jobs[0]["TrainingJobName"]
    assert {at["TrainingJobStatus"] for at in jobs} == {"Stopped"}
    lengths = [len(log_of(lab, at["TrainingJobName"])) for at in jobs]
    assert lengths[0] >= 8
    assert all(length < 8 for length in lengths[2:]), lengths


def log_of(lab, name):
    return (lab.home / "jobs" / name / "log").read_text().splitlines()


def test_a_warm_start_learns_from_an_earlier_tuning(lab):
    run(lab, tuning(lab, strategy="Random", most=8, parallel=4), "earlier")
    warm = {"WarmStartType": "IdenticalDataAndAlgorithm", "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": "earlier"}]}  # fmt: skip
    request = tuning(lab, strategy="Bayesian", most=1, config={"RandomSeed": 5})
    run(lab, request, "cold")
    run(lab, {**request, "WarmStartConfig": warm}, "warm")
    cold, known = tuned(lab, "cold")[0]["TunedHyperParameters"], tuned(lab, "warm")[0]["TunedHyperParameters"]
    assert cold != known
    missing = {**warm, "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": "none"}]}
    with pytest.raises(ServiceException, match="earlier tuning job 'none'"):
        run(lab, {**request, "WarmStartConfig": missing}, "lost")
