/** The table of steps: state, name, type, start, duration, and where in the run's time each step lies. */
import { button, el, setText, setTitle } from './dom';
import { icon, setIcon } from './icons';
import { nameInput } from './nameInput';
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

/** What can be done to rows while the pipeline is edited. */
export interface RowEditing {
  /** A key was pressed on a row; whether it was meant for editing. */
  pressed(event: KeyboardEvent, name: string): boolean;
  /** A row was clicked with a key held down that means several; whether that was taken care of. */
  clicked(event: MouseEvent, name: string): boolean;
  menu(name: string, at: { x: number; y: number }): void;
}

export class StepTable {
  /** Who edits; null while nobody does. */
  editing: RowEditing | null = null;
  readonly element: HTMLElement;
  private readonly body: HTMLTableSectionElement;
  private readonly lines = new Map<string, StepLine>();
  private readonly order: StepLine[] = [];
  private selected: string | null = null;
  private marked: ReadonlySet<string> = new Set();
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
    this.body.addEventListener('contextmenu', event => this.menuAsked(event));
  }

  /** Show these steps, in this order. Rows of steps that stay are kept, and so is the focus: an edit only adds and removes. */
  setSteps(facts: readonly StepFact[]): void {
    const known = new Map(this.lines);
    const focused = this.order.findIndex(line => line.element.contains(document.activeElement));
    this.lines.clear();
    this.order.length = 0;
    facts.forEach(fact => {
      const line = known.get(fact.name);
      if (line?.row.type === fact.type) {
        this.keep(line);
      } else {
        this.add(waitingRow(fact));
      }
    });
    known.forEach(line => this.lines.get(line.row.name) !== line && line.element.remove());
    this.select(this.selected, false);
    if (this.marked.size > 1) {
      this.mark([...this.marked]);
    }
    if (focused >= 0 && !this.body.contains(document.activeElement)) {
      const line = (this.selected === null ? undefined : this.lines.get(this.selected)) ?? this.order[Math.min(focused, this.order.length - 1)];
      line?.element.focus({ preventScroll: true });
    }
  }

  /** The names of all steps, as they stand. */
  get names(): readonly string[] {
    return this.order.map(line => line.row.name);
  }

  /** Mark several rows as selected. */
  mark(names: readonly string[]): void {
    this.marked = new Set(names);
    this.order.forEach(line => line.mark(this.marked.has(line.row.name)));
  }

  focus(name: string): void {
    this.lines.get(name)?.element.focus({ preventScroll: true });
  }

  /** The element of a step's row; null when there is none. */
  rowOf(name: string): HTMLElement | null {
    return this.lines.get(name)?.element ?? null;
  }

  /** Have a new name written in the row; `done` is told it once, unless it was left. */
  rename(name: string, done: (name: string) => void): void {
    this.lines.get(name)?.rename(done);
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
    const line = new StepLine(row, this.order.length === 0, at => this.editing?.menu(row.name, at));
    line.show(row, this.origin);
    this.keep(line);
    return line;
  }

  /** Put a row behind those that stand already; one that is there is not moved, which would take its focus. */
  private keep(line: StepLine): void {
    const place = this.body.children[this.order.length] ?? null;
    line.element.dataset.row = String(this.order.length);
    this.lines.set(line.row.name, line);
    this.order.push(line);
    if (place !== line.element) {
      this.body.insertBefore(line.element, place);
    }
  }

  private at(event: Event): number {
    const row = (event.target as Element).closest<HTMLElement>('tr');
    return row?.dataset.row === undefined ? -1 : Number(row.dataset.row);
  }

  private clicked(event: MouseEvent): void {
    const line = this.order[this.at(event)];
    if (line && !this.editing?.clicked(event, line.row.name)) {
      this.onSelect(line.row.name, true);
    }
  }

  private menuAsked(event: MouseEvent): void {
    const line = this.order[this.at(event)];
    if (line && this.editing) {
      this.editing.menu(line.row.name, { x: event.clientX, y: event.clientY });
      event.preventDefault();
      event.stopPropagation();
    }
  }

  private pressed(event: KeyboardEvent): void {
    const moves: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8, Home: -1e9, End: 1e9 };
    const from = this.at(event);
    if (from < 0 || event.target instanceof HTMLInputElement) {
      return;
    }
    if (this.editing?.pressed(event, this.order[from].row.name)) {
      // it was an edit
    } else if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    } else if (event.key === 'Enter' || event.key === ' ') {
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

  private readonly name: HTMLElement;

  constructor(
    public row: StepRow,
    isFirst: boolean,
    onMenu: (at: { x: number; y: number }) => void
  ) {
    const more = button('', () => undefined, { class: 'smpw-row-menu', tabindex: '-1', 'aria-label': `More for ${row.name}`, title: 'What can be done to this step' });
    more.addEventListener('click', event => {
      const box = more.getBoundingClientRect();
      event.stopPropagation();
      onMenu({ x: box.left, y: box.bottom });
    });
    this.name = el('bdi', {}, row.name);
    this.state.append(el('div', { class: 'smpw-cell' }, this.glyph, this.word));
    this.element = el(
      'tr',
      { tabindex: isFirst ? '0' : '-1', 'aria-selected': 'false' },
      this.state,
      el('th', { scope: 'row', class: 'smpw-col-step', title: row.name }, this.name, more),
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

  rename(done: (name: string) => void): void {
    const { input, begin } = nameInput({
      className: 'smpw-row-rename',
      name: this.row.name,
      closed: (field, hadFocus) => {
        field.replaceWith(this.name);
        if (hadFocus) {
          this.element.focus({ preventScroll: true });
        }
      },
      done
    });
    this.name.replaceWith(input);
    begin();
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
