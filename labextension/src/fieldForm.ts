/**
 * The panel's tab "Fields": the form of the selected steps, or of the pipeline where none is selected.
 *
 * The kernel says what there is (`edit_form`); every change is an edit of the text, and what is shown then is what the
 * kernel says of the new text. Rows stay while that happens, so the focus does.
 */
import { code } from './choiceList';
import { el, setText } from './dom';
import type { EditFact, EditFormMessage, FieldFact, PathFact, SectionFact, ValueFact } from './editProtocol';
import type { EditSession, Outcome } from './editSession';
import { keyOf, Rows, type FieldHost } from './fieldRow';
import { ParameterForm } from './parameterForm';
import { StepName } from './stepName';

/** After so long without a key in the cell, the form is read again; a little later than the picture, in milliseconds. */
const PAUSE = 350;

export class FieldForm {
  readonly element = el('div', { class: 'smpw-fields' });
  private readonly scroll = el('div', { class: 'smpw-fields-scroll', tabindex: '-1' });
  private readonly wrong = el('p', { class: 'smpw-fields-wrong', role: 'status', hidden: '' });
  private readonly help = el('div', { class: 'smpw-fields-help', 'aria-hidden': 'true' });
  private readonly endings: (() => void)[] = [];
  /** What a person opened and closed, by path; kept from step to step. */
  private readonly opened = new Map<string, boolean>();
  private sheet: Sheet | null = null;
  private isShown = false;
  /** Whether the focus is to go into the form as soon as it is that of what is selected. */
  private isAwaited = false;
  private asked = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly session: EditSession) {
    this.element.append(this.wrong, this.scroll, this.help);
    // what is not a field of the kernel's has nothing to be read here
    this.scroll.addEventListener('focusin', event => {
      if (!(event.target as Element).closest('.smpw-rows')) {
        this.help.replaceChildren();
      }
    });
    this.element.addEventListener('keydown', event => this.pressed(event));
    this.listen(session.selectionChanged, () => this.refresh());
    this.listen(session.editingChanged, () => this.refresh());
    this.listen(session.textChanged, () => this.later());
  }

  /** Whether it is in sight: what is not, asks for nothing. */
  show(isShown: boolean): void {
    if (isShown !== this.isShown) {
      this.isShown = isShown;
      if (isShown) {
        void this.refresh();
      } else {
        this.sheet?.flush();
      }
    }
  }

  /** Go to the first field, for who chose a step with the keyboard. */
  focus(): void {
    const isThere = this.sheet !== null && keyOf([...this.sheet.steps]) === keyOf([...this.session.selection]);
    this.isAwaited = !isThere;
    if (isThere) {
      this.scroll.querySelector<HTMLElement>('input, textarea')?.focus();
    }
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.isShown = false;
    this.endings.forEach(end => end());
  }

  private listen(signal: { connect(slot: () => void): boolean; disconnect(slot: () => void): boolean }, slot: () => void): void {
    signal.connect(slot);
    this.endings.push(() => signal.disconnect(slot));
  }

  /** Undoing is the text's, as everywhere while editing; what is typed and not yet written has its own, and stops the key. */
  private pressed(event: KeyboardEvent): void {
    const key = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && !event.altKey && (key === 'z' || key === 'y')) {
      this.session[key === 'y' || event.shiftKey ? 'redo' : 'undo']();
      event.preventDefault();
      event.stopPropagation();
    }
  }

  private later(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.refresh(), PAUSE);
  }

  private async refresh(): Promise<void> {
    clearTimeout(this.timer);
    const steps = [...this.session.selection];
    this.sheet?.follow(steps);
    if (this.sheet && keyOf(steps) !== keyOf([...this.sheet.steps])) {
      this.sheet.flush(); // what was typed belongs to the step it was typed for
    }
    if (!this.isShown || !this.session.isEditing) {
      return;
    }
    const mine = ++this.asked;
    try {
      const message = await this.session.form(steps);
      if (mine === this.asked) {
        this.take(steps, message);
      }
    } catch (error) {
      this.complain(error instanceof Error ? error.message : String(error));
    }
  }

  private take(steps: readonly string[], message: EditFormMessage): void {
    this.complain(message.error);
    if (message.error && this.sheet && keyOf([...this.sheet.steps]) === keyOf([...steps])) {
      return; // the last form stays, dimmed, as the last picture does
    }
    if (!this.sheet || keyOf([...this.sheet.steps]) !== keyOf([...steps])) {
      this.sheet = new Sheet(steps, this.session, this.opened, {
        explain: fact => this.explain(fact),
        written: () => void this.refresh()
      });
      this.scroll.replaceChildren(this.sheet.element);
      this.scroll.scrollTop = 0;
      this.help.replaceChildren();
    }
    this.sheet.show(message);
    if (this.isAwaited) {
      this.focus();
    }
  }

  private complain(words: string): void {
    this.wrong.hidden = !words;
    this.element.classList.toggle('smpw-fields-stale', words !== '');
    setText(this.wrong, words && `⚠ ${words}`);
  }

  /** What a field is for, below the form, where nothing moves when it changes. */
  private explain(fact: FieldFact): void {
    const counts = fact.value === null && fact.default ? `Default: ${fact.default}${fact.default_from ? ` (${fact.default_from})` : ''}` : '';
    this.help.replaceChildren(
      el('p', {}, el('strong', {}, el('bdi', {}, fact.path.join('.'))), counts ? el('span', { class: 'smpw-muted' }, ` · ${counts}`) : null),
      el('p', {}, ...code(fact.says.replace(/\n{2,}/g, '\n'))),
      fact.source ? el('p', { class: 'smpw-muted' }, fact.source) : ''
    );
    this.help.scrollTop = 0;
  }
}

interface SheetEvents {
  explain(fact: FieldFact): void;
  written(): void;
}

/** The form of certain steps: sections of rows. */
class Sheet implements FieldHost {
  readonly element = el('form', { class: 'smpw-sheet-fields' });
  private readonly sections = new Map<string, Section>();
  private readonly name: StepName | null;
  private readonly parameters: ParameterForm | null;

  private becomes: string | null = null;

  constructor(
    public steps: readonly string[],
    private readonly session: EditSession,
    private readonly opened: Map<string, boolean>,
    private readonly events: SheetEvents
  ) {
    this.element.addEventListener('submit', event => event.preventDefault());
    this.name = steps.length === 1 ? new StepName(steps[0], session, name => (this.becomes = name)) : null;
    this.parameters = steps.length ? null : new ParameterForm(session, this, () => events.written());
    if (this.name) {
      this.element.append(this.name.element);
    }
    if (steps.length > 1) {
      this.element.append(el('p', { class: 'smpw-muted' }, `A change here is made in all ${steps.length} steps: ${steps.join(', ')}.`));
    }
  }

  show(message: EditFormMessage): void {
    this.name?.show(this.steps[0]);
    const known = new Set<string>();
    for (const fact of message.sections) {
      if (this.parameters && isParameters(fact)) {
        this.parameters.show(fact);
        this.element.append(...(this.parameters.element.isConnected ? [] : [this.parameters.element]));
        continue;
      }
      known.add(fact.title);
      let section = this.sections.get(fact.title);
      if (!section) {
        section = new Section(fact, this);
        this.sections.set(fact.title, section);
        this.element.append(section.element);
      }
      section.show(fact);
    }
    this.sections.forEach((section, title) => (section.element.hidden = !known.has(title)));
  }

  /** The step has got the name that was written here: it is the same step still. */
  follow(steps: readonly string[]): void {
    if (this.becomes !== null && steps.length === 1 && steps[0] === this.becomes) {
      this.steps = steps;
      this.becomes = null;
    }
  }

  flush(): void {
    this.sections.forEach(section => section.rows.flush());
    this.parameters?.flush();
    this.name?.flush();
  }

  async commit(path: PathFact, value: ValueFact | null): Promise<Outcome> {
    const outcome = await this.session.apply(this.editsOf(path, value), { selects: false, says: false });
    if (outcome.kind !== 'refused') {
      this.events.written();
    }
    return outcome;
  }

  async rename(path: PathFact, name: string): Promise<Outcome> {
    const outcome = await this.session.apply(this.steps.map(step => ({ edit: 'RenameField', step, path, new: name })), { selects: false, says: false });
    if (outcome.kind !== 'refused') {
      this.events.written();
    }
    return outcome;
  }

  async options(path: PathFact, typed: string) {
    return (await this.session.options(this.steps, path, typed)).options;
  }

  async below(path: PathFact) {
    const { sections } = await this.session.form(this.steps, path);
    return sections.flatMap(section => section.fields);
  }

  explain(fact: FieldFact): void {
    this.events.explain(fact);
  }

  isOpen(fact: FieldFact): boolean {
    return this.opened.get(keyOf(fact.path)) ?? (fact.value !== null && !fact.is_lazy && fact.path.length < 3);
  }

  setOpen(path: PathFact, isOpen: boolean): void {
    this.opened.set(keyOf(path), isOpen);
  }

  private editsOf(path: PathFact, value: ValueFact | null): EditFact[] {
    if (!this.steps.length) {
      return [{ edit: 'SetSetting', path, ...(value ?? {}) }];
    }
    return this.steps.map(step => (value === null ? { edit: 'RemoveField', step, path } : { edit: 'SetField', step, path, ...value }));
  }
}

const isParameters = (section: SectionFact): boolean => section.fields.some(field => field.path[0] === 'parameters') || section.title.toLowerCase() === 'parameters';

/** Fields under a heading; what a person does not need at first is closed. */
class Section {
  readonly element: HTMLDetailsElement;
  readonly rows: Rows;
  private readonly title = el('span');
  private readonly says = el('p', { class: 'smpw-muted smpw-section-says' });

  constructor(fact: SectionFact, host: FieldHost & { setOpen(path: PathFact, isOpen: boolean): void }) {
    const rows = el('div', { class: 'smpw-rows' });
    this.rows = new Rows(rows, host);
    this.element = el('details', { class: 'smpw-section' }, el('summary', {}, this.title), this.says, rows);
    const stand: FieldFact = { ...NOTHING, path: ['§', fact.title], value: isWanted(fact) ? '' : null };
    this.element.open = host.isOpen(stand);
    this.element.addEventListener('toggle', () => host.setOpen(stand.path, this.element.open));
  }

  show(fact: SectionFact): void {
    this.title.replaceChildren(...code(fact.title));
    this.says.replaceChildren(...code(fact.says));
    this.says.hidden = !fact.says;
    this.rows.show(fact.fields);
  }
}

/** Whether a section is open from the beginning: all but what only has the API's remaining members, none of them given. */
function isWanted(section: SectionFact): boolean {
  return section.fields.some(field => field.path[0] !== 'arguments' || field.value !== null);
}

const NOTHING: Omit<FieldFact, 'path' | 'value'> = {
  label: '',
  kind: 'any',
  default: '',
  default_from: '',
  is_required: false,
  allowed: [],
  says: '',
  source: '',
  problems: [],
  is_mixed: false,
  unit: '',
  fields: [],
  can_add: '',
  is_lazy: false,
  is_secret: false
};
