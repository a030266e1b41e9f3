/** Editing on the graph: keys, menu, handles, palette, questions beside the cards. */
import type { PipelineCanvasView } from './canvas';
import { ARROWS } from './canvasKeys';
import { CanvasPalette } from './canvasPalette';
import { CardQuestions } from './cardQuestions';
import { code } from './choiceList';
import { ConnectMode, meaning } from './connectMode';
import { openMenu } from './contextMenu';
import { EdgeDrawing } from './edgeDrawing';
import { EditActions } from './editActions';
import { actionOf, type ActionName } from './editKeys';
import { el } from './dom';
import { edgeMenu, stepMenu } from './editMenus';
import type { EditSession } from './editSession';
import type { ExecutionModel } from './executionModel';
import { Folding } from './folding';
import type { Direction } from './neighbours';
import type { StepFact } from './protocol';
import { renameBox } from './renameBox';
import { SearchBox } from './searchBox';
import { shortcutList } from './shortcuts';
import { StepNames } from './stepNames';

export class EditCanvas {
  private readonly actions: EditActions;
  private readonly questions: CardQuestions;
  private readonly drawing: EdgeDrawing;
  private readonly connecting: ConnectMode;
  private readonly folding: Folding;
  private readonly palette: CanvasPalette;
  private readonly search: SearchBox;
  private readonly hint = el('div', { class: 'smpw-mode-hint', role: 'status', hidden: '' });
  private readonly endings: (() => void)[] = [];
  private readonly root: HTMLElement;
  private names: StepNames;
  private isOn = false;

  constructor(
    private readonly session: EditSession,
    private readonly model: ExecutionModel,
    private readonly canvas: PipelineCanvasView,
    private readonly host: { readonly element: HTMLElement; openFields(): void }
  ) {
    this.root = host.element;
    this.names = this.readNames();
    this.questions = new CardQuestions(this.root, canvas, name => this.names.id(name));
    this.actions = new EditActions(session, () => this.names, this.questions);
    this.folding = new Folding(canvas);
    this.drawing = new EdgeDrawing(canvas, {
      over: (source, target) => void this.judge(source, target),
      drop: (source, target) => this.dropped(source, target),
      press: (id, isMore) => {
        this.focus();
        canvas.press(id, isMore);
      },
      open: id => this.opened(id)
    });
    this.connecting = new ConnectMode(canvas, {
      name: id => this.names.name(id) ?? '',
      ask: (source, target) => session.connections(source, target),
      connect: (source, target) => this.run(this.actions.connect(source, target)),
      say: words => this.showHint(words)
    });
    this.palette = new CanvasPalette(session, canvas, {
      add: type => this.run(this.actions.add(type, session.selection.at(-1) ?? null)),
      drop: (type, onto) => this.run(this.actions.add(type, this.names.name(onto))),
      focus: () => this.focus(),
      run: work => this.run(work)
    });
    this.search = new SearchBox(() => this.facts, {
      found: (names, isSearching) => this.showFound(names, isSearching),
      go: name => canvas.chooseAll(this.names.ids([name])),
      closed: () => this.focus()
    });
    this.stage.append(this.hint, this.search.element, this.palette.element);
    this.listen();
  }

  setOn(isOn: boolean): void {
    if (this.isOn === isOn) {
      return;
    }
    this.isOn = isOn;
    this.canvas.setEditable(isOn);
    this.drawing.setOn(isOn);
    if (!isOn) {
      this.connecting.stop();
      this.questions.close();
      this.palette.close();
    }
  }

  focus(): void {
    this.canvas.el.focus({ preventScroll: true });
  }

  /** Do something by its name; false where there is nothing to do it with. */
  act(name: ActionName): boolean {
    const { actions, session, canvas } = this;
    const last = session.selection.at(-1);
    const does: Readonly<Record<ActionName, () => unknown>> = {
      add: () => this.palette.toggle(),
      connect: () => this.beginConnecting(),
      duplicate: () => this.run(actions.duplicate()),
      remove: () => this.remove(),
      rename: () => last !== undefined && this.rename(last),
      open: () => (last === undefined ? false : this.host.openFields()),
      copy: () => this.run(actions.copy()),
      cut: () => this.run(actions.cut()),
      all: () => canvas.chooseAll(this.names.ids(this.names.all)),
      undo: () => session.undo(),
      redo: () => session.redo(),
      edit: () => session.isOffered && !session.whyNot && session.edit(true),
      fold: () => canvas.primary !== null && this.folding.toggleAt(canvas.primary),
      find: () => this.search.open(),
      fit: () => canvas.fit(),
      keys: () => this.showKeys(),
      more: () => this.openMenu()
    };
    return does[name]() !== false;
  }

  dispose(): void {
    this.endings.forEach(end => end());
    this.questions.close();
    this.drawing.dispose();
    this.folding.dispose();
    [this.hint, this.search.element, this.palette.element].forEach(part => part.remove());
  }

  // -- what is heard ------------------------------------------------------------------------------------------------

  private listen(): void {
    const { canvas, session, model } = this;
    const steps = (): void => {
      this.names = this.readNames();
      this.selected();
    };
    model.on('change:steps', steps);
    const chosen = (_sender: unknown, ids: readonly string[]): void => this.chosen(ids);
    const edge = (_sender: unknown, id: string | null): void => this.choseEdge(id);
    const opened = (_sender: unknown, id: string): void => this.opened(id);
    const selected = (): void => this.selected();
    canvas.nodesSelected.connect(chosen);
    canvas.edgeSelected.connect(edge);
    canvas.nodeOpened.connect(opened);
    session.selectionChanged.connect(selected);
    canvas.drawn.connect(selected);
    canvas.onPress = event => this.pressed(event);
    const menu = (event: MouseEvent): void => this.menuAsked(event);
    const paste = (event: ClipboardEvent): void => this.pasted(event);
    canvas.el.addEventListener('contextmenu', menu);
    canvas.el.addEventListener('paste', paste);
    this.endings.push(
      () => model.off('change:steps', steps),
      () => session.selectionChanged.disconnect(selected),
      () => canvas.el.removeEventListener('contextmenu', menu),
      () => canvas.el.removeEventListener('paste', paste),
      () => (canvas.onPress = null)
    );
  }

  private chosen(ids: readonly string[]): void {
    if (this.connecting.isOn && ids.length) {
      this.connecting.take(ids.at(-1) as string);
    } else {
      this.session.select(this.names.names(ids));
    }
  }

  private choseEdge(id: string | null): void {
    const ends = id === null ? null : this.canvas.endsOf(id);
    const [source, target] = [this.names.name(ends?.source ?? null), this.names.name(ends?.target ?? null)];
    this.session.selectEdge(source !== null && target !== null ? { source, target } : null);
  }

  /** The session's selection is the graph's, whoever chose it. */
  private selected(): void {
    const ids = this.names.ids(this.session.selection);
    if (ids.length > 1 || (ids.length === 1 && this.isOn)) {
      this.canvas.selectAll(ids);
    }
    this.drawing.select(ids.length === 1 ? ids[0] : null);
  }

  private opened(id: string): void {
    const name = this.names.name(id);
    if (this.isOn && name !== null) {
      this.rename(name);
    }
  }

  private pressed(event: KeyboardEvent): boolean {
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (this.connecting.isOn && isPlain) {
      return this.connecting.press(event);
    }
    const name = actionOf(event, this.isOn);
    if (name !== null) {
      return this.act(name);
    }
    if (this.isOn && isPlain && event.shiftKey && ARROWS[event.key]) {
      this.extend(ARROWS[event.key]);
      return true;
    }
    return this.isOn && event.key === 'Escape' && this.stepBack();
  }

  /** Leave what was begun; false when nothing was. */
  private stepBack(): boolean {
    if (this.palette.isOpen) {
      this.palette.close();
    } else if (this.session.edge) {
      this.canvas.chooseAll([]);
    } else {
      return false;
    }
    return true;
  }

  private extend(way: Direction): void {
    const next = this.canvas.neighbour(way);
    const ids = this.names.ids(this.session.selection);
    if (next !== null) {
      this.canvas.chooseAll([...ids.filter(id => id !== next), next]);
    }
  }

  private pasted(event: ClipboardEvent): void {
    if (this.isOn && event.target === this.canvas.el) {
      event.preventDefault();
      event.stopPropagation();
      this.run(this.actions.paste(event.clipboardData?.getData('text/plain') || null));
    }
  }

  private menuAsked(event: MouseEvent): void {
    event.preventDefault();
    event.stopPropagation();
    const id = this.canvas.nodeAt(event.clientX, event.clientY);
    const name = this.names.name(id);
    if (id !== null && name !== null && !this.session.selection.includes(name)) {
      this.canvas.chooseAll([id]);
    }
    this.openMenu({ x: event.clientX, y: event.clientY });
  }

  // -- what is done -------------------------------------------------------------------------------------------------

  /** Let something go on by itself; what goes wrong is said. */
  private run(work: Promise<unknown> | undefined): void {
    work?.catch((error: unknown) => this.session.say(error instanceof Error ? error.message : String(error), true));
  }

  private remove(): void {
    const { edge } = this.session;
    this.run(edge ? this.actions.disconnect(edge.source, edge.target) : this.actions.remove());
  }

  private rename(name: string): void {
    const id = this.names.id(name);
    if (id !== null) {
      this.canvas.reveal(id);
      renameBox(this.canvas, id, name, wanted => this.run(this.actions.rename(name, wanted)));
    }
  }

  private beginConnecting(): void {
    const id = this.names.id(this.session.selection.at(-1) ?? null);
    if (id !== null) {
      this.connecting.begin(id);
    } else {
      this.session.say('Select a step first: it is the one that gives.');
    }
  }

  /** What the line being drawn would mean, beside it. */
  private async judge(source: string, target: string | null): Promise<void> {
    const [from, to] = [this.names.name(source), this.names.name(target)];
    if (from === null || to === null) {
      this.drawing.tell('', false);
      return;
    }
    const answer = await this.session.connections(from, to);
    this.drawing.tell(meaning(answer), answer.choices.length === 0, target);
  }

  /** Let go over a step: connect; over nothing: add a step that takes what this one gives. */
  private dropped(source: string, target: string | null): void {
    const [from, to] = [this.names.name(source), this.names.name(target)];
    if (from !== null && to !== null) {
      this.run(this.actions.connect(from, to));
    } else if (from !== null && target === null) {
      this.canvas.chooseAll([source]);
      this.palette.open();
    }
  }

  // -- what is shown ------------------------------------------------------------------------------------------------

  private get stage(): HTMLElement {
    return this.canvas.el.parentElement ?? this.canvas.el;
  }

  private get facts(): readonly StepFact[] {
    return (this.model.get('steps') as StepFact[] | null) ?? [];
  }

  private readNames(): StepNames {
    return new StepNames(this.facts);
  }

  private showHint(words: string | null): void {
    this.hint.hidden = words === null;
    this.hint.replaceChildren(...code(words ?? ''));
  }

  private showFound(names: readonly string[], isSearching: boolean): void {
    this.canvas.el.classList.toggle('smpw-searching', isSearching);
    this.canvas.mark('smpw-found', this.names.ids(names));
  }

  private showKeys(): void {
    this.questions.open('Keys', 'smpw-keys', shortcutList(), null);
  }

  private openMenu(at: { x: number; y: number } | null = null): void {
    const { session } = this;
    const place = at ?? this.windowPlace(session.selection.at(-1) ?? null);
    const doing = {
      session,
      actions: this.actions,
      run: (work: Promise<unknown> | undefined) => this.run(work),
      rename: (name: string) => this.rename(name),
      act: (name: ActionName) => this.act(name),
      fold: (name: string) => void this.folding.toggleAt(this.names.id(name) ?? ''),
      edges: this.namedEdges(),
      holders: this.facts.filter(fact => fact.type === 'Condition' || fact.type === 'ForEach'),
      isOn: this.isOn
    };
    openMenu(session.edge ? edgeMenu(doing, session.edge) : stepMenu(doing), place, () => this.focus());
  }

  /** Fold the branch a step stands in, or unfold it. */
  fold(name: string): void {
    void this.folding.toggleAt(this.names.id(name) ?? '');
  }

  namedEdges(): { source: string; target: string }[] {
    return this.canvas
      .edges()
      .map(({ source, target }) => ({ source: this.names.name(source), target: this.names.name(target) }))
      .filter((edge): edge is { source: string; target: string } => edge.source !== null && edge.target !== null);
  }

  private windowPlace(step: string | null): { x: number; y: number } {
    const around = this.root.getBoundingClientRect();
    const { x1, y2 } = this.questions.beside(step);
    return { x: around.left + x1, y: around.top + y2 };
  }
}
