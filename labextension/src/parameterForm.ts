/** The pipeline's parameters: each with what can be said of it, a way to rename and one to delete it; and a new one. */
import { code } from './choiceList';
import { button, el } from './dom';
import type { EditFact, FieldFact, Leftover, MentionFact, OptionFact, PathFact, SectionFact, ValueFact } from './editProtocol';
import type { EditSession, Outcome } from './editSession';
import { refusal, Rows, type FieldHost } from './fieldRow';

const TYPES = ['String', 'Integer', 'Float', 'Boolean'];

export class ParameterForm {
  readonly element: HTMLElement;
  private readonly list = el('div', { class: 'smpw-parameters' });
  private readonly none = el('p', { class: 'smpw-muted' }, 'This pipeline has no parameters yet. A parameter can be set anew for every run.');
  private readonly cards = new Map<string, ParameterCard>();
  private readonly name = el('input', { class: 'smpw-input', placeholder: 'new parameter', 'aria-label': 'Name of a new parameter', autocomplete: 'off', spellcheck: 'false' });
  private readonly value = el('input', { class: 'smpw-input', placeholder: 'default', 'aria-label': 'Default of the new parameter', autocomplete: 'off', spellcheck: 'false' });
  private readonly wrong = el('p', { class: 'smpw-row-error', role: 'alert', hidden: '' });
  private readonly type = el('select', { class: 'smpw-select', 'aria-label': 'Type of the new parameter' });

  constructor(
    private readonly session: EditSession,
    private readonly host: FieldHost,
    private readonly written: () => void
  ) {
    this.type.append(el('option', { value: '' }, 'by its default'), ...TYPES.map(each => el('option', { value: each }, each)));
    const add = button('+ Add', () => void this.add(), { class: 'smpw-add', title: 'Add a parameter' });
    const adder = el('div', { class: 'smpw-adder' }, this.name, this.value, this.type, add);
    adder.addEventListener('keydown', event => {
      event.stopPropagation();
      if (event.key === 'Enter' && event.target instanceof HTMLInputElement) {
        void this.add();
      }
    });
    this.element = el('details', { class: 'smpw-section', open: '' }, el('summary', {}, el('span', {}, 'Parameters')), this.none, this.list, adder, this.wrong);
  }

  show(section: SectionFact): void {
    const facts = section.fields.flatMap(field => (field.path.length === 1 ? field.fields : [field]));
    const gone = new Set(this.cards.keys());
    for (const fact of facts) {
      const name = String(fact.path[1]);
      gone.delete(name);
      let card = this.cards.get(name);
      if (!card) {
        card = new ParameterCard(name, this.hostOf(name), {
          rename: (from, to) => this.edit([{ edit: 'RenameParameter', name: from, new: to }]),
          remove: (each, leftover) => this.edit([{ edit: 'DeleteParameter', name: each, leftover }]),
          mentions: async each => (await this.session.mentions([], [each])).mentions
        });
        this.cards.set(name, card);
        this.list.append(card.element);
      }
      card.show(fact);
    }
    gone.forEach(name => {
      this.cards.get(name)?.element.remove();
      this.cards.delete(name);
    });
    this.none.hidden = facts.length > 0;
  }

  flush(): void {
    this.cards.forEach(card => card.rows.flush());
  }

  private async add(): Promise<void> {
    const name = this.name.value.trim();
    if (!name) {
      this.name.focus();
      return;
    }
    const edit: EditFact = { edit: 'AddParameter', name };
    if (this.value.value !== '') {
      edit.text = this.value.value;
    }
    if (this.type.value) {
      edit.type = this.type.value;
    }
    const outcome = await this.edit([edit]);
    const words = refusal(outcome);
    this.wrong.hidden = !words;
    this.wrong.replaceChildren(...code(words && `✕ ${words}`));
    if (outcome.kind === 'written') {
      this.name.value = this.value.value = this.type.value = '';
      this.name.focus();
    }
  }

  private async edit(edits: EditFact[]): Promise<Outcome> {
    const outcome = await this.session.apply(edits, { selects: false, says: false });
    if (outcome.kind !== 'refused') {
      this.written();
    }
    return outcome;
  }

  private setParameter(name: string, path: PathFact, value: ValueFact | null): EditFact {
    const key = path.length > 2 ? String(path[2]) : 'default';
    if (key !== 'enum' || path.length < 4) {
      return { edit: 'SetParameter', name, key, ...(value ?? {}) };
    }
    // one word of the list: the list is written anew, as its words are the edit's one value
    const words = this.cards.get(name)?.words ?? [];
    const said = value === null ? [] : ['text' in value ? value.text : String(value.value)];
    const left = [...words.slice(0, Number(path[3])), ...said, ...words.slice(Number(path[3]) + 1)];
    return { edit: 'SetParameter', name, key, ...(left.length ? { value: left } : {}) };
  }

  /** A field of a parameter is no setting: it is changed by an edit of its own. */
  private hostOf(name: string): FieldHost {
    const { host } = this;
    return {
      commit: (path: PathFact, value: ValueFact | null) => this.edit([this.setParameter(name, path, value)]),
      rename: (path, name) => this.host.rename(path, name),
      options: (path: PathFact, typed: string): Promise<readonly OptionFact[]> => host.options(path, typed),
      below: (path: PathFact): Promise<readonly FieldFact[]> => host.below(path),
      explain: fact => host.explain(fact),
      isOpen: fact => host.isOpen(fact),
      setOpen: (path, isOpen) => host.setOpen(path, isOpen)
    };
  }
}


interface CardEvents {
  rename(from: string, to: string): Promise<Outcome>;
  remove(name: string, leftover: Leftover): Promise<Outcome>;
  mentions(name: string): Promise<readonly MentionFact[]>;
}

class ParameterCard {
  readonly element: HTMLElement;
  readonly rows: Rows;
  private fact: FieldFact | null = null;
  private readonly input: HTMLInputElement;
  private readonly wrong = el('p', { class: 'smpw-row-error', role: 'alert', hidden: '' });
  private readonly asks = el('div', { class: 'smpw-parameter-asks', hidden: '' });

  constructor(
    private readonly name: string,
    host: FieldHost,
    private readonly events: CardEvents
  ) {
    this.input = el('input', { class: 'smpw-input smpw-parameter-name', 'aria-label': `Name of the parameter ${name}`, autocomplete: 'off', spellcheck: 'false' });
    this.input.value = name;
    this.input.addEventListener('blur', () => void this.rename());
    this.input.addEventListener('keydown', event => this.pressed(event));
    const remove = button('Delete', () => void this.remove(), { class: 'smpw-parameter-delete', title: `Delete the parameter ${name}` });
    const rows = el('div', { class: 'smpw-rows' });
    this.rows = new Rows(rows, host);
    const head = el('div', { class: 'smpw-parameter-head' }, this.input, remove);
    this.element = el('div', { class: 'smpw-parameter', role: 'group', 'aria-label': `Parameter ${name}` }, head, this.wrong, this.asks, rows);
  }

  /** The words its value may be one of. */
  get words(): string[] {
    const words = this.fact?.fields.find(field => field.path[2] === 'enum')?.fields ?? [];
    return words.map(word => word.value ?? '');
  }

  show(fact: FieldFact): void {
    this.fact = fact;
    this.rows.show(fact.fields.length ? fact.fields : [{ ...fact, label: 'default', can_add: '' }]);
  }

  private async rename(): Promise<void> {
    const wanted = this.input.value.trim();
    if (!wanted || wanted === this.name) {
      this.input.value = this.name;
      return;
    }
    const outcome = await this.events.rename(this.name, wanted);
    this.fail(outcome);
  }

  /** Delete it at once where nothing refers to it; else say what does, and ask. */
  private async remove(): Promise<void> {
    const mentions = await this.events.mentions(this.name).catch(() => []);
    if (!mentions.length) {
      this.fail(await this.events.remove(this.name, 'remove'));
      return;
    }
    const places = mentions.map(each => [each.step ?? 'the pipeline', each.path.join('.')].filter(Boolean).join(' · '));
    const words = `${mentions.length === 1 ? 'One place refers' : `${mentions.length} places refer`} to it: ${[...new Set(places)].slice(0, 5).join('; ')}${places.length > 5 ? ' …' : ''}.`;
    const choice = (label: string, leftover: Leftover, title: string) =>
      button(label, () => void this.events.remove(this.name, leftover).then(outcome => this.fail(outcome)), { title });
    const no = button('Keep it', () => {
      this.asks.hidden = true;
      this.input.focus();
    });
    this.asks.replaceChildren(
      el('p', {}, words),
      choice('Delete all', 'remove', 'Delete the parameter and what refers to it'),
      choice('Delete it alone', 'keep', 'What refers to it stays, as problems to solve'),
      no
    );
    this.asks.hidden = false;
    no.focus();
  }

  private fail(outcome: Outcome): void {
    const words = refusal(outcome);
    this.wrong.hidden = !words;
    this.wrong.replaceChildren(...code(words && `✕ ${words}`));
  }

  private pressed(event: KeyboardEvent): void {
    if (event.key === 'Enter') {
      void this.rename();
      event.preventDefault();
    } else if (event.key === 'Escape') {
      this.input.value = this.name;
    }
    event.stopPropagation();
  }
}

