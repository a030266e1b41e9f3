"""A pipeline, however it was written: as text of the cell language, or as definition JSON somebody's tool made."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from sm_pipeline_widgets.api.code_book import CodeBook
from sm_pipeline_widgets.aws.pipelines import deployed
from sm_pipeline_widgets.definition.compile import Compiled, compile_spec
from sm_pipeline_widgets.definition.decompile import to_text
from sm_pipeline_widgets.definition.graph import build_graph
from sm_pipeline_widgets.definition.json_values import MAX_DEPTH, TooDeepError, copied
from sm_pipeline_widgets.definition.lint import lint_definition
from sm_pipeline_widgets.definition.spec import PipelineSpec, read_spec
from sm_pipeline_widgets.errors import DefinitionError, Problem, Severity, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import networkx as nx

    from sm_pipeline_widgets.api.comparison import Comparison
    from sm_pipeline_widgets.api.export import Exported
    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.definition.edits import Edit
    from sm_pipeline_widgets.definition.facts import TargetFacts


class SdkPipeline(Protocol):
    """What is read of a SageMaker SDK pipeline object, of either major version."""

    name: str

    def definition(self) -> str: ...


class Pipeline:
    """A pipeline: its name, what is wrong with it, its definition and its graph.

    Made by the ``from_…`` class methods. A text is compiled for the target it is asked for; a definition that came
    as JSON is kept exactly as it came.

    Attributes
    ----------
    name
        The pipeline's name at the service.
    text
        The text of the cell language; None for a pipeline that came as JSON.
    """

    def __init__(
        self,
        name: str,
        *,
        text: str | None = None,
        given: Mapping[str, Any] | None = None,
        code: CodeBook | None = None,
        variables: Mapping[str, Any] | None = None,
        first_line: int = 1,
        spec: PipelineSpec | None = None,
    ) -> None:
        self.name = name
        self.text = text
        self.code = code or CodeBook()
        self._given = given
        self._variables = variables or {}
        self._first_line = first_line
        self._spec = spec or (read_spec(text) if text is not None else PipelineSpec())
        self._compiled: tuple[object, Compiled] | None = None

    @classmethod
    def from_yaml(
        cls,
        text: str,
        name: str = "pipeline",
        *,
        code: CodeBook | None = None,
        variables: Mapping[str, Any] | None = None,
        first_line: int = 1,
    ) -> Pipeline:
        """Read a text of the cell language. Never raises for what the text says: see :attr:`problems`.

        Parameters
        ----------
        code
            Finds the code that steps name; by default files below the current folder.
        variables
            What ``$vars.NAME`` refers to.
        first_line
            The number that problems give the text's first line: 2 for a cell, whose magic is line 1.
        """
        return cls(name, text=text, code=code, variables=variables, first_line=first_line)

    @classmethod
    def from_definition(cls, definition: Mapping[str, Any] | str | Path, name: str = "pipeline") -> Pipeline:
        """Take a pipeline definition: the value it holds, its JSON text, or the path of a file with that text.

        Raises
        ------
        DefinitionError
            It is not JSON, or not an object.
        UsageError
            The file cannot be read.
        """
        if isinstance(definition, Path):
            from sm_pipeline_widgets.api.finding import file_text  # noqa: PLC0415 - finding needs this module

            definition = file_text(definition)
        try:
            value = copied(json.loads(definition) if isinstance(definition, str) else dict(definition))
        except (TooDeepError, RecursionError) as error:
            fix = "No pipeline needs that; was it made by a program that has lost its way?"
            raise DefinitionError(
                f"The definition of `{name}` is nested more than {MAX_DEPTH} deep.", fix=fix
            ) from error
        except ValueError as error:
            fix = "Check the text; the path of a file is given as a `pathlib.Path`."
            raise DefinitionError(f"The definition of `{name}` is not JSON: {error}", fix=fix) from error
        if not isinstance(value, dict):
            raise DefinitionError(
                f"The definition of `{name}` is a {type(value).__name__}, not an object.",
                fix="A pipeline definition begins with `{` and has a member `Steps`.",
            )
        return cls(name, given=value)

    @classmethod
    def from_sdk(cls, pipeline: SdkPipeline) -> Pipeline:
        """Read a SageMaker SDK ``Pipeline`` object through its own ``definition()``."""
        return cls.from_definition(pipeline.definition(), name=pipeline.name)

    @classmethod
    def from_deployed(cls, target: Target, name: str, version: int | None = None) -> Pipeline:
        """Read a deployed pipeline by name or ARN: its newest version, or the one given here or as ``name@3``.

        Raises
        ------
        UsageError
            There is none of that name, or of that version, at the target.
        DefinitionError
            What the service has for it is not JSON.
        """
        name, number = _versioned(name, version)
        found = deployed(target, name, number)
        if found is None:
            fix = "`%pipeline list` shows the pipelines that are there."
            if number is None:
                raise UsageError(f"Target `{target.name}` has no pipeline `{name}`.", fix)
            message = f"Target `{target.name}` has no version {number} of a pipeline `{name}`."
            raise UsageError(message, f"{fix} Without `@{number}` it is the newest version.")
        return cls.from_definition(found.definition, name=found.name)

    def __repr__(self) -> str:
        return f"Pipeline({self.name!r}, {len(self.graph)} steps, {len(self.problems)} problems)"

    def _ipython_display_(self) -> None:
        """Show itself live where IPython shows a value."""
        from sm_pipeline_widgets.api.show import show  # noqa: PLC0415 - showing needs this module

        show(self)

    @property
    def problems(self) -> list[Problem]:
        """Everything wrong with it, errors and warnings, in the order of the text."""
        return list(self.compiled().problems)

    @property
    def errors(self) -> list[Problem]:
        """The problems that keep a text from running; the service would refuse them in a definition too."""
        return [problem for problem in self.problems if problem.severity is Severity.ERROR]

    @property
    def graph(self) -> nx.DiGraph[str]:
        """Its DAG; see :func:`~sm_pipeline_widgets.definition.graph.build_graph`."""
        return self.compiled().graph

    @property
    def text_problems(self) -> list[Problem]:
        """What is wrong with its text as keys and values, before anything is compiled."""
        return [_moved(problem, self._first_line - 1) for problem in self._spec.problems]

    @property
    def variables(self) -> Mapping[str, Any]:
        """What ``$vars.NAME`` refers to."""
        return self._variables

    @property
    def first_line(self) -> int:
        """The number that problems give the text's first line."""
        return self._first_line

    @property
    def description(self) -> str:
        return self._spec.description

    @property
    def parameters(self) -> dict[str, dict[str, Any]]:
        """The declared parameters by name, each as the definition holds it (``Type``, ``DefaultValue`` …)."""
        entries = self.compiled().definition.get("Parameters") or ()
        return {entry["Name"]: entry for entry in entries if isinstance(entry, dict) and "Name" in entry}

    def definition(self, target: Target | None = None) -> dict[str, Any]:
        """The pipeline-definition JSON for a target (AWS's documentation account when None).

        Raises
        ------
        DefinitionError
            The text has errors; all of them are in the message.
        """
        compiled = self.compiled(target)
        wrong = [problem for problem in compiled.problems if problem.severity is Severity.ERROR]
        if wrong and self._given is None:
            count = "a problem" if len(wrong) == 1 else f"{len(wrong)} problems"
            raise DefinitionError(f"Pipeline `{self.name}` has {count}:", wrong)
        return cast("dict[str, Any]", copied(compiled.definition))

    def to_yaml(self) -> str:
        """The text of the cell language: as it was written, or one that says exactly what came."""
        return self.text if self.text is not None else to_text(self._given or {})

    def with_text(self, text: str, spec: PipelineSpec | None = None) -> Pipeline:
        """The pipeline of the same name, code and variables with another text, whose `spec` may be known already."""
        return Pipeline(
            self.name,
            text=text,
            code=self.code,
            variables=self._variables,
            first_line=self._first_line,
            spec=spec,
        )

    def edit(self, *several: Edit) -> Pipeline:
        """The pipeline after edits, one after the other; this one stays as it is.

        Parameters
        ----------
        several
            Values such as ``RenameStep("train", "fit")``, all of them in :mod:`sm_pipeline_widgets.definition.edits`.
            What they do not speak of stays in the text byte for byte, comments included.

        Raises
        ------
        EditRefusedError
            The text cannot take one of them; then none counts.
        """
        from sm_pipeline_widgets.definition.rewrite import apply_all  # noqa: PLC0415 - most pipelines are never edited

        return self.with_text(apply_all(self.to_yaml(), several).text)

    def export(
        self, path: str | Path, *, target: Target | None = None, force: bool = False, with_secrets: bool = False
    ) -> Exported:
        """Write the pipeline into a file, in the format its suffix says; the result says what was written.

        Parameters
        ----------
        path
            Ends in ``.json``, ``.yaml``, ``.py``, ``.mmd``, ``.dot``, ``.svg``, ``.png`` or ``.html``.
        target
            Whose role and bucket stand in the definition.
        force
            Overwrite a file that is there.
        with_secrets
            Write a definition, text or script even if it holds what looks like a secret. (Pictures and pages hide it.)

        Raises
        ------
        UsageError
            The suffix is unknown, there is such a file already, it would hold a secret, or it cannot be written.
        DefinitionError
            The text has errors, and a definition or script is wanted.
        """
        from sm_pipeline_widgets.api.export import export  # noqa: PLC0415 - exporting needs this module

        return export(self, path, target=target, force=force, with_secrets=with_secrets)

    def diff(self, other: Pipeline, *, target: Target | None = None) -> Comparison:
        """What differs from this pipeline to another: to print, to show in a notebook, to ask for values.

        Parameters
        ----------
        target
            Texts are compiled for its role and bucket.
        """
        from sm_pipeline_widgets.api.comparison import compare_pipelines  # noqa: PLC0415 - comparing needs this module

        return compare_pipelines(self, other, target)

    def compiled(self, target: Target | None = None) -> Compiled:
        """What the text becomes for a target, with the code it names as that is now."""
        if target is not None:
            return self._compile(target.facts)
        # Without a target it is asked for again and again (problems, graph); files are read again for a real target.
        key = self.code.version
        if self._compiled is None or self._compiled[0] != key:
            self._compiled = (key, self._compile(None))
        return self._compiled[1]

    def compiled_for(self, facts: TargetFacts) -> Compiled:
        """What the text becomes at a place that is known by its names alone."""
        return self._compile(facts)

    def _compile(self, facts: TargetFacts | None) -> Compiled:
        if self._given is not None:
            given = dict(self._given)
            graph = build_graph(given)
            return Compiled(given, tuple(lint_definition(given, graph)), graph, {}, {})
        compiled = compile_spec(
            self._spec, self.name, facts=facts, read_code=self.code.facts, variables=self._variables
        )
        return replace(compiled, problems=tuple(_moved(problem, self._first_line - 1) for problem in compiled.problems))


def _versioned(name: str, version: int | None) -> tuple[str, int | None]:
    """A name and a version that may stand behind it; names hold no ``@``."""
    plain, at, number = name.rpartition("@")
    if not at:
        return name, version
    if not number.isdecimal() or int(number) < 1 or version is not None:
        raise UsageError(f"`{name}` names no version of a pipeline.", f"Versions are numbers: `{plain}@1`.")
    return plain, int(number)


def _moved(problem: Problem, by: int) -> Problem:
    if problem.line is None or not by:
        return problem
    return replace(problem, line=problem.line + by, end_line=(problem.end_line or problem.line) + by)
