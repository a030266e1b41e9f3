/** The rows of a log that are in the page: made when they come near, taken out when they are far. It knows no scrolling. */
import { el } from './dom';
import { SHOWN_CHARACTERS, lineElement, type LineStyle } from './logLine';
import type { LogRow } from './protocol';

/** What the rows are made of. */
export interface RowSource {
  line(index: number): LogRow | undefined;
  style(index: number): LineStyle;
}

export class LogRows {
  readonly element = el('div', { class: 'smpw-log-lines' });
  private readonly rows = new Map<number, HTMLElement>();
  private marked: number | null = null;
  private widest = 0;

  constructor(private readonly source: RowSource) {}

  /**
   * Have lines `first` to `last` in the page and no others; returns them in order. `top` says where a row stands, in
   * pixels; without it whoever asks places them. `isMoving` is whether rows that stay stand elsewhere now.
   */
  draw(first: number, last: number, top?: (index: number) => number, isMoving = false): HTMLElement[] {
    this.dropOutside(first, last);
    const fragment = document.createDocumentFragment();
    const drawn: HTMLElement[] = [];
    for (let index = first; index < last; index++) {
      const shown = this.rows.get(index);
      const row = this.current(index, shown);
      if (top && (isMoving || row !== shown)) {
        row.style.transform = `translateY(${top(index)}px)`;
      }
      if (!row.isConnected) {
        fragment.append(row);
      }
      drawn.push(row);
    }
    this.element.append(fragment);
    this.element.style.minWidth = top ? `calc(${this.widest + 2}ch + var(--smpw-log-gutter))` : '';
    return drawn;
  }

  /** Forget all rows: they would look different now. */
  clear(): void {
    this.rows.forEach(row => row.remove());
    this.rows.clear();
  }

  /** Other lines are shown from now on: how long they are is not known. */
  startOver(): void {
    this.clear();
    this.widest = 0;
  }

  mark(index: number | null): void {
    this.rows.get(this.marked ?? -1)?.classList.remove('smpw-logline-marked');
    this.marked = index;
    this.rows.get(index ?? -1)?.classList.add('smpw-logline-marked');
  }

  /** The line that an element of the page belongs to. */
  indexOf(element: Element): number | undefined {
    const row = element.closest<HTMLElement>('.smpw-logline');
    return row?.dataset.index === undefined ? undefined : Number(row.dataset.index);
  }

  /** The lines that a selection touches, in the lines' order, whatever order they stand in the page. */
  touchedBy(selection: Selection): number[] {
    const touched = [...this.rows].filter(([, row]) => selection.containsNode(row, true));
    return touched.map(([index]) => index).sort((a, b) => a - b);
  }

  private dropOutside(first: number, last: number): void {
    for (const [index, row] of this.rows) {
      if (index < first || index >= last) {
        row.remove();
        this.rows.delete(index);
      }
    }
  }

  /** The row in the page, unless its line has come only now. */
  private current(index: number, shown: HTMLElement | undefined): HTMLElement {
    const line = this.source.line(index);
    return shown && (shown.dataset.held === '1' || !line) ? shown : this.fresh(index, line, shown);
  }

  private fresh(index: number, line: LogRow | undefined, old: HTMLElement | undefined): HTMLElement {
    const row = line ? lineElement(line, this.source.style(index)) : el('div', { class: 'smpw-logline smpw-muted' }, '·');
    row.classList.toggle('smpw-logline-marked', index === this.marked);
    row.dataset.held = line ? '1' : '0';
    row.dataset.index = String(index);
    this.widest = Math.max(this.widest, Math.min(line?.[2].length ?? 0, SHOWN_CHARACTERS));
    old?.replaceWith(row);
    this.rows.set(index, row);
    return row;
  }
}
