/**
 * The lines that a search has found so far, as a log of their own. The kernel looks through a log part by part; this
 * asks for the next part as long as there is one, and goes on when the log grows.
 */
import { LogPages } from './logPages';
import type { LogMatchesMessage, LogSearchRequest, LogTotal } from './protocol';

/** What is looked for; `allSteps` in every step's log. */
export interface Query {
  text: string;
  is_regex: boolean;
  is_case_sensitive: boolean;
  level: number;
  allSteps: boolean;
}

const MOST_MATCHES = 20_000;
const AT_ONCE = 200;
/** A log that grows is not looked through again more often than this, in milliseconds. */
const PAUSE = 400;

export class LogSearch {
  readonly pages = new LogPages(Infinity);
  private readonly places: [step: string, number: number][] = [];
  private onward: LogTotal[];
  private isAsking = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  error = '';

  constructor(
    readonly id: string,
    readonly query: Query,
    steps: readonly string[],
    private readonly totals: (step: string) => number,
    private readonly send: (request: LogSearchRequest) => void
  ) {
    this.onward = steps.map(step => [step, 0]);
    this.continue();
  }

  /** Where a match stands: its step, and its line in that step's log. */
  place(index: number): { step: string; number: number } | undefined {
    const found = this.places[index];
    return found && { step: found[0], number: found[1] };
  }

  /** All matches are held: nothing has to be asked for. */
  ask(): void {
    return;
  }

  get isFull(): boolean {
    return this.places.length >= MOST_MATCHES;
  }

  get isDone(): boolean {
    return this.isFull || this.error !== '' || this.onward.every(([step, next]) => next >= this.totals(step));
  }

  /** How many lines were looked through, and how many there are. */
  get progress(): [done: number, total: number] {
    const sum = (each: (at: LogTotal) => number) => this.onward.reduce((all, at) => all + each(at), 0);
    return [sum(([, next]) => next), sum(([step]) => this.totals(step))];
  }

  absorb(message: LogMatchesMessage): void {
    this.isAsking = false;
    this.error = message.error;
    if (!message.error) {
      this.pages.put(
        this.places.length,
        message.matches.map(([, , row]) => row)
      );
      message.matches.forEach(([step, number]) => this.places.push([step, number]));
      this.onward = message.onward;
      this.continue();
    }
  }

  /** The logs may have grown; a step that has a log only now is looked through too. */
  grew(steps: readonly string[]): void {
    const known = new Set(this.onward.map(([step]) => step));
    steps.filter(step => !known.has(step)).forEach(step => this.onward.push([step, 0]));
    if (!this.isDone && this.timer === undefined) {
      this.timer = setTimeout(() => {
        this.timer = undefined;
        this.continue();
      }, PAUSE);
    }
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.error = 'ended';
  }

  private continue(): void {
    if (this.isAsking || this.isDone) {
      return;
    }
    this.isAsking = true;
    const { text, is_regex, is_case_sensitive, level } = this.query;
    this.send({ kind: 'log_search', search: this.id, text, is_regex, is_case_sensitive, level, start: this.onward, count: AT_ONCE });
  }
}
