/** The name of a step, above its fields: writing another one renames it wherever it is named. */
import { code } from './choiceList';
import { el } from './dom';
import type { EditSession } from './editSession';
import { refusal } from './fieldRow';

export class StepName {
  readonly element: HTMLElement;
  private readonly input = el('input', { class: 'smpw-input', type: 'text', autocomplete: 'off', spellcheck: 'false', 'aria-label': 'Name of the step' });
  private readonly problem = el('div', { class: 'smpw-field-problem', id: `smpw-name-${++count}`, hidden: '' });
  private shown: string;

  /** `renaming` is told the new name before anything hears of it. */
  constructor(
    name: string,
    private readonly session: EditSession,
    private readonly renaming: (name: string) => void
  ) {
    this.shown = this.input.value = name;
    this.input.setAttribute('aria-describedby', this.problem.id);
    this.input.addEventListener('blur', () => this.flush());
    this.input.addEventListener('keydown', event => this.pressed(event));
    const label = el('span', { class: 'smpw-label', title: 'References follow when a step is renamed' }, 'Name');
    this.element = el('div', { class: 'smpw-row smpw-given smpw-step-name' }, label, el('div', { class: 'smpw-control' }, this.input), this.problem);
  }

  show(name: string): void {
    if (name !== this.shown) {
      this.shown = this.input.value = name;
    }
  }

  flush(): void {
    const name = this.input.value.trim();
    if (name && name !== this.shown) {
      void this.rename(name);
    } else if (!name) {
      this.input.value = this.shown;
    }
  }

  private async rename(name: string): Promise<void> {
    const before = this.shown;
    this.shown = name;
    this.renaming(name);
    const outcome = await this.session.apply([{ edit: 'RenameStep', name: before, new: name }], { says: false });
    const words = refusal(outcome);
    if (outcome.kind !== 'written') {
      this.shown = before;
    }
    this.problem.hidden = !words;
    this.problem.replaceChildren(...code(words && `✕ ${words}`));
    this.input.setAttribute('aria-invalid', String(words !== ''));
  }

  private pressed(event: KeyboardEvent): void {
    if (event.key === 'Enter') {
      this.flush();
    } else if (event.key === 'Escape' && this.input.value !== this.shown) {
      this.input.value = this.shown;
      this.problem.hidden = true;
    } else {
      if (event.key !== 'Escape' && (this.input.value !== this.shown || !(event.ctrlKey || event.metaKey))) {
        event.stopPropagation();
      }
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}

let count = 0;
