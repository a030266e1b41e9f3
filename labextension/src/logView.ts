/**
 * A log of any length: only the rows near the visible part are in the page, the rest is asked for when scrolled to.
 *
 * At the bottom it follows; scrolled up it stays exactly where it is, however much is written below.
 */
import { parseAnsi, withoutAnsi } from './ansi';
import { button, copyButton, el, setText, setTitle } from './dom';
import { LogPages } from './logPages';
import type { LogRow } from './protocol';
import { preciseClock, whole } from './times';

const OVERSCAN = 30;
const NEAR_BOTTOM = 20;
// browsers cut elements off at 17 to 33 million pixels; above this height a pixel of scrolling stands for more than one
const MAX_HEIGHT = 8_000_000;
const ANSWER_WITHIN = 5_000;
const COPIED_LINES = 5_000;
const SHOWN_CHARACTERS = 4_000;

/** Where the lines come from. */
export interface LogSource {
  readonly pages: LogPages;
  ask(first: number, count: number): void;
}

/** Where a reader was, so that a view that is drawn again continues there. */
export interface LogPlace {
  top: number;
  follow: boolean;
}

export class LogView {
  readonly element: HTMLElement;
  private readonly scroller = el('div', { class: 'smpw-log-scroll', tabindex: '0', role: 'log', 'aria-live': 'off' });
  private readonly spacer = el('div', { class: 'smpw-log-lines' });
  private readonly empty = el('div', { class: 'smpw-empty' });
  private readonly count = el('span', { class: 'smpw-muted smpw-tabular' });
  private readonly followButton: HTMLButtonElement;
  private readonly rows = new Map<number, HTMLElement>();
  private readonly resize: ResizeObserver;
  private source: LogSource | null = null;
  private emptyText = '';
  private rowHeight = 18;
  private virtualTop = 0;
  private expectedTop = 0;
  private widest = 0;
  private follow = true;
  private seen = 0;
  private frame = 0;
  private asked: { first: number; at: number } | null = null;
  private arrivals: (() => void)[] = [];
  private askTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly onPlace: (place: LogPlace) => void = () => undefined) {
    this.followButton = button('Follow', () => this.setFollow(!this.follow), { class: 'smpw-follow' });
    const copy = copyButton('Copy', () => this.lastLines(), `Copy the last ${COPIED_LINES.toLocaleString('en')} lines`);
    this.scroller.append(this.spacer);
    this.element = el(
      'div',
      { class: 'smpw-log' },
      this.scroller,
      this.empty,
      el('div', { class: 'smpw-log-foot' }, this.count, el('span', { class: 'smpw-space' }), copy, this.followButton)
    );
    this.scroller.addEventListener('scroll', () => this.scrolled(), { passive: true });
    this.scroller.addEventListener('keydown', event => event.stopPropagation());
    this.resize = new ResizeObserver(() => this.resized());
    this.resize.observe(this.scroller);
    this.showFollow();
  }

  /** Show another log, or none (then `emptyText` says why). */
  show(label: string, source: LogSource | null, emptyText: string, place?: LogPlace): void {
    this.source = source;
    this.emptyText = emptyText;
    this.scroller.setAttribute('aria-label', `Log of ${label}`);
    this.rows.forEach(row => row.remove());
    this.rows.clear();
    this.widest = 0;
    this.seen = this.total;
    this.asked = null;
    this.follow = place?.follow ?? true;
    this.virtualTop = place?.top ?? 0;
    this.grew();
  }

  /** Lines were written or have arrived. */
  grew(emptyText = this.emptyText): void {
    this.emptyText = emptyText;
    this.notice();
    this.schedule();
  }

  /** A request was answered; `error` says why it could not be. */
  answered(error: string): void {
    this.asked = null;
    clearTimeout(this.askTimer);
    this.arrivals.splice(0).forEach(resolve => resolve());
    this.grew();
    if (error) {
      setText(this.count, error);
    }
  }

  /** It was taken out of the page and put back, which scrolls to the top: that was nobody's wish. */
  reattached(): void {
    this.expectedTop = this.scroller.scrollTop;
    this.schedule();
  }

  dispose(): void {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.askTimer);
    this.resize.disconnect();
    this.element.remove();
  }

  private get total(): number {
    return this.source?.pages.total ?? 0;
  }

  /** How many virtual pixels one pixel of the scroll bar stands for. */
  private get scale(): number {
    const view = this.scroller.clientHeight;
    const full = this.total * this.rowHeight;
    return full <= MAX_HEIGHT ? 1 : (full - view) / (MAX_HEIGHT - view);
  }

  private schedule(): void {
    if (!this.frame) {
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        this.render();
      });
    }
  }

  /** Notice a person's scrolling before anything is appended: its event may still be on the way. */
  private notice(): void {
    const top = this.scroller.scrollTop;
    if (Math.abs(top - this.expectedTop) < 1 || !this.scroller.clientHeight) {
      return;
    }
    this.expectedTop = top;
    this.virtualTop = top * this.scale;
    const below = this.scroller.scrollHeight - top - this.scroller.clientHeight;
    this.follow = below <= NEAR_BOTTOM;
  }

  private scrolled(): void {
    this.notice();
    this.schedule();
  }

  private resized(): void {
    const size = parseFloat(getComputedStyle(this.scroller).fontSize) || 13;
    const height = Math.ceil(size * 1.4);
    if (height !== this.rowHeight) {
      this.virtualTop *= height / this.rowHeight;
      this.rowHeight = height;
      this.element.style.setProperty('--smpw-row', `${height}px`);
    }
    this.schedule();
  }

  private setFollow(follow: boolean): void {
    this.follow = follow;
    this.schedule();
  }

  private render(): void {
    const view = this.scroller.clientHeight;
    if (!view) {
      return; // hidden: nothing can be measured, and nobody is looking
    }
    if (this.follow && hasSelection(this.scroller)) {
      this.follow = false; // somebody is about to copy
    }
    const full = this.total * this.rowHeight;
    this.spacer.style.height = `${Math.min(full, MAX_HEIGHT)}px`;
    const bottom = Math.max(0, full - view);
    this.virtualTop = this.follow ? bottom : Math.min(this.virtualTop, bottom);
    this.scrollTo(this.virtualTop / this.scale);
    const first = Math.max(0, Math.floor(this.virtualTop / this.rowHeight) - OVERSCAN);
    const last = Math.min(this.total, Math.ceil((this.virtualTop + view) / this.rowHeight) + OVERSCAN);
    this.draw(first, last);
    this.ask(first, last);
    this.showFollow();
    this.onPlace({ top: this.virtualTop, follow: this.follow });
  }

  private scrollTo(top: number): void {
    if (Math.abs(this.scroller.scrollTop - top) >= 1) {
      this.scroller.scrollTop = top;
    }
    this.expectedTop = this.scroller.scrollTop;
  }

  private draw(first: number, last: number): void {
    for (const [index, row] of this.rows) {
      if (index < first || index >= last) {
        row.remove();
        this.rows.delete(index);
      }
    }
    const fragment = document.createDocumentFragment();
    const scaled = this.scale !== 1;
    for (let index = first; index < last; index++) {
      const line = this.source?.pages.line(index);
      const shown = this.rows.get(index);
      const row = shown && (shown.dataset.held === '1' || !line) ? shown : this.fresh(index, line, shown);
      if (scaled || row !== shown) {
        const y = index * this.rowHeight - (scaled ? this.virtualTop - this.scroller.scrollTop : 0);
        row.style.transform = `translateY(${y}px)`;
      }
      if (row !== shown && !row.isConnected) {
        fragment.append(row);
      }
    }
    this.spacer.append(fragment);
    this.spacer.style.minWidth = `calc(${this.widest + 2}ch + var(--smpw-log-gutter))`;
  }

  private fresh(index: number, line: LogRow | undefined, old: HTMLElement | undefined): HTMLElement {
    const row = line ? lineElement(line) : el('div', { class: 'smpw-logline smpw-muted' }, '·');
    row.dataset.held = line ? '1' : '0';
    row.dataset.index = String(index);
    this.widest = Math.max(this.widest, Math.min(line?.[2].length ?? 0, SHOWN_CHARACTERS));
    old?.replaceWith(row);
    this.rows.set(index, row);
    return row;
  }

  private ask(first: number, last: number): void {
    const late = this.asked !== null && Date.now() - this.asked.at >= ANSWER_WITHIN;
    const missing = this.source?.pages.missing(first, last);
    if (!missing || (this.asked && !late)) {
      return;
    }
    this.asked = { first: missing.first, at: Date.now() };
    this.source?.ask(missing.first, missing.count);
    clearTimeout(this.askTimer);
    this.askTimer = setTimeout(() => this.schedule(), ANSWER_WITHIN);
  }

  private showFollow(): void {
    const total = this.total;
    if (this.follow) {
      this.seen = total;
    }
    this.empty.hidden = total > 0;
    setText(this.empty, this.emptyText);
    const waiting = this.asked && Date.now() - this.asked.at >= ANSWER_WITHIN - 50;
    const late = waiting ? ' · the kernel is busy: lines come when it answers' : '';
    setText(this.count, total ? `${total.toLocaleString('en')} ${total === 1 ? 'line' : 'lines'}${late}` : '');
    this.followButton.setAttribute('aria-pressed', String(this.follow));
    const fresh = total - this.seen;
    setText(this.followButton, this.follow ? '✓ Following' : fresh > 0 ? `↓ ${fresh.toLocaleString('en')} new` : '↓ Follow');
    setTitle(this.followButton, this.follow ? 'New lines scroll into view; scroll up to pause' : 'Go to the end and follow');
  }

  /** The last lines as text; those the page does not hold are asked for first. */
  private async lastLines(): Promise<string> {
    const source = this.source;
    if (!source) {
      return '';
    }
    const end = this.total;
    const start = Math.max(0, end - COPIED_LINES);
    for (let gap = source.pages.missing(start, end); gap; gap = source.pages.missing(start, end)) {
      source.ask(gap.first, gap.count);
      await this.arrival();
    }
    return Array.from({ length: end - start }, (_, offset) => source.pages.line(start + offset))
      .map(line => (line ? lineText(line) : ''))
      .join('\n');
  }

  private arrival(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the kernel did not send the lines')), ANSWER_WITHIN);
      this.arrivals.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

/** A line as plain text. */
export function lineText([time, stream, text]: LogRow): string {
  return `${preciseClock(time)} ${stream} ${withoutAnsi(text)}`;
}

/** A line as an element, coloured as its writer meant it. */
export function lineElement([time, stream, text]: LogRow): HTMLElement {
  const cut = text.length > SHOWN_CHARACTERS;
  const body = el('span', { class: `smpw-logline-text ${levelClass(text)}`.trim() });
  for (const span of parseAnsi(cut ? text.slice(0, SHOWN_CHARACTERS) : text)) {
    body.append(span.classes ? el('span', { class: span.classes }, span.text) : span.text);
  }
  if (cut) {
    const rest = (text.length - SHOWN_CHARACTERS).toLocaleString('en');
    body.append(el('span', { class: 'smpw-muted' }, ` … ${rest} more characters`));
  }
  return el(
    'div',
    { class: 'smpw-logline' },
    el('span', { class: 'smpw-logline-time', title: whole(time) }, preciseClock(time)),
    el('span', { class: 'smpw-logline-host', title: stream }, stream),
    body
  );
}

/** Levels are matched, not words: "0 errors" is no error. */
function levelClass(text: string): string {
  const head = text.slice(0, 200);
  if (/\b(ERROR|CRITICAL|FATAL)\b|^Traceback \(|^[\w.]+(Error|Exception)(:|$)/.test(head)) {
    return 'smpw-logline-error';
  }
  return /\bWARN(ING)?\b|^[\w./-]+:\d+: \w+Warning:/.test(head) ? 'smpw-logline-warn' : '';
}

function hasSelection(within: HTMLElement): boolean {
  const selection = document.getSelection();
  return !!selection && !selection.isCollapsed && within.contains(selection.anchorNode);
}
