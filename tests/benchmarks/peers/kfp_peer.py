"""``kfp.local`` with its subprocess runner: runs a DAG given as JSON, prints the seconds it took.

``python kfp_peer.py '[[], [0], [1]]' SECONDS``
"""

import json
import logging
import sys
import tempfile
import time

from kfp import dsl, local

logging.disable(logging.CRITICAL)


@dsl.component(install_kfp_package=False, base_image="python")
def work(seconds: float):
    import time

    time.sleep(seconds)


def main(steps: list[list[int]], seconds: float) -> None:
    @dsl.pipeline(name="bench")
    def bench():
        tasks = []
        for before in steps:
            task = work(seconds=seconds)
            if before:
                task.after(*(tasks[n] for n in before))
            tasks.append(task)

    with tempfile.TemporaryDirectory() as folder:
        local.init(runner=local.SubprocessRunner(use_venv=False), pipeline_root=folder, raise_on_error=True)
        started = time.perf_counter()
        bench()
        print(time.perf_counter() - started)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), float(sys.argv[2]))
