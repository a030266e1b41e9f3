/** Where the parts of an execution view lie, and the dividers that change it. It knows sizes, nothing of what is shown. */
import { Divider } from './divider';
import { el } from './dom';

/** Sizes a person has chosen, in pixels; null where nothing was chosen. */
export interface Sizes {
  height: number | null;
  side: number | null;
  steps: number | null;
}

const WIDE = 900;
const SMALLEST = { height: 240, side: 120, steps: 56 };

export class Layout {
  private readonly body: HTMLElement;
  private readonly graph: HTMLElement;
  private readonly resize: ResizeObserver;

  constructor(
    private readonly root: HTMLElement,
    private readonly sizes: Sizes,
    parts: { header: HTMLElement; canvas: HTMLElement; steps: HTMLElement; panel: HTMLElement }
  ) {
    const inner = new Divider('y', 'Drag to resize the table of steps', moved => this.grow('steps', parts.steps, -moved));
    const across = new Divider('x', 'Drag to resize the panel', moved => this.grow('side', parts.panel, -moved));
    const below = new Divider('y', 'Drag to resize the panel', moved => this.grow('side', parts.panel, -moved));
    const foot = new Divider('y', 'Drag to resize the view', moved => this.grow('height', this.root, moved));
    foot.element.classList.add('smpw-foot');
    across.element.classList.add('smpw-only-wide');
    below.element.classList.add('smpw-only-narrow');
    this.graph = el('div', { class: 'smpw-graph' }, parts.canvas, inner.element, parts.steps);
    this.body = el('div', { class: 'smpw-body' }, this.graph, across.element, below.element, parts.panel);
    root.append(parts.header, this.body, foot.element);
    this.apply();
    this.resize = new ResizeObserver(() => this.measure());
    this.resize.observe(root);
  }

  dispose(): void {
    this.resize.disconnect();
  }

  private measure(): void {
    const width = this.root.clientWidth;
    if (width) {
      this.root.classList.toggle('smpw-wide', width >= WIDE);
      this.root.classList.toggle('smpw-tight', width < 560);
    }
  }

  private grow(name: keyof Sizes, part: HTMLElement, by: number): void {
    const isWide = this.root.classList.contains('smpw-wide');
    const box = part.getBoundingClientRect();
    const now = name === 'side' && isWide ? box.width : box.height;
    this.sizes[name] = Math.min(this.most(name, isWide), Math.max(SMALLEST[name], now + by));
    this.apply();
  }

  /** The most a part may take without pushing another one out. */
  private most(name: keyof Sizes, isWide: boolean): number {
    if (name === 'height') {
      return 4000;
    }
    if (name === 'steps') {
      return Math.max(SMALLEST.steps, this.graph.clientHeight - 80);
    }
    return Math.max(SMALLEST.side, isWide ? this.body.clientWidth - 260 : this.body.clientHeight - 200);
  }

  private apply(): void {
    for (const [name, value] of Object.entries(this.sizes)) {
      if (value !== null) {
        this.root.style.setProperty(`--smpw-${name}`, `${Math.round(value)}px`);
      }
    }
  }
}
