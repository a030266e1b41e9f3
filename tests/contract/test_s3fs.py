"""pandas, s3fs and pyarrow on `s3://` addresses inside a step: a step brings them in its requirements.txt.

s3fs cannot be a test dependency: through aiobotocore it wants a botocore older than the one that the AWS CLI wants.
Inside the step's own environment that hurts nobody, and there pip gets them from where it gets everything.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import time

import pytest

from sm_pipeline_widgets import connect
from sm_pipeline_widgets.engine import daemon

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]
CODE = """
import os
import pandas as pd, pyarrow.fs, s3fs

place = os.environ["PLACE"]
frame = pd.DataFrame({"n": range(1000), "text": [f"ü{n}" for n in range(1000)]})
for name, write, read in (("x.csv", "to_csv", pd.read_csv), ("x.parquet", "to_parquet", pd.read_parquet)):
    getattr(frame, write)(f"s3://{place}/{name}", index=False)
    assert read(f"s3://{place}/{name}").equals(frame), name

fs = s3fs.S3FileSystem()
assert sorted(fs.ls(place)) == [f"{place}/x.csv", f"{place}/x.parquet"]
assert fs.glob(f"s3://{place}/**/*.csv") == [f"{place}/x.csv"]
with fs.open(f"{place}/big", "wb", block_size=5 << 20) as file:
    for n in range(13):
        file.write(bytes([n]) * (1 << 20))
with fs.open(f"{place}/big", "rb") as file:
    file.seek(7 << 20)
    assert file.read(3) == b"\\7\\7\\7"
    file.seek(-1, 2)
    assert file.read() == b"\\x0c"
fs.mv(f"{place}/big", f"{place}/sub/moved")
assert fs.du(place + "/sub") == 13 << 20
for mode, data in (("wb", b"one"), ("ab", b"two")):
    with fs.open(f"{place}/appended", mode) as file:
        file.write(data)
assert fs.cat(f"{place}/appended") == b"onetwo"
for missing in (f"{place}/none", "no-such-bucket-here/x"):
    try:
        pd.read_csv(f"s3://{missing}")
    except FileNotFoundError:
        print("not found, as it should be")
fs.rm(place, recursive=True)
assert not fs.exists(place)

# a client of another language: the AWS SDK for C++, with checksums of its own
arrow = pyarrow.fs.S3FileSystem(endpoint_override=os.environ["AWS_ENDPOINT_URL"].partition("//")[2], scheme="http")
with arrow.open_output_stream(f"{place}/k/x") as file:
    file.write(b"z" * (12 << 20))
with arrow.open_input_file(f"{place}/k/x") as file:
    file.seek(5)
    assert file.read(2) == b"zz"
arrow.copy_file(f"{place}/k/x", f"{place}/k/y")
found = arrow.get_file_info(pyarrow.fs.FileSelector(place, recursive=True))
assert sorted((at.base_name, at.size) for at in found if at.is_file) == [("x", 12 << 20), ("y", 12 << 20)]
arrow.delete_dir_contents(place)
print("all done")
"""


@pytest.fixture
def target(tmp_path):
    """An engine of its own that installs what steps ask for."""
    home = tmp_path / "home"
    environment = {**os.environ, "SM_PIPELINE_WIDGETS_REQUIREMENTS": "install"}
    command = [sys.executable, "-m", "sm_pipeline_widgets.engine", "--home", str(home), "--detach"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as started:
        assert started.stdout.readline() == daemon.READY
    yield connect("local", home=home)
    daemon.stop(home)


def packed(files):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return data.getvalue()


def test_they_read_and_write_the_engines_s3(target):
    files = {"train.py": CODE, "requirements.txt": "s3fs>=2024\npandas>=2\npyarrow\n"}
    target.ensure_bucket()
    target.s3.put_object(Bucket=target.bucket, Key="code/sourcedir.tar.gz", Body=packed(files))
    hyperparameters = {
        "sagemaker_program": '"train.py"',
        "sagemaker_submit_directory": json.dumps(f"s3://{target.bucket}/code/sourcedir.tar.gz"),
    }
    target.sagemaker.create_training_job(
        TrainingJobName="s3fs",
        AlgorithmSpecification={"TrainingImage": "sklearn", "TrainingInputMode": "File"},
        HyperParameters=hyperparameters,
        Environment={"PLACE": f"{target.bucket}/from-s3fs"},
        OutputDataConfig={"S3OutputPath": f"s3://{target.bucket}/out"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 800},
        RoleArn=target.role,
    )
    deadline = time.monotonic() + 800
    while (job := target.sagemaker.describe_training_job(TrainingJobName="s3fs"))["TrainingJobStatus"] == "InProgress":
        assert time.monotonic() < deadline
        time.sleep(0.5)
    events = target.logs.filter_log_events(logGroupName="/aws/sagemaker/TrainingJobs")["events"]
    messages = [at["message"] for at in events]
    assert job["TrainingJobStatus"] == "Completed", "\n".join(messages[-30:])
    assert messages[-3:] == ["not found, as it should be"] * 2 + ["all done"]
