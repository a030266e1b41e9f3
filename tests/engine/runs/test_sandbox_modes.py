"""`/opt/ml` inside a step, with a mount namespace and without."""

from __future__ import annotations

import json
from pathlib import Path

from sm_pipeline_widgets.engine.sandbox import Mode

CODE = """
import json, os, sys
print(sys.argv[1:])
print(os.environ["PLACE"])
out = sys.argv[2]
with open(os.path.join(out, "seen.json"), "w") as file:
    json.dump(sorted(os.listdir(sys.argv[1])), file)
"""


def steps(lab):
    lab.put("code/job.py", CODE)
    lab.put("in/a", "1")
    lab.put("in/b", "2")
    command = [
        "python3",
        "/opt/ml/processing/input/code/job.py",
        "/opt/ml/processing/input/d",
        "/opt/ml/processing/output/o",
    ]
    return [
        lab.processing(
            "one", command, inputs={"code": "s3://data/code/job.py", "d": "s3://data/in"}, outputs={"o": "s3://data/out"},
            arguments={"Environment": {"PLACE": "/opt/ml/processing:/opt/mlx:s3://b/opt/ml"}},
        )
    ]  # fmt: skip


def test_in_a_namespace_the_paths_are_the_services(lab):
    assert lab.engine.mode is Mode.NAMESPACE
    end = lab.run(steps(lab))
    assert json.loads(lab.get("s3://data/out/seen.json")) == ["a", "b"]
    assert end.log("one") == [
        "['/opt/ml/processing/input/d', '/opt/ml/processing/output/o']",
        "/opt/ml/processing:/opt/mlx:s3://b/opt/ml",
    ]


def test_the_host_is_left_as_it_was_and_steps_do_not_see_each_other(lab):
    before = sorted(Path("/opt").iterdir())
    code = "import os\nopen('/opt/ml/mine', 'x').close()\nprint(sorted(os.listdir('/opt/ml')))"
    end = lab.run([lab.processing(f"s{at}", code) for at in range(2)])
    assert {tuple(end.log(name)) for name in end.steps} == {("['config', 'mine', 'output', 'processing']",)}
    assert sorted(Path("/opt").iterdir()) == before


def test_what_else_is_below_opt_stays_visible(lab):
    names = sorted(path.name for path in Path("/opt").iterdir())
    end = lab.run([lab.processing("one", "import os; print(sorted(set(os.listdir('/opt')) - {'ml'}))")])
    assert end.log("one") == [str([name for name in names if name != "ml"])]


def test_without_a_namespace_paths_are_rewritten_and_the_rest_is_named(rewriting):
    lab = rewriting
    assert lab.engine.mode is Mode.REWRITE
    lab.put("code2/helper.py", "PATH = '/opt/ml/model'")
    made = steps(lab)
    lab.put("code/job.py", CODE + "\n# /opt/ml/input\n")
    end = lab.run(made)
    assert end.status == "Succeeded"
    assert json.loads(lab.get("s3://data/out/seen.json")) == ["a", "b"]
    root = lab.home / "jobs" / lab.job_name(end.steps["one"])[1] / "opt_ml"
    warning, argv, place = end.log("one")
    assert warning.startswith(f"warning: no mount namespace on this machine, so /opt/ml is {root} for this job.")
    assert "processing/input/code/job.py" in warning
    assert argv == f"['{root}/processing/input/d', '{root}/processing/output/o']"
    assert place == f"{root}/processing:/opt/mlx:s3://b/opt/ml"


def test_script_mode_without_a_namespace(rewriting):
    lab = rewriting
    code = "import os\nopen(os.path.join(os.environ['SM_MODEL_DIR'], 'm'), 'w').close()\nraise KeyError('k')"
    given = {"sagemaker_program": '"train.py"', "sagemaker_submit_directory": json.dumps(lab.code({"train.py": code}))}
    end = lab.run([lab.training("train", given)])
    assert "ErrorMessage \"KeyError: 'k'\"" in end.steps["train"]["FailureReason"]
    assert any("opt_ml/code/train.py" in line for line in end.log("train"))
