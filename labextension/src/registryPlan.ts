/** An action that changes something: what it takes is filled in, what it would do is shown, then it is done. */
import { button, el, setReason } from './dom';
import type { Pair, Question, RegistryMessage } from './registryProtocol';

export interface Field {
  name: string;
  label: string;
  value?: string;
  hint?: string;
  /** A text of several words has a box of its own. */
  isLong?: boolean;
  isRequired?: boolean;
  /** A share: a slider beside the number. */
  isShare?: boolean;
}

export interface ActionSpec {
  action: string;
  /** A version or an endpoint. */
  what: string;
  title: string;
  fields: readonly Field[];
}

export type AskKernel = (question: Question, answered: (message: RegistryMessage) => void, ticket?: string) => string;

export class RegistryPlan {
  readonly element = el('section', { class: 'smpw-registry-plan', role: 'group', hidden: '' });
  private opener: HTMLElement | null = null;
  private ticket = '';

  constructor(
    private readonly ask: AskKernel,
    /** Said beside the view. */
    private readonly say: (words: string, isError: boolean) => void
  ) {
    this.element.addEventListener('keydown', event => {
      if (event.key === 'Escape') {
        this.close();
        event.stopPropagation();
      }
    });
  }

  /** Begin: with a form where something has to be said, else with what it would do. */
  begin(spec: ActionSpec): void {
    this.opener = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    this.say('', false);
    this.element.setAttribute('aria-label', spec.title);
    if (spec.fields.length) {
      this.form(spec);
    } else {
      this.plan(spec, []);
    }
  }

  close(): void {
    if (this.element.hidden) {
      return;
    }
    const held = this.element.contains(document.activeElement);
    this.ticket = '';
    this.element.hidden = true;
    this.element.replaceChildren();
    if (held && this.opener?.isConnected) {
      this.opener.focus({ preventScroll: true });
    }
  }

  private form(spec: ActionSpec): void {
    const inputs = spec.fields.map(field => ({ field, ...inputOf(field) }));
    const complaint = el('p', { class: 'smpw-registry-error', role: 'alert', hidden: '' });
    const submit = () => {
      const missing = inputs.find(each => each.field.isRequired && !each.input.value.trim());
      complaint.hidden = !missing;
      if (missing) {
        complaint.textContent = `${missing.field.label} is needed.`;
        missing.input.focus();
        return;
      }
      this.plan(
        spec,
        inputs.map(each => [each.field.name, each.input.value])
      );
    };
    const go = button('What would it do?', submit, { class: 'smpw-primary' });
    const form = el('div', { class: 'smpw-registry-form' }, el('h4', {}, spec.title), ...inputs.map(each => each.label), complaint, this.foot(go));
    form.addEventListener('keydown', event => {
      if (event.key === 'Enter' && event.target instanceof HTMLInputElement) {
        submit(); // a notebook takes Enter from its forms
        event.preventDefault();
      }
    });
    this.open(form);
    inputs[0].input.focus();
  }

  private plan(spec: ActionSpec, values: Pair[]): void {
    const waiting = el('p', { class: 'smpw-muted', role: 'status' }, 'Finding out what it would do…');
    // what was typed stays until there is an answer
    const before = [...this.element.children];
    this.open(...(before as HTMLElement[]), waiting);
    this.ticket = this.ask({ kind: 'registry_plan_request', action: spec.action, what: spec.what, values }, message => {
      if (message.ticket !== this.ticket || message.kind === 'registry_answer') {
        return;
      }
      waiting.remove();
      if (message.kind === 'registry_plan' && !message.error) {
        this.confirm(message.title, message.words, message.go);
      } else if (message.kind === 'registry_plan') {
        this.failed(message.error);
      } else if (message.kind === 'registry_done') {
        this.done(message.words, message.error);
      }
    });
  }

  private confirm(title: string, words: string, goes: string): void {
    const go = button(
      goes,
      () => {
        setReason(go, 'asked the kernel; waiting for its answer');
        this.ask({ kind: 'registry_start' }, () => undefined, this.ticket);
      },
      { class: 'smpw-primary' }
    );
    this.open(el('h4', {}, title), el('pre', { class: 'smpw-registry-words', tabindex: '0' }, words), this.foot(go));
    go.focus({ preventScroll: true });
  }

  private done(words: string, error: string): void {
    if (error) {
      this.failed(error);
    } else {
      this.close();
      this.say(words, false);
    }
  }

  /** What went wrong stands below what was asked for, which can be tried again. */
  private failed(error: string): void {
    this.element.querySelectorAll('.smpw-registry-failed').forEach(each => each.remove());
    if (!this.element.childElementCount) {
      this.close();
      this.say(error, true);
      return;
    }
    this.element.querySelectorAll('button').forEach(each => setReason(each, ''));
    this.element.append(el('p', { class: 'smpw-registry-error smpw-registry-failed', role: 'alert' }, `✕ ${error}`));
  }

  private foot(go: HTMLButtonElement): HTMLElement {
    return el('div', { class: 'smpw-registry-tools' }, go, button('Cancel', () => this.close()));
  }

  private open(...content: HTMLElement[]): void {
    this.element.replaceChildren(...content);
    this.element.hidden = false;
  }
}

interface Input {
  input: HTMLInputElement | HTMLTextAreaElement;
  label: HTMLElement;
}

function inputOf(field: Field): Input {
  const name = el('span', {}, field.isRequired ? `${field.label} (needed)` : field.label);
  const hint = field.hint ? el('span', { class: 'smpw-muted' }, field.hint) : null;
  if (field.isLong) {
    const input = el('textarea', { rows: '2', 'aria-label': field.label, spellcheck: 'true' });
    return { input, label: el('label', {}, name, input, hint) };
  }
  const input = el('input', { type: field.isShare ? 'number' : 'text', 'aria-label': field.label, autocomplete: 'off', spellcheck: 'false' });
  input.value = field.value ?? '';
  if (!field.isShare) {
    return { input, label: el('label', {}, name, input, hint) };
  }
  const slider = el('input', { type: 'range', min: '0', max: '100', step: '1', 'aria-label': `${field.label} by slider` });
  slider.value = input.value;
  slider.addEventListener('input', () => (input.value = slider.value));
  input.addEventListener('input', () => (slider.value = input.value));
  input.min = '0';
  return { input, label: el('label', { class: 'smpw-registry-share' }, name, slider, input, el('span', {}, '%')) };
}
