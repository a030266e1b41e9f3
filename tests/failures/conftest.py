"""Failures produced for real: many failing steps in few pipelines on one engine, each read by the tests that need it."""

from __future__ import annotations

import pytest

from sm_pipeline_widgets import Pipeline, connect, run
from sm_pipeline_widgets.api.code_book import CodeBook

STEPS_AT_ONCE = 24
WAIT_SECONDS = 100


@pytest.fixture(scope="module")
def fail_all(engine, tmp_path_factory):
    """Run failing steps, some in each pipeline; the root failure of each by its name."""

    def fail(failing):
        target = connect("local", home=engine.home)
        executions = []
        for start in range(0, len(failing), STEPS_AT_ONCE):
            part = failing[start : start + STEPS_AT_ONCE]
            code = CodeBook(tmp_path_factory.mktemp("code"))
            for one in part:
                code.add_cell(one.name, f"%%step {one.name}\n{one.code}\n")
            pipeline = Pipeline.from_yaml(text(part), name=f"fails-{part[0].name}-{len(part)}", code=code)
            executions.append(run(pipeline, target=target))
        found = {}
        for execution in executions:
            execution.wait(WAIT_SECONDS)
            found |= {root.step: root for root in execution.why().roots}
        return found

    return fail


def text(failing):
    steps = []
    for one in failing:
        more = f", {one.more}" if one.more else ""
        steps.append(f"  {one.name}: {{type: {one.type}, code: cell:{one.name}{more}}}")
    return "\n".join(["steps:", *steps])
