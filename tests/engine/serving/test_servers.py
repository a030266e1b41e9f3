"""A model's server as a real process: handlers, types, failures, its end, and who may ask."""

from __future__ import annotations

import http.client
import io
import json
import os
import signal
import sys
import tarfile
import time

import pytest

from sm_pipeline_widgets.engine import supervised
from sm_pipeline_widgets.engine.container import Place
from sm_pipeline_widgets.engine.hosts import Means
from sm_pipeline_widgets.engine.objects import ObjectStore
from sm_pipeline_widgets.engine.sandbox import Mode
from sm_pipeline_widgets.engine.serving import Request, ServedModel, ServingError, model_of, start_server

PLACE = Place("http://127.0.0.1:9", "key", "secret", "eu-west-3", sys.executable, 1, dict(os.environ))
ECHO = """
import os
def model_fn(model_dir):
    print('loading', sorted(os.listdir(model_dir)))
    return open(os.path.join(model_dir, 'weights')).read()
def input_fn(data, content_type):
    if content_type == 'text/bad':
        raise ValueError('bad input')
    return (data, content_type)
def predict_fn(data, model):
    return [model, *data]
def output_fn(prediction, accept):
    return repr(prediction), 'text/plain'
"""


def archive(files):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return packed.getvalue()


@pytest.fixture(params=[Mode.NAMESPACE, Mode.REWRITE])
def mode(request):
    return request.param


@pytest.fixture
def bench(tmp_path, mode):
    """Serve a model made of files; its server."""
    objects = ObjectStore(tmp_path / "objects")
    means = Means(tmp_path, objects, lambda: PLACE, lambda: mode, 1.0)
    started = []

    def serve(files, environment=None, code=None):
        objects.put_bytes("b", "model.tar.gz", archive(files))
        given = dict(environment or {})
        if code is not None:
            objects.put_bytes("b", "code.tar.gz", archive(code))
            given["SAGEMAKER_SUBMIT_DIRECTORY"] = "s3://b/code.tar.gz"
        model = ServedModel("m", "s3://b/model.tar.gz", given)
        started.append(start_server(model, tmp_path / f"server-{len(started)}", means))
        return started[-1]

    yield serve
    for server in started:
        server.remove()
    objects.close()


def test_handlers_are_called_as_the_toolkits_call_them(bench):
    server = bench({"weights": "w", "code/inference.py": ECHO})
    assert server.wait_ready(30)
    reply = server.invoke(Request(b"1,2", "text/csv", "text/plain"))
    assert (reply.status, reply.content_type) == (200, "text/plain")
    assert reply.body == b"['w', '1,2', 'text/csv']"
    server.stop()
    assert "loading ['code', 'weights']" in server.last_lines()


def test_code_beside_the_model_and_a_program_of_another_name(bench):
    code = {"serve.py": "import helper\nmodel_fn = helper.model_fn\ntransform_fn = helper.transform_fn\n",
            "helper.py": "def model_fn(model_dir, context): return 2\ndef transform_fn(model, data, kind, accept): return str(model * int(data)), accept\n"}  # fmt: skip
    server = bench({"weights": "w"}, {"SAGEMAKER_PROGRAM": "serve.py"}, code)
    assert server.wait_ready(30)
    reply = server.invoke(Request(b"21", "text/csv", "text/csv"))
    assert (reply.body, reply.content_type) == (b"42", "text/csv")


@pytest.mark.parametrize(
    ("body", "kind", "accept", "answer"),
    [
        (b"[[1, 2], [3, 4]]", "application/json", "application/json", b"[3.0, 7.0]"),
        (b"1,2\n3,4\n", "text/csv", "text/csv", b"3.0\n7.0\n"),
        (b"1,2\n3,4\n", "text/csv; charset=utf-8", "*/*", b"[3.0, 7.0]"),
    ],
)
def test_what_a_script_leaves_out_is_the_toolkits_own(tmp_path, body, kind, accept, answer):
    objects = ObjectStore(tmp_path / "objects")
    means = Means(tmp_path, objects, lambda: PLACE, lambda: Mode.NAMESPACE, 1.0)
    code = "class Sum:\n    def predict(self, rows): return rows.sum(axis=1) * 1.0\ndef model_fn(model_dir): return Sum()\n"
    objects.put_bytes("b", "model.tar.gz", archive({"code/inference.py": code}))
    server = start_server(ServedModel("m", "s3://b/model.tar.gz"), tmp_path / "server", means)
    try:
        assert server.wait_ready(30)
        assert server.invoke(Request(body, kind, accept)).body == answer
        assert server.invoke(Request(body, "image/png")).status == 415
    finally:
        server.remove()
        objects.close()


def test_an_exception_is_the_answer_and_its_traceback_is_in_the_log(bench):
    server = bench({"weights": "w", "code/inference.py": ECHO})
    assert server.wait_ready(30)
    reply = server.invoke(Request(b"", "text/bad"))
    assert (reply.status, reply.body) == (500, b"ValueError: bad input")
    assert server.invoke(Request(b"x", "text/csv")).status == 200
    server.stop()
    assert "Traceback" in server.last_lines()


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"weights": "w"}, "put it into the model's archive as code/inference.py"),
        ({"code/inference.py": "x = 1"}, r"has no model_fn\(model_dir\)"),
        ({"code/inference.py": ECHO}, "No such file or directory.*weights"),
    ],
)
def test_a_server_that_cannot_begin_says_why(bench, files, words):
    server = bench(files)
    with pytest.raises(ServingError, match=words):
        server.wait_ready(30)
    supervised.wait(server.folder)
    assert not server.is_running()


def test_a_server_killed_while_it_loads_is_not_waited_for(bench):
    server = bench({"code/inference.py": "import time\nprint('loading', flush=True)\ntime.sleep(600)"})
    while not server.log.exists() or b"loading" not in server.log.read_bytes():
        time.sleep(0.01)
    os.kill(supervised.claimed_by(server.folder), signal.SIGKILL)
    with pytest.raises(ServingError, match=r"was killed before it was ready(?s:.*)loading$"):
        server.wait_ready(30)


def test_only_who_has_the_key_may_ask(bench):
    server = bench({"weights": "w", "code/inference.py": ECHO})
    assert server.wait_ready(30)
    port = int((server.folder / "port").read_text())
    assert (server.folder / "key").stat().st_mode & 0o777 == 0o600
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", "/invocations", b"x", {"Content-Type": "text/csv"})
    assert connection.getresponse().status == 403
    connection.close()


def test_a_server_is_found_again_and_one_that_died_begins_again(tmp_path):
    objects = ObjectStore(tmp_path / "objects")
    means = Means(tmp_path, objects, lambda: PLACE, lambda: Mode.NAMESPACE, 1.0)
    objects.put_bytes("b", "model.tar.gz", archive({"weights": "w", "code/inference.py": ECHO}))
    model, folder = ServedModel("m", "s3://b/model.tar.gz"), tmp_path / "server"
    first = start_server(model, folder, means)
    assert first.wait_ready(30)
    port = (folder / "port").read_text()
    again = start_server(model, folder, means)
    assert again.is_ready()
    assert (folder / "port").read_text() == port
    again.stop()
    assert not again.is_ready()
    with pytest.raises(ServingError, match="does not answer"):
        again.invoke(Request(b"x"))
    third = start_server(model, folder, means)
    assert third.wait_ready(30)
    assert third.invoke(Request(b"x", "text/csv")).status == 200
    third.remove()
    objects.close()


def test_a_script_cannot_lie_outside(bench):
    with pytest.raises(ServingError, match="leads out of its folder"):
        bench({"weights": "w"}, {"SAGEMAKER_PROGRAM": "../../../etc/x.py"})


def test_the_model_of_a_request():
    container = {"ModelDataUrl": "s3://b/m.tar.gz", "Environment": {"SAGEMAKER_PROGRAM": "p.py"}}
    model = model_of({"ModelName": "m", "PrimaryContainer": container})
    assert (model.data, model.program, model.code) == ("s3://b/m.tar.gz", "p.py", "/opt/ml/model/code")
    folder = {"ModelDataSource": {"S3DataSource": {"S3Uri": "s3://b/m", "S3DataType": "S3Prefix", "CompressionType": "None"}}}  # fmt: skip
    assert model_of({"ModelName": "m", "Containers": [folder]}).data == "s3://b/m/"
    with pytest.raises(ServingError, match="has 2 containers"):
        model_of({"ModelName": "m", "Containers": [container, container]})
    assert json.dumps(dict(model.environment))
