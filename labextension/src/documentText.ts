/** The text of an open file, as the place where a pipeline's text stands: the document has its undo, its dirty mark, its save. */
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import { Signal } from '@lumino/signaling';
import type { TextPlace } from './cellBridge';
import { spliceBetween } from './cellText';

/** What is used of the model of a text file, shared between pages or not. */
interface SharedText {
  getSource(): string;
  updateSource(start: number, end: number, value: string): void;
  canUndo(): boolean;
  canRedo(): boolean;
  undo(): void;
  redo(): void;
  undoManager?: { stopCapturing(): void } | null;
  changed: { connect(slot: (sender: unknown, change: { sourceChange?: unknown }) => void, context: unknown): boolean; disconnect(slot: unknown, context: unknown): boolean };
}

/** The texts that views were given, by their models. */
const given = new WeakMap<object, TextPlace>();

/** Say where the text of a view's model stands, which has no cell. */
export function giveText(model: object, place: TextPlace): void {
  given.set(model, place);
}

export function givenText(model: object): TextPlace | null {
  return given.get(model) ?? null;
}

export class DocumentText implements TextPlace {
  readonly isCell = true; // what is edited goes somewhere by itself: nobody has to copy it
  readonly changed = new Signal<this, void>(this);
  private readonly shared: SharedText;

  constructor(
    private readonly context: DocumentRegistry.Context,
    private readonly show: () => void
  ) {
    this.shared = context.model.sharedModel as unknown as SharedText;
    this.shared.changed.connect(this.onChange, this);
  }

  get text(): string {
    return this.shared.getSource();
  }

  get canUndo(): boolean {
    return this.shared.canUndo();
  }

  get canRedo(): boolean {
    return this.shared.canRedo();
  }

  write(before: string, after: string): boolean {
    if (this.text !== before || this.context.model.readOnly) {
      return false;
    }
    const { start, end, text } = spliceBetween(before, after);
    // what is typed before and after is not one step with this
    this.shared.undoManager?.stopCapturing();
    this.shared.updateSource(start, end, text);
    this.shared.undoManager?.stopCapturing();
    return true;
  }

  undo(): void {
    this.shared.undo();
  }

  redo(): void {
    this.shared.redo();
  }

  reveal(): boolean {
    this.show();
    return true;
  }

  dispose(): void {
    this.shared.changed.disconnect(this.onChange, this);
    Signal.clearData(this);
  }

  private onChange(_sender: unknown, change: { sourceChange?: unknown }): void {
    if (change.sourceChange) {
      this.changed.emit();
    }
  }
}
