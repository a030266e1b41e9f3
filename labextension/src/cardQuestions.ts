/** What editing asks and says beside a card: which edge, what becomes of references, why not. One at a time. */
import type { PipelineCanvasView } from './canvas';
import { choiceList, code } from './choiceList';
import { deleteCard } from './deleteCard';
import { el } from './dom';
import type { Asking } from './editActions';
import type { ChoiceFact, EditFact, Leftover, MentionFact } from './editProtocol';
import { Popover, type Beside } from './popover';

export class CardQuestions implements Asking {
  private shown: Popover | null = null;

  /** @param root the view, within which everything stands */
  constructor(
    private readonly root: HTMLElement,
    private readonly canvas: PipelineCanvasView,
    private readonly idOf: (step: string | null) => string | null
  ) {}

  edge(source: string, target: string, choices: readonly ChoiceFact[]): Promise<EditFact | null> {
    return new Promise(resolve => {
      const list = choiceList(source, target, choices, edit => {
        resolve(edit);
        this.close(true);
      });
      list.push(el('p', { class: 'smpw-muted smpw-small' }, 'Enter chooses, Esc leaves them as they are.'));
      this.open(`Connect ${source} to ${target}`, 'smpw-connect', list, target, () => resolve(null));
    });
  }

  leftover(steps: readonly string[], mentions: readonly MentionFact[]): Promise<Leftover | null> {
    return new Promise(resolve => {
      const card = deleteCard(steps, mentions, answer => {
        resolve(answer);
        this.close(true);
      });
      this.open('Delete?', 'smpw-delete', card, steps[0], () => resolve(null));
    });
  }

  refused(step: string | null, message: string, fix: string): void {
    const words = [el('p', { class: 'smpw-refusal', role: 'alert' }, ...code(message)), fix ? el('p', { class: 'smpw-muted' }, ...code(fix)) : null];
    this.open('This cannot be done', 'smpw-refused', words.filter(part => part !== null), step);
  }

  /** Show something beside a step's card, or in the middle of the view. */
  open(label: string, className: string, content: readonly Node[], step: string | null, closed?: () => void): void {
    this.close();
    const made = new Popover(this.root, label, className, content, () => {
      if (this.shown === made) {
        this.shown = null;
      }
      closed?.();
    });
    this.shown = made;
    (this.idOf(step) === null ? made.center() : made.place(this.beside(step))).focus();
    made.element.scrollIntoView({ block: 'nearest' });
  }

  close(isAnswered = false): void {
    this.shown?.close(isAnswered);
  }

  /** Where a step's card stands in the view; without one, the top of the graph. */
  beside(step: string | null): Beside {
    const id = this.idOf(step);
    const box = id === null ? null : this.canvas.boxOf(id);
    const [frame, around] = [this.canvas.el.getBoundingClientRect(), this.root.getBoundingClientRect()];
    const [dx, dy] = [frame.left - around.left, frame.top - around.top];
    const { x1, y1, x2, y2 } = box ?? { x1: 24, y1: 24, x2: 24, y2: 24 };
    return { x1: x1 + dx, y1: y1 + dy, x2: x2 + dx, y2: y2 + dy };
  }
}
