"""Values of a text as values of the definition: literals stay, references become Get, Join and JsonGet.

A :class:`StepContext` is what a step type's builder gets in hand: typed access to the step's keys with the pipeline's
defaults behind them, noting every problem and everything a default filled in.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.code import CodeFacts, parse_code
from sm_pipeline_widgets.definition.compilation import CodeUse, Compilation, Detail, ReferenceMeaningError
from sm_pipeline_widgets.definition.images import UnknownImageError, resolve_image
from sm_pipeline_widgets.definition.joins import join
from sm_pipeline_widgets.definition.references import (
    Reference,
    ReferenceSyntaxError,
    parse_template,
    service_path,
)
from sm_pipeline_widgets.definition.source import (
    Entry,
    Json,
    MappingNode,
    Node,
    Scalar,
    SequenceNode,
    Span,
    plain,
    problem_at,
)
from sm_pipeline_widgets.definition.wording import did_you_mean, listed
from sm_pipeline_widgets.errors import CodeNotFoundError, Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sm_pipeline_widgets.definition.spec import StepSpec


@dataclass(frozen=True, slots=True)
class StepContext:
    """A step being compiled."""

    step: StepSpec
    pipeline: Compilation
    defaultable: Collection[str]

    # -- problems ---------------------------------------------------------------------------------------------

    def problem(
        self, code: str, message: str, span: Span | None = None, fix: str = "", severity: Severity = Severity.ERROR
    ) -> None:
        self.pipeline.problems.append(
            problem_at(code, message, span or self.step.span, fix, step=self.step.name or None, severity=severity)
        )

    def resolve(self, reference: Reference) -> Json:
        """What a reference means in this step.

        Raises
        ------
        ReferenceMeaningError
            It names nothing that exists, or nothing this step could see.
        """
        loop = self.pipeline.looped.get(self.step.name)
        if reference.root == "item" and loop is not None:
            return {"Get": f"ForEach.CurrentItem{service_path(reference.path)}"}
        if reference.root == "steps" and reference.names:
            target = str(reference.names[0])
            inside = self.pipeline.looped.get(target)
            if inside not in (None, loop, self.step.name):
                message = f"`{target}` runs once for each item of `{inside}`"
                rest = service_path(reference.path)
                fix = f"Say which: `$steps.{inside}.iterations[0]{rest}`, or what `{inside}` selects."
                raise ReferenceMeaningError("wrong-place", message, fix)
        return self.pipeline.resolve(reference)

    def _meaning(self, scalar: Scalar, reference: Reference) -> Json:
        try:
            return self.resolve(reference)
        except ReferenceMeaningError as error:
            self.problem(error.code, error.message, place_in(scalar, reference.offset, len(reference.text)), error.fix)
            return reference.text

    # -- keys -------------------------------------------------------------------------------------------------

    @property
    def alone(self) -> bool:
        """Whether the step says ``defaults: none``: then it has nothing that it does not say itself."""
        return self._says_of_defaults(self.step.entries, "defaults") == "none"

    @property
    def bare(self) -> bool:
        """Whether nothing built in is filled in: for this step, or for a pipeline with ``built_in: none``."""
        own = self._says_of_defaults(self.step.entries, "defaults")
        return own == "none" or (
            own != "all" and self._says_of_defaults(self.pipeline.spec.defaults, BUILT_IN) == "none"
        )

    @staticmethod
    def _says_of_defaults(entries: Mapping[str, Entry], key: str) -> str | None:
        entry = entries.get(key)
        return entry.value.text if entry is not None and isinstance(entry.value, Scalar) else None

    def says(self, key: str) -> bool:
        """Whether the step itself gives the key."""
        return key in self.step.entries

    def node(self, key: str) -> Node | None:
        """The key's value: the step's own, else the pipeline's default for it (unless it stands alone)."""
        own = self.step.entries.get(key)
        shareable = own is None and key in self.defaultable and not self.alone
        shared = self.pipeline.spec.defaults.get(key) if shareable else None
        entry = own or shared
        if entry is None:
            return None
        if own is None:
            self.note(key, _shown(entry.value), "defaults")
        return entry.value

    def note(self, key: str, value: str, origin: str) -> None:
        """Remember where a setting came from, for the step's details."""
        self.pipeline.details.setdefault(self.step.name, []).append(Detail(key, value, origin))

    def value(self, key: str, built_in: Json = None) -> Json:
        """The key's value with its expressions, else the built-in one (for a bare step, None)."""
        node = self.node(key)
        if node is None or (isinstance(node, Scalar) and node.value is None):
            if self.bare:
                return None
            if built_in is not None:
                self.note(key, str(built_in), "built in")
            return built_in
        return self.json(node)

    def text_value(self, key: str, built_in: str | None = None) -> Json:
        """The key's value where the service takes text."""
        node = self.node(key)
        if node is None:
            return self.value(key, built_in)
        return self.text(node)

    def pairs(self, key: str) -> Iterable[tuple[Scalar, Node]]:
        """Names and values of a key that takes a mapping; of a list of names, each name with itself."""
        node = self.node(key)
        if isinstance(node, MappingNode):
            return [(entry.key, entry.value) for entry in node.entries]
        if isinstance(node, SequenceNode):
            names = [item for item in node.values if isinstance(item, Scalar)]
            if len(names) == len(node.values):
                return [(item, item) for item in names]
        if node is not None and not (isinstance(node, Scalar) and node.value is None):
            self.problem("wrong-kind", f"`{key}` takes names with values below them", node.span)
        return []

    def mapping(self, key: str) -> dict[str, Node]:
        """A key that takes only a mapping."""
        node = self.node(key)
        if isinstance(node, MappingNode):
            return dict(node.items())
        if node is not None and not (isinstance(node, Scalar) and node.value is None):
            self.problem(
                "wrong-kind",
                f"`{key}` takes names with values below them",
                node.span,
                f"For example `{key}: {{NAME: VALUE}}`.",
            )
        return {}

    def options(self, node: MappingNode, known: Mapping[str, str], what: str) -> dict[str, Node]:
        """A nested mapping's values; unknown keys are problems."""
        for entry in node.entries:
            if entry.key.text not in known:
                fix = did_you_mean(entry.key.text, known, f"The keys here are {listed(known)}.")
                self.problem("unknown-key", f"`{entry.key.text}` is not a key of {what}", entry.key.span, fix)
        return {key: value for key, value in node.items() if key in known}

    # -- values -----------------------------------------------------------------------------------------------

    def json(self, node: Node) -> Json:
        """A node as JSON, references inside it resolved."""
        if isinstance(node, MappingNode):
            return {key: self.json(value) for key, value in node.items()}
        if isinstance(node, SequenceNode):
            return [self.json(item) for item in node.values]
        if not isinstance(node.value, str) or "$" not in node.value:
            return node.value
        parts = self._template(node)
        if len(parts) == 1 and not isinstance(parts[0], str):
            return self._meaning(node, parts[0])
        return join([part if isinstance(part, str) else self._meaning(node, part) for part in parts])

    def text(self, node: Node) -> Json:
        """A node where the service takes text: numbers become text, parameters that are no text are joined."""
        if is_expression_node(node):
            return self.json(node)
        if not isinstance(node, Scalar):
            self.problem("wrong-kind", "a single value is needed here", node.span)
            return ""
        if not isinstance(node.value, str):
            return node.text
        return self.as_text(self.json(node))

    def as_text(self, value: Json) -> Json:
        """An expression where the service takes text."""
        declared = self.pipeline.parameter_type(value)
        if declared not in (None, "String") and isinstance(value, dict):
            self.note(str(value["Get"]), f"{declared}, joined into text", "made text")
        if isinstance(value, dict) and (
            "Std:JsonGet" in value
            or declared not in (None, "String")
            or (not self.bare and self.pipeline.may_be_number(value))
        ):
            return {"Std:Join": {"On": "", "Values": [value]}}
        return value if isinstance(value, str | dict) else json.dumps(value)

    def encoded(self, node: Node) -> Json:
        r"""A node as script mode takes hyperparameters: JSON in a text (``"0.1"``, ``"\\"abc\\""``)."""
        value = self.json(node)
        if isinstance(node, Scalar) and not isinstance(node.value, str) and node.value is not None:
            return json.dumps(node.value) if isinstance(node.value, bool) else node.text
        if isinstance(value, dict) and ("Get" in value or "Std:Join" in value or "Std:JsonGet" in value):
            return self.as_text(value)
        return json.dumps(value)

    def _template(self, scalar: Scalar) -> list[str | Reference]:
        try:
            return parse_template(str(scalar.value))
        except ReferenceSyntaxError as error:
            self.problem("reference-syntax", error.message, place_in(scalar, error.offset, 1), error.fix)
            return [str(scalar.value).replace("$", "")]

    # -- things several types have ----------------------------------------------------------------------------

    def image(self) -> Json:
        """The image's URI; an alias is resolved for the target's region."""
        value = self.value("image", "sklearn")
        if value is None:
            return None
        if not isinstance(value, str):
            return value
        try:
            return resolve_image(value, self.pipeline.facts.region)
        except UnknownImageError as error:
            node = self.node("image")
            self.problem("unknown-image", error.message, node.span if node is not None else None, error.fix)
            return value

    def code_uri(self) -> str | None:
        """Where the step's code lies on S3, when ``code`` says that; then nothing is uploaded."""
        node = self.node("code")
        value = self.json(node) if isinstance(node, Scalar) and str(node.value).startswith(("s3://", "$")) else None
        return value if isinstance(value, str) and value.startswith("s3://") else None

    def code_use(self, form: str, key: str = "code") -> CodeUse | None:
        """The step's code, found by the reader; None when it has none. What is not found is a problem."""
        node = self.node(key)
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            if node is not None:
                fix = f"`{key}: train.py`, `{key}: folder` with `entry:`, or `{key}: cell:NAME`."
                self.problem("wrong-kind", f"`{key}` names a file, a folder or a cell", node.span, fix)
            return None
        entry = plain(self.node("entry"))
        ref = parse_code(node.value, entry if isinstance(entry, str) else None)
        try:
            facts = self.pipeline.read_code(ref)
        except CodeNotFoundError as error:
            self.problem("code-not-found", error.message, node.span, error.fix)
            facts = CodeFacts("0" * 64, f"{ref.name}.py" if ref.kind == "cell" else ref.entry or ref.name)
        use = CodeUse(ref, facts, form)
        self.pipeline.code[self.step.name] = use
        return use


BUILT_IN = "built_in"
"""The key of a pipeline's ``defaults`` that turns off what would be filled in beside them."""

EXPRESSIONS = ("Get", "Std:Join", "Std:JsonGet")
"""The members that make a JSON object of one member an expression."""


def is_expression_node(node: Node) -> bool:
    """Whether a node is an expression written as the service writes it: ``{Get: …}``."""
    return isinstance(node, MappingNode) and len(node.entries) == 1 and node.entries[0].key.text in EXPRESSIONS


def place_in(scalar: Scalar, offset: int, length: int) -> Span:
    """The place of a stretch inside a scalar; of the whole scalar when it runs over several lines or is escaped."""
    span = scalar.span
    quote = len(scalar.style)
    if span.line != span.end_line or span.end - span.start != len(scalar.text) + 2 * quote:
        return span
    column = span.column + quote + offset
    start = span.start + quote + offset
    return Span(start, start + length, span.line, column, span.line, column + length)


def _shown(node: Node) -> str:
    return node.text if isinstance(node, Scalar) else json.dumps(plain(node), ensure_ascii=False)
