/** Branches folded into one card, and the boxes around those that are not. What is folded outlives a redraw. */
import type { ElementDefinition } from 'cytoscape';
import type { PipelineCanvasView } from './canvas';
import { fold, FOLDED, groupsOf, hulls, isCard, keyOf } from './groups';

/** States, the one that matters most first. */
const WEIGHT = ['failed', 'stopping', 'running', 'starting', 'stopped', 'blocked', 'waiting', 'succeeded', 'cached', 'reused', 'skipped'];
/** What people folded, by the model of the graph. */
const known = new WeakMap<object, Set<string>>();

export class Folding {
  private readonly folded: Set<string>;
  private readonly layer = document.createElement('div');
  private whole: readonly ElementDefinition[] = [];

  constructor(private readonly canvas: PipelineCanvasView) {
    this.folded = known.get(canvas.model) ?? new Set();
    known.set(canvas.model, this.folded);
    this.layer.className = 'smpw-hulls';
    canvas.arrange = elements => this.arrange(elements);
    canvas.overlay.prepend(this.layer);
    canvas.overlay.addEventListener('click', this.pressed);
    canvas.nodeOpened.connect(this.onOpen, this);
    canvas.restated.connect(this.onStates, this);
    canvas.drawn.connect(this.showStates, this);
    canvas.value_changed();
  }

  dispose(): void {
    this.canvas.overlay.removeEventListener('click', this.pressed);
    this.canvas.nodeOpened.disconnect(this.onOpen, this);
    this.canvas.restated.disconnect(this.onStates, this);
    this.canvas.drawn.disconnect(this.showStates, this);
  }

  /** Fold or unfold what this card stands in, or what it leads to; false where there is nothing of the kind. */
  toggleAt(id: string): boolean {
    if (id.startsWith(FOLDED)) {
      this.toggle(id.slice(FOLDED.length));
      return true;
    }
    const data = this.whole.filter(isCard).find(card => card.data.id === id)?.data;
    const held = data ? groupsOf(this.whole).filter(group => group.holder === data.name) : [];
    if (held.length) {
      const isFolding = held.some(group => !this.folded.has(group.key));
      held.forEach(group => this.folded[isFolding ? 'add' : 'delete'](group.key));
      this.canvas.value_changed();
      return true;
    }
    if (data?.within) {
      this.toggle(keyOf(data.within, data.branch ?? ''));
      return true;
    }
    return false;
  }

  private toggle(key: string): void {
    const isFolding = !this.folded.delete(key);
    if (isFolding) {
      this.folded.add(key);
    }
    this.canvas.value_changed();
    if (isFolding) {
      this.canvas.chooseAll([FOLDED + key]);
    }
  }

  private arrange(elements: readonly ElementDefinition[]): ElementDefinition[] {
    this.whole = elements;
    const cards = new Map(elements.filter(isCard).map(card => [card.data.id, card.data]));
    const marked = elements.map(each => {
      const target = each.group === 'edges' && each.data.label ? cards.get(each.data.target as string) : undefined;
      return target?.within ? { ...each, data: { ...each.data, fold: keyOf(target.within, target.branch ?? '') } } : each;
    });
    const shown = fold(marked, this.folded);
    this.drawHulls(shown);
    return shown;
  }

  private drawHulls(shown: readonly ElementDefinition[]): void {
    const boxes = hulls(shown).map(({ x1, y1, x2, y2 }) => {
      const box = document.createElement('div');
      box.className = 'smpw-hull';
      box.style.cssText = `left:${x1}px;top:${y1}px;width:${x2 - x1}px;height:${y2 - y1}px`;
      return box;
    });
    this.layer.replaceChildren(...boxes);
  }

  private onStates(_sender: unknown, ids: readonly string[]): void {
    if (this.folded.size && ids.some(id => !id.startsWith(FOLDED))) {
      this.showStates();
    }
  }

  /** A folded branch is in the state of its step that matters most: what fails is not folded away. */
  private showStates(): void {
    const groups = groupsOf(this.whole).filter(group => this.folded.has(group.key));
    const states = groups.map(({ key, members }) => {
      const words = members.map(id => this.canvas.stateOf(id)?.[0] ?? '');
      const word = WEIGHT.find(each => words.includes(each)) ?? '';
      return [FOLDED + key, word ? [word, ''] : null] as const;
    });
    const changed = states.filter(([id, state]) => (this.canvas.stateOf(id)?.[0] ?? '') !== (state?.[0] ?? ''));
    if (changed.length) {
      this.canvas.applyStates(Object.fromEntries(changed) as Record<string, [string, string] | null>);
    }
  }

  private onOpen(_sender: unknown, id: string): void {
    if (id.startsWith(FOLDED)) {
      this.toggleAt(id);
    }
  }

  private readonly pressed = (event: Event): void => {
    const key = (event.target as Element).closest<HTMLElement>('[data-fold]')?.dataset.fold;
    if (key) {
      this.toggle(key);
    }
  };
}
