/** A step's two runs beside each other, live while the second one goes: elements made from facts. */
import { copyButton, el } from './dom';
import type { ExecutionModel } from './executionModel';
import { icon } from './icons';
import { diffElement } from './insight';
import { lineElement } from './logLine';
import type { LogRow, StepStatus } from './protocol';
import type { ReplayFact, ReplayRow } from './replayProtocol';
import { stateClass } from './states';

/** The comparison at the several places of a view where it is shown, drawn anew when the kernel says more. */
export class ReplayShown {
  private readonly places = new Map<HTMLElement, string | null>();
  private readonly open = new Set<string>();

  constructor(private readonly model: ExecutionModel) {
    model.on('change:replay', this.show, this);
  }

  dispose(): void {
    this.model.off('change:replay', this.show, this);
  }

  get fact(): ReplayFact | null {
    return (this.model.get('replay') as ReplayFact | null) ?? null;
  }

  /** What the view shows of a replay: nothing, that of one of its steps, or it is the replay itself. */
  get kind(): 'none' | 'of this' | 'itself' {
    const { fact } = this;
    return fact === null ? 'none' : fact.arn === this.model.run.arn ? 'itself' : 'of this';
  }

  /** An element that holds the comparison of that step, of whichever one where it is null; empty without one. */
  place(step: string | null): HTMLElement {
    const made = el('div', { class: 'smpw-replay-place' });
    this.places.set(made, step);
    this.fill(made, step);
    return made;
  }

  private show(): void {
    this.places.forEach((step, element) => this.fill(element, step));
  }

  private fill(element: HTMLElement, step: string | null): void {
    const { fact } = this;
    const isMeant = fact !== null && (step === null || (fact.step === step && this.kind === 'of this'));
    element.replaceChildren(...(isMeant ? [replayElement(fact, this.open)] : []));
  }
}

function replayElement(fact: ReplayFact, open: Set<string>): HTMLElement {
  const words = fact.is_final ? `${fact.status}, beside the original` : `${fact.status}…`;
  const head = el(
    'h4',
    { class: `smpw-replay-head ${stateClass(fact.status as StepStatus)}`, role: 'status' },
    icon(fact.status),
    el('span', {}, 'Replay of ', el('bdi', {}, fact.step), `: ${words}`)
  );
  const made = el('section', { class: 'smpw-replay', 'aria-label': `Replay of ${fact.step}` }, head, table(fact.rows));
  made.append(...fact.notes.map(note => el('p', { class: 'smpw-muted smpw-pre' }, note)));
  if (fact.before_log.length || fact.after_log.length) {
    made.append(el('div', { class: 'smpw-replay-logs' }, logEnd('original', fact.before_log), logEnd('replay', fact.after_log)));
  }
  if (fact.difference) {
    const fold = el('details', { class: 'smpw-fold' }, el('summary', {}, 'Lines of the log that differ'), diffElement(fact.difference));
    fold.open = open.has('difference');
    fold.addEventListener('toggle', () => (fold.open ? open.add('difference') : open.delete('difference')));
    made.append(fold);
  }
  return made;
}

function table(rows: readonly ReplayRow[]): HTMLElement {
  const head = el('tr', {}, el('td', {}), el('th', { scope: 'col' }, 'original'), el('th', { scope: 'col' }, 'replay'));
  const body = rows.map(row =>
    el(
      'tr',
      { class: row.differs ? 'smpw-replay-differs' : undefined },
      el('th', { scope: 'row' }, row.label, row.differs ? el('span', { class: 'smpw-replay-mark', title: 'This differs' }, ' ≠') : null),
      el('td', {}, row.before),
      el('td', {}, row.after)
    )
  );
  return el('table', { class: 'smpw-replay-table' }, el('thead', {}, head), el('tbody', {}, ...body));
}

/** The end of a log, scrolled to the end. */
function logEnd(whose: string, rows: readonly LogRow[]): HTMLElement {
  const label = `End of the ${whose}'s log`;
  const lines = el('div', { class: 'smpw-tail', tabindex: '0', 'aria-label': label }, ...rows.map(row => lineElement(row)));
  requestAnimationFrame(() => (lines.scrollTop = lines.scrollHeight));
  const text = () => rows.map(row => row[2]).join('\n');
  const body = rows.length ? lines : el('p', { class: 'smpw-muted' }, 'no lines yet');
  return el('div', {}, el('h5', {}, label, ' ', copyButton('⧉', text, 'Copy these lines')), body);
}
