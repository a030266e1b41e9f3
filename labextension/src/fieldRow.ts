/** A field of the form: its label, its control, what is wrong with it; and a field that holds others. */
import { code } from './choiceList';
import { button, el, setText, setTitle } from './dom';
import type { FieldFact, OptionFact, PathFact, ValueFact } from './editProtocol';
import type { Outcome } from './editSession';
import { FieldControl, valueOf } from './fieldControl';
import { nameInput } from './nameInput';

/** What rows ask of the form they stand in. */
export interface FieldHost {
  /** Write a value, or take it away (null). */
  commit(path: PathFact, value: ValueFact | null): Promise<Outcome>;
  /** Give a key inside of a map another name. */
  rename(path: PathFact, name: string): Promise<Outcome>;
  options(path: PathFact, typed: string): Promise<readonly OptionFact[]>;
  /** The members below a path. */
  below(path: PathFact): Promise<readonly FieldFact[]>;
  /** Say what a field is for; the last one stays. */
  explain(fact: FieldFact): void;
  /** Whether what holds others is open, as a person left it. */
  isOpen(fact: FieldFact): boolean;
  setOpen(path: PathFact, isOpen: boolean): void;
}

export interface Row {
  readonly element: HTMLElement;
  /** Whether this row can show that fact. */
  fits(fact: FieldFact): boolean;
  show(fact: FieldFact): void;
  /** Write what was typed and not yet written. */
  flush(): void;
}

export const keyOf = (path: PathFact): string => JSON.stringify(path);

/** The longest key the service takes, of an environment's variables. */
const MOST_KEY = 512;

const isGroup = (fact: FieldFact): boolean => fact.fields.length > 0 || fact.is_lazy || fact.can_add !== '';

/** Whether the keys in a map are a person's own: not those of outputs, which other steps name. */
const isOwn = (fact: FieldFact): boolean => fact.can_add !== '' && fact.kind !== 'list' && !['outputs', 'property_files'].includes(String(fact.path[0]));

/** Rows by path, kept while what they show changes: the one with the focus is never moved or made anew. */
export class Rows {
  private readonly rows = new Map<string, Row>();

  constructor(
    readonly element: HTMLElement,
    private readonly host: FieldHost
  ) {}

  /** Show these; `isNamed` says that a person has given them their names. */
  show(facts: readonly FieldFact[], isNamed = false): void {
    const gone = new Set(this.rows.keys());
    let cursor = this.element.firstElementChild;
    for (const fact of facts) {
      const key = keyOf(fact.path);
      gone.delete(key);
      let row = this.rows.get(key);
      if (row?.fits(fact)) {
        row.show(fact);
      } else {
        const made = isGroup(fact) ? new GroupRow(fact, this.host) : new FieldRow(fact, this.host, isNamed);
        row?.element.replaceWith(made.element);
        cursor = cursor === row?.element ? made.element : cursor;
        row = made;
        this.rows.set(key, row);
      }
      if (row.element === cursor) {
        cursor = cursor.nextElementSibling;
      } else {
        this.element.insertBefore(row.element, cursor);
      }
    }
    gone.forEach(key => {
      this.rows.get(key)?.element.remove();
      this.rows.delete(key);
    });
  }

  at(path: PathFact): Row | undefined {
    return this.rows.get(keyOf(path));
  }

  flush(): void {
    this.rows.forEach(row => row.flush());
  }
}

let count = 0;

class FieldRow implements Row {
  readonly element: HTMLElement;
  readonly control: FieldControl;
  private readonly label = el('bdi');
  private readonly star = el('span', { class: 'smpw-star', title: 'required', 'aria-hidden': 'true' }, '*');
  private readonly reset: HTMLButtonElement;
  private readonly problem = el('div', { class: 'smpw-field-problem', id: `smpw-row-${++count}`, hidden: '' });
  private refused = '';

  constructor(
    private fact: FieldFact,
    private readonly host: FieldHost,
    private readonly isNamed: boolean
  ) {
    this.control = new FieldControl(fact, fact.label, {
      commit: text => void this.commit(text),
      options: typed => host.options(this.fact.path, typed),
      reverted: () => this.fail('')
    });
    this.reset = button('↺', () => void this.commit(''), { class: 'smpw-reset', tabindex: '-1', 'aria-label': `Take ${fact.label} away` });
    this.control.input.setAttribute('aria-describedby', this.problem.id);
    const label = el('span', { class: 'smpw-label' }, this.label, this.star);
    // a label names its field as its text does: the field has the name itself, for every reader
    label.addEventListener('click', () => this.control.input.focus({ preventScroll: true }));
    this.element = el('div', { class: 'smpw-row' }, label, this.control.element, this.reset, this.problem);
    this.element.addEventListener('focusin', () => host.explain(this.fact));
    if (isNamed) {
      label.addEventListener('dblclick', () => this.rename());
      this.element.addEventListener('keydown', event => {
        if (event.key === 'F2') {
          this.rename();
          event.preventDefault();
          event.stopPropagation();
        }
      }, true); // before the control, which keeps its keys to itself
    }
    this.show(fact);
  }

  fits(fact: FieldFact): boolean {
    return !isGroup(fact) && this.control.fits(fact);
  }

  show(fact: FieldFact): void {
    if (fact.value !== this.fact.value) {
      this.refused = '';
    }
    this.fact = fact;
    setText(this.label, fact.label);
    setTitle(this.label, this.isNamed ? `${keyWords(fact)} (F2, or a double click here, renames it)` : keyWords(fact));
    this.star.hidden = !fact.is_required;
    this.control.input.setAttribute('aria-required', String(fact.is_required));
    this.control.input.setAttribute('aria-description', fact.says);
    this.control.show(fact);
    this.element.classList.toggle('smpw-given', fact.value !== null || fact.is_mixed);
    this.reset.hidden = fact.value === null && !fact.is_mixed;
    setTitle(this.reset, fact.default ? `Back to the default: ${fact.default}` : 'Take it away');
    this.judge();
  }

  flush(): void {
    this.control.flush();
  }

  private async commit(text: string): Promise<void> {
    const outcome = await this.host.commit(this.fact.path, text === '' ? null : valueOf(this.fact, text));
    if (outcome.kind === 'refused') {
      this.control.show(this.fact);
      this.control.keep(text);
      this.fail(refusal(outcome));
    } else {
      this.fail('');
    }
  }

  private rename(): void {
    const { input, begin } = nameInput({
      className: 'smpw-key-rename',
      name: this.fact.label,
      most: MOST_KEY,
      closed: (field, hadFocus) => {
        field.replaceWith(this.label);
        if (hadFocus) {
          this.control.input.focus({ preventScroll: true });
        }
      },
      done: name => void this.host.rename(this.fact.path, name).then(outcome => this.fail(refusal(outcome)))
    });
    this.label.replaceWith(input);
    begin();
  }

  private fail(words: string): void {
    this.refused = words;
    this.judge();
  }

  /** Show what is wrong: what was not possible, and what the kernel says of what stands there. */
  private judge(): void {
    const lines = problemLines(this.fact, this.refused);
    this.problem.hidden = !lines.length;
    this.problem.replaceChildren(...lines);
    const isError = this.refused !== '' || this.fact.problems.some(([severity]) => severity === 'error');
    this.control.input.setAttribute('aria-invalid', String(isError));
  }
}

/** A map, a list, or a structure of the API: a heading that opens and closes, and rows below it. */
class GroupRow implements Row {
  readonly element: HTMLElement;
  private readonly toggle: HTMLButtonElement;
  private readonly label = el('bdi');
  private readonly summary = el('span', { class: 'smpw-muted smpw-members-value' });
  private readonly problem = el('div', { class: 'smpw-field-problem', hidden: '' });
  private readonly reset: HTMLButtonElement;
  private readonly body = el('div', { class: 'smpw-members-body' });
  private readonly rows: Rows;
  private readonly adder: Adder;
  private deep: readonly FieldFact[] | null = null;

  constructor(
    private fact: FieldFact,
    private readonly host: FieldHost
  ) {
    this.body.id = `smpw-members-${++count}`;
    this.toggle = button('', () => this.open(!this.isOpen), { class: 'smpw-members-toggle', 'aria-controls': this.body.id });
    this.toggle.append(el('span', { class: 'smpw-arrow', 'aria-hidden': 'true' }), this.label);
    this.reset = button('↺', () => void host.commit(this.fact.path, null), { class: 'smpw-reset', tabindex: '-1', 'aria-label': `Take ${fact.label} away` });
    const rows = el('div', { class: 'smpw-rows' });
    this.rows = new Rows(rows, host);
    this.adder = new Adder(host, path => void this.added(path));
    this.body.append(rows, this.adder.element);
    const head = el('div', { class: 'smpw-members-head' }, this.toggle, this.summary, this.reset);
    this.element = el('div', { class: 'smpw-members', role: 'group', 'aria-label': fact.label }, head, this.problem, this.body);
    head.addEventListener('focusin', () => host.explain(this.fact));
    this.show(fact);
  }

  fits(fact: FieldFact): boolean {
    return isGroup(fact);
  }

  show(fact: FieldFact): void {
    this.fact = fact;
    setText(this.label, fact.is_required ? `${fact.label} *` : fact.label);
    setTitle(this.label, keyWords(fact));
    setText(this.summary, fact.is_mixed ? 'several values' : (fact.value ?? (fact.default && `${fact.default}`)));
    this.element.classList.toggle('smpw-given', fact.value !== null);
    this.reset.hidden = fact.value === null && !fact.is_mixed;
    setTitle(this.reset, fact.default ? `Back to the default: ${fact.default}` : 'Take it away');
    const lines = problemLines(fact, '');
    this.problem.hidden = !lines.length;
    this.problem.replaceChildren(...lines);
    this.adder.show(fact);
    this.showBody();
  }

  flush(): void {
    this.rows.flush();
  }

  private get isOpen(): boolean {
    return this.host.isOpen(this.fact);
  }

  private open(isOpen: boolean): void {
    this.host.setOpen(this.fact.path, isOpen);
    this.showBody();
  }

  private showBody(): void {
    const { isOpen } = this;
    this.toggle.setAttribute('aria-expanded', String(isOpen));
    this.body.hidden = !isOpen;
    if (isOpen) {
      this.rows.show(this.deep ?? this.fact.fields, isOwn(this.fact));
      if (this.fact.is_lazy) {
        void this.readDeep();
      }
    }
  }

  private async readDeep(): Promise<void> {
    try {
      this.deep = await this.host.below(this.fact.path);
      this.rows.show(this.deep);
    } catch {
      // nobody answered, and the session says so
    }
  }

  private async added(path: PathFact): Promise<void> {
    await new Promise(resolve => requestAnimationFrame(resolve));
    this.rows.at(path)?.element.querySelector<HTMLElement>('input, textarea')?.focus();
  }
}

/** The line below a map or list that adds to it. */
class Adder {
  readonly element: HTMLElement;
  private readonly key = el('input', { class: 'smpw-input', autocomplete: 'off', spellcheck: 'false' });
  private readonly value = el('input', { class: 'smpw-input', autocomplete: 'off', spellcheck: 'false', placeholder: 'value', 'aria-label': 'value' });
  private fact: FieldFact | null = null;

  constructor(
    private readonly host: FieldHost,
    private readonly added: (path: PathFact) => void
  ) {
    const add = button('+ Add', () => void this.add(), { class: 'smpw-add' });
    this.element = el('div', { class: 'smpw-adder' }, this.key, this.value, add);
    for (const input of [this.key, this.value]) {
      input.addEventListener('keydown', event => {
        event.stopPropagation();
        if (event.key === 'Enter') {
          void this.add();
        }
      });
    }
  }

  show(fact: FieldFact): void {
    this.fact = fact;
    this.element.hidden = fact.can_add === '';
    this.key.hidden = fact.kind === 'list';
    this.key.placeholder = fact.can_add;
    this.key.setAttribute('aria-label', `${fact.label}: ${fact.can_add}`);
    this.value.placeholder = fact.kind === 'list' ? fact.can_add : 'value';
    this.value.setAttribute('aria-label', `${fact.label}: ${this.value.placeholder}`);
  }

  private async add(): Promise<void> {
    const { fact } = this;
    const [key, text] = [this.key.value.trim(), this.value.value];
    if (!fact) {
      return;
    }
    if (fact.kind !== 'list' && !key) {
      this.key.focus();
      return;
    }
    if (!text) {
      this.value.focus();
      return;
    }
    const path = [...fact.path, fact.kind === 'list' ? fact.fields.length : key];
    const outcome = await this.host.commit(path, { text });
    if (outcome.kind === 'written') {
      this.key.value = this.value.value = '';
      (fact.kind === 'list' ? this.value : this.key).focus();
      this.added(path);
    }
  }
}

function problemLines(fact: FieldFact, refused: string): HTMLElement[] {
  const lines = fact.problems.map(([severity, message, fix]) =>
    el('p', { class: `smpw-row-${severity === 'error' ? 'error' : 'warning'}` }, severity === 'error' ? '✕ ' : '⚠ ', ...code(message), fix ? el('span', { class: 'smpw-muted' }, ' → ', ...code(fix)) : null)
  );
  return refused ? [el('p', { class: 'smpw-row-error' }, '✕ ', ...code(refused)), ...lines] : lines;
}

/** Why edits were not possible, and what to do; '' when they were. */
export function refusal(outcome: Outcome): string {
  return outcome.kind === 'refused' ? [outcome.message, outcome.fix].filter(Boolean).join(' → ') : '';
}

/** The keys that lead to a field, as the text has them. */
function keyWords(fact: FieldFact): string {
  return fact.path.join('.');
}
