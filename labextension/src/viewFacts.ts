/** What the parts of an execution view read of its model: the synced values with their types, and what follows from them. */
import type { ExecutionModel } from './executionModel';
import type { ReportFact } from './failureProtocol';
import type { MetricFact, Pair, RunFact, StepDetails, StepFact, StepRow } from './protocol';
import { isActive, waitingRow } from './states';

export class ViewFacts {
  constructor(private readonly model: ExecutionModel) {}

  list<T>(name: string): readonly T[] {
    return (this.model.get(name) as T[] | null) ?? [];
  }

  text(name: string): string {
    return String(this.model.get(name) ?? '');
  }

  get selected(): string | null {
    return this.model.get('selected') as string | null;
  }

  get report(): ReportFact | null {
    return this.model.get('report') as ReportFact | null;
  }

  /** Whether two definitions are compared instead of one being run. */
  get isComparison(): boolean {
    return this.text('comparison') !== '';
  }

  get steps(): readonly StepFact[] {
    return this.list<StepFact>('steps');
  }

  get run(): RunFact {
    return this.model.run;
  }

  /** The kernel's time, in milliseconds since the epoch. */
  now(): number {
    return this.model.now();
  }

  /** Where every step stands; before a run each one waits. */
  get known(): readonly StepRow[] {
    const { rows } = this.model;
    return rows.size ? [...rows.values()] : this.steps.map(waitingRow);
  }

  rowOf(name: string | null): StepRow | undefined {
    if (name === null) {
      return undefined;
    }
    const fact = this.steps.find(each => each.name === name);
    return this.model.rows.get(name) ?? (fact && waitingRow(fact));
  }

  /** The metrics of the selected step, else of all. */
  get metrics(): MetricFact[] {
    return [...this.model.metrics.values()].filter(metric => this.selected === null || metric.step === this.selected);
  }

  detailsOf(step: string): readonly Pair[] {
    return this.list<StepDetails>('details').find(each => each.step === step)?.pairs ?? [];
  }
}

/** Why a step's log shows no lines. */
export function emptyLog(row: StepRow | undefined): string {
  if (!row || row.started === null) {
    return 'This step has not started. Its log will appear here, line by line.';
  }
  return row.log_note || (isActive(row.status) ? 'No lines yet.' : `This ${row.type || 'step'} step has written no log.`);
}
