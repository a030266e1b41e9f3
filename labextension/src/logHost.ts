/** What the logs of a view need of the execution's model. */
import { consoleLinks } from './consoleLinks';
import type { Choices } from './choices';
import type { ExecutionModel } from './executionModel';
import { linkTo } from './links';
import type { LogHost } from './logPane';
import type { LogSource } from './logView';

/** `id` names the view; `openLine` selects a step and shows its log at a line. */
export function logHost(model: ExecutionModel, choices: Choices, id: string, openLine: (step: string, line: number) => void): LogHost {
  return {
    id,
    tell: message => model.tell(message),
    sourceOf: step => sourceOf(model, step),
    totalOf: step => model.logOf(step).total,
    steps: () => [...model.rows.values()].filter(row => row.started !== null).map(row => row.name),
    began: step => (step === undefined ? model.run.started : (model.rows.get(step)?.started ?? model.run.started)) ?? 0,
    openLine,
    linkTo: (step, line) => linkTo({ run: model.run.arn.split('/').pop() ?? '', step, line }),
    keepPlace: (step, place) => void choices.places.set(step, place),
    outside: step => consoleLinks(model.rows.get(step)?.job_arn ?? null)?.log ?? null
  };
}

function sourceOf(model: ExecutionModel, step: string): LogSource {
  return {
    get pages() {
      return model.logOf(step);
    },
    ask: (first, count) => model.tell({ kind: 'log_page_request', step, first, count })
  };
}
