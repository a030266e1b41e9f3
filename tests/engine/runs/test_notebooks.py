"""NotebookJob steps: a training job whose driver executes a notebook."""

from __future__ import annotations

import io
import os
import tarfile

import nbformat
import pytest

CHANNEL = "sagemaker_headless_execution_pipelinestep"


def notebook(*cells, tags=()):
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    for at in tags:
        made.cells[at].metadata["tags"] = ["parameters"]
    return nbformat.writes(made)


def step(lab, text, parameters=None, **environment):
    lab.put("nb/report.ipynb", text)
    channel = {
        "ChannelName": CHANNEL,
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/nb/"}},
    }
    command = ["-l", "-c", "pip install sagemaker-headless-execution-driver && exec amazon_sagemaker_scheduler"]
    algorithm = {"ContainerEntrypoint": ["/bin/bash"], "ContainerArguments": command}
    variables = {
        "SM_INPUT_NOTEBOOK_NAME": "report.ipynb", "SM_OUTPUT_NOTEBOOK_NAME": "done.ipynb", "SM_KERNEL_NAME": "python3",
        "SM_EXECUTION_INPUT_PATH": f"/opt/ml/input/data/{CHANNEL}", "IPYTHONDIR": "/opt/ml/ipython", **environment,
    }  # fmt: skip
    arguments = {"InputDataConfig": [channel], "Environment": variables}
    return lab.training("report", parameters or {}, algorithm=algorithm, arguments=arguments)


def kept(lab, end):
    job = end.job("report")
    uri = f"{job['OutputDataConfig']['S3OutputPath']}/{job['TrainingJobName']}/output/output.tar.gz"
    with tarfile.open(fileobj=io.BytesIO(lab.get(uri))) as archive:
        return nbformat.reads(archive.extractfile("done.ipynb").read().decode(), as_version=4)


@pytest.fixture(params=["namespace", "rewrite"])
def bench(make_lab, request):
    return make_lab(environ={**os.environ, "SM_PIPELINE_WIDGETS_SANDBOX": request.param})


def test_a_notebook_is_executed_with_its_parameters_and_kept(bench):
    text = notebook("alpha = '1'\nbeta = '2'", "print('alpha', alpha, 'beta', beta)", "6 * 7", tags=[0])
    end = bench.run([step(bench, text, {"alpha": "0.5"})])
    assert end.status == "Succeeded", end.log("report")
    log = [line for line in end.log("report") if not line.startswith("warning: no mount")]
    assert log == ["alpha 0.5 beta 2", "42", "The executed notebook is kept as done.ipynb."]
    done = kept(bench, end)
    assert [cell.metadata.get("tags", []) for cell in done.cells][:2] == [["parameters"], ["injected-parameters"]]
    assert done.cells[2].outputs[0].text == "alpha 0.5 beta 2\n"


def test_a_cell_that_fails_is_the_reason_and_the_copy_is_kept(lab):
    end = lab.run([step(lab, notebook("def f():\n    raise ValueError('no rows')", "f()", "print('never')"))])
    assert end.status == "Failed"
    log = "\n".join(end.log("report"))
    assert "ValueError: no rows" in log
    assert "never" not in log
    assert "exit code: 1" in end.steps["report"]["FailureReason"]
    assert kept(lab, end).cells[1].outputs[0].ename == "ValueError"


def test_an_init_script_runs_before_and_a_kernel_that_is_not_here_is_replaced(lab):
    lab.put("nb/init.sh", "echo prepared; echo 5 > value.txt")
    text = notebook("print(open('value.txt').read())")
    end = lab.run([step(lab, text, SM_INIT_SCRIPT="init.sh", SM_KERNEL_NAME="conda-other")])
    assert end.log("report")[:3] == ["prepared", "warning: there is no kernel 'conda-other' on this machine; using 'python3'.", "5"]  # fmt: skip


def test_a_notebook_that_is_not_there(lab):
    end = lab.run([step(lab, notebook(), SM_INPUT_NOTEBOOK_NAME="other.ipynb")])
    assert end.log("report") == ["The notebook 'other.ipynb' is not in the step's input: ['report.ipynb']."]
    assert end.status == "Failed"
