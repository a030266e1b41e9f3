/** The table of steps: state, name, type, start, duration, and where in the run's time each step lies. */
import { el, setText, setTitle } from './dom';
import { icon, setIcon } from './icons';
import type { RunFact, StepFact, StepRow } from './protocol';
import { isActive, isExecuting, stateClass, waitingRow } from './states';
import { clock, duration, whole } from './times';

const COLUMNS: ReadonlyArray<[key: string, label: string]> = [
  ['state', 'State'],
  ['step', 'Step'],
  ['type', 'Type'],
  ['start', 'Started'],
  ['time', 'Duration'],
  ['bar', '']
];

export class StepTable {
  readonly element: HTMLElement;
  private readonly body: HTMLTableSectionElement;
  private readonly lines = new Map<string, StepLine>();
  private readonly order: StepLine[] = [];
  private selected: string | null = null;
  private origin = 0;

  /** `onSelect` also gets whether the step is to be opened, or only passed while walking through the rows. */
  constructor(private readonly onSelect: (name: string, opens: boolean) => void) {
    const head = COLUMNS.map(([key, label]) => el('th', { scope: 'col', class: `smpw-col-${key}` }, label || null));
    head[head.length - 1].setAttribute('aria-label', 'when, or why not');
    this.body = el('tbody');
    const table = el(
      'table',
      { class: 'smpw-steps', role: 'grid', 'aria-label': 'Steps' },
      el('thead', {}, el('tr', {}, ...head)),
      this.body
    );
    this.element = el('div', { class: 'smpw-steps-scroll' }, table);
    this.body.addEventListener('click', event => this.clicked(event));
    this.body.addEventListener('keydown', event => this.pressed(event));
  }

  /** Show these steps, in this order; called once, before any state is known. */
  setSteps(facts: readonly StepFact[]): void {
    this.lines.clear();
    this.order.length = 0;
    this.body.replaceChildren();
    facts.forEach(fact => this.add(waitingRow(fact)));
  }

  /** Show new states; a step that was not known is appended. Rows never change places. */
  update(rows: Iterable<StepRow>): void {
    for (const row of rows) {
      const line = this.lines.get(row.name) ?? this.add(row);
      line.show(row, this.origin);
    }
  }

  /** Advance what runs: durations of active rows and the time scale of the bars. */
  tick(run: RunFact, now: number): void {
    if (run.started !== null && run.started !== this.origin) {
      this.origin = run.started;
      this.order.forEach(line => line.show(line.row, this.origin));
    }
    const end = isExecuting(run) ? now : (run.ended ?? now);
    const span = Math.max(1, end - this.origin) / 1000;
    this.element.style.setProperty('--smpw-span', String(span));
    this.order.forEach(line => line.tick(now));
  }

  /** Mark the selected row. It is scrolled to only when the choice was made elsewhere (`reveal`). */
  select(name: string | null, reveal: boolean): void {
    if (this.selected !== null) {
      this.lines.get(this.selected)?.mark(false);
    }
    this.selected = name;
    const line = name === null ? undefined : this.lines.get(name);
    line?.mark(true);
    this.order.forEach((each, index) => (each.element.tabIndex = line ? (each === line ? 0 : -1) : index ? -1 : 0));
    if (reveal) {
      line?.element.scrollIntoView({ block: 'nearest' });
    }
  }

  dispose(): void {
    this.element.remove();
  }

  private add(row: StepRow): StepLine {
    const line = new StepLine(row, this.order.length === 0);
    line.element.dataset.row = String(this.order.length);
    line.show(row, this.origin);
    this.lines.set(row.name, line);
    this.order.push(line);
    this.body.append(line.element);
    return line;
  }

  private at(event: Event): number {
    const row = (event.target as Element).closest<HTMLElement>('tr');
    return row?.dataset.row === undefined ? -1 : Number(row.dataset.row);
  }

  private clicked(event: Event): void {
    const line = this.order[this.at(event)];
    if (line) {
      this.onSelect(line.row.name, true);
    }
  }

  private pressed(event: KeyboardEvent): void {
    const moves: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8, Home: -1e9, End: 1e9 };
    const from = this.at(event);
    if (from < 0) {
      return;
    }
    if (event.key === 'Enter' || event.key === ' ') {
      this.onSelect(this.order[from].row.name, true);
    } else if (Object.hasOwn(moves, event.key)) {
      const to = Math.min(this.order.length - 1, Math.max(0, from + moves[event.key]));
      this.order[to].element.focus();
      this.onSelect(this.order[to].row.name, false);
    } else {
      return;
    }
    // the notebook's command mode has meanings of its own for these keys
    event.preventDefault();
    event.stopPropagation();
  }
}

class StepLine {
  readonly element: HTMLTableRowElement;
  private readonly state = el('td', { class: 'smpw-col-state' });
  private readonly glyph = icon();
  private readonly word = el('span');
  private readonly start = el('td', { class: 'smpw-col-start smpw-tabular' });
  private readonly time = el('td', { class: 'smpw-col-time smpw-tabular' });
  private readonly bar = el('span', { class: 'smpw-bar' });
  private readonly note = el('span', { class: 'smpw-note' });

  constructor(
    public row: StepRow,
    isFirst: boolean
  ) {
    this.state.append(el('div', { class: 'smpw-cell' }, this.glyph, this.word));
    this.element = el(
      'tr',
      { tabindex: isFirst ? '0' : '-1', 'aria-selected': 'false' },
      this.state,
      el('th', { scope: 'row', class: 'smpw-col-step', title: row.name }, el('bdi', {}, row.name)),
      el('td', { class: 'smpw-col-type', title: row.type }, row.type),
      this.start,
      this.time,
      el('td', { class: 'smpw-col-bar' }, el('div', { class: 'smpw-bar-track' }, this.bar, this.note))
    );
  }

  show(row: StepRow, origin: number): void {
    this.row = row;
    this.element.className = stateClass(row.status);
    setIcon(this.glyph, row.status);
    setText(this.word, row.attempts > 1 ? `${row.status} · try ${row.attempts}` : row.status);
    setTitle(this.state, row.reason || row.activity || row.status);
    setText(this.start, row.started === null ? '' : clock(row.started));
    setTitle(this.start, row.started === null ? 'has not started' : whole(row.started));
    setText(this.note, row.started === null ? firstLine(row.reason) : '');
    setTitle(this.note, row.reason || row.activity);
    this.bar.hidden = row.started === null || origin === 0;
    if (row.started !== null) {
      this.bar.style.setProperty('--smpw-from', String(Math.max(0, row.started - origin) / 1000));
      this.bar.style.setProperty('--smpw-for', String(((row.ended ?? row.started) - row.started) / 1000));
    }
    setText(this.time, this.spent(row.ended ?? row.started ?? 0));
  }

  tick(now: number): void {
    if (isActive(this.row.status) && this.row.started !== null && this.row.ended === null) {
      setText(this.time, this.spent(now));
      this.bar.style.setProperty('--smpw-for', String(Math.max(0, now - this.row.started) / 1000));
    }
  }

  mark(selected: boolean): void {
    this.element.setAttribute('aria-selected', String(selected));
  }

  private spent(until: number): string {
    return this.row.started === null ? '' : duration(until - this.row.started);
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0].slice(0, 300);
}
