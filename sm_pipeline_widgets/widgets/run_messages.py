"""What kernel and page say to each other about starting a run: the form, questions, stages. Part of the protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict, cast

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.run_form import FormField, RunForm
    from sm_pipeline_widgets.execution.submitting import Progress, Question


class FormFieldFact(TypedDict):
    """A parameter: what it takes, what it was in the last run; None where there is none."""

    name: str
    type: str
    description: str
    default: str | None
    allowed: list[str]
    last: str | None
    is_secret: bool


class RunFormFact(TypedDict):
    """Everything that can be said about a run. ``press`` belongs to one press of the button.

    ``at_once`` is whether the run may start without the form: nothing has to be filled in, and nothing is paid for.
    """

    press: str
    pipeline: str
    target: str
    fields: list[FormFieldFact]
    versions: list[int]
    aliases: list[str]
    at_once: bool


class RunEntries(TypedDict):
    """What a person has entered; a value of None is the default."""

    values: list[tuple[str, str | None]]
    display_name: str
    description: str
    parallelism: str
    tags: list[tuple[str, str]]
    version: int | None
    alias: str


class QuestionFact(TypedDict):
    """What has to be said yes to before a run starts."""

    asks: str
    title: str
    text: str
    yes: str


# kernel → page


class RunFormMessage(TypedDict):
    """The form a view has asked for; `error` says why there is none."""

    kind: Literal["run_form"]
    view: str
    form: RunFormFact | None
    error: str


class RunProblemsMessage(TypedDict):
    """What is wrong with the entries: names of fields, and words."""

    kind: Literal["run_problems"]
    press: str
    problems: list[tuple[str, str]]


class RunStageMessage(TypedDict):
    """Where a submit stands; `seconds` is None while a stage goes on, `began` is milliseconds since the epoch."""

    kind: Literal["run_stage"]
    press: str
    stage: str
    words: str
    began: int
    seconds: float | None
    done: int
    total: int


class RunQuestionsMessage(TypedDict):
    """A submit waits for an answer."""

    kind: Literal["run_questions"]
    press: str
    questions: list[QuestionFact]


class RunStartedMessage(TypedDict):
    """The run has started, or `error` says why not."""

    kind: Literal["run_started"]
    press: str
    error: str


# page → kernel


class RunFormRequest(TypedDict):
    """A view wants to show the form."""

    kind: Literal["run_form_request"]
    view: str


class RunCheckRequest(TypedDict):
    """Are these entries right?"""

    kind: Literal["run_check"]
    press: str
    entries: RunEntries


class RunStartRequest(TypedDict):
    """Start a run; ``confirmed`` names the questions that were said yes to."""

    kind: Literal["run_start"]
    press: str
    entries: RunEntries
    confirmed: list[str]


RunRequest = RunFormRequest | RunCheckRequest | RunStartRequest


def read_run_request(content: Any) -> RunRequest | None:
    """The request if it is one of these and well formed, else None."""
    match content:
        case {"kind": "run_form_request", "view": str()}:
            return cast("RunRequest", content)
        case {"kind": "run_check", "press": str(), "entries": entries} if _are_entries(entries):
            return cast("RunRequest", content)
        case {"kind": "run_start", "press": str(), "entries": entries, "confirmed": list(words)} if _are_entries(
            entries
        ):
            return cast("RunRequest", content) if all(isinstance(word, str) for word in words) else None
    return None


def form_fact(form: RunForm, *, at_once: bool) -> RunFormFact:
    """The form as a page draws it."""
    return RunFormFact(
        press=form.token,
        pipeline=form.pipeline,
        target=form.target,
        fields=[_field_fact(field) for field in form.fields],
        versions=list(form.versions),
        aliases=list(form.aliases),
        at_once=at_once and not any(field.is_required for field in form.fields),
    )


def question_fact(question: Question) -> QuestionFact:
    """A question as a page asks it."""
    return QuestionFact(asks=question.asks.value, title=question.title, text=question.text, yes=question.yes)


def stage_message(press: str, progress: Progress) -> RunStageMessage:
    """A stage as a page tells it."""
    return RunStageMessage(
        kind="run_stage",
        press=press,
        stage=progress.stage.value,
        words=progress.words,
        began=int(progress.began * 1000),
        seconds=progress.seconds,
        done=progress.done,
        total=progress.total,
    )


def _field_fact(field: FormField) -> FormFieldFact:
    return FormFieldFact(
        name=field.name,
        type=field.kind.value,
        description=field.description,
        default="(hidden)" if field.is_secret and field.default else field.default,
        allowed=list(field.allowed),
        last=field.last,
        is_secret=field.is_secret,
    )


def _are_entries(value: Any) -> bool:
    match value:
        case {
            "values": list(values),
            "display_name": str(),
            "description": str(),
            "parallelism": str(),
            "tags": list(tags),
            "version": int() | None,
            "alias": str(),
        }:
            return all(map(_is_value, values)) and all(_is_value(tag) and tag[1] is not None for tag in tags)
    return False


def _is_value(value: Any) -> bool:
    match value:
        case [str(), str() | None]:
            return True
    return False
