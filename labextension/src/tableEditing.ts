/** Editing in the table of steps: the same edits as on the graph, by keys and a menu. Questions stand beside the row. */
import { choiceList, code } from './choiceList';
import { openMenu } from './contextMenu';
import { deleteCard } from './deleteCard';
import { button, el } from './dom';
import { EditActions, type Asking } from './editActions';
import type { ActionName } from './editBar';
import { stepMenu } from './editMenus';
import type { EditFact } from './editProtocol';
import type { Edge, EditSession } from './editSession';
import type { ExecutionModel } from './executionModel';
import { Popover } from './popover';
import type { StepFact } from './protocol';
import { StepNames } from './stepNames';
import type { RowEditing, StepTable } from './stepTable';

/** What only the graph can do. */
export interface GraphDoing {
  act(name: ActionName): void;
  edges(): readonly Edge[];
  fold(name: string): void;
}

export class TableEditing implements RowEditing {
  private readonly actions: EditActions;
  private popover: Popover | null = null;
  private readonly endings: (() => void)[] = [];

  constructor(
    private readonly session: EditSession,
    private readonly model: ExecutionModel,
    private readonly table: StepTable,
    private readonly root: HTMLElement,
    private readonly graph: GraphDoing
  ) {
    this.actions = new EditActions(session, () => new StepNames(this.facts), this.asking());
    const changed = (): void => this.show();
    session.editingChanged.connect(changed);
    session.selectionChanged.connect(changed);
    this.endings.push(
      () => session.editingChanged.disconnect(changed),
      () => session.selectionChanged.disconnect(changed)
    );
    this.show();
  }

  dispose(): void {
    this.popover?.close();
    this.table.editing = null;
    this.endings.forEach(end => end());
  }

  pressed(event: KeyboardEvent, name: string): boolean {
    if (event.ctrlKey || event.metaKey) {
      return this.command(event);
    }
    if (event.altKey) {
      return false;
    }
    this.choose(name);
    if (event.key === 'F2') {
      this.rename(name);
    } else if (event.key === 'Delete' || event.key === 'Backspace') {
      this.run(this.actions.remove());
    } else if (event.key === 'a') {
      this.graph.act('add');
    } else if (event.key === 'c') {
      this.askTarget(name);
    } else if (event.key === 'm' || event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
      const box = this.table.rowOf(name)?.getBoundingClientRect();
      this.menu(name, { x: (box?.left ?? 0) + 24, y: box?.bottom ?? 0 });
    } else if (event.shiftKey && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      this.extend(name, event.key === 'ArrowDown' ? 1 : -1);
    } else {
      return false;
    }
    return true;
  }

  clicked(event: MouseEvent, name: string): boolean {
    const { selection } = this.session;
    if (event.shiftKey && selection.length) {
      const { names } = this.table;
      const [from, to] = [names.indexOf(selection[0]), names.indexOf(name)].sort((one, other) => one - other);
      this.session.select([...selection.slice(0, 1), ...names.slice(from, to + 1).filter(each => each !== name), name]);
    } else if (event.ctrlKey || event.metaKey) {
      this.session.select(selection.includes(name) ? selection.filter(each => each !== name) : [...selection, name]);
    } else {
      return false;
    }
    return true;
  }

  menu(name: string, at: { x: number; y: number }): void {
    this.choose(name);
    const doing = {
      session: this.session,
      actions: this.actions,
      run: (work: Promise<unknown> | undefined) => this.run(work),
      rename: (each: string) => this.rename(each),
      act: (action: ActionName) => (action === 'connect' ? this.askTarget(name) : this.graph.act(action)),
      fold: (each: string) => this.graph.fold(each),
      edges: this.graph.edges(),
      holders: this.facts.filter(fact => fact.type === 'Condition' || fact.type === 'ForEach'),
      isOn: true
    };
    openMenu(stepMenu(doing), at, () => this.table.focus(name));
  }

  private show(): void {
    const isOn = this.session.isEditing;
    this.table.editing = isOn ? this : null;
    if (isOn) {
      this.table.mark(this.session.selection);
    } else {
      this.popover?.close();
    }
  }

  private get facts(): readonly StepFact[] {
    return (this.model.get('steps') as StepFact[] | null) ?? [];
  }

  /** Keys on a row are about that row, unless it is one of several that are selected. */
  private choose(name: string): void {
    if (!this.session.selection.includes(name)) {
      this.session.select([name]);
    }
  }

  private command(event: KeyboardEvent): boolean {
    const { session, actions } = this;
    const does: Readonly<Record<string, () => unknown>> = {
      z: () => (event.shiftKey ? session.redo() : session.undo()),
      y: () => session.redo(),
      d: () => this.run(actions.duplicate()),
      a: () => session.select(this.table.names),
      c: () => this.run(actions.copy()),
      x: () => this.run(actions.cut()),
      v: () => this.run(actions.paste())
    };
    const act = does[event.key.toLowerCase()];
    act?.();
    return act !== undefined;
  }

  private extend(name: string, by: number): void {
    const { names } = this.table;
    const next = names[names.indexOf(name) + by];
    if (next !== undefined) {
      this.session.select([...this.session.selection.filter(each => each !== next), next]);
      this.table.focus(next);
    }
  }

  private rename(name: string): void {
    this.table.rename(name, wanted => this.run(this.actions.rename(name, wanted)));
  }

  /** Which step is to take what this one gives: a list of all others. */
  private askTarget(source: string): void {
    const others = this.table.names.filter(name => name !== source);
    if (!others.length) {
      this.session.say('There is no other step to connect to.');
      return;
    }
    const rows = others.map(target => {
      const made = button('', () => {
        this.popover?.close(true);
        this.run(this.actions.connect(source, target));
      }, { class: 'smpw-choice' });
      made.append(el('bdi', {}, target));
      return el('li', {}, made);
    });
    const list = el('ul', { class: 'smpw-choices' }, ...rows);
    list.addEventListener('keydown', event => walk(list, event));
    this.ask(`Connect ${source} to`, 'smpw-connect', [el('h4', { class: 'smpw-popover-title' }, ...code(`Connect \`${source}\` to …`)), list], source);
  }

  private asking(): Asking {
    return {
      edge: (source, target, choices) =>
        new Promise<EditFact | null>(resolve => {
          const list = choiceList(source, target, choices, edit => {
            resolve(edit);
            this.popover?.close(true);
          });
          this.ask(`Connect ${source} to ${target}`, 'smpw-connect', list, source, () => resolve(null));
        }),
      leftover: (steps, mentions) =>
        new Promise(resolve => {
          const card = deleteCard(steps, mentions, answer => {
            resolve(answer);
            this.popover?.close(true);
          });
          this.ask('Delete?', 'smpw-delete', card, steps[0], () => resolve(null));
        }),
      refused: (step, message, fix) => {
        const words = [el('p', { class: 'smpw-refusal', role: 'alert' }, ...code(message)), fix ? el('p', { class: 'smpw-muted' }, ...code(fix)) : null];
        this.ask('Not possible', 'smpw-refused', words, step);
      }
    };
  }

  private ask(label: string, className: string, content: readonly (Node | null)[], step: string | null, closed: () => void = () => undefined): void {
    this.popover?.close();
    this.popover = new Popover(this.root, label, className, content, isAnswered => !isAnswered && closed());
    const frame = this.root.getBoundingClientRect();
    const box = (step === null ? null : this.table.rowOf(step))?.getBoundingClientRect() ?? frame;
    this.popover.place({ x1: box.left - frame.left + 24, y1: box.top - frame.top, x2: box.right - frame.left, y2: box.bottom - frame.top }).focus();
  }

  private run(work: Promise<unknown> | undefined): void {
    work?.catch((error: unknown) => this.session.say(error instanceof Error ? error.message : String(error), true));
  }
}

/** Arrows walk through a list of buttons. */
function walk(list: HTMLElement, event: KeyboardEvent): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key] ?? 0;
  if (step) {
    const all = [...list.querySelectorAll<HTMLElement>('button')];
    all[(all.indexOf(document.activeElement as HTMLElement) + step + all.length) % all.length]?.focus();
    event.preventDefault();
  }
}
