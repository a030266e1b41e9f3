/**
 * A log of any length: only the rows near the visible part are in the page, the rest is asked for when scrolled to.
 *
 * At the bottom it follows; scrolled up it stays exactly where it is, however much is written below.
 */
import { button, copyButton, el, setText, setTitle } from './dom';
import { SHOWN_CHARACTERS, lineElement, lineText, type LineStyle } from './logLine';
import type { LogPages } from './logPages';
import type { LogRow } from './protocol';
import { inWindow, placeRows, type Pin } from './wrappedRows';

const OVERSCAN = 30;
const NEAR_BOTTOM = 20;
// browsers cut elements off at 17 to 33 million pixels; above this height a pixel of scrolling stands for more than one
const MAX_HEIGHT = 8_000_000;
const ANSWER_WITHIN = 5_000;
const COPIED_LINES = 5_000;
const PART = 2_000;

/** Where the lines come from. */
export interface LogSource {
  readonly pages: LogPages;
  ask(first: number, count: number): void;
  /** Where a line stands, when these lines are picked from several places. */
  place?(index: number): { step: string; number: number } | undefined;
}

/** Where a reader was, so that a view that is drawn again continues there. */
export interface LogPlace {
  top: number;
  follow: boolean;
}

/** What a view tells of. */
export interface LogEvents {
  /** Where its reader is now. */
  onPlace(place: LogPlace): void;
  /** A line was marked, or none is any more. */
  onMark(index: number | null): void;
}

export class LogView {
  readonly element: HTMLElement;
  private readonly scroller = el('div', { class: 'smpw-log-scroll', tabindex: '0', role: 'log', 'aria-live': 'off' });
  private readonly spacer = el('div', { class: 'smpw-log-lines' });
  private readonly empty = el('div', { class: 'smpw-empty' });
  private readonly count = el('span', { class: 'smpw-muted smpw-tabular' });
  private readonly followButton: HTMLButtonElement;
  /** What stands between the count and the buttons: others fill it. */
  readonly footer = el('span', { class: 'smpw-log-extra' });
  private readonly rows = new Map<number, HTMLElement>();
  private readonly resize: ResizeObserver;
  private source: LogSource | null = null;
  private emptyText = '';
  private rowHeight = 18;
  private virtualTop = 0;
  private expectedTop = 0;
  private widest = 0;
  private style: LineStyle = { times: 'absolute', origin: 0 };
  private wrap = false;
  private pin: Pin = { line: 0, y: 0 };
  private moved = false;
  private unit = 18;
  private markedLine: number | null = null;
  private follow = true;
  private seen = 0;
  private countWords: string | null = null;
  private frame = 0;
  private asked: { first: number; at: number } | null = null;
  private arrivals: (() => void)[] = [];
  private askTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly events: LogEvents) {
    this.followButton = button('Follow', () => this.setFollow(!this.follow), { class: 'smpw-follow' });
    const copy = copyButton('Copy', () => this.lastLines(), `Copy the last ${COPIED_LINES.toLocaleString('en')} lines`);
    this.scroller.append(this.spacer);
    this.element = el(
      'div',
      { class: 'smpw-log' },
      this.scroller,
      this.empty,
      el('div', { class: 'smpw-log-foot' }, this.count, this.footer, el('span', { class: 'smpw-space' }), copy, this.followButton)
    );
    this.scroller.addEventListener('scroll', () => this.scrolled(), { passive: true });
    this.scroller.addEventListener('keydown', event => event.stopPropagation());
    this.scroller.addEventListener('copy', event => this.copied(event));
    this.spacer.addEventListener('click', event => this.clicked(event));
    this.resize = new ResizeObserver(() => this.resized());
    this.resize.observe(this.scroller);
    this.showFollow();
  }

  /** Show another log, or none (then `emptyText` says why). */
  show(label: string, source: LogSource | null, emptyText: string, place?: LogPlace): void {
    this.source = source;
    this.emptyText = emptyText;
    this.scroller.setAttribute('aria-label', `Log of ${label}`);
    this.redraw();
    this.mark(null);
    this.widest = 0;
    this.unit = this.rowHeight;
    this.moved = true;
    this.seen = this.total;
    this.asked = null;
    this.follow = place?.follow ?? true;
    this.virtualTop = place?.top ?? 0;
    this.grew();
  }

  /** How times are said, and whether long lines are folded. */
  setStyle(style: LineStyle, wrap: boolean): void {
    const top = this.firstShown();
    this.style = style;
    if (wrap !== this.wrap) {
      this.wrap = wrap;
      this.element.classList.toggle('smpw-log-wrapped', wrap);
      this.unit = this.rowHeight;
      this.pin = { line: top, y: 0 };
      this.virtualTop = top * this.unit;
      this.moved = false;
    }
    this.redraw();
    this.schedule();
  }

  /** Mark a line, or none. */
  mark(index: number | null): void {
    if (index !== this.markedLine) {
      this.rows.get(this.markedLine ?? -1)?.classList.remove('smpw-logline-marked');
      this.markedLine = index;
      this.rows.get(index ?? -1)?.classList.add('smpw-logline-marked');
      this.events.onMark(index);
    }
  }

  get marked(): number | null {
    return this.markedLine;
  }

  /** Bring a line into the middle of what is seen, and mark it. */
  goTo(index: number): void {
    this.follow = false;
    this.moved = false;
    const middle = Math.max(0, this.scroller.clientHeight / 2 - this.rowHeight);
    this.pin = { line: index, y: middle };
    this.virtualTop = Math.max(0, index * this.unit - middle);
    this.expectedTop = this.scroller.scrollTop;
    this.mark(index);
    this.schedule();
  }

  focus(): void {
    this.scroller.focus({ preventScroll: true });
  }

  /** The line as plain text; undefined while it is not held. */
  textOf(index: number): string | undefined {
    const line = this.source?.pages.line(index);
    return line && lineText(line, this.styleOf(index));
  }

  /** Say something in place of the number of lines. */
  setCount(words: string | null): void {
    this.countWords = words;
    this.showFollow();
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
    const full = this.total * this.unit;
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
    this.moved = true;
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
      this.unit *= height / this.rowHeight;
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
    if (this.wrap) {
      this.renderWrapped(view);
    } else {
      this.renderRows(view);
    }
    this.moved = false;
    this.showFollow();
    this.events.onPlace({ top: this.virtualTop, follow: this.follow });
  }

  private renderRows(view: number): void {
    this.unit = this.rowHeight;
    const bottom = this.stretch(view);
    this.virtualTop = this.follow ? bottom : Math.min(this.virtualTop, bottom);
    this.scrollTo(this.virtualTop / this.scale);
    const first = Math.max(0, Math.floor(this.virtualTop / this.rowHeight) - OVERSCAN);
    const last = Math.min(this.total, Math.ceil((this.virtualTop + view) / this.rowHeight) + OVERSCAN);
    this.draw(first, last);
    this.ask(first, last);
  }

  /**
   * Folded lines have heights that are known only once they are drawn. So the scroll bar tells a line by its share of all
   * lines, and drawn lines are laid out around that one; lines that come below move nothing.
   */
  private renderWrapped(view: number): void {
    const share = inWindow(this.virtualTop, this.stretch(view), this.total, view);
    const pin = this.follow ? { line: this.total - 1, y: view } : this.moved ? share : this.pin;
    const around = Math.ceil(view / this.rowHeight) + OVERSCAN;
    const first = Math.max(0, Math.min(pin.line, this.total - 1) - around);
    const last = Math.min(this.total, pin.line + around);
    this.draw(first, last);
    this.ask(first, last);
    const shown = [...Array(Math.max(0, last - first)).keys()].map(offset => this.rows.get(first + offset) as HTMLElement);
    const placed = placeRows(shown.map(row => row.offsetHeight), first, pin, { view, total: this.total, atEnd: this.follow });
    this.pin = placed.pin;
    this.unit = Math.max(this.unit, placed.mean);
    const bottom = this.stretch(view);
    this.virtualTop = this.follow ? bottom : this.moved ? Math.min(this.virtualTop, bottom) : this.pin.line * this.unit - this.pin.y;
    this.virtualTop = Math.max(0, Math.min(bottom, this.virtualTop));
    this.scrollTo(this.virtualTop / this.scale);
    const top = this.scroller.scrollTop;
    shown.forEach((row, at) => (row.style.transform = `translateY(${top + placed.tops[at]}px)`));
  }

  /** Make the scroll bar as long as the log is, and say how far it goes. */
  private stretch(view: number): number {
    const full = this.total * this.unit;
    this.spacer.style.height = `${Math.min(full, MAX_HEIGHT)}px`;
    return Math.max(0, full - view);
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
      if (!this.wrap && (scaled || row !== shown)) {
        const y = index * this.rowHeight - (scaled ? this.virtualTop - this.scroller.scrollTop : 0);
        row.style.transform = `translateY(${y}px)`;
      }
      if (row !== shown && !row.isConnected) {
        fragment.append(row);
      }
    }
    this.spacer.append(fragment);
    this.spacer.style.minWidth = this.wrap ? '' : `calc(${this.widest + 2}ch + var(--smpw-log-gutter))`;
  }

  private fresh(index: number, line: LogRow | undefined, old: HTMLElement | undefined): HTMLElement {
    const row = line ? lineElement(line, this.styleOf(index)) : el('div', { class: 'smpw-logline smpw-muted' }, '·');
    row.classList.toggle('smpw-logline-marked', index === this.markedLine);
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
    const words = this.countWords ?? (total ? `${total.toLocaleString('en')} ${total === 1 ? 'line' : 'lines'}` : '');
    setText(this.count, `${words}${total ? late : ''}`);
    this.followButton.setAttribute('aria-pressed', String(this.follow));
    const fresh = total - this.seen;
    // of picked lines none was missed: they are found, not written
    const isNew = fresh > 0 && !this.source?.place;
    setText(this.followButton, this.follow ? '✓ Following' : isNew ? `↓ ${fresh.toLocaleString('en')} new` : '↓ Follow');
    setTitle(this.followButton, this.follow ? 'New lines scroll into view; scroll up to pause' : 'Go to the end and follow');
  }

  private redraw(): void {
    this.rows.forEach(row => row.remove());
    this.rows.clear();
  }

  private styleOf(index: number): LineStyle {
    return this.style.step === undefined ? this.style : { ...this.style, step: this.source?.place?.(index)?.step ?? '' };
  }

  private firstShown(): number {
    return this.wrap ? this.pin.line : Math.floor(this.virtualTop / this.rowHeight);
  }

  private clicked(event: Event): void {
    const row = (event.target as Element).closest<HTMLElement>('.smpw-logline');
    if (row?.dataset.index !== undefined && !hasSelection(this.scroller)) {
      const index = Number(row.dataset.index);
      this.mark(index === this.markedLine ? null : index);
    }
  }

  /** What is copied by hand is plain text in the lines' order, whatever order they stand in the page. */
  private copied(event: ClipboardEvent): void {
    const selection = document.getSelection();
    if (!selection || !hasSelection(this.scroller)) {
      return;
    }
    const touched = [...this.rows].filter(([, row]) => selection.containsNode(row, true)).sort(([a], [b]) => a - b);
    if (touched.length > 1) {
      event.clipboardData?.setData('text/plain', touched.map(([index]) => this.textOf(index) ?? '').join('\n'));
      event.preventDefault();
    }
  }

  /** Lines as text, up to `end`; those the page does not hold are asked for first. */
  async texts(first: number, end: number, onProgress: (done: number) => void = () => undefined): Promise<string> {
    const source = this.source;
    const parts: string[] = [];
    for (let at = first; source && at < end; at += PART) {
      const stop = Math.min(end, at + PART);
      for (let gap = source.pages.missing(at, stop); gap; gap = source.pages.missing(at, stop)) {
        source.ask(gap.first, gap.count);
        await this.arrival();
      }
      parts.push(Array.from({ length: stop - at }, (_, offset) => this.textOf(at + offset) ?? '').join('\n'));
      onProgress(stop);
    }
    return parts.join('\n');
  }

  private lastLines(): Promise<string> {
    return this.texts(Math.max(0, this.total - COPIED_LINES), this.total);
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

function hasSelection(within: HTMLElement): boolean {
  const selection = document.getSelection();
  return !!selection && !selection.isCollapsed && within.contains(selection.anchorNode);
}
