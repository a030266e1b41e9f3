"""Texts to start from, with the code cells they need: the pipelines most people build first.

Each compiles without a problem once its cells are there, and runs on the engine of this machine as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition import template_code as code
from sm_pipeline_widgets.definition.edits import Edited, Replacement, Restore, Stretch
from sm_pipeline_widgets.definition.wording import did_you_mean, listed
from sm_pipeline_widgets.errors import EditRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Template:
    """A text with the ``%%step`` cells it needs, by their names."""

    name: str
    title: str
    says: str
    text: str
    cells: Mapping[str, str]


TRAIN_EVALUATE_REGISTER = """\
description: Prepare data, train, evaluate, and register the model if it is good enough
parameters:
  alpha: 0.1
  max_rmse: {type: Float, default: 3, description: The largest error a model may have}
  group: my-models
steps:
  prepare:
    type: Processing
    code: cell:prepare
    outputs: [train, test]
  train:
    type: Training
    code: cell:train
    hyperparameters: {alpha: $parameters.alpha}
    inputs: {train: $steps.prepare.outputs.train}
  evaluate:
    type: Processing
    code: cell:evaluate
    inputs:
      model: $steps.train.model
      test: $steps.prepare.outputs.test
    outputs: [report]
    property_files: {metrics: report/evaluation.json}
  good_enough:
    type: Condition
    if: $steps.evaluate.metrics.rmse <= $parameters.max_rmse
    then: [register]
    else: [too_bad]
  register:
    type: RegisterModel
    model: $steps.train.model
    group: $parameters.group
    metrics: {model_quality: '${steps.evaluate.outputs.report}/evaluation.json'}
  too_bad:
    type: Fail
    message: rmse was ${steps.evaluate.metrics.rmse}, more than ${parameters.max_rmse}
"""

TUNE = """\
description: Look for the best hyperparameters, and register the best model
parameters:
  jobs: {type: Integer, default: 4, description: How many training jobs in all}
  group: my-models
steps:
  prepare:
    type: Processing
    code: cell:prepare
    outputs: [train, test]
  tune:
    type: Tuning
    code: cell:train
    inputs:
      train: $steps.prepare.outputs.train
      test: $steps.prepare.outputs.test
    ranges:
      alpha: {min: 0.001, max: 100, scale: log}
    metrics: {rmse: 'rmse=([0-9.]+)'}
    objective: minimize rmse
    jobs: $parameters.jobs
    parallel: 2
  register:
    type: RegisterModel
    model: $steps.tune.best_model
    group: $parameters.group
"""

BATCH_TRANSFORM = """\
description: Train a model and predict a batch of rows with it
steps:
  prepare:
    type: Processing
    code: cell:prepare_batch
    outputs: [train, batch]
  train:
    type: Training
    code: cell:train
    inputs: {train: $steps.prepare.outputs.train}
  model:
    type: Model
    model: $steps.train.model
    code: cell:serve
  predict:
    type: Transform
    model: $steps.model.name
    input: {uri: $steps.prepare.outputs.batch, content_type: text/csv, split: Line}
    output: {accept: text/csv, assemble: Line}
"""

PREPARE_TRAIN = """\
description: Prepare data and train a model
steps:
  prepare:
    type: Processing
    code: cell:prepare
    outputs: [train, test]
  train:
    type: Training
    code: cell:train
    inputs:
      train: $steps.prepare.outputs.train
      test: $steps.prepare.outputs.test
"""

FOR_EACH = """\
description: Do the same for each of several things, side by side
steps:
  each:
    type: ForEach
    items: [north, south, west]
    body: [score]
    max_concurrency: 2
  score:
    type: Processing
    code: cell:score
    args: [--kind, $item]
    outputs: [result]
"""

TEMPLATES = (
    Template(
        "train-evaluate-register",
        "Train, evaluate, register",
        "Prepare data, train, measure, and register the model if it is good enough. Six steps.",
        TRAIN_EVALUATE_REGISTER,
        {"prepare": code.PREPARE, "train": code.TRAIN, "evaluate": code.EVALUATE},
    ),
    Template(
        "tune",
        "Tune hyperparameters",
        "Train several times in search of the best hyperparameters, and register the best model. Three steps.",
        TUNE,
        {"prepare": code.PREPARE, "train": code.TRAIN},
    ),
    Template(
        "batch-transform",
        "Batch transform",
        "Train a model and let it predict a whole batch of rows. Four steps.",
        BATCH_TRANSFORM,
        {"prepare_batch": code.PREPARE_BATCH, "train": code.TRAIN, "serve": code.SERVE},
    ),
    Template(
        "prepare-train",
        "Prepare and train",
        "The smallest useful pipeline. Two steps.",
        PREPARE_TRAIN,
        {"prepare": code.PREPARE, "train": code.TRAIN},
    ),
    Template(
        "for-each",
        "For each item",
        "The same step once for each item of a list, side by side.",
        FOR_EACH,
        {"score": code.SCORE},
    ),
)


def template(name: str) -> Template:
    """The template of that name.

    Raises
    ------
    EditRefusedError
        There is none.
    """
    names = [one.name for one in TEMPLATES]
    if name not in names:
        fix = did_you_mean(name, names, f"There are {listed(names)}.")
        raise EditRefusedError(f"there is no template `{name}`", fix)
    return TEMPLATES[names.index(name)]


def begin_with(text: str, made: Template) -> Edited:
    """A text that holds nothing yet, begun with a template; comments that stand in it stay above.

    Raises
    ------
    EditRefusedError
        The text holds something.
    """
    if any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines()):
        fix = "Copy steps of another pipeline into it instead, or begin in an empty cell."
        raise EditRefusedError("a template begins a pipeline, and this text holds one already", fix)
    head = "" if not text.strip() else text if text.endswith(("\n", "\r")) else f"{text}\n"
    new = head + made.text
    undo = Restore(((Replacement(len(head), made.text, text[len(head) :]),),))
    cells = [f"%%step {name}" for name in made.cells]
    note = f"Its steps name code: the cell{'s' if len(cells) > 1 else ''} {listed(cells)}."
    if head != text and text:
        undo = Restore(((Replacement(0, new, text),),))
    return Edited(new, (Stretch(len(head), len(new)),), undo, notes=(note,))
