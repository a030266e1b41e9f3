"""What real interpreters print, and what is read out of it."""

from __future__ import annotations

import doctest
import subprocess
import sys
import textwrap

import pytest

from sm_pipeline_widgets.execution import traceback as module
from sm_pipeline_widgets.execution.loglines import LogLine
from sm_pipeline_widgets.execution.traceback import last_traceback, tracebacks


def log(text: str, stream: str = "algo-1", start: int = 0) -> list[LogLine]:
    return [LogLine(start + n, stream, line) for n, line in enumerate(text.splitlines())]


def died(tmp_path, source: str) -> list[LogLine]:
    """The log of a script that this interpreter really ran."""
    script = tmp_path / "train.py"
    script.write_text(textwrap.dedent(source))
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    return log("before\n" + done.stderr + "after\n")


def test_a_plain_death(tmp_path):
    found = last_traceback(died(tmp_path, """
        def load(text):
            return float(text)

        def main():
            load("abc")

        main()
    """))  # fmt: skip
    assert (found.final.type, found.final.message) == ("ValueError", "could not convert string to float: 'abc'")
    assert [(frame.line, frame.function, frame.source) for frame in found.final.frames] == [
        (8, "<module>", "main()"),
        (6, "main", 'load("abc")'),
        (3, "load", "return float(text)"),
    ]
    assert found.final.frames[0].file == str(tmp_path / "train.py")


def test_chains_are_told_apart_by_cause_and_context(tmp_path):
    found = last_traceback(died(tmp_path, """
        try:
            try:
                {}["x"]
            except KeyError as error:
                raise RuntimeError("config") from error
        except RuntimeError:
            1 / 0
    """))  # fmt: skip
    assert [raised.type for raised in found.chain] == ["KeyError", "RuntimeError", "ZeroDivisionError"]
    assert found.links == ("cause", "context")


def test_what_was_logged_and_caught_is_not_the_death(tmp_path):
    lines = died(tmp_path, """
        import traceback
        for n in range(2):
            try:
                raise OSError(f"try {n}")
            except OSError:
                traceback.print_exc()
        raise SystemError("end")
    """)  # fmt: skip
    assert [found.final.message for found in tracebacks(lines)] == ["try 0", "try 1", "end"]
    assert last_traceback(lines).final.type == "SystemError"


@pytest.mark.parametrize(
    "source",
    [
        "def load(text):\n    return float(text)\n\nload('abc')\n",
        "def f(n):\n    return f(n - 1) if n else {}['x']\n\nf(9)\n",
        "try:\n    {}['x']\nexcept KeyError as error:\n    raise RuntimeError('config') from error\n",
        "class Odd(Exception):\n    pass\n\ntry:\n    raise Odd\nexcept Odd:\n    1 / 0\n",
        "exec('raise ValueError')\n",
        "import missing_module\n",
    ],
)
def test_a_launcher_that_strips_its_lines_hides_nothing(tmp_path, source):
    """The drivers of the SageMaker SDK 3.x print the script's lines so, and then die of `CalledProcessError` themselves."""
    lines = died(tmp_path, source)
    end = log("Traceback (most recent call last):\n  File \"/drivers/utils.py\", line 193, in execute\n    raise x\nsubprocess.CalledProcessError: Command 'train.py' failed\n", start=len(lines))  # fmt: skip
    flat = [LogLine(line.time, line.stream, line.text.strip()) for line in lines]
    whole, found = last_traceback(lines), last_traceback([*flat, *end])
    assert (found.chain, found.links) == (whole.chain, whole.links)
    assert [raised.type for raised in found.led_to] == ["subprocess.CalledProcessError"]


@pytest.mark.parametrize(
    ("source", "kind"), [("def f(:\n  pass\n", "SyntaxError"), ("if 1:\npass\n", "IndentationError")]
)
def test_a_script_that_cannot_be_read_has_no_header(tmp_path, source, kind):
    found = last_traceback(died(tmp_path, source))
    assert found.final.type == kind
    assert found.final.frames[-1].file.endswith("train.py")


def test_deep_recursion_and_own_exception_classes(tmp_path):
    found = last_traceback(died(tmp_path, "def f():\n    f()\nf()\n"))
    assert found.final.type == "RecursionError"
    found = last_traceback(died(tmp_path, "class Bad(Exception): pass\nraise Bad\n"))
    assert (found.final.type, found.final.message) == ("Bad", "")


def test_the_members_of_a_group_are_read(tmp_path):
    found = last_traceback(died(tmp_path, """
        def one():
            raise ValueError("first")

        def run():
            try:
                one()
            except ValueError as error:
                raise ExceptionGroup("many", [error])

        run()
    """))  # fmt: skip
    assert found.final.type == "ValueError"


def test_hosts_that_write_at_once_are_read_apart_and_the_first_to_die_explains():
    first = log(
        "Traceback (most recent call last):\n  File \"/opt/ml/code/a.py\", line 1, in <module>\n    x()\nKeyError: 'k'\n"
    )
    second = log(
        'Traceback (most recent call last):\n  File "/opt/ml/code/a.py", line 9, in <module>\n    y()\nConnectionError: lost\n',
        "algo-2",
        start=100,
    )
    mixed = [line for pair in zip(second, first, strict=True) for line in pair]
    assert len(tracebacks(mixed)) == 2
    assert (last_traceback(mixed).stream, last_traceback(mixed).final.message) == ("algo-1", "'k'")


@pytest.mark.parametrize("prefix", ["[rank0]: ", "[1,mpirank:0,algo-1]<stderr>:", "[2026-11-01 10:00:00] ERROR "])
def test_a_launchers_prefix_is_seen_through(prefix):
    text = "Traceback (most recent call last):\n  File \"t.py\", line 1, in <module>\n    x()\n    ^^^\nNameError: name 'x'\n"
    found = last_traceback(log("".join(f"{prefix}{line}\n" for line in text.splitlines())))
    assert (found.final.type, found.final.frames[0].source) == ("NameError", "x()")


def test_colours_are_seen_through():
    text = '\x1b[31mTraceback (most recent call last):\x1b[0m\n  File "t.py", line 1, in f\n    x()\n\x1b[1;31mValueError\x1b[0m: bad\n'
    assert last_traceback(log(text)).final.message == "bad"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "all is well",
        "Traceback (most recent call last):",
        'Traceback (most recent call last):\n  File "t.py", line 1, in f',
        'Traceback (most recent call last):\n  File "t.py", line 1, in f\n    x()\n12:00 log line instead',
        '  File "t.py", line 1, in f\n    x()\nValueError: a stack printed without its header is no death',
    ],
)
def test_what_is_no_traceback(text):
    assert last_traceback(log(text)) is None


def test_the_modules_example():
    assert doctest.testmod(module).failed == 0
