/** A step's two runs beside each other, live while the second one goes: elements made from facts. */
import { copyButton, el } from './dom';
import type { ExecutionModel } from './executionModel';
import { icon } from './icons';
import { diffElement } from './insight';
import { lineElement } from './logLine';
import type { LogRow, StepStatus } from './protocol';
import type { ReplayFact, ReplayRow } from './replayProtocol';
import { stateClass } from './states';

/** The comparison at the several places of a view where it is shown; what has not changed there stays as it is. */
export class ReplayShown {
  private readonly places: ReplayPlace[] = [];

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
    const made = new ReplayPlace(step);
    this.places.push(made);
    made.show(this.factFor(step));
    return made.element;
  }

  private show(): void {
    this.places.forEach(place => place.show(this.factFor(place.step)));
  }

  private factFor(step: string | null): ReplayFact | null {
    const { fact } = this;
    return fact !== null && (step === null || (fact.step === step && this.kind === 'of this')) ? fact : null;
  }
}

/** One place: its parts are drawn anew only when they have changed, so that reading and scrolling are not disturbed. */
class ReplayPlace {
  readonly element = el('div', { class: 'smpw-replay-place' });
  private readonly section = el('section', { class: 'smpw-replay' });
  private readonly parts = [head, rows, notes, code, beforeLog, afterLog, difference].map(draw => ({ draw, holder: el('div', {}), key: '' }));

  constructor(readonly step: string | null) {
    const [first, second, third, fourth, before, after, last] = this.parts.map(part => part.holder);
    first.setAttribute('role', 'status');
    this.section.append(first, second, third, fourth, el('div', { class: 'smpw-replay-logs' }, before, after), last);
  }

  show(fact: ReplayFact | null): void {
    if (fact === null) {
      this.element.replaceChildren();
      return;
    }
    this.section.setAttribute('aria-label', `Replay of ${fact.step}`);
    for (const part of this.parts) {
      const [key, make] = part.draw(fact);
      const shown = JSON.stringify(key);
      if (shown !== part.key) {
        part.key = shown;
        part.holder.replaceChildren(...make());
      }
    }
    if (!this.section.isConnected || this.section.parentElement !== this.element) {
      this.element.replaceChildren(this.section);
    }
  }
}

/** What a part is drawn from, and its elements. */
type Drawn = [key: unknown, make: () => HTMLElement[]];

function head(fact: ReplayFact): Drawn {
  const words = fact.is_final ? `${fact.status}, beside the original` : `${fact.status}…`;
  const state = stateClass(fact.status as StepStatus);
  const made = () =>
    el('h4', { class: `smpw-replay-head ${state}` }, icon(fact.status), el('span', {}, 'Replay of ', el('bdi', {}, fact.step), `: ${words}`));
  return [[fact.step, words], () => [made()]];
}

function rows(fact: ReplayFact): Drawn {
  return [fact.rows, () => [table(fact.rows)]];
}

function notes(fact: ReplayFact): Drawn {
  return [fact.notes, () => fact.notes.map(note => el('p', { class: 'smpw-muted smpw-pre' }, note))];
}

function beforeLog(fact: ReplayFact): Drawn {
  return [fact.before_log, () => logEnd('original', fact.before_log)];
}

function afterLog(fact: ReplayFact): Drawn {
  return [fact.after_log, () => logEnd('replay', fact.after_log)];
}

function code(fact: ReplayFact): Drawn {
  return [fact.code, () => folded('What was changed in the code', fact.code)];
}

function difference(fact: ReplayFact): Drawn {
  return [fact.difference, () => folded('Lines of the log that differ', fact.difference)];
}

function folded(label: string, text: string): HTMLElement[] {
  return text ? [el('details', { class: 'smpw-fold' }, el('summary', {}, label), diffElement(text))] : [];
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
function logEnd(whose: string, rows: readonly LogRow[]): HTMLElement[] {
  const label = `End of the ${whose}'s log`;
  const lines = el('div', { class: 'smpw-tail', tabindex: '0', role: 'region', 'aria-label': label }, ...rows.map(row => lineElement(row)));
  requestAnimationFrame(() => (lines.scrollTop = lines.scrollHeight));
  const text = () => rows.map(row => row[2]).join('\n');
  const body = rows.length ? lines : el('p', { class: 'smpw-muted' }, 'no lines yet');
  return [el('h5', {}, label, ' ', copyButton('⧉', text, 'Copy these lines')), body];
}
