"""Names, archives and links that would lead out of a job's folder: refused in words, or left out, and nothing is there.

In a mount namespace and without one.
"""

from __future__ import annotations

import io
import json
import os
import stat
import tarfile
import zipfile

import pytest

from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.operations.registry import OPERATIONS

MODES = ["namespace", "rewrite"]


@pytest.fixture(params=MODES)
def place(request, make_lab):
    """A lab in each mode."""
    return make_lab(environ={**os.environ, "SM_PIPELINE_WIDGETS_SANDBOX": request.param})


@pytest.fixture
def outside(tmp_path):
    """A file that must be left alone, beside the engine's folder, and a check that nothing came to be there."""
    (tmp_path / "secret").write_text("do not take")
    yield tmp_path / "secret"
    assert (tmp_path / "secret").read_text() == "do not take"
    assert "escaped" not in {name for _, folders, names in os.walk(tmp_path) for name in (*folders, *names)}


@pytest.mark.usefixtures("outside")
@pytest.mark.parametrize(
    "key",
    [
        "in/../../../../escaped",
        "in/a/../../escaped",
        "in/..",
        "in/./escaped",
        "in/a//escaped",
        "in/escaped\0",
        f"in/{'n' * 300}/x",
    ],
)
def test_keys_that_are_no_paths(lab, key):
    lab.put(key, "x")
    end = lab.run([lab.processing("one", "print('ran')", inputs={"d": "s3://data/in/"})])
    assert end.steps["one"]["FailureReason"] == (
        f"ClientError: Data download failed: the key {key!r} cannot be a file's path."
    )


def test_the_longest_key_is_a_path_if_its_parts_are(lab):
    key = "in/" + "/".join(["é" * 100] * 5)
    lab.put(key, "deep")
    assert len(key.encode()) > 1000
    code = "import os\nprint([n for at, _, names in os.walk('/opt/ml/processing/input/d') for n in names])"
    assert lab.run([lab.processing("one", code, inputs={"d": "s3://data/in/"})]).log("one") == [str(["é" * 100])]


def test_keys_with_a_leading_slash_stay_below(lab):
    lab.put("in//etc/passwd", "mine")
    code = "print(open('/opt/ml/processing/input/d/etc/passwd').read())"
    assert lab.run([lab.processing("one", code, inputs={"d": "s3://data/in/"})]).log("one") == ["mine"]


def member(name, **more):
    info = tarfile.TarInfo(name)
    for trait, value in more.items():
        setattr(info, trait, value)
    return info


def packed(*members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for at in members:
            archive.addfile(at, io.BytesIO(b"x" * at.size))
    return buffer.getvalue()


LINK = {"type": tarfile.SYMTYPE}


@pytest.mark.usefixtures("outside")
@pytest.mark.parametrize(
    "members",
    [
        (member("../../../escaped", size=1),),
        (member("a/../../../../escaped", size=1),),
        (member("link", linkname="/etc", **LINK),),
        (member("link", linkname="../../..", **LINK), member("link/escaped", size=1)),
        (member("hard", type=tarfile.LNKTYPE, linkname="../../../secret"),),
        (member("null", type=tarfile.CHRTYPE, devmajor=1, devminor=3),),
        (member("pipe", type=tarfile.FIFOTYPE),),
        (member("n" * 300, size=1),),
    ],
    ids=["up", "down and up", "absolute link", "through a link", "hard link", "device", "pipe", "long"],
)
def test_archives_of_code_that_lead_out(lab, members):
    uri = lab.put("code.tar.gz", packed(member("train.py", size=0), *members))
    given = {"sagemaker_program": '"train.py"', "sagemaker_submit_directory": json.dumps(uri)}
    end = lab.run([lab.training("train", given)])
    assert end.steps["train"]["FailureReason"].startswith(f"ClientError: the archive {uri} cannot be unpacked: ")


@pytest.mark.usefixtures("outside")
def test_an_absolute_name_in_an_archive_is_taken_as_one_below(lab):
    uri = lab.put("code.tar.gz", packed(member("/train.py", size=0)))
    given = {"sagemaker_program": '"train.py"', "sagemaker_submit_directory": json.dumps(uri)}
    assert lab.run([lab.training("train", given)]).status == "Succeeded"


def zipped(*entries):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text, mode in entries:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, text)
    return buffer.getvalue()


HANDLER = ("f.py", "import os\ndef handler(e, c): return sorted(os.listdir(os.path.dirname(__file__)))\n", 0o644)


def create(lab, code):
    request = {
        "FunctionName": "f",
        "Role": "r",
        "Runtime": "python3.11",
        "Handler": "f.handler",
        "Code": {"ZipFile": code},
    }
    OPERATIONS["lambda"]["CreateFunction"](lab.engine, request)
    answer = OPERATIONS["lambda"]["Invoke"](lab.engine, {"FunctionName": "f"})
    return json.loads(answer["Payload"])


@pytest.mark.usefixtures("outside")
@pytest.mark.parametrize(
    "entry, found",
    [
        (("../../../../escaped.txt", "x", 0o644), "escaped.txt"),
        (("/escaped.txt", "x", 0o644), "escaped.txt"),
        (("link", "/etc/passwd", stat.S_IFLNK | 0o777), "link"),
    ],
)
def test_archives_of_functions_that_lead_out_stay_in(lab, entry, found):
    assert found in create(lab, zipped(HANDLER, entry))
    (folder,) = (path.parent for path in lab.home.glob("functions/**/f.py"))
    assert (folder / found).is_file()
    assert not (folder / found).is_symlink()


def broken(data, old, new):
    assert old in data
    return data.replace(old, new)


GOOD = zipped(HANDLER)
DEFLATED = io.BytesIO()
with zipfile.ZipFile(DEFLATED, "w", zipfile.ZIP_DEFLATED) as _archive:
    _archive.writestr("f.py", "x = 1\n" * 500)


@pytest.mark.parametrize(
    "data",
    [
        b"no zip",
        GOOD[:-30],
        broken(GOOD, b"import os", b"IMPORT OS"),
        zipped(("n" * 300, "x", 0o644)),
        zipped(("a", "x", 0o644), ("a/b", "x", 0o644)),
        # an unknown method of compression
        broken(DEFLATED.getvalue(), b"\x14\x00\x00\x00\x08\x00", b"\x14\x00\x00\x00\x63\x00"),
        # encrypted
        broken(broken(GOOD, b"PK\x03\x04\x14\x00\x00\x00", b"PK\x03\x04\x14\x00\x01\x00"), b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00"),
    ],
    ids=["text", "cut", "changed", "long", "file and folder", "method", "encrypted"],
)  # fmt: skip
def test_archives_that_cannot_be_unpacked(lab, data):
    with pytest.raises(ServiceException, match="Could not unzip uploaded file"):
        create(lab, data)
    assert not list(lab.home.glob("functions/*/*"))


LEAVE = """
import os, sys
base = os.environ.get('SM_MODEL_DIR') or sys.argv[1]
os.makedirs(base + '/deep')
os.symlink(SECRET, base + '/link')
os.symlink(os.path.dirname(SECRET), base + '/folder')
os.symlink('deep', base + '/inside')
os.mkfifo(base + '/pipe')
with open(base + '/deep/own', 'w') as file: file.write('own')
"""


def test_what_a_processing_step_leaves_is_plain_files(place, outside):
    code = place.put("code/leave.py", LEAVE.replace("SECRET", repr(str(outside))))
    command = ["python3", "-S", "/opt/ml/processing/input/code/leave.py", "/opt/ml/processing/output/o"]
    end = place.run([place.processing("one", command, inputs={"code": code}, outputs={"o": "s3://data/o"})])
    assert end.status == "Succeeded", end.steps
    assert place.keys("o") == ["o/deep/own"]


def test_what_a_training_step_leaves_has_no_link_that_leads_out(place, outside):
    code = place.code({"leave.py": LEAVE.replace("SECRET", repr(str(outside)))})
    given = {"sagemaker_program": '"leave.py"', "sagemaker_submit_directory": json.dumps(code)}
    end = place.run([place.training("one", given)])
    assert end.status == "Succeeded", end.steps
    model = place.get(end.job("one")["ModelArtifacts"]["S3ModelArtifacts"])
    with tarfile.open(fileobj=io.BytesIO(model)) as archive:
        kinds = {at.name: at.type for at in archive.getmembers()}
    assert kinds == {"deep": tarfile.DIRTYPE, "deep/own": tarfile.REGTYPE, "inside": tarfile.SYMTYPE}


def test_steps_have_folders_of_their_own_in_either_mode(place):
    code = "import os, sys\nopen(sys.argv[1] + '/mine', 'x').close()\nprint(sorted(os.listdir(sys.argv[1])))"
    command = ["python3", "-S", "-c", code, "/opt/ml/processing"]
    end = place.run([place.processing(f"s{at}", command) for at in range(2)])
    assert {end.log(name)[-1] for name in end.steps} == {"['mine']"}
