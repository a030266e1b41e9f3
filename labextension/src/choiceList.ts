/** Which edge a line between two cards is to mean: a list to choose from, where there is more than one. */
import { button, el } from './dom';
import type { ChoiceFact, EditFact } from './editProtocol';

/** What a person chose, with what they were asked for filled in. */
export type Chosen = (edit: EditFact) => void;

/** Whether an edge can be drawn without asking anything. */
export const isClear = (choices: readonly ChoiceFact[]): boolean => choices.length === 1 && !choices[0].asks && !choices[0].replaces;

/** The list's content; `chosen` is called once. */
export function choiceList(source: string, target: string, choices: readonly ChoiceFact[], chosen: Chosen): HTMLElement[] {
  const title = el('h4', { class: 'smpw-popover-title' }, el('bdi', {}, source), ' → ', el('bdi', {}, target));
  const list = el('ul', { class: 'smpw-choices' }, ...choices.map(choice => el('li', {}, row(choice, chosen))));
  list.addEventListener('keydown', event => walk(list, event));
  return [title, list];
}

function row(choice: ChoiceFact, chosen: Chosen): HTMLElement {
  const words = [el('span', {}, ...code(choice.words)), choice.replaces ? el('small', { class: 'smpw-muted' }, 'replaces ', ...code(choice.replaces)) : null];
  if (!choice.asks) {
    const made = button('', () => chosen(choice.edit), { class: 'smpw-choice' });
    made.append(...words.filter(part => part !== null));
    return made;
  }
  const input = el('input', { class: 'smpw-input', type: 'text', placeholder: choice.asks, 'aria-label': choice.asks });
  const go = (): void => {
    if (input.value.trim()) {
      chosen(completed(choice.edit, input.value.trim()));
    }
  };
  input.addEventListener('keydown', event => {
    if (event.key === 'Enter') {
      go();
      event.preventDefault();
    }
  });
  const made = el('label', { class: 'smpw-choice smpw-choice-asks' }, ...words, el('span', { class: 'smpw-choice-answer' }, input, button('Connect', go)));
  return made;
}

/** The edit with what was asked for behind its output. */
function completed(edit: EditFact, answer: string): EditFact {
  return edit.edit === 'Connect' ? { ...edit, output: [edit.output, answer.replace(/^\./, '')].filter(Boolean).join('.') } : edit;
}

/** Arrows walk through what can be chosen. */
function walk(list: HTMLElement, event: KeyboardEvent): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key] ?? 0;
  if (step) {
    const all = [...list.querySelectorAll<HTMLElement>('button.smpw-choice, input')];
    const at = all.indexOf(document.activeElement as HTMLElement);
    all[(at + step + all.length) % all.length]?.focus();
    event.preventDefault();
  }
}

/** Text whose parts between backticks are set as code. */
export function code(text: string): (HTMLElement | string)[] {
  return text.split('`').map((part, at) => (at % 2 ? el('code', {}, part) : part));
}
