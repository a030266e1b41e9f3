"""Packages that steps bring: installed once for the same file, never into the user's own Python."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import tarfile
import zipfile

import pytest

CODE = "import sys\ntry:\n    import tiny_example\n    print('found', tiny_example.VALUE)\nexcept ImportError:\n    print('missing')\nimport pytest\nprint(sys.argv[1:])"


@pytest.fixture
def wheel(tmp_path):
    """A package that no registry knows; its wheel's path."""
    path = tmp_path / "tiny_example-1.0-py3-none-any.whl"
    info = "tiny_example-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("tiny_example.py", "VALUE = 42\n")
        file.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-example\nVersion: 1.0\n")
        file.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{info}/RECORD", f"tiny_example.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return path


def step(lab, requirements, code=CODE):
    files = {"train.py": code, "requirements.txt": requirements}
    given = {"sagemaker_program": '"train.py"', "sagemaker_submit_directory": json.dumps(lab.code(files)), "a": "1"}
    return lab.training("train", given)


def test_they_are_not_installed_unless_asked_for(lab, wheel):
    log = lab.run([step(lab, str(wheel))]).log("train")
    assert log[0].startswith("warning: requirements.txt is not installed here")
    assert "SM_PIPELINE_WIDGETS_REQUIREMENTS=install" in log[0]
    assert log[1:] == ["missing", "['-a', '1']"]


@pytest.mark.parametrize("mode", ["namespace", "rewrite"])
def test_they_are_installed_once_beside_the_users_own(make_lab, wheel, mode):
    lab = make_lab(environ={**os.environ, "SM_PIPELINE_WIDGETS_REQUIREMENTS": "install", "SM_PIPELINE_WIDGETS_SANDBOX": mode})  # fmt: skip
    first = lab.run([step(lab, str(wheel))])
    assert first.status == "Succeeded", first.log("train")
    assert first.log("train")[-2:] == ["found 42", "['-a', '1']"]
    assert any("pip install" in line for line in first.log("train"))
    second = lab.run([step(lab, str(wheel))]).log("train")
    assert [line for line in second if "pip install" in line] == []
    assert second[-2:] == ["found 42", "['-a', '1']"]
    assert importlib.util.find_spec("tiny_example") is None


def test_what_cannot_be_installed_is_the_steps_failure(make_lab, tmp_path):
    lab = make_lab(environ={**os.environ, "SM_PIPELINE_WIDGETS_REQUIREMENTS": "install"})
    end = lab.run([step(lab, str(tmp_path / "none-1.0-py3-none-any.whl"))])
    assert end.status == "Failed"
    assert "none-1.0-py3-none-any.whl" in end.steps["train"]["FailureReason"]


def test_a_launcher_of_the_sdk_installs_for_its_own_job_only(lab, wheel):
    """FrameworkProcessor's runproc.sh unpacks its code and calls pip itself."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in {"job.py": CODE, "requirements.txt": str(wheel)}.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    lab.put("code/sourcedir.tar.gz", packed.getvalue())
    lab.put(
        "code/runproc.sh",
        "#!/bin/bash\ncd /opt/ml/processing/input/code/\ntar -xzf sourcedir.tar.gz\nset -e\n"
        "if [[ -f 'requirements.txt' ]]; then pip uninstall -q --yes typing; pip install -q -r requirements.txt; fi\n"
        'python job.py "$@"\n',
    )
    command = ["/bin/bash", "/opt/ml/processing/input/entrypoint/runproc.sh"]
    inputs = {"code": "s3://data/code/sourcedir.tar.gz", "entrypoint": "s3://data/code/runproc.sh"}
    made = lab.processing("one", command, inputs=inputs)
    made["Arguments"]["AppSpecification"]["ContainerArguments"] = ["--x", "1"]
    end = lab.run([made])
    assert end.log("one")[-2:] == ["found 42", "['--x', '1']"]
    assert importlib.util.find_spec("tiny_example") is None


def test_the_drivers_of_sdk_v3(lab, wheel):
    """ModelTrainer brings a shell script, and a channel with the code."""
    lab.put("drivers/sm_train.sh", "#!/bin/bash\nset -e\ncd /opt/ml/input/data/code\n$(command -v python3) -m pip install -q -r requirements.txt\npython3 train.py --from $SM_WHERE\n")  # fmt: skip
    lab.put("src/train.py", CODE)
    lab.put("src/requirements.txt", str(wheel))
    line = "chmod +x /opt/ml/input/data/sm_drivers/sm_train.sh && /opt/ml/input/data/sm_drivers/sm_train.sh"
    channels = [
        {"ChannelName": name, "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://data/{prefix}/"}}}
        for name, prefix in (("sm_drivers", "drivers"), ("code", "src"))
    ]  # fmt: skip
    algorithm = {"ContainerEntrypoint": ["/bin/bash"], "ContainerArguments": ["-c", line]}
    made = lab.training("train", {}, algorithm=algorithm, arguments={"InputDataConfig": channels, "Environment": {"SM_WHERE": "v3"}})  # fmt: skip
    end = lab.run([made])
    assert end.status == "Succeeded", end.log("train")
    assert end.log("train")[-2:] == ["found 42", "['--from', 'v3']"]
