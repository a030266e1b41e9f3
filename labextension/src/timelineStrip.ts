/**
 * Where the run's time went: a bar for each step that has begun, in as few lanes as they fit into, the waiting before it
 * as a thin line, the critical path underlined. Bars are placed in shares of the run's time, so that time passing moves
 * one property.
 */
import { button, el, setText, setTitle } from './dom';
import type { RunFact, StepRow } from './protocol';
import { isActive, isExecuting, stateClass } from './states';
import { clock, duration, whole } from './times';

/** Below this a bar has no room for its name, in pixels. */
const LABELLED = 30;
const LANE = 20;
/** What a mark of the scale takes, in pixels. */
const MARK = 44;

export interface TimelineEvents {
  select(step: string): void;
  toggled(isOpen: boolean): void;
}

export class TimelineStrip {
  readonly element: HTMLElement;
  private readonly lanes = el('div', { class: 'smpw-lanes', role: 'listbox', 'aria-label': 'Timeline: steps by when they ran' });
  private readonly scale = el('div', { class: 'smpw-timescale', 'aria-hidden': 'true' });
  private readonly words = el('span', { class: 'smpw-muted smpw-tabular' });
  private readonly toggle: HTMLButtonElement;
  private readonly bars = new Map<string, Bar>();
  private readonly resize: ResizeObserver;
  private selected: string | null = null;
  private origin = 0;
  private span = 1;

  constructor(
    private isOpen: boolean,
    private readonly events: TimelineEvents
  ) {
    this.toggle = button('', () => this.flip(), { class: 'smpw-timeline-toggle' });
    const foot = el('div', { class: 'smpw-timeline-foot' }, this.toggle, this.words);
    this.element = el('div', { class: 'smpw-timeline', hidden: '' }, foot, this.scale, el('div', { class: 'smpw-lanes-scroll' }, this.lanes));
    this.showOpen();
    this.lanes.addEventListener('click', event => this.clicked(event));
    this.lanes.addEventListener('keydown', event => this.pressed(event));
    this.resize = new ResizeObserver(() => this.fit());
    this.resize.observe(this.lanes);
  }

  /** Show what is known of these steps. */
  update(run: RunFact, rows: Iterable<StepRow>): void {
    const begun = [...rows].filter(row => row.started !== null);
    const names = new Set(begun.map(row => row.name));
    for (const [name, bar] of this.bars) {
      if (!names.has(name)) {
        bar.element.remove();
        this.bars.delete(name);
      }
    }
    this.origin = run.started ?? Math.min(...begun.map(row => row.ready ?? row.started ?? Infinity));
    const ends: number[] = [];
    for (const row of begun.sort((a, b) => beginOf(a) - beginOf(b))) {
      const free = ends.findIndex(end => end <= beginOf(row));
      const lane = free < 0 ? ends.length : free;
      ends[lane] = row.ended ?? (isActive(row.status) ? Infinity : (row.started ?? 0));
      this.bar(row.name).show(row, this.origin, lane);
    }
    this.lanes.style.setProperty('--smpw-lanes', String(Math.max(1, ends.length)));
    this.lanes.style.height = `${Math.max(1, ends.length) * LANE}px`;
    this.lanes.append(...begun.map(row => this.bar(row.name).element).filter(element => !element.isConnected));
    this.element.hidden = begun.length === 0;
    setText(this.words, critical(begun));
    setTitle(this.words, 'The critical path: the chain of steps that decides when the run ends');
    this.select(this.selected);
  }

  /** Time has passed. */
  tick(run: RunFact, now: number): void {
    const end = isExecuting(run) ? now : Math.max(run.ended ?? 0, ...[...this.bars.values()].map(bar => bar.end(now)));
    this.span = Math.max(1_000, end - this.origin);
    this.lanes.style.setProperty('--smpw-span', String(this.span / 1000));
    this.bars.forEach(bar => bar.tick(now));
    this.fit();
    this.rule();
  }

  select(name: string | null): void {
    this.selected = name;
    let isFirst = true;
    for (const [step, bar] of this.bars) {
      bar.element.setAttribute('aria-selected', String(step === name));
      bar.element.tabIndex = name === null || !this.bars.has(name) ? (isFirst ? 0 : -1) : step === name ? 0 : -1;
      isFirst = false;
    }
  }

  get isEmpty(): boolean {
    return this.bars.size === 0;
  }

  dispose(): void {
    this.resize.disconnect();
    this.element.remove();
  }

  private flip(): void {
    this.isOpen = !this.isOpen;
    this.showOpen();
    this.events.toggled(this.isOpen);
  }

  private showOpen(): void {
    this.element.classList.toggle('smpw-timeline-closed', !this.isOpen);
    this.toggle.setAttribute('aria-expanded', String(this.isOpen));
    setText(this.toggle, this.isOpen ? 'Timeline ▾' : 'Timeline ▸');
    setTitle(this.toggle, this.isOpen ? 'Fold the timeline' : 'Show the timeline');
  }

  private bar(name: string): Bar {
    const known = this.bars.get(name) ?? new Bar(name);
    this.bars.set(name, known);
    return known;
  }

  /** Names only where there is room for them. */
  private fit(): void {
    const width = this.lanes.clientWidth;
    this.bars.forEach(bar => bar.fit(width, this.span));
  }

  private rule(): void {
    const width = this.lanes.clientWidth;
    const step = niceStep(this.span, Math.max(1, Math.floor(width / 90)));
    const key = `${this.origin}:${step}:${Math.floor((this.span - (MARK / Math.max(1, width)) * this.span) / step)}`;
    if (width && this.scale.dataset.key !== key) {
      this.scale.dataset.key = key;
      const all = Array.from({ length: Math.floor(this.span / step) + 1 }, (_, at) => at * step);
      const marks = all.filter(at => at === 0 || (1 - at / this.span) * width > MARK);
      this.scale.replaceChildren(...marks.map(at => this.markAt(at)));
    }
    this.scale.style.setProperty('--smpw-span', String(this.span / 1000));
  }

  private markAt(at: number): HTMLElement {
    const mark = el('span', { class: 'smpw-tick', title: whole(this.origin + at) }, at ? duration(at) : clock(this.origin));
    mark.style.setProperty('--smpw-from', String(at / 1000));
    return mark;
  }

  private at(event: Event): Bar | undefined {
    const element = (event.target as Element).closest<HTMLElement>('.smpw-span');
    return [...this.bars.values()].find(bar => bar.element === element);
  }

  private clicked(event: Event): void {
    const bar = this.at(event);
    if (bar) {
      this.events.select(bar.name);
    }
  }

  private pressed(event: KeyboardEvent): void {
    const order = [...this.bars.values()].sort((a, b) => a.begin - b.begin);
    const from = order.indexOf(this.at(event) as Bar);
    const move: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -order.length, End: order.length };
    if (from < 0 || (!Object.hasOwn(move, event.key) && event.key !== 'Enter' && event.key !== ' ')) {
      return;
    }
    const to = order[Math.min(order.length - 1, Math.max(0, from + (move[event.key] ?? 0)))];
    this.events.select(to.name);
    to.element.focus();
    event.preventDefault();
    event.stopPropagation();
  }
}

class Bar {
  readonly element: HTMLElement;
  begin = 0;
  private readonly label: HTMLElement;
  private readonly done = el('span', { class: 'smpw-span-bar' });
  private readonly wait = el('span', { class: 'smpw-span-wait' });
  private row: StepRow | null = null;

  constructor(readonly name: string) {
    this.label = el('bdi', { class: 'smpw-span-label' }, name);
    this.done.append(this.label);
    this.element = el('div', { class: 'smpw-span', role: 'option', tabindex: '-1' }, this.wait, this.done);
  }

  show(row: StepRow, origin: number, lane: number): void {
    const started = row.started ?? origin;
    this.row = row;
    this.begin = started;
    this.element.className = `smpw-span ${stateClass(row.status)}${row.is_critical ? ' smpw-critical' : ''}`;
    const place = (target: HTMLElement, from: number, to: number) => {
      target.style.setProperty('--smpw-from', String(Math.max(0, from - origin) / 1000));
      target.style.setProperty('--smpw-for', String(Math.max(0, to - from) / 1000));
    };
    this.element.style.setProperty('--smpw-lane', String(lane));
    place(this.wait, row.ready ?? started, started);
    place(this.done, started, row.ended ?? started);
    this.wait.hidden = (row.ready ?? started) >= started;
    this.tell(row.ended ?? started);
  }

  tick(now: number): void {
    const row = this.row;
    if (row && row.started !== null && row.ended === null && isActive(row.status)) {
      this.done.style.setProperty('--smpw-for', String(Math.max(0, now - row.started) / 1000));
      this.tell(now);
    }
  }

  end(now: number): number {
    return this.row?.ended ?? (this.row && isActive(this.row.status) ? now : this.begin);
  }

  fit(width: number, span: number): void {
    const row = this.row;
    if (row && row.started !== null) {
      const length = ((Number(this.done.style.getPropertyValue('--smpw-for')) * 1000) / span) * width;
      this.label.hidden = length < LABELLED;
    }
  }

  private tell(until: number): void {
    const row = this.row;
    if (row && row.started !== null) {
      const waited = row.started - (row.ready ?? row.started);
      const parts = [
        `${row.name}: ${row.status}, ${duration(until - row.started)}`,
        waited >= 1_000 ? `waited ${duration(waited)} to begin` : '',
        row.is_critical ? 'on the critical path' : '',
        row.activity
      ];
      const words = parts.filter(Boolean).join(' · ');
      setTitle(this.element, words);
      this.element.setAttribute('aria-label', this.element.title);
    }
  }
}

const beginOf = (row: StepRow): number => row.ready ?? row.started ?? 0;

function critical(rows: readonly StepRow[]): string {
  const names = rows.filter(row => row.is_critical).map(row => row.name);
  return names.length > 1 ? `critical path: ${names.join(' → ')}` : '';
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400];

/** The distance of marks that leaves at most `most` of them, in milliseconds. */
export function niceStep(span: number, most: number): number {
  const found = STEPS.find(seconds => span / (seconds * 1000) <= most);
  return (found ?? Math.ceil(span / most / 86_400_000) * 86_400) * 1000;
}
