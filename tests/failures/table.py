"""Failures that really happen: each a step of a pipeline, and what its report has to say.

Scripts are cells, so a frame's place is a cell's line: line 1 is the ``%%step`` line itself.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Failing:
    """A step that fails.

    ``says`` must be part of the headline; ``raised`` is the exception's type, ``line`` the line of the cell where the
    user's own code gave up, ``cause`` a row of the catalogue that must be told ('-': none may be), ``exit`` the exit
    code; ``more`` are further keys of the step, ``soak`` says that it is only run at length.
    """

    name: str
    code: str = ""
    says: str = ""
    raised: str = ""
    line: int | None = None
    cause: str | None = None
    exit: int | None = 1
    type: str = "Processing"
    more: str = ""
    soak: bool = False


PYTHON = (
    Failing("import-error", "import not_there", "No module named 'not_there'", "ModuleNotFoundError", 2, "missing-package"),
    Failing("wrong-path", "open('/opt/ml/processing/input/data/no.csv')", "no.csv", "FileNotFoundError", 2, "missing-input-file"),
    Failing("local-path", "open('data/no.csv')", "data/no.csv", "FileNotFoundError", 2, "missing-file"),
    Failing("key", "row = {'a': 1}\nprint(row['target'])", "'target'", "KeyError", 3),
    Failing("value", "x = 1\nfloat('abc')", "could not convert string to float: 'abc'", "ValueError", 3, "text-where-numbers-belong"),
    Failing("division", "def rate(a, b):\n    return a / b\nrate(1, 0)", "division by zero", "ZeroDivisionError", 3, "-"),
    Failing("type", "None + 1", "unsupported operand", "TypeError", 2),
    Failing("attribute", "import math\nmath.squareroot(2)", "squareroot", "AttributeError", 3),
    Failing("name", "print(undefined_thing)", "undefined_thing", "NameError", 2),
    Failing("index", "[][3]", "list index out of range", "IndexError", 2),
    Failing("assertion", "assert 1 > 2, 'rows must grow'", "rows must grow", "AssertionError", 2),
    Failing("not-json", "import json\njson.loads('{oops')", "Expecting property name", "json.decoder.JSONDecodeError", 3, "unreadable-json"),
    Failing("not-utf8", "b'\\xff\\xfe'.decode()", "can't decode byte 0xff", "UnicodeDecodeError", 2, "not-utf-8"),
    Failing("recursion", "def f(n):\n    return f(n + 1)\nf(0)", "maximum recursion depth", "RecursionError", 3),
    Failing("memory", "bytearray(1 << 60)", "", "MemoryError", 2, "memory"),
    Failing("syntax", "print('one'\nprint('two')", "", "SyntaxError", 2, "syntax"),
    Failing("indentation", "if True:\nprint('x')", "expected an indented block", "IndentationError", 3, "syntax"),
    Failing("directory", "import os\nopen('/opt/ml/processing')", "Is a directory", "IsADirectoryError", 3),
    Failing("not-allowed", "open('/proc/1/mem', 'w')", "ermission denied", "PermissionError", 2, "write-denied", soak=True),
    Failing("chained", "try:\n    int('x')\nexcept ValueError as e:\n    raise RuntimeError('bad row 7') from e", "bad row 7", "RuntimeError", 5),
    Failing("while-handling", "try:\n    {}['a']\nexcept KeyError:\n    open('no')", "no", "FileNotFoundError", 5),
    Failing("own-class", "class TooFew(Exception):\n    pass\ndef check(n):\n    raise TooFew(f'{n} rows')\ncheck(3)", "3 rows", "TooFew", 5),
    Failing("words", "import sys\nsys.exit('the schema has changed')", "the schema has changed"),
    Failing("exit-3", "import sys\nprint('giving up')\nsys.exit(3)", "exit code 3", exit=3),
    Failing("exit-2", "import os\nos._exit(2)", "exit code 2", exit=2),
    Failing("arguments", "import argparse\np = argparse.ArgumentParser()\np.add_argument('--depth', type=int, required=True)\np.parse_args()", "required: --depth", cause="wrong-arguments", exit=2),
    Failing("extra-argument", "import argparse\nargparse.ArgumentParser().parse_args()", "unrecognized arguments", cause="wrong-arguments", exit=2, more="args: [--colour, red]"),
    Failing("killed", "import os, signal\nprint('rows read', flush=True)\nos.kill(os.getpid(), signal.SIGKILL)", "137", exit=137, cause="memory"),
    Failing("segfault", "import ctypes\nctypes.string_at(0)", "139", exit=139, cause="segmentation-fault"),
    Failing("abort", "import os\nos.abort()", "134", exit=134, cause="aborted"),
    Failing("terminated", "import os, signal, time\nos.kill(os.getpid(), signal.SIGTERM)\ntime.sleep(9)", "143", exit=143, cause="asked-to-end", soak=True),
    Failing("refused", "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:9/')", "refused", "urllib.error.URLError", 3, "network"),
    Failing("no-host", "import socket\nsocket.create_connection(('no-such-host.invalid', 80))", "", "socket.gaierror", 3, "network"),
    Failing("sub-process", "import subprocess\nsubprocess.run(['false'], check=True)", "non-zero exit status 1", "subprocess.CalledProcessError", 3),
    Failing("no-program", "import subprocess\nsubprocess.run(['no-such-program'])", "no-such-program", "FileNotFoundError", 3, "missing-program"),
    Failing("random", "import random\nprint(random.random())", "'module' object is not callable", "TypeError", 3),
    Failing("group", "raise ExceptionGroup('two rows', [ValueError('a'), TypeError('b')])", "two rows (2 sub-exceptions)", "ExceptionGroup", 2),
    Failing("unicode", "raise ValueError('größer als 日本')", "größer als 日本", "ValueError", 2),
    Failing("multiline", "raise ValueError('first line\\nsecond line')", "first line", "ValueError", 2),
    Failing("unset-variable", "import os\nos.environ['MY_SETTING']", "MY_SETTING", "KeyError", 3, "missing-variable"),
    Failing("no-credentials-file", "import pickle\npickle.loads(b'junk')", "", "_pickle.UnpicklingError", 3, "unpickling"),
    Failing("logged-first", "import logging\ntry:\n    int('x')\nexcept ValueError:\n    logging.exception('row skipped')\nraise RuntimeError('too many skipped')", "too many skipped", "RuntimeError", 7),
    Failing("library-frame", "import json\ndef read(t):\n    return json.loads(t)\nread('')", "Expecting value", "json.decoder.JSONDecodeError", 4, "unreadable-json"),
    Failing("pool", "from concurrent.futures import ThreadPoolExecutor\ndef half(n):\n    return n / 0\nwith ThreadPoolExecutor() as pool:\n    list(pool.map(half, [1]))", "division by zero", "ZeroDivisionError", 4, soak=True),
    Failing("interrupt", "raise KeyboardInterrupt", "", exit=130, cause="interrupted", soak=True),
)  # fmt: skip
"""Steps of one pipeline each, independent of each other."""

TRAINING = (
    Failing("no-channel", "import os\nos.environ['SM_CHANNEL_TEST']", "SM_CHANNEL_TEST", "KeyError", 3, "missing-input-variable", type="Training"),
    Failing("hyperparameter", "import argparse\np = argparse.ArgumentParser()\np.add_argument('--depth', type=int)\np.parse_args()", "invalid int value", cause="wrong-arguments", exit=2, type="Training", more="hyperparameters: {depth: deep}"),
    Failing("failure-file", "open('/opt/ml/output/failure', 'w').write('my own words on it')\nraise SystemExit(1)", "my own words on it", exit=None, type="Training"),
    Failing("too-long", "import time\nprint('still here', flush=True)\ntime.sleep(60)", "", cause="time-limit", exit=None, type="Training", more="max_runtime: 1"),
    Failing("nan", "raise ValueError('Input contains NaN')", "Input contains NaN", "ValueError", 2, "missing-values", type="Training"),
    Failing("shapes", "raise RuntimeError('mat1 and mat2 shapes cannot be multiplied (4x3 and 2x5)')", "shapes", "RuntimeError", 2, "tensor-shapes", type="Training"),
    Failing("gpu", "raise RuntimeError('CUDA out of memory. Tried to allocate 2.00 GiB')", "CUDA out of memory", "RuntimeError", 2, "gpu-memory", type="Training"),
)  # fmt: skip
ALL = (*PYTHON, *TRAINING)
