/** The line below a log: how many lines there are, whether it follows them, and buttons. */
import { button, copyButton, el, setText, setTitle } from './dom';

export interface FootFacts {
  total: number;
  isFollowing: boolean;
  /** Lines written since it stopped following. */
  fresh: number;
  isLate: boolean;
}

interface FootActions {
  follow(): void;
  copied(): Promise<string>;
  copyTitle: string;
}

export class LogFoot {
  readonly element: HTMLElement;
  /** What stands between the count and the buttons: others fill it. */
  readonly extra = el('span', { class: 'smpw-log-extra' });
  private readonly count = el('span', { class: 'smpw-muted smpw-tabular' });
  private readonly followButton: HTMLButtonElement;
  private words: string | null = null;

  constructor(actions: FootActions) {
    this.followButton = button('Follow', () => actions.follow(), { class: 'smpw-follow' });
    const copy = copyButton('Copy', () => actions.copied(), actions.copyTitle);
    this.element = el('div', { class: 'smpw-log-foot' }, this.count, this.extra, el('span', { class: 'smpw-space' }), copy, this.followButton);
  }

  /** Say something in place of the number of lines; null says the number. */
  setWords(words: string | null): void {
    this.words = words;
  }

  /** Say why lines could not be had, until there is something else to say. */
  fail(error: string): void {
    setText(this.count, error);
  }

  show({ total, isFollowing, fresh, isLate }: FootFacts): void {
    const late = isLate ? ' · the kernel is busy: lines come when it answers' : '';
    const words = this.words ?? (total ? `${total.toLocaleString('en')} ${total === 1 ? 'line' : 'lines'}` : '');
    setText(this.count, `${words}${total ? late : ''}`);
    this.followButton.setAttribute('aria-pressed', String(isFollowing));
    setText(this.followButton, isFollowing ? '✓ Following' : fresh > 0 ? `↓ ${fresh.toLocaleString('en')} new` : '↓ Follow');
    setTitle(this.followButton, isFollowing ? 'New lines scroll into view; scroll up to pause' : 'Go to the end and follow');
  }
}
