"""Writing a pipeline or an execution into a file, in the format that the file's suffix says."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.api.execution import Execution
from sm_pipeline_widgets.api.export_code import code_of
from sm_pipeline_widgets.api.png import png_of
from sm_pipeline_widgets.api.report import report_of
from sm_pipeline_widgets.api.still import Still
from sm_pipeline_widgets.definition.facts import TargetFacts
from sm_pipeline_widgets.definition.wording import did_you_mean, listed
from sm_pipeline_widgets.errors import DefinitionError, UsageError
from sm_pipeline_widgets.view.dot import dot
from sm_pipeline_widgets.view.mermaid import mermaid
from sm_pipeline_widgets.view.page import page
from sm_pipeline_widgets.view.script import BUCKET, ROLE, script

if TYPE_CHECKING:
    from collections.abc import Callable

    from sm_pipeline_widgets.api.pipeline import Pipeline
    from sm_pipeline_widgets.aws.target import Target


@dataclass(frozen=True, slots=True)
class Exported:
    """A file that was written: where, its bytes, and what a person should know of it."""

    path: Path
    size: int
    what: str
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join([f"Wrote `{self.path}`: {self.what}, {_size(self.size)}.", *self.notes])


@dataclass(frozen=True, slots=True)
class Subject:
    """What is exported: a pipeline, a still picture of it, and the target that fills in what is left open."""

    pipeline: Pipeline
    still: Still
    target: Target | None = None
    execution: Execution | None = None

    @property
    def facts(self) -> TargetFacts:
        return self.target.facts if self.target is not None else TargetFacts()


@dataclass(frozen=True, slots=True)
class Content:
    """A file's bytes, and notes about them; ``what`` says more precisely than its format what they are."""

    data: bytes
    notes: tuple[str, ...] = ()
    what: str = ""


@dataclass(frozen=True, slots=True)
class Format:
    """What a suffix stands for, how it is made, and whether it holds values as they are, also secret ones."""

    what: str
    make: Callable[[Subject], Content]
    holds_values: bool = False


def export(
    what: Pipeline | Execution,
    path: str | Path,
    *,
    target: Target | None = None,
    force: bool = False,
    with_secrets: bool = False,
) -> Exported:
    """Write what was given into a file; see :meth:`Pipeline.export`. Of an execution pictures show the states.

    Raises
    ------
    UsageError, DefinitionError
        As there.
    """
    place = Path(path).expanduser()
    form = FORMATS.get(place.suffix.lower())
    if form is None:
        fix = did_you_mean(place.suffix, FORMATS, f"The suffix says the format: {listed(FORMATS)}.")
        raise UsageError(f"`{place}` has no suffix that is known here.", fix)
    if place.exists() and not force:
        raise _is_there(place)
    subject = _subject(what, target)
    if form.holds_values and not with_secrets:
        _refuse_secrets(subject.pipeline, place)
    made = form.make(subject)
    _write(place, made.data, force=force)
    return Exported(place, len(made.data), made.what or form.what, made.notes)


def _subject(what: Pipeline | Execution, target: Target | None) -> Subject:
    if isinstance(what, Execution):
        still = Still.of_execution(what)
        return Subject(still.pipeline, still, what.target, what)
    return Subject(what, Still.of_pipeline(what), target)


def _json(subject: Subject) -> Content:
    definition = _definition(subject)
    text = json.dumps(definition, indent=2, ensure_ascii=False) + "\n"
    try:
        data = text.encode()
    except UnicodeEncodeError:  # a lone surrogate, which only an escape can say
        data = (json.dumps(definition, indent=2) + "\n").encode()
    return Content(data, (*_target_notes(subject), *_code_notes(subject)))


def _yaml(subject: Subject) -> Content:
    cells = sorted(use.ref.name for use in subject.pipeline.compiled().code.values() if use.ref.kind == "cell")
    note = f"The code of {listed(dict.fromkeys(cells))} stands in `%%step` cells, not in this file."
    return Content(subject.pipeline.to_yaml().encode(), tuple([note] if cells else []))


def _script(subject: Subject) -> Content:
    pipeline, facts = subject.pipeline, subject.facts
    definition = _definition(subject)
    code = code_of(pipeline)
    text = script(pipeline.name, _marked(subject, definition), facts, code, pipeline.description)
    notes = [f"`{key}` is too large for a script: `%pipeline run` uploads it." for key in code.left_out]
    usage = "Run it with `--start` to start the pipeline; `--help` lists its arguments."
    return Content(text.encode(), (*_target_notes(subject), usage, *notes))


def _marked(subject: Subject, definition: dict[str, Any]) -> dict[str, Any]:
    """The definition with marks where the script takes its arguments; without, where these would say something else."""
    pipeline, facts = subject.pipeline, subject.facts
    if pipeline.text is None:
        return definition
    marks = TargetFacts(region=facts.region, account=facts.account, role=ROLE, bucket=BUCKET)
    marked = dict(pipeline.compiled_for(marks).definition)
    filled = json.dumps(marked).replace(ROLE, facts.role).replace(BUCKET, facts.bucket)
    return marked if filled == json.dumps(definition) else definition


def _definition(subject: Subject) -> dict[str, Any]:
    try:
        return subject.pipeline.definition(subject.target)
    except DefinitionError as error:
        fix = "Mend the text first; `.yaml` and pictures can be exported as it is."
        raise DefinitionError(f"`{subject.pipeline.name}` was not exported:", error.problems, fix) from None


def _mermaid(subject: Subject) -> Content:
    still = subject.still
    return Content(mermaid(still.picture, still.title, still.states).encode())


def _dot(subject: Subject) -> Content:
    still = subject.still
    return Content(dot(still.picture, still.title, still.states).encode())


def _svg(subject: Subject) -> Content:
    return Content(subject.still.svg.encode())


def _png(subject: Subject) -> Content:
    return Content(png_of(subject.still.svg, (subject.still.picture.width, subject.still.picture.height)))


def _html(subject: Subject) -> Content:
    if subject.execution is not None:
        data = report_of(subject.execution, subject.still).encode("utf-8", "backslashreplace")
        return Content(data, what="the whole report of the run")
    return Content(page(subject.still.snapshot).encode())


FORMATS: dict[str, Format] = {
    ".json": Format("the pipeline definition", _json, holds_values=True),
    ".yaml": Format("the text of a `%%pipeline` cell", _yaml, holds_values=True),
    ".yml": Format("the text of a `%%pipeline` cell", _yaml, holds_values=True),
    ".py": Format("a script that needs boto3 alone", _script, holds_values=True),
    ".mmd": Format("the graph for Mermaid", _mermaid),
    ".dot": Format("the graph for Graphviz", _dot),
    ".svg": Format("the picture", _svg),
    ".png": Format("the picture", _png),
    ".html": Format("the view as a page of its own", _html),
}


def _target_notes(subject: Subject) -> tuple[str, ...]:
    if subject.pipeline.text is None:
        return ()
    facts = subject.facts
    words = f"region {facts.region}, bucket {facts.bucket}, role {facts.role}"
    if subject.target is None:
        return (f"No target was given; AWS's documentation account stands in it: {words}.",)
    return (f"Filled in for target `{subject.target.name}`: {words}.",)


def _code_notes(subject: Subject) -> tuple[str, ...]:
    names = list(subject.pipeline.compiled().code)
    return (f"It names the code of {listed(names)}, which `%pipeline run` or a `.py` export uploads.",) if names else ()


def _refuse_secrets(pipeline: Pipeline, place: Path) -> None:
    """A definition cannot hide a value and still work, so writing one that looks secret takes a word of its own."""
    found = dict.fromkeys(problem.message for problem in pipeline.problems if problem.code == "secret")
    if found:
        fix = "Let the step read it from Secrets Manager, or add `--with-secrets` (`with_secrets=True`)."
        raise UsageError(
            f"`{place}` was not written, for it would hold what looks like a secret: {'; '.join(found)}.", fix
        )


def _write(place: Path, data: bytes, *, force: bool) -> None:
    """Write the file; one that was there stays whole until the new one is."""
    beside = place.with_name(f".{place.name}.{uuid.uuid4().hex[:8]}") if force else place
    try:
        with beside.open("xb") as file:  # fails where somebody was quicker
            file.write(data)
        beside.replace(place)
    except FileExistsError:
        raise _is_there(place) from None
    except OSError as error:
        if force:
            beside.unlink(missing_ok=True)
        fix = "Check the folder and whether it may be written to."
        raise UsageError(f"`{place}` cannot be written: {error.strerror}.", fix) from None


def _is_there(place: Path) -> UsageError:
    return UsageError(f"`{place}` is there already.", "Choose another name, or add `--force` (`force=True`).")


def _size(count: int) -> str:
    return f"{count} bytes" if count < 1_000 else f"{count / 1_000:.1f} kB" if count < 1e6 else f"{count / 1e6:.1f} MB"
