/** The named stages of a submit while they happen, each with its time. */
import { el, setText } from './dom';
import { setIcon, icon } from './icons';
import type { RunStageMessage } from './protocol';
import { stateClass } from './states';

export class RunStages {
  readonly element = el('ol', { class: 'smpw-stages', 'aria-live': 'polite' });
  private readonly rows = new Map<string, Stage>();
  private newest: Stage | null = null;

  show(message: RunStageMessage): void {
    const row = this.rows.get(message.stage) ?? new Stage();
    if (!this.rows.has(message.stage)) {
      this.rows.set(message.stage, row);
      this.element.append(row.element);
    }
    row.show(message);
    this.newest = row;
  }

  /** The newest stage in one line. */
  get line(): string {
    return this.newest?.line ?? '';
  }

  /** Whatever still goes on has come to its end. */
  end(): void {
    this.rows.forEach(row => row.end());
  }
}

class Stage {
  readonly element: HTMLElement;
  line = '';
  private readonly glyph = icon('running');
  private readonly words = el('span');
  private readonly time = el('span', { class: 'smpw-muted smpw-tabular' });
  private readonly bar = el('progress', { class: 'smpw-progress', hidden: '' });
  private isOver = false;

  constructor() {
    this.element = el('li', { class: stateClass('running') }, this.glyph, this.words, this.time, this.bar);
  }

  show(message: RunStageMessage): void {
    this.isOver = message.seconds !== null;
    setIcon(this.glyph, this.isOver ? 'succeeded' : 'running');
    this.element.className = stateClass(this.isOver ? 'succeeded' : 'running');
    setText(this.words, `${message.stage}: ${message.words}`);
    const part = message.total ? Math.floor((100 * message.done) / message.total) : 0;
    setText(this.time, message.seconds === null ? (message.total ? `${part} %` : '') : `${message.seconds.toFixed(1)} s`);
    this.bar.hidden = this.isOver || !message.total;
    this.bar.max = Math.max(1, message.total);
    this.bar.value = message.done;
    this.line = `${message.stage}: ${message.words}${message.total && !this.isOver ? ` (${part} %)` : ''}`;
  }

  end(): void {
    if (!this.isOver) {
      setIcon(this.glyph, 'stopped');
      this.element.className = stateClass('stopped');
    }
  }
}
