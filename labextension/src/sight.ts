/**
 * Whether a view is before somebody's eyes: within what a page that is looked at shows of its notebook.
 *
 * The kernel asks the service for news only while somebody looks. So it is told at once when a view comes into sight,
 * a moment after it has gone from there (scrolling past is no leaving), and again from time to time while it is seen.
 */

/** Names this page among all that show the same notebook: views are counted anew in each. */
export const PAGE = Math.random().toString(36).slice(2, 8);

const LEAVING_MS = 3_000;
/** Well within the time for which the kernel believes what it was told. */
const AGAIN_MS = 10 * 60_000;

export class SightWatch {
  private readonly observer: IntersectionObserver;
  private isInView = false;
  private told: boolean | null = null;
  private leaving: ReturnType<typeof setTimeout> | undefined;
  private readonly again: ReturnType<typeof setInterval>;

  /** `tell` is called with every change. */
  constructor(
    element: HTMLElement,
    private readonly tell: (isSeen: boolean) => void
  ) {
    this.observer = new IntersectionObserver(entries => {
      this.isInView = entries[entries.length - 1].isIntersecting;
      this.judge();
    });
    this.observer.observe(element);
    document.addEventListener('visibilitychange', this.judge);
    window.addEventListener('pagehide', this.closed);
    window.addEventListener('pageshow', this.judge);
    this.again = setInterval(() => this.repeat(), AGAIN_MS);
  }

  /** Say it anew: whoever was told knows it no longer. */
  repeat(): void {
    if (this.isSeen) {
      this.say(true, true);
    }
  }

  dispose(): void {
    clearInterval(this.again);
    this.observer.disconnect();
    document.removeEventListener('visibilitychange', this.judge);
    window.removeEventListener('pagehide', this.closed);
    window.removeEventListener('pageshow', this.judge);
    this.closed();
  }

  private get isSeen(): boolean {
    return this.isInView && !document.hidden;
  }

  private readonly judge = (): void => {
    clearTimeout(this.leaving);
    if (this.isSeen) {
      this.say(true);
    } else if (this.told) {
      this.leaving = setTimeout(() => this.say(false), LEAVING_MS);
    }
  };

  /** The page goes: there is no later. */
  private readonly closed = (): void => {
    clearTimeout(this.leaving);
    if (this.told) {
      this.say(false);
    }
  };

  private say(isSeen: boolean, isAgain = false): void {
    if (isAgain || isSeen !== this.told) {
      this.told = isSeen;
      this.tell(isSeen);
    }
  }
}
