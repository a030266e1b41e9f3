/** The two lines above everything: title, target and buttons; state, progress and age of what is shown. */
import { button, el, setReason, setText, setTitle } from './dom';
import { icon, setIcon } from './icons';
import type { ActionFact, ProblemFact, RunFact, StepRow } from './protocol';
import { comparedWords, isActive, isDone, isExecuting, runWords, stateClass } from './states';
import { ago, clock, duration, whole } from './times';

const CONFIRM_WITHIN = 4_000;
const GLYPHS: Readonly<Record<string, string>> = { run: '▶', stop: '■', retry: '↻', edit: '✎' };

export interface HeaderActions {
  act(name: string): void;
  /** Run: at once, or with the form first. */
  run(atOnce: boolean): void;
  fit(): void;
  /** Fold the view to one line, or unfold it. */
  fold(): void;
  problems(): void;
  why(): void;
}

export class HeaderBar {
  readonly element: HTMLElement;
  /** Buttons of other parts, behind those of the kernel's actions. */
  readonly tools: HTMLElement[] = [];
  private readonly buttons = new Map<string, ActionButton>();
  private readonly strip = el('div', { class: 'smpw-buttons', role: 'toolbar', 'aria-label': 'Actions' });
  private readonly state = el('span');
  private readonly glyph = icon();
  private readonly word = el('span');
  private readonly spent = el('span', { class: 'smpw-tabular' });
  private readonly progress = el('span', { class: 'smpw-tabular' });
  private readonly age = el('span', { class: 'smpw-muted smpw-tabular' });
  private readonly health = el('span', { class: 'smpw-health', role: 'status' });
  private readonly subtitle = el('span', { class: 'smpw-muted' });
  private readonly foldButton: HTMLButtonElement;
  private formButton: HTMLButtonElement | null = null;
  private readonly whyButton: HTMLButtonElement;
  private readonly problemsButton: HTMLButtonElement;

  constructor(
    title: string,
    subtitle: string,
    private readonly comparison: string,
    private readonly hasForm: boolean,
    private readonly actions: HeaderActions
  ) {
    this.foldButton = button('', () => actions.fold(), { class: 'smpw-fold-button' });
    this.setFolded(false);
    this.whyButton = button('Why?', () => actions.why(), { class: 'smpw-why', title: 'Show why the run failed' });
    this.problemsButton = button('', () => actions.problems(), { class: 'smpw-problems-button' });
    this.state.append(this.glyph, this.word);
    const heading = el(
      'div',
      { class: 'smpw-title' },
      el('strong', { title }, el('bdi', {}, title)),
      this.subtitle
    );
    this.setSubtitle(subtitle);
    const summary = [this.state, this.spent, this.progress, this.age, this.whyButton, this.health];
    this.element = el(
      'header',
      { class: 'smpw-header' },
      el('div', { class: 'smpw-header-top' }, heading, el('span', { class: 'smpw-space' }), this.strip),
      el('div', { class: 'smpw-summary' }, ...summary, el('span', { class: 'smpw-space' }), this.problemsButton)
    );
  }

  /** What stands behind the title: a pipeline's description, then where its run is and who asked for it. */
  setSubtitle(text: string): void {
    this.subtitle.title = text;
    this.subtitle.replaceChildren(el('bdi', {}, text));
  }

  /** Say whether the view is folded to this bar. */
  setFolded(isFolded: boolean): void {
    setText(this.foldButton, isFolded ? '▾' : '▴');
    setTitle(this.foldButton, isFolded ? 'Unfold the view' : 'Fold the view to one line');
    this.foldButton.setAttribute('aria-label', this.foldButton.title);
    this.foldButton.setAttribute('aria-expanded', String(!isFolded));
  }

  setActions(facts: readonly ActionFact[]): void {
    this.buttons.forEach(each => each.dispose());
    this.buttons.clear();
    for (const fact of facts) {
      const isForm = fact.name === 'run' && this.hasForm;
      const act = isForm ? () => this.actions.run(true) : () => this.actions.act(fact.name);
      this.buttons.set(fact.name, new ActionButton(fact, act, !isForm));
    }
    const fit = button('Fit', () => this.actions.fit(), { class: 'smpw-fit', title: 'Fit the whole graph into view' });
    this.strip.replaceChildren(...[...this.buttons.values()].flatMap(each => this.withMenu(each)), ...this.tools, fit, this.foldButton);
  }

  /** Behind Run, what opens its form. */
  private withMenu(each: ActionButton): HTMLElement[] {
    if (each.fact.name !== 'run' || !this.hasForm) {
      return [each.element];
    }
    const attributes = { class: 'smpw-run-form', title: 'Parameters, name, tags of the run', 'aria-label': 'Run with…', 'aria-haspopup': 'dialog' };
    this.formButton = button('▾', () => this.actions.run(false), attributes);
    setReason(this.formButton, each.fact.reason, attributes.title);
    return [el('span', { class: 'smpw-split' }, each.element, this.formButton)];
  }

  setProblems(problems: readonly ProblemFact[]): void {
    this.problemsButton.hidden = problems.length === 0;
    const errors = problems.filter(problem => problem.severity === 'error').length;
    this.problemsButton.classList.toggle('smpw-has-errors', errors > 0);
    setText(this.problemsButton, `⚠ ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`);
    setTitle(this.problemsButton, `${errors} ${errors === 1 ? 'error' : 'errors'}, ${problems.length - errors} warnings and notes`);
  }

  /** Show the run's state; `live` is whether a kernel still stands behind the view. */
  show(run: RunFact, rows: readonly StepRow[], now: number, receivedAt: number, live: boolean, hasReport: boolean): void {
    const [word, like] = this.comparison ? comparedWords(this.comparison, rows) : runWords(run);
    this.state.className = stateClass(like);
    setIcon(this.glyph, like);
    setText(this.word, word);
    setTitle(this.state, run.reason || word);
    const end = isExecuting(run) ? now : (run.ended ?? now);
    setText(this.spent, run.started === null ? '' : duration(end - run.started));
    setTitle(this.spent, run.started === null ? '' : `started ${whole(run.started)}`);
    setText(this.progress, this.comparison ? '' : run.status ? progressOf(rows) : `${rows.length} ${rows.length === 1 ? 'step' : 'steps'}`);
    this.showAge(run, receivedAt);
    this.whyButton.hidden = !hasReport;
    setText(this.health, live ? run.health && `⚠ ${run.health}` : '⚠ the kernel is gone: this is the last it knew');
    this.buttons.forEach(each => each.show(live ? unavailable(each.fact.name, run) : 'the kernel is gone'));
    if (this.formButton) {
      const reason = live ? (this.buttons.get('run')?.fact.reason ?? '') : 'the kernel is gone';
      setReason(this.formButton, reason, 'Parameters, name, tags of the run');
    }
  }

  /** An action was answered; an error is said where the state stands. */
  done(name: string): void {
    this.buttons.get(name)?.done();
  }

  dispose(): void {
    this.buttons.forEach(each => each.dispose());
    this.element.remove();
  }

  private showAge(run: RunFact, receivedAt: number): void {
    if (run.status && !isExecuting(run)) {
      setText(this.age, run.ended === null ? '' : `ended ${clock(run.ended)}`);
      setTitle(this.age, run.ended === null ? '' : whole(run.ended));
    } else {
      setText(this.age, run.status ? `changed ${ago(Date.now() - receivedAt)}` : '');
      setTitle(this.age, `last change seen ${whole(receivedAt)}`);
    }
  }
}

/** Why an action that the kernel offers makes no sense in this state ('' when it does). */
function unavailable(name: string, run: RunFact): string {
  if (name === 'stop') {
    if (run.status === 'Stopping') {
      return 'the run is stopping already';
    }
    return isExecuting(run) ? '' : run.status ? 'the run has ended' : 'nothing is running yet';
  }
  if (name === 'retry') {
    const can = ['Failed', 'Stopped', 'CompletedWithFailures'].includes(run.status);
    return can ? '' : isExecuting(run) ? 'the run has not ended' : 'only a failed or stopped run can be retried';
  }
  return '';
}

function progressOf(rows: readonly StepRow[]): string {
  const count = (test: (row: StepRow) => boolean) => rows.filter(test).length;
  const parts = [`${count(row => isDone(row.status))} of ${rows.length} done`];
  const words: [number, string][] = [
    [count(row => isActive(row.status)), 'running'],
    [count(row => row.status === 'failed'), 'failed'],
    [count(row => row.status === 'blocked'), 'blocked']
  ];
  return [...parts, ...words.filter(([n]) => n).map(([n, word]) => `${n} ${word}`)].join(' · ');
}

/** A button of the kernel's: disabled with its reason, busy until answered, and asking twice where that is wanted. */
class ActionButton {
  readonly element: HTMLButtonElement;
  private readonly label: string;
  private asking: ReturnType<typeof setTimeout> | undefined;
  private busy = false;
  private reason = '';

  constructor(
    readonly fact: ActionFact,
    private readonly act: () => void,
    /** Whether it waits for the kernel's answer. */
    private readonly isAnswered = true
  ) {
    const glyph = Object.prototype.hasOwnProperty.call(GLYPHS, fact.name) ? `${GLYPHS[fact.name]} ` : '';
    this.label = `${glyph}${fact.label}`;
    this.element = button(this.label, () => this.pressed(), { class: fact.name === 'run' ? 'smpw-primary' : '' });
    this.show('');
  }

  show(reason: string): void {
    this.reason = reason;
    setReason(this.element, this.busy ? 'asked the kernel; waiting for its answer' : reason || this.fact.reason);
  }

  done(): void {
    this.busy = false;
    this.show(this.reason);
  }

  dispose(): void {
    clearTimeout(this.asking);
  }

  private pressed(): void {
    if (this.fact.confirm && this.asking === undefined) {
      setText(this.element, `${this.fact.label}: click again`);
      this.asking = setTimeout(() => this.calm(), CONFIRM_WITHIN);
      return;
    }
    this.calm();
    this.busy = this.isAnswered;
    this.show(this.reason);
    this.act();
  }

  private calm(): void {
    clearTimeout(this.asking);
    this.asking = undefined;
    setText(this.element, this.label);
  }
}
