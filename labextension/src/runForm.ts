/** The fields of a run: parameters by their types, then what else may be said. Knows entries, nothing of what is done with them. */
import { button, el, setText } from './dom';
import type { FormFieldFact, RunEntries, RunFormFact } from './protocol';

export class RunForm {
  readonly element: HTMLElement;
  private readonly fields: ParameterField[];
  private readonly name: Field;
  private readonly description: Field;
  private readonly parallelism: Field;
  private readonly tags: Field;
  private readonly version: HTMLSelectElement;
  private readonly general = el('p', { class: 'smpw-field-problem', hidden: '' });

  constructor(
    fact: RunFormFact,
    private readonly onChange: () => void
  ) {
    this.fields = fact.fields.map(field => new ParameterField(field, () => this.onChange()));
    this.name = new Field('display_name', 'Name of the run', input('text', 'letters, digits, hyphens'), onChange);
    this.description = new Field('description', 'Description', input('text', ''), onChange);
    this.parallelism = new Field('parallelism', 'Steps at once, at most', input('text', 'as the pipeline says', 'numeric'), onChange);
    this.tags = new Field('tags', 'Tags of the pipeline', input('text', 'team=ml, cost-centre=42'), onChange);
    this.version = el('select', { class: 'smpw-select' });
    this.version.append(
      el('option', { value: '' }, 'what the cell says'),
      ...fact.aliases.map(alias => el('option', { value: `alias:${alias}` }, `deployed: ${alias}`)),
      ...fact.versions.map(number => el('option', { value: `version:${number}` }, `deployed: version ${number}`))
    );
    this.version.addEventListener('change', onChange);
    const which = new Field('version', 'What is run', this.version, onChange);
    const more = [this.name, this.description, this.parallelism, this.tags, ...(this.version.options.length > 1 ? [which] : [])];
    this.element = el('div', { class: 'smpw-form' }, this.lastButton(), ...this.parameters(), el('h4', {}, 'This run'), ...more.map(each => each.element), this.general);
  }

  get entries(): RunEntries {
    const [kind, chosen] = this.version.value.split(/:(.*)/s);
    return {
      values: this.fields.map(field => [field.fact.name, field.value]),
      display_name: this.name.text,
      description: this.description.text,
      parallelism: this.parallelism.text,
      tags: this.tagPairs(),
      version: kind === 'version' ? Number(chosen) : null,
      alias: kind === 'alias' ? chosen : ''
    };
  }

  /** Show what is wrong, each beside its field; returns the first in words. */
  judge(problems: readonly [name: string, words: string][]): string {
    const left = new Map(problems);
    for (const field of [...this.fields, this.name, this.description, this.parallelism, this.tags]) {
      field.judge(left.get(field.name) ?? '');
      left.delete(field.name);
    }
    const rest = [...left.values()].join(' ');
    this.general.hidden = !rest;
    setText(this.general, rest);
    return problems[0]?.[1] ?? '';
  }

  focus(): void {
    const first = this.fields.find(field => field.fact.default === null) ?? this.fields[0] ?? this.name;
    first.focus();
  }

  private parameters(): HTMLElement[] {
    if (!this.fields.length) {
      return [el('p', { class: 'smpw-muted' }, 'This pipeline has no parameters.')];
    }
    return [el('h4', {}, 'Parameters'), ...this.fields.map(field => field.element)];
  }

  private lastButton(): HTMLElement | null {
    if (!this.fields.some(field => field.fact.last !== null && field.fact.last !== field.fact.default)) {
      return null;
    }
    const fill = () => {
      this.fields.forEach(field => field.takeLast());
      this.onChange();
    };
    return button('Values of the last run', fill, { class: 'smpw-last', title: 'Fill in what the newest run was given' });
  }

  private tagPairs(): [string, string][] {
    const parts = this.tags.text.split(',').map(part => part.trim());
    return parts.filter(Boolean).map(part => {
      const at = part.indexOf('=');
      return at < 0 ? [part, ''] : [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    });
  }
}

type Control = HTMLInputElement | HTMLSelectElement;
let fieldCount = 0;

/** A label, a control, and what is wrong with what stands in it. */
class Field {
  readonly element: HTMLElement;
  private readonly problem: HTMLElement;

  constructor(
    readonly name: string,
    label: string,
    protected readonly control: Control,
    onChange: () => void,
    ...notes: (HTMLElement | null)[]
  ) {
    const id = `smpw-field-${++fieldCount}`;
    control.id = id;
    this.problem = el('p', { class: 'smpw-field-problem', id: `${id}-problem`, hidden: '' });
    control.setAttribute('aria-describedby', this.problem.id);
    control.addEventListener('input', onChange);
    this.element = el('div', { class: 'smpw-field' }, el('label', { for: id }, el('bdi', {}, label)), control, this.problem, ...notes);
  }

  get text(): string {
    return this.control.value.trim();
  }

  judge(words: string): void {
    this.problem.hidden = !words;
    setText(this.problem, words);
    this.control.setAttribute('aria-invalid', String(words !== ''));
  }

  focus(): void {
    this.control.focus({ preventScroll: true });
  }
}

/** A parameter. An empty control means the default, or the empty text where that was asked for. */
class ParameterField extends Field {
  private readonly emptyButton: HTMLButtonElement | null;
  private isEmptyText = false;

  constructor(
    readonly fact: FormFieldFact,
    private readonly onEntry: () => void
  ) {
    const about = [fact.type, fact.description].filter(Boolean).join(' · ');
    const last = fact.last !== null && fact.last !== fact.default ? lastNote(fact.last, () => this.takeLast(onEntry)) : null;
    const empty = takesEmptyText(fact) ? button('empty', () => this.flipEmpty(), { class: 'smpw-chip-button', title: EMPTY_TITLE }) : null;
    super(fact.name, fact.name, controlOf(fact), onEntry, el('p', { class: 'smpw-field-about smpw-muted' }, about, last, empty));
    this.emptyButton = empty;
    this.control.addEventListener('input', () => this.giveEmpty(false));
    this.giveEmpty(false);
  }

  /** What is entered; null where the default is meant. */
  get value(): string | null {
    const raw = this.control.value;
    return raw === '' && !this.isEmptyText ? null : raw;
  }

  takeLast(then: () => void = () => undefined): void {
    if (this.fact.last !== null) {
      this.control.value = this.fact.last;
      this.giveEmpty(this.fact.last === '');
      then();
    }
  }

  private flipEmpty(): void {
    const isEmpty = !this.isEmptyText;
    this.control.value = '';
    this.giveEmpty(isEmpty);
    this.onEntry();
  }

  private giveEmpty(isEmpty: boolean): void {
    this.isEmptyText = isEmpty && takesEmptyText(this.fact);
    this.emptyButton?.setAttribute('aria-pressed', String(this.isEmptyText));
    if (this.control instanceof HTMLInputElement) {
      this.control.placeholder = this.isEmptyText ? 'the empty text' : hintOf(this.fact);
    }
  }
}

const EMPTY_TITLE = 'Give the empty text (nothing entered means the default)';

/** Whether the empty text is something that can be given, and is not given anyway. */
function takesEmptyText(fact: FormFieldFact): boolean {
  return fact.type === 'String' && !fact.allowed.length && fact.default !== '';
}

function hintOf(fact: FormFieldFact): string {
  return fact.default === null ? 'required' : `${fact.default === '' ? 'empty' : fact.default} (default)`;
}

function controlOf(fact: FormFieldFact): Control {
  const options = fact.allowed.length ? fact.allowed : fact.type === 'Boolean' ? ['true', 'false'] : [];
  if (options.length) {
    const none = fact.default === null ? 'choose…' : `${fact.default} (default)`;
    const made = el('select', { class: 'smpw-select' }, el('option', { value: '' }, none));
    made.append(...options.map(value => el('option', { value }, value)));
    return made;
  }
  const isNumber = fact.type === 'Integer' || fact.type === 'Float';
  return input(fact.is_secret ? 'password' : 'text', hintOf(fact), isNumber ? (fact.type === 'Integer' ? 'numeric' : 'decimal') : undefined);
}

function input(type: string, placeholder: string, mode?: string): HTMLInputElement {
  return el('input', { class: 'smpw-input', type, placeholder, inputmode: mode, autocomplete: 'off', spellcheck: 'false' });
}

function lastNote(last: string, take: () => void): HTMLElement {
  const shown = last === '' ? 'empty' : last.length > 40 ? `${last.slice(0, 40)}…` : last;
  return button(`last: ${shown}`, take, { class: 'smpw-chip-button', title: last === '' ? 'Take the empty text' : `Take ${last}` });
}
