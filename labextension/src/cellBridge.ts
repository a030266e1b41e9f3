/**
 * The notebook cell that holds a pipeline's text: found, read, written, undone.
 *
 * A text is what stands below the line `%%pipeline NAME`. It is written only over the very text that was read, and
 * one write is one step of the cell's own undo history, so that the canvas and the cell have one history.
 */
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { Signal, type ISignal } from '@lumino/signaling';
import { spliceBetween, splitCell, type SplitCell } from './cellText';

/** Where a text stands. */
export interface TextPlace {
  /** Whether it is a cell of a notebook; else the page keeps it, and whoever wants it has to copy it. */
  readonly isCell: boolean;
  readonly text: string;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** The text is another than before, whoever wrote it. */
  readonly changed: ISignal<unknown, void>;
  /** Write a text in place of `before`; false, and nothing written, where another one stands there. */
  write(before: string, after: string): boolean;
  undo(): void;
  redo(): void;
  /** Bring it before a person's eyes; false where there is nothing to bring. */
  reveal(): boolean;
  /** Put cells of code in front of it, save those whose first line the notebook has; how many were put there. */
  addCode?(sources: readonly string[]): number;
}

type Cells = NotebookPanel['content']['widgets'];
type CellWidget = Cells[number];

let tracker: INotebookTracker | null = null;

/** Say which notebooks there are; called once, by the plugin. */
export function useNotebooks(notebooks: INotebookTracker): void {
  tracker = notebooks;
}

/** What is known of a view: where its elements stand, and the document whose kernel it talks to. */
export interface Whereabouts {
  elements(): readonly Element[];
  /** The notebook's context, as its widget manager has it. */
  readonly context: unknown;
}

/** The cell that declares the pipeline `name` which a view shows; null where there is none, or more than one. */
export function findCell(where: Whereabouts, name: string): CellText | null {
  const elements = where.elements();
  for (const panel of panelsOf(where, elements)) {
    const cells = panel.content.widgets;
    const own = cells.find(cell => elements.some(element => cell.node.contains(element)));
    if (own && isOf(own, name)) {
      return new CellText(panel, own, name);
    }
    const others = cells.filter(cell => isOf(cell, name));
    if (others.length === 1) {
      return new CellText(panel, others[0], name);
    }
  }
  return null;
}

/** A name for the notebook a view belongs to, the same for all its views; '' where there is none. */
export function notebookOf(where: Whereabouts): string {
  return panelsOf(where, where.elements())[0]?.context.path ?? '';
}

/** The `%%pipeline` cells of the notebook a view stands in, by name; who takes them disposes of them. */
export function cellsAround(where: Whereabouts): { name: string; text: CellText }[] {
  const panel = panelsOf(where, where.elements())[0];
  const names = panel?.content.widgets.map(cell => (cell.model.type === 'code' ? splitCell(cell.model.sharedModel.getSource())?.name : undefined));
  return [...new Set(names)].flatMap(name => {
    const text = name === undefined ? null : findCell(where, name);
    return name !== undefined && text ? [{ name, text }] : [];
  });
}

/** Put a cell of code below the one a view stands in, and go to it; false where it stands in none. */
export function putBelow(where: Whereabouts, source: string): boolean {
  const elements = where.elements();
  const panel = panelsOf(where, elements)[0];
  const at = panel?.content.widgets.findIndex(cell => elements.some(element => cell.node.contains(element))) ?? -1;
  if (!panel || at < 0 || panel.content.model?.readOnly) {
    return false;
  }
  panel.content.model?.sharedModel.insertCell(at + 1, { cell_type: 'code', source, metadata: {}, outputs: [], execution_count: null });
  panel.content.activeCellIndex = at + 1;
  void panel.content.scrollToItem(at + 1, 'smart');
  return true;
}

/** The notebooks a view stands in; a cloned output stands in none, and is of the one whose kernel it talks to. */
function panelsOf(where: Whereabouts, elements: readonly Element[]): NotebookPanel[] {
  const around: NotebookPanel[] = [];
  const same: NotebookPanel[] = [];
  tracker?.forEach(panel => {
    if (elements.some(element => panel.node.contains(element))) {
      around.push(panel);
    } else if (panel.context === where.context) {
      same.push(panel);
    }
  });
  return [...around, ...same];
}

function isOf(cell: CellWidget, name: string): boolean {
  return cell.model.type === 'code' && splitCell(cell.model.sharedModel.getSource())?.name === name;
}

function headOf(source: string): string {
  return source.split('\n', 1)[0].trim();
}

export class CellText implements TextPlace {
  readonly isCell = true;
  readonly changed = new Signal<this, void>(this);
  private readonly model: CellWidget['model'];

  constructor(
    private readonly panel: NotebookPanel,
    cell: CellWidget,
    private readonly name: string
  ) {
    this.model = cell.model;
    this.model.sharedModel.changed.connect(this.onChange, this);
  }

  /** Whether it still is what was found: a cell that is moved becomes another one, and a first line can be rewritten. */
  get isCurrent(): boolean {
    const isThere = !this.model.isDisposed && !this.panel.isDisposed && this.cell !== undefined;
    return isThere && this.split?.name === this.name;
  }

  get text(): string {
    return this.split?.body ?? '';
  }

  get canUndo(): boolean {
    return this.shared.canUndo();
  }

  get canRedo(): boolean {
    return this.shared.canRedo();
  }

  write(before: string, after: string): boolean {
    const split = this.split;
    if (!split || split.body !== before || this.panel.content.model?.readOnly || this.isLocked) {
      return false;
    }
    const source = this.shared.getSource();
    const { start, end, text } = spliceBetween(source, split.head + after);
    const manager = (this.shared as unknown as { undoManager?: { stopCapturing(): void } | null }).undoManager;
    // what is typed before and after is not one step with this
    manager?.stopCapturing();
    this.shared.updateSource(start, end, text);
    manager?.stopCapturing();
    return true;
  }

  undo(): void {
    this.shared.undo();
  }

  redo(): void {
    this.shared.redo();
  }

  reveal(): boolean {
    const cell = this.cell;
    if (!cell) {
      return false;
    }
    void this.panel.content.scrollToCell(cell);
    return true;
  }

  addCode(sources: readonly string[]): number {
    const notebook = this.panel.content.model?.sharedModel;
    const cells = this.panel.content.widgets;
    const at = cells.findIndex(each => each.model === this.model);
    if (!notebook || at < 0 || this.panel.content.model?.readOnly) {
      return 0;
    }
    const heads = new Set(cells.map(each => headOf(each.model.sharedModel.getSource())));
    const missing = sources.filter(source => !heads.has(headOf(source)));
    notebook.insertCells(
      at,
      missing.map(source => ({ cell_type: 'code', source, metadata: {}, outputs: [], execution_count: null }))
    );
    return missing.length;
  }

  dispose(): void {
    this.model.sharedModel?.changed.disconnect(this.onChange, this);
    Signal.clearData(this);
  }

  /** Whether the notebook says that nobody is to edit this cell. */
  get isLocked(): boolean {
    return this.model.getMetadata('editable') === false;
  }

  private get shared(): CellWidget['model']['sharedModel'] {
    return this.model.sharedModel;
  }

  private get split(): SplitCell | null {
    return splitCell(this.shared.getSource());
  }

  private get cell(): CellWidget | undefined {
    return this.panel.content.widgets.find(each => each.model === this.model);
  }

  private onChange(_sender: unknown, change: { sourceChange?: unknown }): void {
    if (change.sourceChange) {
      this.changed.emit();
    }
  }
}
