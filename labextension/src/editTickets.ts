/** Questions to the kernel and their answers: each has a ticket, which the answer repeats. */
import type { EditMessage, EditRequest } from './editProtocol';

/** The kernel did not answer: it is gone, or the view is. */
export class Unanswered extends Error {}

interface Pending {
  resolve(answer: EditMessage): void;
  reject(error: Error): void;
  slow: ReturnType<typeof setTimeout>;
}

/** After so long, people are told that the kernel has not answered yet; in milliseconds. */
const SLOW = 1_500;
/** How many questions one page may ask before it speaks with the numbers of another. */
const ROOM = 2 ** 20;
/** Every window that shows a notebook hears all answers of its kernel: each counts in a stretch of numbers of its own. */
const FIRST = crypto.getRandomValues(new Uint32Array(1))[0] * ROOM;
let last = FIRST;

export class Tickets {
  private readonly pending = new Map<number, Pending>();

  constructor(
    private readonly tell: (request: EditRequest) => void,
    private readonly events: { slow(): void; changed(): void }
  ) {}

  get isWaiting(): boolean {
    return this.pending.size > 0;
  }

  /** Ask; rejects with {@link Unanswered} once nobody can answer any more. What nobody waits for is not said to be slow. */
  ask(make: (ticket: number) => EditRequest, isAwaited: boolean): Promise<EditMessage> {
    const ticket = ++last;
    return new Promise((resolve, reject) => {
      this.pending.set(ticket, { resolve, reject, slow: setTimeout(() => isAwaited && this.events.slow(), SLOW) });
      this.tell(make(ticket));
      this.events.changed();
    });
  }

  /** Whether an answer is to a question of this page; those of other windows come here too. */
  isOwn(answer: EditMessage): boolean {
    return answer.ticket > FIRST && answer.ticket <= last;
  }

  answered(answer: EditMessage): void {
    const pending = this.pending.get(answer.ticket);
    if (pending) {
      this.forget(answer.ticket, pending);
      pending.resolve(answer);
    }
  }

  giveUp(why: string): void {
    this.pending.forEach((pending, ticket) => {
      this.forget(ticket, pending);
      pending.reject(new Unanswered(why));
    });
  }

  private forget(ticket: number, pending: Pending): void {
    clearTimeout(pending.slow);
    this.pending.delete(ticket);
    this.events.changed();
  }
}
