/**
 * Starting a run: the form, the questions before it, the stages while it begins. It lies over the panel, is left with
 * Escape, and starts nothing that was not pressed for.
 */
import { button, el, setReason, setText } from './dom';
import type { QuestionFact, RunEntries, RunFormFact, RunMessage, RunRequest, RunStageMessage } from './protocol';
import { RunForm } from './runForm';
import { RunStages } from './runStages';

const CHECK_AFTER = 300;

export interface SheetEvents {
  tell(request: RunRequest): void;
  /** The sheet opens or closes. */
  toggled(isOpen: boolean): void;
  /** Something is said beside the buttons of the view while no sheet is open; '' takes it back. */
  say(words: string, isError: boolean): void;
}

export class RunSheet {
  readonly element: HTMLElement;
  private readonly title = el('h3', { class: 'smpw-sheet-title' });
  private readonly body = el('div', { class: 'smpw-sheet-body' });
  private readonly error = el('p', { class: 'smpw-sheet-error', role: 'alert', hidden: '' });
  private readonly go: HTMLButtonElement;
  private readonly cancel: HTMLButtonElement;
  private form: RunForm | null = null;
  private fact: RunFormFact | null = null;
  private stages = new RunStages();
  private questions: readonly QuestionFact[] = [];
  private sent: RunEntries | null = null;
  private isQuick = false;
  private isWaiting = false;
  private before: Element | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    /** Names this view among all views. */
    private readonly id: string,
    private readonly events: SheetEvents
  ) {
    this.go = button('▶ Run', () => this.press(), { class: 'smpw-go' });
    this.cancel = button('Cancel', () => this.close());
    const foot = el('div', { class: 'smpw-sheet-foot' }, el('span', { class: 'smpw-space' }), this.cancel, this.go);
    this.element = el('section', { class: 'smpw-sheet', role: 'dialog', 'aria-label': 'Start a run', tabindex: '-1', hidden: '' }, this.title, this.body, this.error, foot);
    this.element.addEventListener('keydown', event => this.pressed(event));
  }

  get isOpen(): boolean {
    return !this.element.hidden;
  }

  /** Ask for the form; `quick` starts at once where nothing has to be said. */
  ask(quick: boolean): void {
    this.isQuick = quick;
    this.before = document.activeElement;
    this.events.say(quick ? 'preparing…' : 'reading the form…', false);
    this.events.tell({ kind: 'run_form_request', view: this.id });
  }

  receive(message: RunMessage): void {
    if (message.kind === 'run_form') {
      if (message.view === this.id) {
        this.arrived(message.form, message.error);
      }
      return;
    }
    if (message.press !== this.fact?.press) {
      return; // another view's
    }
    if (message.kind === 'run_problems') {
      this.judged(message.problems);
    } else if (message.kind === 'run_stage') {
      this.staged(message);
    } else if (message.kind === 'run_questions') {
      this.asked(message.questions);
    } else {
      this.ended(message.error);
    }
  }

  close(): void {
    clearTimeout(this.timer);
    if (this.isOpen) {
      this.element.hidden = true;
      this.events.toggled(false);
      if (this.before instanceof HTMLElement && this.before.isConnected) {
        this.before.focus({ preventScroll: true });
      }
    }
    if (!this.isWaiting) {
      this.fact = this.form = this.sent = null;
      this.events.say('', false);
    }
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.element.remove();
  }

  private arrived(fact: RunFormFact | null, error: string): void {
    this.events.say(error, error !== '');
    this.fact = fact;
    this.questions = [];
    this.sent = null;
    this.stages = new RunStages();
    if (!fact) {
      return;
    }
    this.form = new RunForm(fact, () => this.changed());
    if (this.isQuick && fact.at_once) {
      this.begin([]);
    } else {
      this.openForm();
    }
  }

  private openForm(): void {
    const fact = this.fact;
    if (fact && this.form) {
      this.open(`Run ${fact.pipeline}`, fact.target, this.form.element);
      setText(this.go, '▶ Run');
      setReason(this.go, '');
      this.form.focus();
    }
  }

  private open(title: string, where: string, ...content: HTMLElement[]): void {
    this.title.replaceChildren(el('bdi', {}, title), where ? el('span', { class: 'smpw-muted' }, el('bdi', {}, where)) : '');
    this.body.replaceChildren(...content);
    this.fail('');
    setText(this.cancel, 'Cancel');
    this.go.hidden = false;
    if (!this.isOpen) {
      this.element.hidden = false;
      this.events.toggled(true);
    }
  }

  private changed(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.fact && this.form) {
        this.events.tell({ kind: 'run_check', press: this.fact.press, entries: this.form.entries });
      }
    }, CHECK_AFTER);
  }

  private judged(problems: readonly [string, string][]): void {
    this.isWaiting = false;
    const first = this.form?.judge(problems) ?? '';
    setReason(this.go, first);
    if (problems.length && !this.isOpen) {
      this.openForm();
      this.form?.judge(problems);
      setReason(this.go, first);
    }
  }

  private press(): void {
    this.begin(this.questions.map(question => question.asks));
  }

  private begin(confirmed: string[]): void {
    if (!this.fact || !this.form || this.isWaiting) {
      return;
    }
    clearTimeout(this.timer);
    this.isWaiting = true;
    this.sent = confirmed.length && this.sent ? this.sent : this.form.entries;
    this.fail('');
    setReason(this.go, 'the run is being started');
    this.events.tell({ kind: 'run_start', press: this.fact.press, entries: this.sent, confirmed });
  }

  private staged(message: RunStageMessage): void {
    this.stages.show(message);
    if (!this.isOpen) {
      this.events.say(this.stages.line, false);
    } else if (this.stages.element.parentElement !== this.body) {
      this.body.replaceChildren(this.stages.element);
      setText(this.cancel, 'Hide');
    }
  }

  private asked(questions: readonly QuestionFact[]): void {
    this.isWaiting = false;
    this.questions = questions;
    const parts = questions.map(question =>
      el(
        'section',
        { class: 'smpw-question' },
        el('p', { class: 'smpw-question-title' }, question.title),
        question.text ? el('pre', { class: 'smpw-question-text', tabindex: '0' }, ...differences(question.text)) : null
      )
    );
    this.open(questions.length === 1 ? 'Before it runs' : `Before it runs: ${questions.length} questions`, this.fact?.target ?? '', ...parts);
    setText(this.go, questions.length === 1 ? questions[0].yes : 'Yes to all, and run');
    setReason(this.go, '');
    this.cancel.focus({ preventScroll: true });
  }

  private ended(error: string): void {
    this.isWaiting = false;
    this.stages.end();
    if (error) {
      // under the same press the same run is started, should the first try have reached the service after all
      setReason(this.go, '');
      if (this.isOpen) {
        if (this.form) {
          this.body.replaceChildren(this.form.element);
        }
        this.questions = [];
        setText(this.go, '▶ Run');
        setText(this.cancel, 'Cancel');
        this.fail(error);
      } else {
        this.events.say(error, true);
      }
      return;
    }
    this.fact = null;
    this.close();
  }

  private fail(error: string): void {
    this.error.hidden = !error;
    setText(this.error, error && `✕ ${error}`);
  }

  private pressed(event: KeyboardEvent): void {
    event.stopPropagation();
    if (event.key === 'Escape') {
      this.close();
      event.preventDefault();
    } else if (event.key === 'Enter' && event.target instanceof HTMLInputElement) {
      // Enter in a field is no press of the button: a run is not started by accident
      event.preventDefault();
    } else if (event.key === 'Tab') {
      this.keepFocus(event);
    }
  }

  /** Tab goes round within the sheet. */
  private keepFocus(event: KeyboardEvent): void {
    const all = [...this.element.querySelectorAll<HTMLElement>('button, input, select, textarea, [tabindex="0"]')];
    const usable = all.filter(each => each.offsetParent !== null);
    const edge = event.shiftKey ? usable[0] : usable[usable.length - 1];
    if (document.activeElement === edge) {
      usable[event.shiftKey ? usable.length - 1 : 0]?.focus();
      event.preventDefault();
    }
  }
}

/** The lines of a difference, told apart by their signs. */
function differences(text: string): HTMLElement[] {
  return text.split('\n').map(line => {
    const sign = line.trimStart().charAt(0);
    const kind = sign === '+' ? 'added' : sign === '-' || sign === '−' ? 'removed' : sign === '~' ? 'changed' : '';
    return el('span', { class: kind && `smpw-line-${kind}` }, `${line}\n`);
  });
}
