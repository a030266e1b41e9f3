/** What is typed into: one line with a list below it, or an area for several lines. It knows what was shown, and whether it was changed. */
import { button, el } from './dom';
import type { FieldFact, OptionFact, ValueFact } from './editProtocol';
import { FieldPicker } from './fieldPicker';

export interface ControlEvents {
  /** A person is done with it: what stands there now is meant. */
  commit(text: string): void;
  options(typed: string): Promise<readonly OptionFact[]>;
  /** What stands there was put back. */
  reverted(): void;
}

const ASK_AFTER = 80;
const MOST_ROWS = 8;
/** Kinds whose text is a text, whatever it looks like; others are read as YAML: `5` is a number there. */
const TEXTS: ReadonlySet<string> = new Set(['text', 'choice', 'code']);
/** Kinds that are chosen more often than typed. */
const CHOSEN: ReadonlySet<string> = new Set(['choice', 'boolean', 'steps']);

/** What a typed text says in an edit. */
export function valueOf(fact: Pick<FieldFact, 'kind'>, text: string): ValueFact {
  return TEXTS.has(fact.kind) ? { value: text } : { text };
}

export class FieldControl {
  readonly element: HTMLElement;
  readonly input: HTMLInputElement | HTMLTextAreaElement;
  private readonly picker: FieldPicker | null;
  private shown = '';
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private fact: FieldFact,
    label: string,
    private readonly events: ControlEvents
  ) {
    const shared = { class: 'smpw-input', autocomplete: 'off', spellcheck: 'false', 'aria-label': label };
    if ((fact.value ?? '').includes('\n')) {
      this.input = el('textarea', { ...shared, class: 'smpw-input smpw-area', rows: String(rowsOf(fact.value ?? '')) });
      this.picker = null;
      this.element = el('div', { class: 'smpw-control' }, this.input);
    } else {
      const mode = fact.kind === 'integer' ? 'numeric' : fact.kind === 'number' ? 'decimal' : undefined;
      const input = (this.input = el('input', { ...shared, type: fact.is_secret ? 'password' : 'text', inputmode: mode }));
      const picker = (this.picker = new FieldPicker(input, label, { ask: typed => events.options(typed), chosen: option => this.take(option) }));
      // a mouse's way to the list; keys have the down arrow
      const open = button('▾', () => this.toggle(), { class: 'smpw-open', tabindex: '-1', 'aria-hidden': 'true', title: 'What can stand here' });
      open.addEventListener('mousedown', event => event.preventDefault());
      this.element = el('div', { class: 'smpw-control' }, input, fact.unit ? el('span', { class: 'smpw-unit' }, fact.unit) : null, open);
      input.addEventListener('click', () => CHOSEN.has(this.fact.kind) && !picker.shown && void picker.open(''));
    }
    this.input.addEventListener('input', () => this.typed());
    this.input.addEventListener('blur', () => this.left());
    this.input.addEventListener('keydown', event => this.pressed(event as KeyboardEvent));
    this.show(fact);
  }

  /** Whether another control is needed for this fact. */
  fits(fact: FieldFact): boolean {
    const isArea = (fact.value ?? '').includes('\n');
    return isArea === (this.picker === null) && fact.is_secret === this.fact.is_secret && fact.unit === this.fact.unit;
  }

  get isChanged(): boolean {
    return this.input.value !== this.shown;
  }

  /** Show a fact; what a person is typing stays. */
  show(fact: FieldFact): void {
    const isChanged = this.isChanged;
    this.fact = fact;
    // a secret is not here: what stands in the field is only what replaces it
    const isHidden = fact.is_secret && fact.value !== null;
    this.shown = fact.is_mixed || isHidden ? '' : (fact.value ?? '');
    this.input.placeholder = fact.is_mixed ? 'several values' : isHidden ? (fact.value ?? '') : fact.default || (fact.is_required ? 'required' : '');
    if (!isChanged || document.activeElement !== this.input) {
      this.input.value = this.shown;
    }
  }

  /** What was not possible stays, to be mended. */
  keep(text: string): void {
    this.input.value = text;
  }

  /** Write what was typed, if anything was. */
  flush(): void {
    this.close();
    if (this.isChanged) {
      const text = this.input.value;
      this.shown = text;
      this.events.commit(text);
    }
  }

  close(): void {
    clearTimeout(this.timer);
    this.picker?.close();
  }

  private take(option: OptionFact): void {
    this.input.value = this.fact.kind === 'steps' ? withStep(this.input.value, option.text) : option.text;
    this.flush();
  }

  private toggle(): void {
    this.input.focus({ preventScroll: true });
    if (this.picker?.shown) {
      this.picker.close();
    } else {
      void this.picker?.open('');
    }
  }

  private typed(): void {
    clearTimeout(this.timer);
    const text = this.input.value;
    const isKnown = CHOSEN.has(this.fact.kind) || this.fact.allowed.length > 0;
    if (this.picker && (this.picker.shown || isKnown || text.includes('$'))) {
      this.timer = setTimeout(() => void this.picker?.open(text), ASK_AFTER);
    }
  }

  private left(): void {
    this.flush();
  }

  private pressed(event: KeyboardEvent): void {
    if (event.isComposing) {
      return;
    }
    if (this.picker?.pressed(event)) {
      stop(event);
    } else if (event.key === 'ArrowDown' && this.picker) {
      void this.picker.open('');
      stop(event);
    } else if (event.key === 'Enter' && (this.picker || event.ctrlKey || event.metaKey)) {
      this.flush();
      stop(event);
    } else if (event.key === 'Escape' && this.isChanged) {
      this.input.value = this.shown;
      this.events.reverted();
      stop(event);
    } else if (event.key !== 'Escape' && (this.isChanged || !(event.ctrlKey || event.metaKey))) {
      // letters are the field's, and so is undoing what was typed; other combinations are the view's
      event.stopPropagation();
    }
  }
}

function stop(event: Event): void {
  event.preventDefault();
  event.stopPropagation();
}

function rowsOf(text: string): number {
  return Math.min(MOST_ROWS, text.split('\n').length + 1);
}

/** A list of names with one more, as YAML writes it. */
function withStep(list: string, name: string): string {
  const names = list.replace(/^\s*\[|\]\s*$/g, '').split(',').map(each => each.trim()).filter(Boolean);
  return `[${[...names.filter(each => each !== name), name].join(', ')}]`;
}
