/** Finding steps in the graph: those that match stand out while one types, Enter goes from one to the next. */
import { el, setText } from './dom';

export interface SearchEvents {
  /** These match; an empty search matches nothing in particular. */
  found(names: readonly string[], isSearching: boolean): void;
  go(name: string): void;
  closed(): void;
}

export class SearchBox {
  readonly element: HTMLElement;
  private readonly input = el('input', { class: 'smpw-input', type: 'search', placeholder: 'Find a step', 'aria-label': 'Find a step; Enter goes to the next one' });
  private readonly count = el('span', { class: 'smpw-muted smpw-tabular', role: 'status' });
  private matches: readonly string[] = [];
  private at = -1;

  /** @param steps names and types, asked at every key */
  constructor(
    private readonly steps: () => readonly { name: string; type: string }[],
    private readonly events: SearchEvents
  ) {
    this.element = el('div', { class: 'smpw-search', role: 'search', hidden: '' }, this.input, this.count);
    this.input.addEventListener('input', () => this.find());
    this.input.addEventListener('keydown', event => this.pressed(event));
    this.input.addEventListener('blur', () => !this.input.value && this.close());
    for (const kind of ['mousedown', 'touchstart']) {
      this.element.addEventListener(kind, event => event.stopPropagation());
    }
  }

  open(): void {
    this.element.hidden = false;
    this.input.focus({ preventScroll: true });
    this.input.select();
    this.find();
  }

  close(): void {
    if (!this.element.hidden) {
      this.element.hidden = true;
      this.input.value = '';
      this.events.found([], false);
      this.events.closed();
    }
  }

  private find(): void {
    const wanted = this.input.value.trim().toLowerCase();
    const all = this.steps();
    this.matches = wanted ? all.filter(step => `${step.name} ${step.type}`.toLowerCase().includes(wanted)).map(step => step.name) : [];
    this.at = -1;
    setText(this.count, wanted ? (this.matches.length ? `${this.matches.length} of ${all.length}` : 'none') : '');
    this.events.found(this.matches, wanted !== '');
  }

  private pressed(event: KeyboardEvent): void {
    if (event.key === 'Enter' && this.matches.length) {
      this.at = (this.at + (event.shiftKey ? -1 : 1) + this.matches.length) % this.matches.length;
      this.events.go(this.matches[this.at]);
      setText(this.count, `${this.at + 1} of ${this.matches.length}`);
    } else if (event.key === 'Escape') {
      this.close();
    } else {
      event.stopPropagation();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}
