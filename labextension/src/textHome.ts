/** Where the text of one model stands: in a cell near one of its views, else with the page. Looked for anew whenever it is asked. */
import { Signal } from '@lumino/signaling';
import { CellText, findCell, notebookOf, type TextPlace, type Whereabouts } from './cellBridge';
import { givenText } from './documentText';
import type { EditorFact } from './editProtocol';
import type { ExecutionModel } from './executionModel';
import { OwnText } from './ownText';
import { steadily } from './steady';

export class TextHome {
  /** The text is another one. */
  readonly changed = new Signal<this, void>(this);
  private readonly views = new Set<Element>();
  private found: TextPlace | null = null;
  private own: OwnText | null = null;

  /** @param last the newest text the kernel is known to have, for a page that finds no cell */
  constructor(
    private readonly model: ExecutionModel,
    private readonly last: () => string
  ) {}

  /** A view of the model is in the page: its cell is looked for around it. */
  watch(view: Element): void {
    this.views.add(view);
    void this.place;
  }

  unwatch(view: Element): void {
    this.views.delete(view);
  }

  /** Where the text stands now; null for a model that has none. */
  get place(): TextPlace | null {
    const editor = this.model.get('editor') as EditorFact | null;
    if (!editor) {
      return null;
    }
    const given = givenText(this.model);
    if (given) {
      if (this.found !== given) {
        this.stand(given);
      }
      return given;
    }
    if (this.found instanceof CellText && this.found.isCurrent) {
      return this.found;
    }
    const cell = findCell(this.whereabouts, editor.name);
    if (cell) {
      this.stand(cell);
    } else if (!(this.found instanceof OwnText)) {
      this.own ??= new OwnText(this.last());
      this.stand(this.own);
    }
    return this.found;
  }

  /** The notebook of the views, by its path. */
  get notebook(): string {
    return notebookOf(this.whereabouts);
  }

  /** Change the cell above a view without moving the view. */
  steadily<T>(change: () => T): T {
    return steadily([...this.views], change);
  }

  private get whereabouts(): Whereabouts {
    const context = (this.model.widget_manager as { context?: unknown }).context;
    return { elements: () => [...this.views], context };
  }

  private stand(place: TextPlace): void {
    this.found?.changed.disconnect(this.tell, this);
    if (this.found instanceof CellText) {
      this.found.dispose();
    }
    this.found = place;
    place.changed.connect(this.tell, this);
  }

  private tell(): void {
    this.changed.emit();
  }
}
