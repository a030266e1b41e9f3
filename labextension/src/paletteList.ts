/** The types of steps there are: searched by typing, added with Enter or a click, or dragged onto the graph. */
import { drawGlyph } from './cards';
import { button, el } from './dom';
import type { TypeFact } from './editProtocol';
import { TYPE_GLYPHS } from './glyphs';

export interface PaletteEvents {
  add(type: TypeFact): void;
  /** A type is dragged over this point of the window; null when it no longer is. */
  over(at: { x: number; y: number } | null): void;
  drop(type: TypeFact, at: { x: number; y: number }): void;
  closed(): void;
}

/** How far the pointer moves before a press becomes a drag, in pixels. */
const SLACK = 5;
let lists = 0;

export class PaletteList {
  readonly element: HTMLElement;
  private readonly search: HTMLInputElement;
  private readonly list: HTMLElement;
  private readonly prefix = `smpw-palette-${++lists}-`;
  private types: readonly TypeFact[] = [];
  private shown: readonly TypeFact[] = [];
  private active = 0;
  private isCarrying = false;

  constructor(private readonly events: PaletteEvents) {
    const id = `${this.prefix}list`;
    this.search = el('input', {
      class: 'smpw-input',
      type: 'search',
      placeholder: 'Find a step type',
      role: 'combobox',
      'aria-label': 'Find a step type; Enter adds it',
      'aria-expanded': 'true',
      'aria-controls': id,
      'aria-autocomplete': 'list'
    });
    this.list = el('div', { class: 'smpw-palette-list', role: 'listbox', id, 'aria-label': 'Step types' });
    const close = button('✕', () => events.closed(), { class: 'smpw-palette-close', title: 'Close', 'aria-label': 'Close the list of step types' });
    this.element = el('section', { class: 'smpw-palette', 'aria-label': 'Add a step' }, el('div', { class: 'smpw-palette-head' }, this.search, close), this.list);
    this.search.addEventListener('input', () => this.find());
    this.element.addEventListener('keydown', event => this.pressed(event));
    this.list.addEventListener('pointerdown', event => this.grab(event));
  }

  setTypes(types: readonly TypeFact[]): void {
    this.types = [...types].sort((a, b) => Number(b.common) - Number(a.common));
    this.find();
  }

  /** Whether it is used by keys. */
  get hasFocus(): boolean {
    return this.search === document.activeElement && !this.isCarrying;
  }

  /** Begin anew, ready to type. */
  begin(): void {
    this.search.value = '';
    this.find();
    this.search.focus({ preventScroll: true });
  }

  private find(): void {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const matches = this.types.filter(type => words.every(word => textOf(type).includes(word)));
    const rank = (type: TypeFact): number => (words.length && !type.type.toLowerCase().startsWith(words[0]) ? 1 : 0);
    this.shown = words.length ? [...matches].sort((a, b) => rank(a) - rank(b)) : matches;
    this.active = 0;
    const rows = this.shown.map((type, at) => this.row(type, at));
    const rest = words.length ? -1 : this.shown.findIndex(type => !type.common);
    if (rest > 0) {
      rows.splice(rest, 0, el('div', { class: 'smpw-palette-more', role: 'presentation' }, 'More'));
    }
    this.list.replaceChildren(...(rows.length ? rows : [el('p', { class: 'smpw-empty-text' }, 'No step type is called so.')]));
    this.mark();
  }

  private row(type: TypeFact, at: number): HTMLElement {
    const glyph = el('span', { class: 'smpw-palette-glyph', 'aria-hidden': 'true' });
    glyph.append(drawGlyph(TYPE_GLYPHS[Object.hasOwn(TYPE_GLYPHS, type.type) ? type.type : ''], 'smpw-sign'));
    const words = el('span', { class: 'smpw-palette-words' }, el('span', {}, type.title || type.type), el('small', {}, type.says));
    const row = el('div', { class: 'smpw-palette-row', role: 'option', id: `${this.prefix}${at}`, title: `${type.type}: ${type.says}` }, glyph, words);
    row.dataset.at = String(at);
    row.dataset.type = type.type;
    return row;
  }

  private mark(): void {
    this.list.querySelectorAll('[role=option]').forEach((row, at) => row.setAttribute('aria-selected', String(at === this.active)));
    const row = this.list.querySelector(`#${this.prefix}${this.active}`);
    if (row) {
      this.search.setAttribute('aria-activedescendant', row.id);
      row.scrollIntoView({ block: 'nearest' });
    } else {
      this.search.removeAttribute('aria-activedescendant');
    }
  }

  private pressed(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key] ?? 0;
    if (step) {
      this.active = (this.active + step + this.shown.length) % Math.max(1, this.shown.length);
      this.mark();
    } else if (event.key === 'Enter' && event.target === this.search) {
      if (this.shown[this.active]) {
        this.events.add(this.shown[this.active]);
      }
    } else if (event.key === 'Escape') {
      this.events.closed();
    } else {
      event.stopPropagation();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private grab(event: PointerEvent): void {
    const row = (event.target as Element).closest<HTMLElement>('[data-at]');
    const type = row && this.shown[Number(row.dataset.at)];
    if (!row || !type || event.button !== 0) {
      return;
    }
    event.preventDefault(); // the focus stays where it is, and no text is selected
    this.carry(row, type, event);
  }

  private carry(row: HTMLElement, type: TypeFact, start: PointerEvent): void {
    const { events } = this;
    let ghost: HTMLElement | null = null;
    this.isCarrying = true;
    const move = (event: PointerEvent): void => {
      if (!ghost && Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) > SLACK) {
        ghost = row.cloneNode(true) as HTMLElement;
        ghost.removeAttribute('id');
        ghost.classList.add('smpw-palette-ghost');
        row.ownerDocument.body.append(ghost);
        this.element.classList.add('smpw-carrying'); // the graph below can be seen, and dropped on
      }
      if (ghost) {
        ghost.style.transform = `translate(${event.clientX + 8}px, ${event.clientY + 8}px)`;
        events.over({ x: event.clientX, y: event.clientY });
      }
    };
    const end = (event: PointerEvent): void => {
      row.removeEventListener('pointermove', move);
      row.removeEventListener('pointerup', end);
      row.removeEventListener('pointercancel', end);
      events.over(null);
      if (ghost && event.type === 'pointerup') {
        events.drop(type, { x: event.clientX, y: event.clientY });
      } else if (!ghost && event.type === 'pointerup') {
        events.add(type);
      }
      ghost?.remove();
      this.element.classList.remove('smpw-carrying');
      this.isCarrying = false;
    };
    row.setPointerCapture(start.pointerId);
    row.addEventListener('pointermove', move);
    row.addEventListener('pointerup', end);
    row.addEventListener('pointercancel', end);
  }
}

const textOf = (type: TypeFact): string => `${type.type} ${type.title} ${type.says}`.toLowerCase();
