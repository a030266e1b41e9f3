/** The list of step types over the graph: when it is open, and where what is chosen in it goes. */
import type { PipelineCanvasView } from './canvas';
import type { TypeFact } from './editProtocol';
import type { EditSession } from './editSession';
import { PaletteList } from './paletteList';

/** From this width on the list leaves enough of the graph to stay open; in pixels. */
const WIDE = 640;

export interface PaletteHost {
  /** Add a step behind the selected one. */
  add(type: TypeFact): void;
  /** Add a step that takes what the one with this card gives; null adds it to no other. */
  drop(type: TypeFact, onto: string | null): void;
  focus(): void;
  /** Let something go on by itself; what goes wrong is said. */
  run(work: Promise<unknown>): void;
}

export class CanvasPalette {
  private readonly list: PaletteList;
  /** Whether it is open, or is about to be as soon as the types are known. */
  private isWanted = false;

  constructor(
    private readonly session: EditSession,
    private readonly canvas: PipelineCanvasView,
    private readonly host: PaletteHost
  ) {
    this.list = new PaletteList({
      add: type => this.added(type),
      over: at => canvas.mark('smpw-target', [at ? canvas.nodeAt(at.x, at.y) : null].filter(id => id !== null)),
      drop: (type, at) => this.dropped(type, at),
      closed: () => this.close()
    });
    this.list.element.hidden = true;
  }

  get element(): HTMLElement {
    return this.list.element;
  }

  get isOpen(): boolean {
    return this.isWanted;
  }

  toggle(): void {
    if (this.isWanted) {
      this.close();
    } else {
      this.open();
    }
  }

  /** Typing begins when there is something to search: what is typed sooner would find nothing. */
  open(): void {
    this.isWanted = true;
    this.host.run(
      this.session.offer().then(({ types }) => {
        if (this.isWanted) {
          this.list.setTypes(types);
          this.list.element.hidden = false;
          this.list.begin();
        }
      })
    );
  }

  close(): void {
    this.isWanted = false;
    this.list.element.hidden = true;
    this.host.focus();
  }

  /** A narrow graph is not covered any longer than needed. */
  private added(type: TypeFact): void {
    if (this.list.hasFocus || this.isNarrow) {
      this.close();
    }
    this.host.add(type);
  }

  private dropped(type: TypeFact, at: { x: number; y: number }): void {
    const frame = this.canvas.el.getBoundingClientRect();
    if (at.x > frame.left && at.x < frame.right && at.y > frame.top && at.y < frame.bottom) {
      const onto = this.canvas.nodeAt(at.x, at.y);
      if (this.isNarrow) {
        this.close();
      }
      this.host.drop(type, onto);
    }
  }

  private get isNarrow(): boolean {
    return this.canvas.el.clientWidth < WIDE;
  }
}
