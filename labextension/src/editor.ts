/**
 * Editing in one view: the toggle in its header, and what stands over its graph while it is on.
 *
 * It wires parts together: the session speaks to the kernel, the actions are edits, every part draws itself.
 */
import type { PipelineCanvasView } from './canvas';
import type { CanvasHost } from './canvasHost';
import { conflictCard } from './conflictCard';
import { button, setReason, setText } from './dom';
import { EditBar, type ActionName } from './editBar';
import { EditCanvas } from './editCanvas';
import { EditSession, type Edge } from './editSession';
import type { ExecutionModel } from './executionModel';
import { el } from './dom';
import { StatusLine } from './statusLine';
import { startCard } from './startCard';

export interface EditorHost {
  readonly model: ExecutionModel;
  /** The view's own element, in the notebook. */
  readonly element: HTMLElement;
  readonly canvas: CanvasHost;
  /** Go to the first field of what is selected. */
  openFields(): void;
}

interface Heard<S, T> {
  connect(slot: (sender: S, args: T) => void): boolean;
  disconnect(slot: (sender: S, args: T) => void): boolean;
}

export class Editor {
  readonly session: EditSession;
  /** Stands among the buttons of the view. */
  readonly toggle: HTMLButtonElement;
  private readonly endings: (() => void)[] = [];
  private readonly status = new StatusLine();
  private readonly unreadable = el('div', { class: 'smpw-unreadable', role: 'status', hidden: '' });
  private readonly elsewhere: HTMLElement;
  private readonly bar: EditBar;
  private graph: EditCanvas | null = null;
  private start: HTMLElement | null = null;
  private conflict: HTMLElement | null = null;

  constructor(private readonly host: EditorHost) {
    const session = (this.session = EditSession.of(host.model));
    this.toggle = button('✎ Edit', () => this.switch(!session.isEditing), { class: 'smpw-edit-toggle', 'aria-pressed': 'false' });
    this.bar = new EditBar(session, name => this.graph?.act(name));
    const own = button('Draw this cell', () => session.drawNow(), { title: 'Show the text of this window’s cell' });
    const words = 'This graph is of another text than the cell here: it was changed in another window, or was not saved.';
    this.elsewhere = el('div', { class: 'smpw-unreadable smpw-elsewhere', role: 'status', hidden: '' }, el('span', {}, words), ' ', own);
    host.canvas.element.prepend(this.bar.element, this.unreadable, this.elsewhere);
    host.canvas.element.append(this.status.element);
    const read = (): void => this.status.clear();
    host.canvas.element.addEventListener('pointerdown', read);
    this.endings.push(() => host.canvas.element.removeEventListener('pointerdown', read));
    this.hear(session.editingChanged, () => this.show());
    this.hear(session.said, (_sender, { words, isError }) => this.status.say(words, isError));
    this.hear(session.drawn, () => this.showReading());
    this.hear(session.textChanged, () => {
      this.showStart();
      this.showReading();
    });
    this.hear(session.conflicted, () => this.showConflict());
    const redrawn = (): void => this.showStart();
    host.model.on('change:steps', redrawn);
    this.endings.push(() => host.model.off('change:steps', redrawn));
    host.canvas.whenDrawn(view => this.begin(view));
    session.watch(host.element);
    this.show();
  }

  /** The view has come into the page, or into another place of it. */
  placed(): void {
    this.session.watch(this.host.element);
    this.show();
  }

  /** Whether a key with Ctrl is the editor's, and none of the notebook around it. */
  owns(event: KeyboardEvent): boolean {
    const { target } = event;
    const isTyping = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
    const isOnGraph = this.session.isEditing && target instanceof Element && this.host.canvas.element.contains(target);
    return (isTyping || isOnGraph) && (event.ctrlKey || event.metaKey) && 'zyacvxd'.includes(event.key.toLowerCase());
  }

  /** Have the graph do something, for who works in the table. */
  graphAct(name: ActionName): void {
    this.graph?.act(name);
  }

  foldBranch(name: string): void {
    this.graph?.fold(name);
  }

  /** The edges between steps, as the graph has them. */
  get edges(): readonly Edge[] {
    return this.graph?.namedEdges() ?? [];
  }

  /** Escape in the panel leads back to the graph while it is edited; false where it means something else. */
  comeBack(from: EventTarget | null): boolean {
    const isBeside = this.session.isEditing && from instanceof Node && !this.host.canvas.element.contains(from);
    if (isBeside) {
      this.graph?.focus();
    }
    return isBeside;
  }

  dispose(): void {
    this.session.unwatch(this.host.element);
    this.graph?.dispose();
    this.bar.dispose();
    this.status.dispose();
    this.endings.forEach(end => end());
  }

  private hear<S, T>(signal: Heard<S, T>, slot: (sender: S, args: T) => void): void {
    signal.connect(slot);
    this.endings.push(() => signal.disconnect(slot));
  }

  private begin(view: PipelineCanvasView): void {
    this.graph = new EditCanvas(this.session, this.host.model, view, this.host);
    this.show();
  }

  private switch(isOn: boolean): void {
    this.session.edit(isOn);
    if (isOn) {
      this.graph?.focus();
    }
  }

  private show(): void {
    const { session, toggle, host } = this;
    const isOn = session.isEditing;
    toggle.hidden = !session.isOffered;
    toggle.setAttribute('aria-pressed', String(isOn));
    setText(toggle, isOn ? '✓ Done' : '✎ Edit');
    setReason(toggle, session.whyNot, isOn ? 'Leave editing' : 'Edit this pipeline here; the cell’s text follows');
    host.element.classList.toggle('smpw-editing', isOn);
    this.bar.element.hidden = !isOn;
    this.bar.show();
    this.graph?.setOn(isOn);
    this.showStart();
    this.showReading();
    this.showConflict();
  }

  /** A text that cannot be read leaves the last picture, dimmed, and says what is wrong. */
  private showReading(): void {
    const { reading, isElsewhere } = this.session;
    const isGood = isElsewhere || reading === null || reading.is_readable;
    this.elsewhere.hidden = !isElsewhere;
    const where = reading?.line ? `Line ${reading.line}${reading.column ? `, column ${reading.column}` : ''}: ` : '';
    setText(this.unreadable, isGood ? '' : `${where}${reading.message} The graph is that of the last text that could be read.`);
    this.unreadable.hidden = isGood;
    this.host.canvas.element.classList.toggle('smpw-stale', !isGood);
  }

  /** An empty pipeline says how to begin. */
  private showStart(): void {
    const { session, host } = this;
    const isEmpty = session.isEditing && !(host.model.get('steps') as unknown[]).length;
    host.canvas.element.classList.toggle('smpw-beginning', isEmpty);
    if (!isEmpty) {
      this.start?.remove();
      this.start = null;
    } else if (!this.start) {
      this.start = el('div', { class: 'smpw-start-layer' });
      host.canvas.element.append(this.start);
      void this.fillStart(this.start);
    }
  }

  private async fillStart(layer: HTMLElement): Promise<void> {
    const { session } = this;
    const { templates } = await session.offer();
    const isBlank = !session.text.trim();
    const events = { begin: (name: string) => void session.begin(name).then(() => this.graph?.focus()), add: () => this.graph?.act('add') };
    layer.replaceChildren(startCard(session.name, isBlank ? templates : [], events));
  }

  private showConflict(): void {
    const wasThere = this.conflict !== null;
    // whoever types in the cell goes on there
    const isHere = this.host.element.contains(document.activeElement);
    this.conflict?.remove();
    this.conflict = null;
    const { conflict } = this.session;
    if (conflict) {
      this.conflict = conflictCard(conflict, keeps => this.session.settle(keeps));
      this.host.element.append(this.conflict);
    }
    if (isHere && conflict) {
      this.conflict?.focus({ preventScroll: true });
    } else if (isHere && wasThere) {
      this.graph?.focus();
    }
  }
}
