/**
 * Editing one pipeline: what its text is, what is asked of the kernel, what becomes of the answers.
 *
 * One session for all views of a model. The cell's text is the only truth: every request carries the text that stands
 * there, and an answer is written only over that very text. Edits follow one another: each is made in the text that
 * the one before it left.
 *
 * Parts of a view (canvas, form, table) use `apply` for edits and the other askers for what they show; they hear of
 * changes through the signals, and draw what the model says: the kernel redraws that by the same path as ever.
 */
import { Signal } from '@lumino/signaling';
import type { EditDrawnMessage, EditFact, EditMessage, EditorFact, EditRequest, EditWrittenMessage } from './editProtocol';
import type { Conflict, Edge, Outcome, Said } from './editOutcomes';
import { EditQuestions, type Asked } from './editQuestions';
import { Redraws } from './editRedraw';
import { EditSelection } from './editSelection';
import type { ExecutionModel } from './executionModel';
import { HeldTexts } from './heldTexts';
import { Tickets, Unanswered } from './editTickets';
import { TextHome } from './textHome';

export type { Conflict, Edge, Outcome, Said } from './editOutcomes';

const sessions = new WeakMap<object, EditSession>();
/** Pipelines being edited, by notebook and name: a cell that is run again goes on being edited. */
const open = new Set<string>();

export class EditSession extends EditQuestions {
  /** The one session of a model. */
  static of(model: ExecutionModel): EditSession {
    const found = sessions.get(model) ?? new EditSession(model);
    sessions.set(model, found);
    return found;
  }

  /** Whether the view is edited has changed. */
  readonly editingChanged = new Signal<this, boolean>(this);
  /** The text is another one: after an edit, after undoing, after typing. */
  readonly textChanged = new Signal<this, void>(this);
  /** The kernel has read a text, and drawn it where it can be read; `reading` says how, `isElsewhere` whose it is. */
  readonly drawn = new Signal<this, void>(this);
  readonly conflicted = new Signal<this, Conflict | null>(this);
  readonly said = new Signal<this, Said>(this);
  /** Whether an answer is waited for. */
  readonly busyChanged = new Signal<this, boolean>(this);

  private readonly home: TextHome;
  private readonly tickets: Tickets;
  private readonly selected: EditSelection;
  private readonly held = new HeldTexts();
  private lastDrawn: EditDrawnMessage | null = null;
  private standing: Conflict | null = null;
  private queue: Promise<unknown> = Promise.resolve();
  private readonly redraws: Redraws;
  private editing: boolean | null = null;

  private constructor(private readonly model: ExecutionModel) {
    super();
    this.home = new TextHome(model, () => this.held.kernel ?? this.editor?.text ?? '');
    this.home.changed.connect(this.onText, this);
    this.tickets = new Tickets(request => model.tell(request), {
      slow: () => this.say('The kernel is busy; it answers when it is free.'),
      changed: () => this.busyChanged.emit(this.tickets.isWaiting)
    });
    const isDue = (): boolean => this.text !== this.held.kernel && model.isLive;
    this.redraws = new Redraws({
      get isDue() {
        return isDue();
      },
      ask: () => this.ask<EditDrawnMessage>({ kind: 'edit_text', follows: this.held.before(this.text) }),
      drawn: answer => {
        this.lastDrawn = answer;
        this.drawn.emit();
      }
    });
    model.on('smpw:edit', (answer: EditMessage) => (this.tickets.isOwn(answer) ? this.tickets.answered(answer) : this.overhear(answer)));
    model.on('change:editor', () => this.editorChanged());
    model.on('comm_live_update', () => !model.isLive && this.giveUp('the kernel is gone'));
    model.on('destroy', () => this.giveUp('the view is gone'));
    this.selected = new EditSelection(model, () => !this.tickets.isWaiting);
  }

  /** A view of this model is in the page: its cell is looked for around it. */
  watch(view: Element): void {
    this.home.watch(view);
    this.held.kernel ??= this.editor?.text ?? null;
    this.held.meet(this.text);
  }

  unwatch(view: Element): void {
    this.home.unwatch(view);
  }

  /** Where the text stands. */
  get text(): string {
    return this.home.place?.text ?? '';
  }

  /** Whether the text stands in a cell. */
  get hasCell(): boolean {
    return this.home.place?.isCell ?? false;
  }

  /** The text as a cell of its own. */
  get cellText(): string {
    return `%%pipeline ${this.name}\n${this.text}`;
  }

  get canUndo(): boolean {
    return this.home.place?.canUndo ?? false;
  }

  get canRedo(): boolean {
    return this.home.place?.canRedo ?? false;
  }

  undo(): void {
    this.travel('undo');
  }

  redo(): void {
    this.travel('redo');
  }

  /** Show the cell. */
  reveal(): boolean {
    return this.home.place?.reveal() ?? false;
  }

  /** Why this view cannot be edited; '' when it can. */
  get whyNot(): string {
    const editor = this.editor;
    if (!this.model.isLive) {
      return 'the kernel is gone: run the cell again';
    }
    return editor === null ? 'this view shows no pipeline that could be edited' : editor.can_edit ? '' : editor.reason;
  }

  /** Whether there is anything to edit, now or for some reason not now. */
  get isOffered(): boolean {
    return this.editor !== null;
  }

  get isEditing(): boolean {
    const editor = this.editor;
    if (editor === null || !editor.can_edit) {
      return false;
    }
    if (this.editing === null && this.home.place !== null) {
      // what is empty has nothing to show but how to begin
      this.editing = open.has(this.key) || this.text.trim() === '';
    }
    return this.editing ?? false;
  }

  edit(isOn: boolean): void {
    if (isOn !== this.isEditing && !(isOn && this.whyNot)) {
      this.editing = isOn;
      open[isOn ? 'add' : 'delete'](this.key);
      this.editingChanged.emit(isOn);
    }
  }

  /** The names of the selected steps; the last one is the one the panel tells of. */
  get selection(): readonly string[] {
    return this.selected.names;
  }

  select(names: readonly string[]): void {
    this.selected.select(names);
  }

  /** The selected edge, by the names of its ends. */
  get edge(): Edge | null {
    return this.selected.edge;
  }

  selectEdge(edge: Edge | null): void {
    this.selected.selectEdge(edge);
  }

  /** Other steps are selected, or another edge. */
  get selectionChanged(): EditSelection['changed'] {
    return this.selected.changed;
  }

  /** The pipeline's name. */
  get name(): string {
    return this.editor?.name ?? '';
  }

  /** How the last text that was read, was read; null before any. */
  get reading(): EditDrawnMessage | null {
    return this.lastDrawn;
  }

  say(words: string, isError = false): void {
    this.said.emit({ words, isError });
  }

  /**
   * Make edits, as one step of undoing. Never rejects: what went wrong is said in the outcome, and to the person.
   * A form leaves the selection as it is (`selects`): who went on to another step meanwhile is not brought back. It says
   * itself, beside the field, why an edit was refused (`says`).
   */
  apply(edits: readonly EditFact[], { selects = true, says = true } = {}): Promise<Outcome> {
    return this.change({ kind: 'edit_apply', edits: [...edits] }, selects, says);
  }

  /** Begin with a template. */
  begin(name: string): Promise<Outcome> {
    return this.change({ kind: 'edit_template', name });
  }

  /** Put in what was copied: into the branch that step stands in, if it stands in one. */
  paste(pasted: string, beside: string | null = null): Promise<Outcome> {
    return this.change({ kind: 'edit_paste', pasted, branch: null, beside });
  }

  get conflict(): Conflict | null {
    return this.standing;
  }

  /** Settle it: the cell's text stays, or the canvas's is written over the one that was shown. */
  settle(keeps: 'cell' | 'canvas'): void {
    const conflict = this.standing;
    const place = this.home.place;
    if (!conflict || !place) {
      return;
    }
    this.standing = null; // what is written now is no third text
    if (keeps === 'canvas' && !this.home.steadily(() => place.write(conflict.cell, conflict.canvas))) {
      this.standing = conflict;
      this.say('The cell cannot be written: copy the text.', true);
      return;
    }
    this.setConflict(null);
    this.redraws.now();
    this.say(keeps === 'canvas' ? 'The canvas’s text is in the cell. Undo brings yours back.' : 'The cell’s text is as you wrote it.');
  }

  private get editor(): EditorFact | null {
    return (this.model.get('editor') as EditorFact | null) ?? null;
  }

  private get key(): string {
    return `${this.home.notebook}\n${this.name}`;
  }

  private editorChanged(): void {
    const editor = this.editor;
    if (editor) {
      this.held.kernel ??= editor.text;
    }
    this.editingChanged.emit(this.isEditing);
  }

  private travel(way: 'undo' | 'redo'): void {
    const place = this.home.place;
    if (place && (way === 'undo' ? place.canUndo : place.canRedo)) {
      this.home.steadily(() => place[way]());
      this.redraws.now();
      this.say(way === 'undo' ? 'Undone.' : 'Redone.');
    } else {
      this.say(`There is nothing to ${way}.`);
    }
  }

  /** What was typed is to be drawn at once: it is about to run, or a person comes back to it from another window. */
  drawNow(): void {
    this.redraws.now();
  }

  /** Whether what is drawn is the text of another window of the notebook, or one that was never saved. */
  get isElsewhere(): boolean {
    return this.isOffered && this.held.isElsewhere(this.text);
  }

  /**
   * Another window has had its text drawn, or written. Where this one holds the text that went before, it follows: what
   * is drawn is what the cell says. Where it holds another, that stays as it is.
   */
  private overhear(answer: EditMessage): void {
    if (answer.kind !== 'edit_written' && answer.kind !== 'edit_drawn') {
      return;
    }
    const { text } = answer;
    const before = answer.kind === 'edit_written' ? answer.before : answer.follows;
    const place = this.home.place;
    this.held.kernel = text;
    if (place && before === place.text && (text === before || this.home.steadily(() => place.write(before, text)))) {
      this.held.give(text);
    }
    this.lastDrawn = answer.kind === 'edit_drawn' ? answer : null;
    this.drawn.emit();
  }

  private onText(): void {
    this.textChanged.emit();
    if (this.standing && this.standing.cell !== this.text) {
      this.setConflict({ ...this.standing, cell: this.text }); // nobody writes over what was not shown
    }
    this.redraws.soon();
  }

  private change(request: Asked, selects = true, says = true): Promise<Outcome> {
    const next = this.queue.then(() => this.carryOut(request, selects, says));
    this.queue = next;
    return next;
  }

  private async carryOut(request: Asked, selects: boolean, says: boolean): Promise<Outcome> {
    if (this.standing) {
      return this.refuse('The cell and the canvas hold two texts.', 'Choose one of them first.');
    }
    try {
      const answer = await this.ask<EditMessage>(request);
      if (answer.kind === 'edit_refused') {
        return this.refuse(answer.message, answer.fix, says);
      }
      return answer.kind === 'edit_written' ? this.write(answer, selects) : this.refuse('The kernel answered something else.', '');
    } catch (error) {
      return this.refuse(error instanceof Error ? error.message : String(error), '');
    }
  }

  private write(answer: EditWrittenMessage, selects: boolean): Outcome {
    const place = this.home.place;
    if (!place) {
      return this.refuse('There is nowhere to write the text.', 'Run the cell again.');
    }
    const isSame = answer.text === answer.before;
    this.held.give(answer.text);
    if (!isSame && !this.home.steadily(() => place.write(answer.before, answer.text))) {
      const conflict = { before: answer.before, cell: place.text, canvas: answer.text, select: answer.select };
      this.setConflict(conflict);
      this.redraws.now(); // what is shown is the cell's text again, while a person chooses
      return { kind: 'conflict', conflict };
    }
    this.lastDrawn = null;
    if (selects && answer.select.length) {
      this.select(answer.select);
    }
    const code = answer.cells.map(cell => cell.source);
    const added = code.length && place.addCode ? this.home.steadily(() => place.addCode?.(code) ?? 0) : 0;
    const notes = added ? [...answer.notes, 'They stand above: run them.'] : answer.notes;
    if (notes.length) {
      this.say(notes.join(' '));
    }
    return { kind: 'written', answer };
  }

  private refuse(message: string, fix: string, says = true): Outcome {
    if (says) {
      this.say([message, fix].filter(Boolean).join(' → '), true);
    }
    return { kind: 'refused', message, fix };
  }

  private setConflict(conflict: Conflict | null): void {
    this.standing = conflict;
    this.conflicted.emit(conflict);
  }

  protected override ask<T extends EditMessage>(request: Asked): Promise<T> {
    if (!this.model.isLive) {
      return Promise.reject(new Unanswered('the kernel is gone: run the cell again'));
    }
    const text = this.text;
    if (request.kind === 'edit_text') {
      this.held.give(text);
    }
    const isAwaited = !['edit_text', 'edit_form', 'edit_options'].includes(request.kind);
    return this.tickets.ask(ticket => ({ ...request, ticket, text }) as EditRequest, isAwaited) as Promise<T>;
  }

  private giveUp(why: string): void {
    this.tickets.giveUp(why);
    this.editingChanged.emit(this.isEditing);
  }
}
