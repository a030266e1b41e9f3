/** Which steps, or which edge, are selected while a pipeline is edited; the model's one selected step is the last of them. */
import { Signal } from '@lumino/signaling';
import type { Edge } from './editOutcomes';
import type { ExecutionModel } from './executionModel';

export class EditSelection {
  /** Other steps are selected, or another edge. */
  readonly changed = new Signal<this, readonly string[]>(this);
  private chosen: readonly string[] = [];
  private chosenEdge: Edge | null = null;

  /** @param isSettled whether nothing is under way that is going to select: steps that are gone are forgotten then */
  constructor(
    private readonly model: ExecutionModel,
    private readonly isSettled: () => boolean
  ) {
    model.on('change:selected', () => this.follow());
    model.on('change:steps', () => this.forgetGone());
    this.follow();
  }

  /** The names of the selected steps; the last one is the one the panel tells of. */
  get names(): readonly string[] {
    return this.chosen;
  }

  /** The selected edge, by the names of its ends. */
  get edge(): Edge | null {
    return this.chosenEdge;
  }

  select(names: readonly string[]): void {
    const wanted = [...new Set(names)];
    if (wanted.join('\n') === this.chosen.join('\n')) {
      return;
    }
    this.chosen = wanted;
    const last = wanted.at(-1) ?? null;
    if (this.model.get('selected') !== last) {
      this.model.set('selected', last);
      this.model.save_changes();
    }
    this.changed.emit(wanted);
  }

  selectEdge(edge: Edge | null): void {
    this.chosenEdge = edge;
    this.changed.emit(this.chosen);
  }

  /** The panel's one selected step is this selection's last, whoever chose it. */
  private follow(): void {
    const last = (this.model.get('selected') as string | null) ?? null;
    if ((this.chosen.at(-1) ?? null) !== last) {
      this.chosen = last === null ? [] : [last];
      this.changed.emit(this.chosen);
    }
  }

  /** Steps that are not there any more are not selected. */
  private forgetGone(): void {
    const known = new Set((this.model.get('steps') as { name: string }[]).map(step => step.name));
    const left = this.chosen.filter(name => known.has(name));
    if (left.length < this.chosen.length && this.isSettled()) {
      this.select(left);
    }
  }
}
