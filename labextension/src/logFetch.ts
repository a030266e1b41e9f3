/** Lines that the page does not hold: asked for one request at a time, and asked again when the kernel is busy. */
import type { LogPages } from './logPages';

const ANSWER_WITHIN = 5_000;
const PART = 2_000;

/** Where the lines come from. */
export interface LogSource {
  readonly pages: LogPages;
  ask(first: number, count: number): void;
  /** Where a line stands, when these lines are picked from several places. */
  place?(index: number): { step: string; number: number } | undefined;
}

export class LogFetch {
  source: LogSource | null = null;
  private askedAt: number | null = null;
  private arrivals: ((error: string) => void)[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `onLate` is called when an answer does not come. */
  constructor(private readonly onLate: () => void) {}

  /** Read other lines from now on; what was asked for is no longer waited for. */
  show(source: LogSource | null): void {
    this.source = source;
    this.askedAt = null;
  }

  get total(): number {
    return this.source?.pages.total ?? 0;
  }

  /** Whether the kernel takes longer than it should. */
  get isLate(): boolean {
    return this.askedAt !== null && Date.now() - this.askedAt >= ANSWER_WITHIN - 50;
  }

  /** See to it that lines `first` to `last` come, if they are not here. */
  want(first: number, last: number): void {
    const missing = this.source?.pages.missing(first, last);
    if (!missing || (this.askedAt !== null && Date.now() - this.askedAt < ANSWER_WITHIN)) {
      return;
    }
    this.askedAt = Date.now();
    this.source?.ask(missing.first, missing.count);
    clearTimeout(this.timer);
    this.timer = setTimeout(this.onLate, ANSWER_WITHIN);
  }

  /** The request was answered; `error` says why it could not be. */
  answered(error: string): void {
    this.askedAt = null;
    clearTimeout(this.timer);
    this.arrivals.splice(0).forEach(arrived => arrived(error));
  }

  /** Lines as `text` says them, up to `end`; those the page does not hold are asked for first. Rejected when they do not come. */
  async texts(first: number, end: number, text: (index: number) => string, onProgress: (done: number) => void): Promise<string> {
    const source = this.source;
    const parts: string[] = [];
    for (let at = first; source && at < end; at += PART) {
      const stop = Math.min(end, at + PART);
      for (let gap = source.pages.missing(at, stop); gap; gap = source.pages.missing(at, stop)) {
        source.ask(gap.first, gap.count);
        await this.arrival();
      }
      parts.push(Array.from({ length: stop - at }, (_, offset) => text(at + offset)).join('\n'));
      onProgress(stop);
    }
    return parts.join('\n');
  }

  dispose(): void {
    clearTimeout(this.timer);
  }

  private arrival(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the kernel did not send the lines')), ANSWER_WITHIN);
      this.arrivals.push(error => {
        clearTimeout(timer);
        if (error) {
          reject(new Error(error));
        } else {
          resolve();
        }
      });
    });
  }
}
