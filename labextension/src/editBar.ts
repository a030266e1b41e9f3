/** The row of buttons over a graph that is edited. */
import { button, copyButton, el, setReason } from './dom';
import type { EditSession } from './editSession';

export type ActionName = 'add' | 'connect' | 'duplicate' | 'remove' | 'undo' | 'redo' | 'find' | 'fit' | 'keys' | 'more';

export class EditBar {
  readonly element: HTMLElement;
  private readonly buttons: Readonly<Record<ActionName, HTMLButtonElement>>;
  private readonly place: HTMLElement;
  private readonly endings: (() => void)[] = [];

  constructor(
    private readonly session: EditSession,
    act: (name: ActionName) => void
  ) {
    const make = (name: ActionName, sign: string, word: string): HTMLButtonElement => {
      const made = button('', () => act(name), { class: 'smpw-edit-button', 'data-action': name, 'aria-label': word || sign });
      made.append(el('span', { 'aria-hidden': 'true' }, sign), ...(word ? [el('span', { class: 'smpw-edit-word', 'aria-hidden': 'true' }, word)] : []));
      // the focus stays on the graph: what is pressed is done there
      made.addEventListener('mousedown', event => event.preventDefault());
      return made;
    };
    this.buttons = {
      add: make('add', '＋', 'Add'),
      connect: make('connect', '→', 'Connect'),
      duplicate: make('duplicate', '⧉', 'Duplicate'),
      remove: make('remove', '✕', 'Delete'),
      undo: make('undo', '↶', 'Undo'),
      redo: make('redo', '↷', 'Redo'),
      find: make('find', '⌕', 'Find'),
      fit: make('fit', '⤢', 'Fit'),
      more: make('more', '⋯', 'More'),
      keys: make('keys', '?', 'Keys')
    };
    const { add, connect, duplicate, remove, undo, redo, find, more, keys } = this.buttons;
    const line = (): HTMLElement => el('span', { class: 'smpw-edit-line', 'aria-hidden': 'true' });
    const title = 'This view has no %%pipeline cell of its own: what is edited here stays here until you copy it.';
    this.place = el('span', { class: 'smpw-muted smpw-edit-place', title }, 'no cell', copyButton('Copy text', () => session.cellText, 'Copy the text as a %%pipeline cell'));
    this.element = el('div', { class: 'smpw-edit-bar', role: 'toolbar', 'aria-label': 'Editing', hidden: '' });
    this.element.append(undo, redo, line(), add, connect, duplicate, remove, more, el('span', { class: 'smpw-space' }), this.place, find, keys);
    const show = (): void => this.show();
    for (const signal of [session.selectionChanged, session.textChanged, session.busyChanged]) {
      signal.connect(show);
      this.endings.push(() => signal.disconnect(show));
    }
    this.show();
  }

  /** Say what can be done now. */
  show(): void {
    const { buttons, session } = this;
    if (this.element.hidden || !this.element.isConnected) {
      return;
    }
    const chosen = session.selection.length;
    setReason(buttons.undo, session.canUndo ? '' : 'nothing to undo', 'Undo, as in the cell (Ctrl+Z)');
    setReason(buttons.redo, session.canRedo ? '' : 'nothing to redo', 'Redo (Ctrl+Y)');
    setReason(buttons.add, '', 'Add a step (a)');
    setReason(buttons.connect, chosen === 1 ? '' : chosen ? 'select one step' : 'select a step first', 'Connect the selected step to another (c), or drag from its lower edge');
    setReason(buttons.duplicate, chosen ? '' : 'select a step first', 'Duplicate (Ctrl+D)');
    setReason(buttons.remove, chosen || session.edge ? '' : 'select a step first', 'Delete (Delete)');
    setReason(buttons.more, '', 'What can be done here (m)');
    setReason(buttons.find, '', 'Find a step (/)');
    setReason(buttons.keys, '', 'All keys (?)');
    this.place.hidden = session.hasCell;
  }

  dispose(): void {
    this.endings.forEach(end => end());
    this.element.remove();
  }
}
