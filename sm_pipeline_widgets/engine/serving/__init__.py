"""Models served on this machine: a process per server, under a supervisor, asked over loopback.

>>> server = start_server(model, folder, means)        # doctest: +SKIP
>>> server.wait_ready(60)                              # doctest: +SKIP
>>> server.invoke(Request(b"1,2", "text/csv")).body    # doctest: +SKIP
"""

from sm_pipeline_widgets.engine.serving.models import ServedModel, ServingError, model_of, script_problem
from sm_pipeline_widgets.engine.serving.servers import ModelServer, Reply, Request, start_server

__all__ = [
    "ModelServer",
    "Reply",
    "Request",
    "ServedModel",
    "ServingError",
    "model_of",
    "script_problem",
    "start_server",
]
