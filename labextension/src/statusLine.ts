/** What editing has to say, at the foot of the graph: read out, shown for a while, never in the way of a press. */
import { code } from './choiceList';
import { el } from './dom';

/** How long words stay; in milliseconds. */
const SHOWN = { word: 4_000, error: 12_000 };

export class StatusLine {
  readonly element = el('div', { class: 'smpw-edit-said' });
  private readonly polite = el('span', { role: 'status' });
  private readonly urgent = el('span', { role: 'alert' });
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.element.append(this.polite, this.urgent);
  }

  say(words: string, isError: boolean): void {
    clearTimeout(this.timer);
    const [now, other] = isError ? [this.urgent, this.polite] : [this.polite, this.urgent];
    other.replaceChildren();
    now.replaceChildren(...(words ? [el('span', {}, ...code(words))] : []));
    this.timer = setTimeout(() => now.replaceChildren(), isError ? SHOWN.error : SHOWN.word);
  }

  /** A person goes on: what was said is read. */
  clear(): void {
    [this.polite, this.urgent].forEach(part => part.replaceChildren());
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.element.remove();
  }
}
