"""Completion and help of our cells in IPython: a matcher beside its own, and answers to a kernel's inspect requests.

Both are registered on one shell and taken away again. Completion has an official door (``custom_matchers``). Help has
none: a kernel gives IPython only the Python name at the cursor. So the kernel object at hand, not its class, is given
a ``do_inspect`` that answers inside ``%%pipeline`` and passes everything else on.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from IPython.core.completer import CompletionContext, SimpleCompletion, context_matcher

from sm_pipeline_widgets.api.code_book import files_in
from sm_pipeline_widgets.magics.assist_cell import CellText, MagicLine, place_in_cell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from IPython.core.interactiveshell import InteractiveShell

    from sm_pipeline_widgets.definition.assist_values import Completions, Surroundings
    from sm_pipeline_widgets.magics.session import Session

IDENTIFIER = "sm_pipeline_widgets"
_LOG = logging.getLogger(__name__)
_WIDTH = 64
_FIRST = 1_000
"""IPython asks matchers in the order of their priority; its own have 0."""


class _Silence(list[SimpleCompletion]):
    """No completions, where IPython's own must not speak either.

    IPython lets a matcher hush the others only if that one has something to say, which it tells by the length.
    """

    def __len__(self) -> int:
        return 1


class Assistance:
    """Completion and help for one shell.

    Parameters
    ----------
    session
        What the notebook has declared.
    """

    def __init__(self, shell: InteractiveShell, session: Session) -> None:
        self.shell = shell
        self.session = session
        self.matcher = self._matcher()
        self._kernel: Any = None

    # -- registering ------------------------------------------------------------------------------------------

    def register(self) -> None:
        """Begin to answer."""
        self.shell.Completer.custom_matchers.append(self.matcher)
        kernel: Any = getattr(self.shell, "kernel", None)
        if callable(getattr(kernel, "do_inspect", None)):
            self._kernel = kernel
            kernel.do_inspect = self._inspecting(kernel.do_inspect)

    def unregister(self) -> None:
        """Leave everything as it was."""
        matchers = self.shell.Completer.custom_matchers
        if self.matcher in matchers:
            matchers.remove(self.matcher)
        if self._kernel is not None:
            # What was set on the object goes; its class's method is there again.
            vars(self._kernel).pop("do_inspect", None)
            self._kernel = None

    # -- completion -------------------------------------------------------------------------------------------

    def _matcher(self) -> Any:
        def match(context: CompletionContext) -> dict[str, Any]:
            lines = context.full_text.split("\n")
            cursor = sum(len(line) + 1 for line in lines[: context.cursor_line]) + context.cursor_position
            return self.matches(context.full_text, cursor)

        return context_matcher(identifier=IDENTIFIER, priority=_FIRST)(match)

    def matches(self, cell: str, cursor: int) -> dict[str, Any]:
        """What IPython's matcher interface takes; nothing at all outside our cells. Never raises."""
        place = place_in_cell(cell, cursor)
        if place is None:
            return {"completions": [], "suppress": False}
        try:
            found = self.completions(place)
        except Exception:  # noqa: BLE001 - a front end that completes as one types must not be disturbed
            _LOG.exception("Completion failed; please report this with the cell's text.")
            return {"completions": _Silence(), "matched_fragment": "", "suppress": True}
        begin = place.start if isinstance(place, CellText) else cursor - len(place.typed)
        items = [SimpleCompletion(item.text, type=in_one_line(item.says)) for item in found.items]
        return {
            "completions": items or _Silence(),
            "matched_fragment": cell[begin + found.start : cursor],
            "suppress": True,
            "ordered": True,
        }

    def completions(self, place: CellText | MagicLine) -> Completions:
        """What fits at a place of one of our cells."""
        if isinstance(place, MagicLine):
            from sm_pipeline_widgets.magics.assist_line import complete_line  # noqa: PLC0415 - kept out of %load_ext

            return complete_line(place, self.session, files_in)
        from sm_pipeline_widgets.definition.assist_complete import complete  # noqa: PLC0415

        return complete(place.text, place.cursor, self.surroundings(place.line))

    def surroundings(self, line: str = "") -> Surroundings:
        """What the notebook has that a text may name."""
        from sm_pipeline_widgets.definition.assist_values import Surroundings  # noqa: PLC0415
        from sm_pipeline_widgets.definition.facts import TargetFacts  # noqa: PLC0415

        region = self.session.region
        words = line.split()
        return Surroundings(
            name=words[0] if words else "pipeline",
            cells=self.session.code.cells,
            files=files_in,
            variables=own_variables(self.shell),
            read_code=self.session.code.facts,
            facts=TargetFacts(region=region) if region else TargetFacts(),
        )

    # -- help -------------------------------------------------------------------------------------------------

    def _inspecting(self, inspect: Callable[..., Any]) -> Callable[..., Any]:
        def do_inspect(code: str, cursor_pos: int, detail_level: int = 0, omit_sections: Any = ()) -> Any:
            answer = self.help(code, cursor_pos)
            return answer if answer is not None else inspect(code, cursor_pos, detail_level, omit_sections)

        return do_inspect

    def help(self, cell: str, cursor: int) -> dict[str, Any] | None:
        """The content of a kernel's reply; None outside the text of a pipeline. Never raises."""
        place = place_in_cell(cell, cursor)
        if not isinstance(place, CellText):
            return None
        try:
            data = self.explained(place)
        except Exception:  # noqa: BLE001 - as above
            _LOG.exception("Help failed; please report this with the cell's text.")
            data = {}
        return {"status": "ok", "found": bool(data), "data": data, "metadata": {}}

    def explained(self, place: CellText) -> dict[str, str]:
        """What is known of the word at a place, by MIME type."""
        from sm_pipeline_widgets.definition.assist_help import explain  # noqa: PLC0415 - kept out of %load_ext
        from sm_pipeline_widgets.definition.assist_help_text import as_markdown, as_text  # noqa: PLC0415

        found = explain(place.text, place.cursor, self.surroundings(place.line))
        if found is None:
            return {}
        return {"text/plain": as_text(found), "text/markdown": as_markdown(found)}


def in_one_line(says: str) -> str:
    """The reason for an item as a list of items shows it: beside it, in a narrow row that must not be wrapped."""
    plain = says.replace("`", "").rstrip(".")
    plain = plain if len(plain) <= _WIDTH else plain[: _WIDTH - 1].rstrip() + "…"
    return plain.replace(" ", "\N{NO-BREAK SPACE}")


def own_variables(shell: InteractiveShell) -> Mapping[str, Any]:
    """The notebook's own variables, without IPython's."""
    hidden = shell.user_ns_hidden
    return {
        name: value
        for name, value in shell.user_ns.items()
        if not name.startswith("_") and (name not in hidden or hidden[name] is not value)
    }
