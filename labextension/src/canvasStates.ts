/** The states of the steps on a graph: what is known of each, and painting only what changed. */
import type { Core, NodeSingular } from 'cytoscape';
import { stateWord, type CardLayer, type NodeState } from './cards';

/** New states by node id; null takes a state away. */
export type StateDelta = Readonly<Record<string, NodeState | null>>;

const FADING = new Set(['skipped', 'blocked']);

export class CanvasStates {
  private readonly known = new Map<string, NodeState>();

  constructor(private readonly cards: CardLayer) {}

  /** What the model says at first; what was applied before there was anything to paint stays. */
  begin(states: Readonly<Record<string, NodeState>>): void {
    Object.entries(states).forEach(([id, state]) => this.known.set(id, this.known.get(id) ?? state));
  }

  /** What has to change for these states to be shown. */
  difference(states: Readonly<Record<string, NodeState>>): StateDelta {
    const gone = [...this.known.keys()].filter(id => !Object.hasOwn(states, id));
    const news = Object.entries(states).filter(([id, state]) => String(this.known.get(id)) !== String(state));
    return Object.fromEntries([...gone.map(id => [id, null] as const), ...news]);
  }

  of(id: string): NodeState | undefined {
    return this.known.get(id);
  }

  /** Know these states, and paint them where there is something to paint on. */
  apply(delta: StateDelta, cy: Core | null): void {
    const before = new Map(this.known);
    for (const [id, state] of Object.entries(delta)) {
      if (state) {
        this.known.set(id, state);
      } else {
        this.known.delete(id);
      }
    }
    cy?.batch(() => {
      for (const [id, state] of Object.entries(delta)) {
        this.cards.show(id, state);
        this.repaint(cy, id, before.get(id)?.[0], state?.[0]);
      }
    });
  }

  /** Paint all that is known on nodes that are new. */
  repaintAll(cy: Core): void {
    const known = Object.fromEntries(this.known);
    this.known.clear();
    this.apply(known, cy);
  }

  private repaint(cy: Core, id: string, before: string | undefined, after: string | undefined): void {
    const node = cy.getElementById(id) as unknown as NodeSingular;
    if (before === after && after !== undefined && node.hasClass(`is-${stateWord(after)}`)) {
      return;
    }
    if (before) {
      node.removeClass(`is-${stateWord(before)}`);
    }
    if (after) {
      node.addClass(`is-${stateWord(after)}`);
    }
    const isFaded = FADING.has(after ?? '');
    node
      .incomers('edge')
      .toggleClass('faded', isFaded)
      .forEach(edge => this.cards.fade(edge.id(), isFaded));
  }
}
