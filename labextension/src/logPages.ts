/** The lines of one step's log that the page holds: whole or partial pages, the least recently read dropped first. */
import type { LogRow } from './protocol';

export const PAGE_LINES = 500;
const LINE_OVERHEAD = 96;

export class LogPages {
  /** Lines that exist in the kernel, held here or not. */
  total = 0;
  private readonly pages = new Map<number, LogRow[]>();
  private weight = 0;

  constructor(private readonly budget = 12_000_000) {}

  /** The line at `index`, or undefined when it has to be asked for. */
  line(index: number): LogRow | undefined {
    return this.pages.get(Math.floor(index / PAGE_LINES))?.[index % PAGE_LINES];
  }

  /** Keep lines that start at `first`; pages other than the ones just written are dropped when it gets too much. */
  put(first: number, lines: readonly LogRow[]): void {
    this.total = Math.max(this.total, first + lines.length);
    for (let offset = 0; offset < lines.length; offset++) {
      const page = this.touch(Math.floor((first + offset) / PAGE_LINES));
      const slot = (first + offset) % PAGE_LINES;
      this.weight += weigh(lines[offset]) - weigh(page[slot]);
      page[slot] = lines[offset];
    }
    this.evict(Math.ceil(lines.length / PAGE_LINES) + 1);
  }

  /** The first run of lines within `[from, to)` that is not held, no longer than a page. */
  missing(from: number, to: number): { first: number; count: number } | null {
    const end = Math.min(to, this.total);
    for (let index = Math.max(0, from); index < end; index++) {
      if (this.line(index) === undefined) {
        return { first: index, count: this.gap(index) };
      }
    }
    return null;
  }

  /** Forget the lines, but not how many there are. */
  clear(): void {
    this.pages.clear();
    this.weight = 0;
  }

  /** Approximate bytes held. */
  get bytes(): number {
    return this.weight;
  }

  private gap(first: number): number {
    const end = Math.min((Math.floor(first / PAGE_LINES) + 1) * PAGE_LINES, this.total);
    let last = first + 1;
    while (last < end && this.line(last) === undefined) {
      last++;
    }
    return last - first;
  }

  private touch(number: number): LogRow[] {
    const page = this.pages.get(number) ?? [];
    this.pages.delete(number);
    this.pages.set(number, page);
    return page;
  }

  private evict(keep: number): void {
    for (const [number, page] of this.pages) {
      if (this.weight <= this.budget || this.pages.size <= keep) {
        return;
      }
      this.pages.delete(number);
      // `forEach` passes over the holes of a page that was filled in part
      page.forEach(line => (this.weight -= weigh(line)));
    }
  }
}

function weigh(line: LogRow | undefined): number {
  return line ? LINE_OVERHEAD + 2 * line[2].length : 0;
}
