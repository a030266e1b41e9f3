/**
 * A log of any length: only the rows near the visible part are in the page, the rest is asked for when scrolled to.
 *
 * At the bottom it follows; scrolled up it stays exactly where it is, however much is written below.
 */
import { el, setText } from './dom';
import { LogFetch, type LogSource } from './logFetch';
import { LogFoot } from './logFoot';
import { lineText, type LineStyle } from './logLine';
import { LogRows } from './logRows';
import { inWindow, placeRows, type Pin } from './wrappedRows';

export type { LogSource } from './logFetch';

const OVERSCAN = 30;
const NEAR_BOTTOM = 20;
// browsers cut elements off at 17 to 33 million pixels; above this height a pixel of scrolling stands for more than one
const MAX_HEIGHT = 8_000_000;
const COPIED_LINES = 5_000;

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
  private readonly empty = el('div', { class: 'smpw-empty' });
  private readonly rows = new LogRows({ line: index => this.fetch.source?.pages.line(index), style: index => this.styleOf(index) });
  private readonly fetch = new LogFetch(() => this.schedule());
  private readonly foot: LogFoot;
  private readonly resize: ResizeObserver;
  private emptyText = '';
  private rowHeight = 18;
  private virtualTop = 0;
  private expectedTop = 0;
  private style: LineStyle = { times: 'absolute', origin: 0 };
  private wrap = false;
  private pin: Pin = { line: 0, y: 0 };
  private moved = false;
  private unit = 18;
  private markedLine: number | null = null;
  private follow = true;
  private seen = 0;
  private frame = 0;

  constructor(private readonly events: LogEvents) {
    this.foot = new LogFoot({
      follow: () => this.setFollow(!this.follow),
      copied: () => this.texts(Math.max(0, this.total - COPIED_LINES), this.total),
      copyTitle: `Copy the last ${COPIED_LINES.toLocaleString('en')} lines`
    });
    this.scroller.append(this.rows.element, this.empty);
    this.element = el('div', { class: 'smpw-log' }, this.scroller, this.foot.element);
    this.scroller.addEventListener('scroll', () => this.scrolled(), { passive: true });
    this.scroller.addEventListener('keydown', event => event.stopPropagation());
    this.scroller.addEventListener('copy', event => this.copied(event));
    this.rows.element.addEventListener('click', event => this.clicked(event));
    this.resize = new ResizeObserver(() => this.resized());
    this.resize.observe(this.scroller);
    this.showFoot();
  }

  /** What stands between the count and the buttons: others fill it. */
  get footer(): HTMLElement {
    return this.foot.extra;
  }

  /** Show another log, or none (then `emptyText` says why). */
  show(label: string, source: LogSource | null, emptyText: string, place?: LogPlace): void {
    this.fetch.show(source);
    this.emptyText = emptyText;
    this.scroller.setAttribute('aria-label', `Log of ${label}`);
    this.rows.startOver();
    this.mark(null);
    this.unit = this.rowHeight;
    this.moved = true;
    this.seen = this.total;
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
    this.rows.clear();
    this.schedule();
  }

  /** Mark a line, or none. */
  mark(index: number | null): void {
    if (index !== this.markedLine) {
      this.markedLine = index;
      this.rows.mark(index);
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
    const line = this.fetch.source?.pages.line(index);
    return line && lineText(line, this.styleOf(index));
  }

  /** Say something in place of the number of lines. */
  setCount(words: string | null): void {
    this.foot.setWords(words);
    this.showFoot();
  }

  /** Lines were written or have arrived. */
  grew(emptyText = this.emptyText): void {
    this.emptyText = emptyText;
    this.notice();
    this.schedule();
  }

  /** A request was answered; `error` says why it could not be. */
  answered(error: string): void {
    this.fetch.answered(error);
    this.grew();
    if (error) {
      this.foot.fail(error);
    }
  }

  /** It was taken out of the page and put back, which scrolls to the top: that was nobody's wish. */
  reattached(): void {
    this.expectedTop = this.scroller.scrollTop;
    this.schedule();
  }

  dispose(): void {
    cancelAnimationFrame(this.frame);
    this.fetch.dispose();
    this.resize.disconnect();
    this.element.remove();
  }

  private get total(): number {
    return this.fetch.total;
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
    this.notice(); // scrolled in this very frame, its event comes with the next
    if (this.follow && hasSelection(this.scroller)) {
      this.follow = false; // somebody is about to copy
    }
    if (this.wrap) {
      this.renderWrapped(view);
    } else {
      this.renderRows(view);
    }
    this.moved = false;
    this.showFoot();
    this.events.onPlace({ top: this.virtualTop, follow: this.follow });
  }

  private renderRows(view: number): void {
    this.unit = this.rowHeight;
    const bottom = this.stretch(view);
    this.virtualTop = this.follow ? bottom : Math.min(this.virtualTop, bottom);
    this.scrollTo(this.virtualTop / this.scale);
    const first = Math.max(0, Math.floor(this.virtualTop / this.rowHeight) - OVERSCAN);
    const last = Math.min(this.total, Math.ceil((this.virtualTop + view) / this.rowHeight) + OVERSCAN);
    const isScaled = this.scale !== 1;
    const shift = isScaled ? this.virtualTop - this.scroller.scrollTop : 0;
    this.rows.draw(first, last, index => index * this.rowHeight - shift, isScaled);
    this.fetch.want(first, last);
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
    const shown = this.rows.draw(first, last);
    this.fetch.want(first, last);
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
    this.rows.element.style.height = `${Math.min(full, MAX_HEIGHT)}px`;
    return Math.max(0, full - view);
  }

  private scrollTo(top: number): void {
    if (Math.abs(this.scroller.scrollTop - top) >= 1) {
      this.scroller.scrollTop = top;
    }
    this.expectedTop = this.scroller.scrollTop;
  }

  private showFoot(): void {
    const total = this.total;
    if (this.follow) {
      this.seen = total;
    }
    this.empty.hidden = total > 0;
    setText(this.empty, this.emptyText);
    // of picked lines none was missed: they are found, not written
    const fresh = this.fetch.source?.place ? 0 : total - this.seen;
    this.foot.show({ total, isFollowing: this.follow, fresh, isLate: this.fetch.isLate });
  }

  private styleOf(index: number): LineStyle {
    return this.style.step === undefined ? this.style : { ...this.style, step: this.fetch.source?.place?.(index)?.step ?? '' };
  }

  private firstShown(): number {
    return this.wrap ? this.pin.line : Math.floor(this.virtualTop / this.rowHeight);
  }

  private clicked(event: Event): void {
    const index = this.rows.indexOf(event.target as Element);
    if (index !== undefined && !hasSelection(this.scroller)) {
      this.mark(index === this.markedLine ? null : index);
    }
  }

  /** What is copied by hand is plain text in the lines' order, whatever order they stand in the page. */
  private copied(event: ClipboardEvent): void {
    const selection = document.getSelection();
    if (!selection || !hasSelection(this.scroller)) {
      return;
    }
    const touched = this.rows.touchedBy(selection);
    if (touched.length > 1) {
      event.clipboardData?.setData('text/plain', touched.map(index => this.textOf(index) ?? '').join('\n'));
      event.preventDefault();
    }
  }

  /** Lines as text, up to `end`; those the page does not hold are asked for first. */
  texts(first: number, end: number, onProgress: (done: number) => void = () => undefined): Promise<string> {
    return this.fetch.texts(first, end, index => this.textOf(index) ?? '', onProgress);
  }
}

function hasSelection(within: HTMLElement): boolean {
  const selection = document.getSelection();
  return !!selection && !selection.isCollapsed && within.contains(selection.anchorNode);
}
