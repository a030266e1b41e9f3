/**
 * The list below a field: what can stand in it. The field keeps the focus, the list follows its keys.
 *
 * One list at a time. It stands at the end of the page, as a notebook clips what leaves its cells.
 */
import { el } from './dom';
import type { OptionFact, OptionGroup } from './editProtocol';

const GROUPS: readonly [group: OptionGroup, title: string][] = [
  ['value', 'Values'],
  ['parameter', 'Parameters'],
  ['output', 'Outputs of earlier steps'],
  ['execution', 'Of the run']
];
/** A longer list of values comes last: what a person is likelier to look for would be far below it. */
const MOST_VALUES = 8;
const TALLEST = 260;
const NARROWEST = 220;
const MARGIN = 4;

let count = 0;

export interface PickerEvents {
  /** What can stand there, given what is typed. */
  ask(typed: string): Promise<readonly OptionFact[]>;
  chosen(option: OptionFact): void;
}

export class FieldPicker {
  private readonly list: HTMLElement;
  private options: readonly OptionFact[] = [];
  private items: HTMLElement[] = [];
  private active = -1;
  private asked = 0;
  private isOpen = false;

  constructor(
    private readonly control: HTMLInputElement,
    label: string,
    private readonly events: PickerEvents
  ) {
    this.list = el('div', { class: 'smpw-picker', role: 'listbox', id: `smpw-picker-${++count}`, 'aria-label': `${label}: what can stand here` });
    // a press must not take the focus away: leaving the field writes it
    this.list.addEventListener('mousedown', event => event.preventDefault());
    this.list.addEventListener('click', event => this.clicked(event));
    control.setAttribute('role', 'combobox');
    control.setAttribute('aria-autocomplete', 'list');
    control.setAttribute('aria-expanded', 'false');
    control.setAttribute('aria-haspopup', 'listbox');
  }

  get shown(): boolean {
    return this.isOpen;
  }

  /** Open it with what fits to `typed`, or bring it up to date. */
  async open(typed: string): Promise<void> {
    this.isOpen = true;
    const mine = ++this.asked;
    try {
      const found = await this.events.ask(typed);
      if (mine === this.asked && this.isOpen && this.control.isConnected) {
        this.show(found);
      }
    } catch {
      this.close(); // nobody answered, and the session says so
    }
  }

  close(): void {
    this.isOpen = false;
    this.asked++;
    this.active = -1;
    this.list.remove();
    window.removeEventListener('scroll', this.moved, true);
    window.removeEventListener('resize', this.moved);
    this.control.setAttribute('aria-expanded', 'false');
    this.control.removeAttribute('aria-activedescendant');
    this.control.removeAttribute('aria-controls');
  }

  /** Take a key if it is the list's; whether it was. */
  pressed(event: KeyboardEvent): boolean {
    const moves: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    if (!this.list.isConnected) {
      return false;
    }
    if (Object.hasOwn(moves, event.key)) {
      this.activate(this.active < 0 && moves[event.key] < 0 ? this.items.length - 1 : this.active + moves[event.key]);
      return true;
    }
    if (event.key === 'Enter' && this.active >= 0) {
      this.choose(this.active);
      return true;
    }
    if (event.key === 'Escape') {
      this.close();
      return true;
    }
    return false;
  }

  private show(options: readonly OptionFact[]): void {
    const isLong = options.filter(option => option.group === 'value').length > MOST_VALUES;
    const order = isLong ? [...GROUPS.slice(1), GROUPS[0]] : GROUPS;
    this.options = order.flatMap(([group]) => options.filter(option => option.group === group));
    this.active = -1;
    this.items = this.options.map((option, at) => this.item(option, at));
    const groups = order.map(([group, title]) => this.group(group, title)).filter((each): each is HTMLElement => each !== null);
    this.list.replaceChildren(...groups);
    if (!this.items.length) {
      this.list.replaceChildren(el('p', { class: 'smpw-picker-none', role: 'option', 'aria-disabled': 'true' }, 'Nothing that exists fits here; write a value.'));
    }
    if (!this.list.isConnected) {
      document.body.append(this.list);
      window.addEventListener('scroll', this.moved, true);
      window.addEventListener('resize', this.moved);
      this.control.setAttribute('aria-expanded', 'true');
      this.control.setAttribute('aria-controls', this.list.id);
    }
    this.control.removeAttribute('aria-activedescendant');
    this.place();
  }

  private group(group: OptionGroup, title: string): HTMLElement | null {
    const items = this.items.filter((_item, at) => this.options[at].group === group);
    return items.length ? el('div', { role: 'group', 'aria-label': title }, el('p', { class: 'smpw-picker-title', 'aria-hidden': 'true' }, title), ...items) : null;
  }

  private item(option: OptionFact, at: number): HTMLElement {
    return el(
      'div',
      { class: 'smpw-picker-item', role: 'option', id: `${this.list.id}-${at}`, 'aria-selected': 'false', 'data-at': String(at), title: option.says },
      el('bdi', { class: 'smpw-picker-label' }, option.label || option.text),
      option.says ? el('span', { class: 'smpw-picker-says' }, firstSentence(option.says)) : null
    );
  }

  private activate(wanted: number): void {
    this.items[this.active]?.setAttribute('aria-selected', 'false');
    this.active = Math.max(0, Math.min(this.items.length - 1, wanted));
    const item = this.items[this.active];
    if (item) {
      item.setAttribute('aria-selected', 'true');
      item.scrollIntoView({ block: 'nearest' });
      this.control.setAttribute('aria-activedescendant', item.id);
    }
  }

  private clicked(event: MouseEvent): void {
    const item = (event.target as Element).closest<HTMLElement>('[data-at]');
    if (item) {
      this.choose(Number(item.dataset.at));
    }
  }

  private choose(at: number): void {
    const option = this.options[at];
    this.close();
    this.events.chosen(option);
  }

  private readonly moved = (event: Event): void => {
    if (!(event.target instanceof Node && this.list.contains(event.target))) {
      this.place();
    }
  };

  /** Below the field, or above it where there is more room. */
  private place(): void {
    const field = this.control.getBoundingClientRect();
    const [below, above] = [window.innerHeight - field.bottom - MARGIN, field.top - MARGIN];
    const isBelow = below >= Math.min(TALLEST, this.list.scrollHeight) || below >= above;
    const width = Math.max(NARROWEST, field.width);
    const { style } = this.list;
    style.maxHeight = `${Math.min(TALLEST, isBelow ? below : above)}px`;
    style.width = `${width}px`;
    style.left = `${Math.max(MARGIN, Math.min(field.left, window.innerWidth - width - MARGIN))}px`;
    style.top = isBelow ? `${field.bottom + 1}px` : '';
    style.bottom = isBelow ? '' : `${window.innerHeight - field.top + 1}px`;
  }
}

function firstSentence(text: string): string {
  return text.split('\n', 1)[0].slice(0, 120);
}
