"""The verbs of ``%pipeline``: one file each, one row here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.magics.verbs.cache import CACHE
from sm_pipeline_widgets.magics.verbs.callback import CALLBACK
from sm_pipeline_widgets.magics.verbs.check import CHECK
from sm_pipeline_widgets.magics.verbs.debug import DEBUG
from sm_pipeline_widgets.magics.verbs.deploying import DEPLOY, ENDPOINT, ENDPOINTS, INVOKE, UNDEPLOY
from sm_pipeline_widgets.magics.verbs.diff import DIFF
from sm_pipeline_widgets.magics.verbs.doctor import DOCTOR
from sm_pipeline_widgets.magics.verbs.edit import EDIT
from sm_pipeline_widgets.magics.verbs.engine import ENGINE
from sm_pipeline_widgets.magics.verbs.export import EXPORT
from sm_pipeline_widgets.magics.verbs.helping import help_verb
from sm_pipeline_widgets.magics.verbs.importing import IMPORT
from sm_pipeline_widgets.magics.verbs.listing import LIST
from sm_pipeline_widgets.magics.verbs.load import LOAD
from sm_pipeline_widgets.magics.verbs.logs import LOGS
from sm_pipeline_widgets.magics.verbs.models import APPROVE, MODELS, REJECT, ROLLBACK
from sm_pipeline_widgets.magics.verbs.replay import REPLAY
from sm_pipeline_widgets.magics.verbs.retry import RETRY
from sm_pipeline_widgets.magics.verbs.run import RUN
from sm_pipeline_widgets.magics.verbs.runs import RUNS
from sm_pipeline_widgets.magics.verbs.show import SHOW
from sm_pipeline_widgets.magics.verbs.stop import STOP
from sm_pipeline_widgets.magics.verbs.target import TARGET
from sm_pipeline_widgets.magics.verbs.watch import WATCH
from sm_pipeline_widgets.magics.verbs.why import WHY

if TYPE_CHECKING:
    from sm_pipeline_widgets.magics.verbs.base import Verb

VERBS: dict[str, Verb] = {
    verb.name: verb
    for verb in (
        SHOW,
        CHECK,
        RUN,
        WATCH,
        STOP,
        RETRY,
        CALLBACK,
        LOGS,
        WHY,
        CACHE,
        REPLAY,
        LOAD,
        DEBUG,
        RUNS,
        LIST,
        EDIT,
        EXPORT,
        IMPORT,
        DIFF,
        MODELS,
        APPROVE,
        REJECT,
        ROLLBACK,
        DEPLOY,
        ENDPOINTS,
        ENDPOINT,
        INVOKE,
        UNDEPLOY,
        TARGET,
        ENGINE,
        DOCTOR,
    )
}
VERBS["help"] = help_verb(VERBS)
