/** Editing in one view: the toggle in its header, and what stands over its graph while it is on. */
import { button, setReason, setText } from './dom';
import { EditSession } from './editSession';
import type { ExecutionModel } from './executionModel';

export interface EditorHost {
  readonly model: ExecutionModel;
  /** The view's own element, in the notebook. */
  readonly element: HTMLElement;
  /** Say something beside the buttons. */
  say(words: string, isError: boolean): void;
}

export class Editor {
  readonly session: EditSession;
  /** Stands among the buttons of the view. */
  readonly toggle: HTMLButtonElement;
  private readonly endings: (() => void)[] = [];

  constructor(private readonly host: EditorHost) {
    const session = (this.session = EditSession.of(host.model));
    this.toggle = button('✎ Edit', () => session.edit(!session.isEditing), { class: 'smpw-edit-toggle', 'aria-pressed': 'false' });
    this.listen(session.editingChanged, () => this.show());
    this.listen(session.said, (_sender, { words, isError }) => host.say(words, isError));
    session.watch(host.element);
    this.show();
  }

  /** The view has come into the page, or into another place of it. */
  placed(): void {
    this.session.watch(this.host.element);
    this.show();
  }

  dispose(): void {
    this.session.unwatch(this.host.element);
    this.endings.forEach(end => end());
  }

  private listen<S, T>(signal: { connect(slot: (sender: S, args: T) => void): boolean; disconnect(slot: (sender: S, args: T) => void): boolean }, slot: (sender: S, args: T) => void): void {
    signal.connect(slot);
    this.endings.push(() => signal.disconnect(slot));
  }

  private show(): void {
    const { session, toggle, host } = this;
    const isOn = session.isEditing;
    toggle.hidden = !session.isOffered;
    toggle.setAttribute('aria-pressed', String(isOn));
    setText(toggle, isOn ? '✓ Done' : '✎ Edit');
    setReason(toggle, session.whyNot, isOn ? 'Leave editing' : 'Edit this pipeline here; the cell’s text follows');
    host.element.classList.toggle('smpw-editing', isOn);
  }
}
