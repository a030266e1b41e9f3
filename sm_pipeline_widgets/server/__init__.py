"""The part that runs inside the Jupyter server: the lists of pipelines and executions that JupyterLab's panel shows.

Nothing imports it but Jupyter, which finds it through ``_jupyter_server_extension_points`` of the package. What takes
time to import is imported by the first request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

FOLDER = "sm-pipeline-widgets"
"""Below the server's base URL."""


def _load_jupyter_server_extension(app: ServerApp) -> None:
    """Add the handlers; called once by the Jupyter server."""
    from sm_pipeline_widgets.server.handlers import handlers  # noqa: PLC0415 - needs jupyter_server, kernels do not

    app.web_app.add_handlers(".*$", handlers(app.base_url))  # type: ignore[no-untyped-call]
    app.log.info("sm_pipeline_widgets answers below %s%s/", app.base_url, FOLDER)
