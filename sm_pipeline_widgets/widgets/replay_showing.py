"""The part of an execution's view that shows a replay: a trait for the page, HTML and text for all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from sm_pipeline_widgets.view.replay_text import outcomes_html, outcomes_text
from sm_pipeline_widgets.widgets.bundle import BundlingWidget
from sm_pipeline_widgets.widgets.replay_messages import replay_fact

if TYPE_CHECKING:
    from sm_pipeline_widgets.execution.beside import Beside


class ReplayShowing(BundlingWidget):
    """A view that can show a step's two runs beside each other."""

    replay = traitlets.Any(allow_none=True, default_value=None).tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        self._both: Beside | None = None
        super().__init__(**traits)

    def show_replay(self, both: Beside | None) -> None:
        """Show both runs; None forgets them."""
        self._both = both
        fact = replay_fact(both) if both is not None else None
        if fact != self.replay:
            self.replay = fact

    def with_replay(self, html: str, text: str) -> tuple[str, str]:
        """The static renderings with the comparison behind them, where there is one."""
        if self._both is None:
            return html, text
        return f"{html}{outcomes_html(self._both)}", f"{text}\n\n{outcomes_text(self._both)}"
