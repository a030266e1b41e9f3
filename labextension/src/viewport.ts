/** What part of a picture is in sight: fitting, zooming, bringing a node into view, how much detail a zoom can show. */
import type { Core, NodeSingular } from 'cytoscape';

const MIN_ZOOM = 0.02;
const MAX_ZOOM = 2.5;
/** A picture that would have to be smaller than this is shown from its start instead of as a whole. */
const READABLE_ZOOM = 0.3;
const START_ZOOM = 0.75;
/** Below these, cards lose their second line, and then everything but their colour. */
const NEAR_ZOOM = 0.55;
const FAR_ZOOM = 0.22;
const MARGIN = 20;

/** What cards show: everything, the name alone, or nothing. */
export type Detail = 'all' | 'name' | 'none';

export class Viewport {
  /** Whether a person has moved or zoomed: from then on nothing moves by itself. */
  isTouched = false;

  constructor(private readonly cy: Core) {
    cy.minZoom(MIN_ZOOM).maxZoom(MAX_ZOOM);
    cy.on('dragpan scrollzoom pinchzoom', () => (this.isTouched = true));
  }

  get detail(): Detail {
    const zoom = this.cy.zoom();
    return zoom < FAR_ZOOM ? 'none' : zoom < NEAR_ZOOM ? 'name' : 'all';
  }

  /** Show the whole picture if it can be read then, otherwise its start. */
  start(): void {
    this.look(READABLE_ZOOM);
  }

  /** Show the whole picture. */
  fit(): void {
    this.isTouched = false;
    this.look(MIN_ZOOM);
  }

  /** Zoom by a factor around the middle. */
  zoomBy(factor: number): void {
    this.isTouched = true;
    const level = Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, this.cy.zoom() * factor));
    this.cy.zoom({ level, renderedPosition: { x: this.cy.width() / 2, y: this.cy.height() / 2 } });
  }

  /** Pan no further than needed to see a node that is out of sight. */
  reveal(node: NodeSingular): void {
    if (!node.nonempty()) {
      return;
    }
    const box = node.renderedBoundingBox({ includeLabels: false });
    const shift = (low: number, high: number, size: number): number =>
      low < 0 ? MARGIN - low : high > size ? Math.max(size - MARGIN - high, MARGIN - low) : 0;
    const by = { x: shift(box.x1, box.x2, this.cy.width()), y: shift(box.y1, box.y2, this.cy.height()) };
    if (by.x || by.y) {
      this.isTouched = true;
      this.cy.panBy(by);
    }
  }

  private look(least: number): void {
    const nodes = this.cy.nodes();
    const box = nodes.boundingBox({ includeLabels: false, includeOverlays: false });
    if (!box.w) {
      return;
    }
    const [width, height] = [this.cy.width(), this.cy.height()];
    const whole = Math.min(1, (width - 2 * MARGIN) / box.w, (height - 2 * MARGIN) / box.h);
    const zoom = whole >= least || least === MIN_ZOOM ? Math.max(whole, MIN_ZOOM) : START_ZOOM;
    // what is too high is shown from the top; what is too wide, around its first step
    const first = nodes.min(node => node.position('y') * 1e6 + node.position('x')).ele;
    const half = width / 2 / zoom - MARGIN;
    const middle =
      box.w * zoom > width
        ? Math.min(Math.max(first.position('x'), box.x1 + half), box.x2 - half)
        : (box.x1 + box.x2) / 2;
    const y = box.h * zoom > height ? MARGIN - box.y1 * zoom : (height - (box.y1 + box.y2) * zoom) / 2;
    // whole pixels keep lines and letters sharp
    this.cy.viewport({ zoom, pan: { x: Math.round(width / 2 - middle * zoom), y: Math.round(y) } });
  }
}

/** Buttons for those who have neither wheel nor keys; returns their element. */
export function zoomButtons(viewport: Viewport): HTMLElement {
  const bar = document.createElement('div');
  bar.className = 'smpw-zoom';
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
    button.setAttribute('aria-label', label);
    button.addEventListener('click', press);
    bar.append(button);
  }
  bar.addEventListener('pointerdown', event => event.stopPropagation());
  return bar;
}
