/** Has the kernel draw the newest text: after a pause in typing, one asking at a time, the newest text last. */
import type { EditDrawnMessage } from './editProtocol';

/** After so long without a key, what was typed in the cell is drawn; in milliseconds. */
const TYPING_PAUSE = 300;

export interface Drawing {
  /** Whether the kernel has to be asked: it is there, and has another text. */
  readonly isDue: boolean;
  ask(): Promise<EditDrawnMessage>;
  drawn(answer: EditDrawnMessage): void;
}

export class Redraws {
  private pause: ReturnType<typeof setTimeout> | undefined;
  private state: 'no' | 'asked' | 'again' = 'no';

  constructor(private readonly drawing: Drawing) {}

  /** Something was typed. */
  soon(): void {
    clearTimeout(this.pause);
    if (this.drawing.isDue) {
      this.pause = setTimeout(() => this.now(), TYPING_PAUSE);
    }
  }

  /** Draw it without waiting, unless the kernel has it already. */
  now(): void {
    clearTimeout(this.pause);
    if (this.state !== 'no') {
      this.state = 'again';
    } else if (this.drawing.isDue) {
      this.state = 'asked';
      this.drawing.ask().then(
        answer => {
          this.drawing.drawn(answer);
          this.done();
        },
        () => this.done()
      );
    }
  }

  private done(): void {
    const isAgain = this.state === 'again';
    this.state = 'no';
    if (isAgain) {
      this.now();
    }
  }
}
