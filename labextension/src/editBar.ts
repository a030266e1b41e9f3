/** The row of buttons over a graph that is edited. */
import { drawGlyph } from './cards';
import { button, copyButton, el, setReason } from './dom';
import type { ActionName } from './editKeys';
import type { EditSession } from './editSession';

export type { ActionName } from './editKeys';

/** Drawn, since fonts differ in which signs they have; on 16 by 16, as those of the cards. */
const SIGNS = {
  add: 'M8 3v10M3 8h10',
  connect: 'M2.5 8h9.5M8.6 4.4 12.2 8l-3.6 3.6M13.8 3.2v9.6',
  duplicate: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  remove: 'M3 4.5h10M6.2 4.5v-2h3.6v2M4.3 4.5l.6 9h6.2l.6-9M6.7 7v4M9.3 7v4',
  undo: 'M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M5.8 3.5 2.8 6.5l3 3',
  redo: 'M13 6.5H6.5a3.5 3.5 0 0 0 0 7H10M10.2 3.5l3 3-3 3',
  find: 'M7 2.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 1 1 0-9zM10.3 10.3 14 14',
  fit: 'M2.5 6v-3.5h3.5M10 2.5h3.5v3.5M13.5 10v3.5h-3.5M6 13.5h-3.5v-3.5',
  more: 'M3.5 8h.1M8 8h.1M12.5 8h.1',
  keys: 'M5.5 6a2.5 2.5 0 1 1 3.7 2.2c-.8.4-1.2.9-1.2 1.8M8 12.6v.1'
} as const satisfies Partial<Record<ActionName, string>>;
type BarName = keyof typeof SIGNS;

export class EditBar {
  readonly element: HTMLElement;
  private readonly buttons: Readonly<Record<BarName, HTMLButtonElement>>;
  private readonly place: HTMLElement;
  private readonly endings: (() => void)[] = [];

  constructor(
    private readonly session: EditSession,
    act: (name: ActionName) => void
  ) {
    const make = (name: BarName, word: string): HTMLButtonElement => {
      const made = button('', () => act(name), { class: 'smpw-edit-button', 'data-action': name, 'aria-label': word });
      made.append(drawGlyph([['line', SIGNS[name]]], 'smpw-sign'), el('span', { class: 'smpw-edit-word', 'aria-hidden': 'true' }, word));
      // the focus stays on the graph: what is pressed is done there
      made.addEventListener('mousedown', event => event.preventDefault());
      return made;
    };
    this.buttons = {
      add: make('add', 'Add'),
      connect: make('connect', 'Connect'),
      duplicate: make('duplicate', 'Duplicate'),
      remove: make('remove', 'Delete'),
      undo: make('undo', 'Undo'),
      redo: make('redo', 'Redo'),
      find: make('find', 'Find'),
      fit: make('fit', 'Fit'),
      more: make('more', 'More'),
      keys: make('keys', 'Keys')
    };
    const { add, connect, duplicate, remove, undo, redo, find, more, keys } = this.buttons;
    const line = (): HTMLElement => el('span', { class: 'smpw-edit-line', 'aria-hidden': 'true' });
    const title = 'This view has no %%pipeline cell of its own: what is edited here stays here until you copy it.';
    this.place = el('span', { class: 'smpw-muted smpw-edit-place', title }, 'no cell', copyButton('Copy text', () => session.cellText, 'Copy the text as a %%pipeline cell'));
    this.element = el('div', { class: 'smpw-edit-bar', role: 'toolbar', 'aria-label': 'Editing', hidden: '' });
    this.element.append(undo, redo, line(), add, connect, duplicate, remove, more, el('span', { class: 'smpw-space' }), this.place, find, keys);
    const show = (): void => {
      this.show();
      // a cell's history knows of a change only after it has told of it
      requestAnimationFrame(() => this.show());
    };
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
    this.element.classList.toggle('smpw-no-cell', !session.hasCell);
  }

  dispose(): void {
    this.endings.forEach(end => end());
    this.element.remove();
  }
}
