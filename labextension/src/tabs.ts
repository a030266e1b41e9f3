/** Which tab of the panel is shown: a rule over what there is to see, until a person chooses one. */
import type { RunFact, StepRow } from './protocol';
import { isExecuting } from './states';

export type TabName = 'fields' | 'steps' | 'log' | 'details' | 'metrics' | 'why' | 'replay' | 'problems';

/** What the rule looks at. */
export interface Sight {
  run: RunFact;
  /** The selected step, and the one whose log is read along while none is selected. */
  selected: StepRow | undefined;
  followed: StepRow | undefined;
  hasReport: boolean;
  /** Whether any metric is known: of the selected step, else of the run. */
  hasMetrics: boolean;
  problems: number;
  errors: number;
  /** Whether the table of steps is a tab of the panel, not a column of its own. */
  hasSteps: boolean;
  /** Whether the pipeline is edited. */
  isEditing: boolean;
  /** Whether two definitions are compared: there is no run then, and nothing has a log. */
  isComparison: boolean;
  /** Whether a step of this run is replayed, or this run is the replay itself. */
  replay: 'none' | 'of this' | 'itself';
}

/** Why a tab has nothing to show; '' when it has something. */
export function unusable(name: TabName, sight: Sight): string {
  switch (name) {
    case 'fields':
      return sight.isEditing ? '' : 'press Edit to change fields';
    case 'steps':
      return sight.hasSteps ? '' : 'the table stands beside the graph';
    case 'log':
      if (sight.isComparison) {
        return 'a comparison of definitions has no log';
      }
      return sight.selected || sight.followed ? '' : 'select a step to read its log';
    case 'why':
      if (sight.isComparison) {
        return 'a comparison of definitions has no failures';
      }
      return sight.hasReport || sight.selected?.reason ? '' : 'nothing has failed';
    case 'metrics':
      return sight.hasMetrics ? '' : 'no metrics are known: a Training step’s MetricDefinitions say what its log tells';
    case 'replay':
      return sight.replay === 'none' ? 'no step was replayed' : '';
    case 'problems':
      return sight.problems ? '' : 'no problems were found';
    case 'details':
      return '';
  }
}

/** The tab to show: the chosen one if it has something to show, else what matters most. */
export function tabToShow(chosen: TabName | null, sight: Sight): TabName {
  const wishes: (TabName | null)[] = [chosen, defaultTab(sight)];
  return wishes.find((name): name is TabName => name !== null && !unusable(name, sight)) ?? 'details';
}

function defaultTab(sight: Sight): TabName {
  const { run, selected, followed } = sight;
  if (sight.isEditing) {
    return 'fields';
  }
  if (sight.replay === 'itself' && !selected) {
    return 'replay';
  }
  if (selected) {
    return tabOfStep(run, selected);
  }
  if (!run.status) {
    return sight.errors ? 'problems' : 'details';
  }
  if (sight.hasReport) {
    return 'why';
  }
  return sight.hasSteps ? 'steps' : followed ? 'log' : 'details';
}

/** A step's log; of one that will never have a log, what there is instead. */
function tabOfStep(run: RunFact, row: StepRow): TabName {
  if (row.started === null && row.reason) {
    return 'why';
  }
  return row.started !== null || isExecuting(run) ? 'log' : 'details';
}
