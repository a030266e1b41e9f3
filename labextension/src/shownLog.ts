/** Whose log a view shows: it tells the kernel, and passes on what arrives for that step. */
import type { Choices } from './choices';
import type { ExecutionModel } from './executionModel';
import type { LogPane } from './logPane';
import type { StepRow } from './protocol';
import { isActive } from './states';
import { emptyLog } from './viewFacts';

export class ShownLog {
  private step: string | null = null;

  /** `id` names the view among all views. */
  constructor(
    private readonly model: ExecutionModel,
    private readonly choices: Choices,
    private readonly id: string,
    private readonly pane: LogPane
  ) {}

  /** Show a step's log, or none. */
  show(row: StepRow | null): void {
    const name = row?.name ?? null;
    if (name === this.step) {
      if (row) {
        this.pane.grew(emptyLog(row));
      }
      return;
    }
    this.step = null; // the old log's place is not the new one's
    this.model.tell({ kind: 'follow', view: this.id, step: name });
    if (row) {
      this.model.noteShown(row.name);
      this.step = row.name;
      this.pane.show(row.name, emptyLog(row), this.choices.places.get(row.name));
    } else {
      this.pane.hide();
    }
  }

  pageArrived(step: string, error: string): void {
    if (step === this.step) {
      this.pane.answered(error);
    }
  }

  /** Another run is shown: its log is not the one before's. */
  forget(): void {
    this.step = null;
    this.pane.hide();
  }

  /** Nobody looks through this view any more. */
  leave(): void {
    if (this.step !== null) {
      this.model.tell({ kind: 'follow', view: this.id, step: null });
      this.forget();
    }
  }
}

/** The step whose log to read along while nobody has selected one: the one so far while it runs, else one that runs. */
export function followedStep(soFar: string | null, rows: ReadonlyMap<string, StepRow>): string | null {
  const current = soFar === null ? undefined : rows.get(soFar);
  if (current && isActive(current.status)) {
    return soFar;
  }
  return [...rows.values()].find(row => row.status === 'running')?.name ?? soFar;
}
