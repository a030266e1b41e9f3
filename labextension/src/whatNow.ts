/** What can be done now: buttons that first say what they would do - in words, and on the graph - and then do it. */
import { button, copyButton, el, setReason } from './dom';
import type { FailureRequest, NextFact, NextMessage, NextPlanMessage } from './failureProtocol';
import type { Pair } from './protocol';

export interface NowHost {
  tell(request: FailureRequest): void;
  /** Draw what would become of the steps; null draws what is. */
  paint(states: NextPlanMessage['states'] | null): void;
}

/** The actions for one step, or for the run; the element stays the same however often the panes are drawn anew. */
export class WhatNow {
  readonly element = el('section', { class: 'smpw-now', 'aria-label': 'What now' });
  private readonly row = el('div', { class: 'smpw-now-actions', role: 'group', 'aria-label': 'What now' });
  private readonly sheet = el('div', { class: 'smpw-now-sheet', hidden: '' });
  private readonly said = el('p', { class: 'smpw-now-said', role: 'status', hidden: '' });
  private shown = '';
  private press = '';
  private opener: HTMLElement | null = null;

  /** `id` makes the presses of this view its own. */
  constructor(
    private readonly id: string,
    private readonly host: NowHost,
    private readonly step: string | null
  ) {
    this.element.append(this.row, this.sheet, this.said);
    this.element.addEventListener('keydown', event => {
      if (event.key === 'Escape' && !this.sheet.hidden) {
        this.close();
        event.stopPropagation();
      }
    });
  }

  /** Offer these; buttons are drawn anew only when they have changed. */
  offer(facts: readonly NextFact[]): void {
    const key = JSON.stringify(facts);
    if (key === this.shown) {
      return;
    }
    this.shown = key;
    this.row.replaceChildren(...facts.map(fact => this.buttonOf(fact)));
    this.element.hidden = !facts.length;
  }

  receive(message: NextMessage): void {
    if (message.press !== this.press) {
      return;
    }
    if (message.kind === 'next_done') {
      this.close();
      this.say(message.error || message.words, message.error !== '');
    } else if (message.error) {
      this.close();
      this.say(message.error, true);
    } else {
      this.showPlan(message);
    }
  }

  private buttonOf(fact: NextFact): HTMLButtonElement {
    const made = button(fact.label, () => this.chosen(fact, made), { title: fact.does });
    setReason(made, fact.reason, fact.does);
    return made;
  }

  private chosen(fact: NextFact, opener: HTMLElement): void {
    this.close();
    this.opener = opener;
    this.say('', false);
    if (fact.fields.length) {
      this.showForm(fact);
    } else {
      this.ask(fact, []);
    }
  }

  private ask(fact: NextFact, values: Pair[]): void {
    this.press = `${this.id}:${Date.now()}:${Math.random().toString(36).slice(2)}`;
    const step = fact.per_step ? this.step : fact.step;
    this.open(el('p', { class: 'smpw-muted' }, 'Finding out what it would do…'));
    this.host.tell({ kind: 'next_plan_request', press: this.press, name: fact.name, step, values });
  }

  private showForm(fact: NextFact): void {
    const inputs = fact.fields.map(field => {
      const input = el('input', { type: 'text', class: 'smpw-now-field', value: field.value, placeholder: field.hint, autocomplete: 'off', spellcheck: 'false' });
      const type = field.type ? el('span', { class: 'smpw-muted' }, field.type) : null;
      const label = el('label', { class: type ? undefined : 'smpw-now-untyped' }, el('span', {}, field.name), type, input);
      return { name: field.name, input, label };
    });
    const form = el('form', { class: 'smpw-now-form' }, el('p', { class: 'smpw-muted' }, fact.does), ...inputs.map(each => each.label));
    const go = el('button', { type: 'submit', class: 'smpw-button smpw-primary' }, 'What would it do?');
    form.append(el('div', { class: 'smpw-now-actions' }, go, this.cancel()));
    const submit = (event: Event) => {
      event.preventDefault();
      this.ask(
        fact,
        inputs.map(each => [each.name, each.input.value])
      );
    };
    form.addEventListener('submit', submit);
    form.addEventListener('keydown', event => {
      if (event.key === 'Enter' && event.target instanceof HTMLInputElement) {
        submit(event); // a notebook takes Enter from its forms
      }
      if (event.key !== 'Escape') {
        event.stopPropagation(); // letters that are typed are no shortcuts of the view
      }
    });
    this.open(form);
    inputs[0]?.input.focus();
  }

  private showPlan(plan: NextPlanMessage): void {
    const go = button(plan.go, () => this.start(go), { class: 'smpw-primary' });
    const copy = copyButton('⧉', () => plan.words, 'Copy these words');
    this.open(el('pre', { class: 'smpw-now-plan' }, plan.words), el('div', { class: 'smpw-now-actions' }, go, this.cancel(), copy));
    if (plan.states.length) {
      this.host.paint(plan.states);
    }
    go.focus();
  }

  private start(go: HTMLButtonElement): void {
    setReason(go, 'asked the kernel; waiting for its answer');
    this.host.tell({ kind: 'next_start', press: this.press });
  }

  private cancel(): HTMLButtonElement {
    return button('Cancel', () => this.close());
  }

  private open(...content: HTMLElement[]): void {
    this.sheet.replaceChildren(...content);
    this.sheet.hidden = false;
  }

  private close(): void {
    if (this.sheet.hidden) {
      return;
    }
    const held = this.sheet.contains(document.activeElement);
    this.press = '';
    this.sheet.hidden = true;
    this.sheet.replaceChildren();
    this.host.paint(null);
    if (held) {
      this.opener?.focus();
    }
  }

  private say(words: string, isError: boolean): void {
    this.said.hidden = !words;
    this.said.classList.toggle('smpw-now-error', isError);
    this.said.replaceChildren(words && isError ? `✕ ${words}` : words);
  }
}
