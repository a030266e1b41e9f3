/** Which node of the canvas is which step, and what the nodes show of their steps' states. */
import type { NodeStates } from './canvasHost';
import type { StepFact, StepRow } from './protocol';
import { isActive } from './states';
import { duration } from './times';

export class StepNodes {
  private ids = new Map<string, string>();
  private names = new Map<string, string>();

  set(facts: readonly StepFact[]): void {
    const drawn = facts.filter((fact): fact is StepFact & { id: string } => fact.id !== null);
    this.ids = new Map(drawn.map(fact => [fact.name, fact.id]));
    this.names = new Map(drawn.map(fact => [fact.id, fact.name]));
  }

  idOf(name: string | null): string | null {
    return name === null ? null : (this.ids.get(name) ?? null);
  }

  nameOf(id: string | null): string | null {
    return id === null ? null : (this.names.get(id) ?? null);
  }

  /** What the nodes of these steps show at `now`, in milliseconds since the epoch. */
  states(rows: readonly StepRow[], now: number): NodeStates {
    const states: NodeStates = {};
    for (const row of rows) {
      const id = this.ids.get(row.name);
      if (id !== undefined) {
        const note = row.started === null ? '' : duration((row.ended ?? (isActive(row.status) ? now : row.started)) - row.started);
        states[id] = [row.status, note];
      }
    }
    return states;
  }

  /** The same for the steps whose time goes on; null when none's does. */
  ticking(rows: readonly StepRow[], now: number): NodeStates | null {
    const active = rows.filter(row => isActive(row.status) && row.started !== null && this.ids.has(row.name));
    return active.length ? this.states(active, now) : null;
  }
}
