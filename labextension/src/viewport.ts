/** What part of a picture is in sight: fitting, zooming, bringing a node into view, how much detail a zoom can show. */
import { GLIDE } from './canvasRedraw';
import type { Core, NodeSingular, Position } from 'cytoscape';

const MIN_ZOOM = 0.02;
const MAX_ZOOM = 2.5;
/** A picture that would have to be smaller than this is shown from its start instead of as a whole. */
const READABLE_ZOOM = 0.3;
const START_ZOOM = 0.75;
const MARGIN = 20;
/** What stays free around a picture that is kept in sight. */
const EDGE = 8;
/** The lower margin has the zoom buttons in it. */
const FOOT = 32;

/** What cards show: two lines; two larger ones; a large name alone; a larger one; nothing but colour. */
export type Detail = 'all' | 'near' | 'name' | 'far' | 'none';

/** From which zoom on; with the sizes in canvas.css no text is drawn at less than about 9 pixels. */
const DETAILS: readonly [from: number, detail: Detail][] = [
  [0.8, 'all'],
  [0.62, 'near'],
  [0.42, 'name'],
  [0.3, 'far']
];

/** How close, and which point of the picture is in the middle. */
interface Look extends Position {
  zoom: number;
}

/** Where people left the picture of a model: a view of it that is drawn anew starts there. */
const looks = new WeakMap<object, Look>();

export class Viewport {
  private touched: Look | null;
  private keepsWhole = false;

  constructor(
    private readonly cy: Core,
    private readonly model: object
  ) {
    this.touched = looks.get(model) ?? null;
    cy.minZoom(MIN_ZOOM).maxZoom(MAX_ZOOM);
    cy.on('dragpan scrollzoom pinchzoom', () => this.keep());
  }

  get detail(): Detail {
    const zoom = this.cy.zoom();
    return DETAILS.find(([from]) => zoom >= from)?.[1] ?? 'none';
  }

  /** Once a person has moved or zoomed, what they look at stays in the middle; before, all of it if it can be read, or its start. */
  start(): void {
    if (this.touched) {
      const { zoom, x, y } = this.touched;
      this.cy.viewport({ zoom, pan: { x: this.cy.width() / 2 - x * zoom, y: this.cy.height() / 2 - y * zoom } });
    } else {
      this.look(READABLE_ZOOM);
    }
  }

  /** Show the whole picture. */
  fit(): void {
    this.touched = null;
    looks.delete(this.model);
    this.look(MIN_ZOOM);
  }

  /** Zoom by a factor around the middle. */
  zoomBy(factor: number): void {
    const level = Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, this.cy.zoom() * factor));
    this.cy.zoom({ level, renderedPosition: { x: this.cy.width() / 2, y: this.cy.height() / 2 } });
    this.keep();
  }

  /** Pan no further than needed to see a node that is out of sight; at once, or gliding there. */
  reveal(node: NodeSingular, isGliding = false): void {
    if (!node.nonempty() || this.keepsWhole) {
      return; // it is none, or on its way into sight with all others
    }
    const box = node.renderedBoundingBox({ includeLabels: false });
    const shift = (low: number, high: number, size: number): number =>
      low < 0 ? MARGIN - low : high > size ? Math.max(size - MARGIN - high, MARGIN - low) : 0;
    const by = { x: shift(box.x1, box.x2, this.cy.width()), y: shift(box.y1, box.y2, this.cy.height()) };
    this.panBy(by, isGliding);
  }

  /** Whether the whole picture is in sight. */
  get isWhole(): boolean {
    const box = this.cy.nodes().renderedBoundingBox({ includeLabels: false, includeOverlays: false });
    return box.w > 0 && box.x1 >= 0 && box.y1 >= 0 && box.x2 <= this.cy.width() && box.y2 <= this.cy.height();
  }

  /** Bring a picture that will fill this box into sight as a whole, panning alone; false where it is too large for that. */
  keepWhole({ x1, y1, x2, y2 }: { x1: number; y1: number; x2: number; y2: number }, isGliding: boolean): boolean {
    const [zoom, pan] = [this.cy.zoom(), this.cy.pan()];
    const way = (low: number, high: number, size: number): number => Math.max(EDGE - low, 0) || Math.min(size - EDGE - high, 0);
    if ((x2 - x1) * zoom > this.cy.width() - 2 * EDGE || (y2 - y1) * zoom > this.cy.height() - 2 * EDGE) {
      return false;
    }
    const by = { x: way(x1 * zoom + pan.x, x2 * zoom + pan.x, this.cy.width()), y: way(y1 * zoom + pan.y, y2 * zoom + pan.y, this.cy.height()) };
    this.panBy(by, isGliding);
    this.keepsWhole = isGliding && (by.x !== 0 || by.y !== 0);
    return true;
  }

  private panBy(by: Position, isGliding: boolean): void {
    this.keepsWhole = false;
    if ((by.x || by.y) && isGliding) {
      this.cy.stop().animate({ panBy: by }, { duration: GLIDE, easing: 'ease-out', complete: () => this.arrived() });
    } else if (by.x || by.y) {
      this.cy.panBy(by);
      this.keep();
    }
  }

  /** The picture as a whole has other coordinates now: go along, so that it stays where it is on the screen. */
  shift(by: Position): void {
    if (by.x || by.y) {
      this.cy.panBy({ x: -by.x * this.cy.zoom(), y: -by.y * this.cy.zoom() });
    }
    this.keep(); // what is edited is not fitted anew
  }

  private arrived(): void {
    this.keepsWhole = false;
    this.keep();
  }

  private keep(): void {
    const [zoom, pan] = [this.cy.zoom(), this.cy.pan()];
    this.touched = { zoom, x: (this.cy.width() / 2 - pan.x) / zoom, y: (this.cy.height() / 2 - pan.y) / zoom };
    looks.set(this.model, this.touched);
  }

  private look(least: number): void {
    const nodes = this.cy.nodes();
    const box = nodes.boundingBox({ includeLabels: false, includeOverlays: false });
    if (!box.w) {
      return;
    }
    const [width, height] = [this.cy.width(), this.cy.height()];
    const whole = Math.min(1, (width - 2 * MARGIN) / box.w, (height - MARGIN - FOOT) / box.h);
    const zoom = whole >= least || least === MIN_ZOOM ? Math.max(whole, MIN_ZOOM) : START_ZOOM;
    // what is too high is shown from the top; what is too wide, around its first step
    const first = nodes.min(node => node.position('y') * 1e6 + node.position('x')).ele;
    const half = width / 2 / zoom - MARGIN;
    const middle =
      box.w * zoom > width
        ? Math.min(Math.max(first.position('x'), box.x1 + half), box.x2 - half)
        : (box.x1 + box.x2) / 2;
    const y = box.h * zoom > height ? MARGIN - box.y1 * zoom : (height + MARGIN - FOOT - (box.y1 + box.y2) * zoom) / 2;
    // whole pixels keep lines and letters sharp
    this.cy.viewport({ zoom, pan: { x: Math.round(width / 2 - middle * zoom), y: Math.round(y) } });
  }
}

/** Buttons for those who have neither wheel nor keys; returns their element. For keys there are `+`, `-` and `f`. */
export function zoomButtons(viewport: Viewport): HTMLElement {
  const bar = document.createElement('div');
  bar.className = 'smpw-zoom';
  // they stand within the list of steps, which has only steps for a screen reader
  bar.setAttribute('aria-hidden', 'true');
  const buttons: [sign: string, label: string, press: () => void][] = [
    ['+', 'Zoom in', () => viewport.zoomBy(1.25)],
    ['−', 'Zoom out', () => viewport.zoomBy(0.8)],
    ['⤢', 'Fit', () => viewport.fit()]
  ];
  for (const [sign, label, press] of buttons) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = sign;
    button.title = label;
    button.tabIndex = -1;
    button.addEventListener('click', press);
    bar.append(button);
  }
  // a press on a button is none on the card below it
  for (const name of ['mousedown', 'touchstart']) {
    bar.addEventListener(name, event => event.stopPropagation());
  }
  return bar;
}
