/**
 * Which text the kernel has, and which of them was this window's: a notebook may be open in several windows, each with a
 * cell of its own, and all of them see what any of them has drawn.
 */
export class HeldTexts {
  /** The text that is drawn; null before any is known of. */
  kernel: string | null = null;
  /** The newest of them that was this window's. */
  private own: string | null = null;

  /** A view was found to stand beside this text: it is the one that is drawn, or it is not. */
  meet(text: string): void {
    if (this.own === null && this.kernel !== null && isSame(text, this.kernel)) {
      this.give(text);
    }
  }

  /** This window's text is the kernel's from now on. */
  give(text: string): void {
    this.kernel = this.own = text;
  }

  /** What this window had before a text. */
  before(text: string): string {
    return this.own ?? text;
  }

  /** Whether what is drawn is the text of another window, or one that was not saved. */
  isElsewhere(text: string): boolean {
    return this.kernel !== null && this.own !== this.kernel && !isSame(text, this.kernel);
  }
}

/** A cell that runs has a line break at its end, whether it shows one or not. */
const isSame = (one: string, other: string): boolean => bare(one) === bare(other);
const bare = (text: string): string => text.replace(/\n$/, '');
