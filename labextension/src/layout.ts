/** Where the parts of an execution view lie, and the dividers that change it. It knows sizes, nothing of what is shown. */
import { Divider } from './divider';
import { el } from './dom';

/** Graph above panel; graph beside panel, the table of steps in it; graph, table and panel side by side. */
export type Arrangement = 'narrow' | 'wide' | 'very-wide';
type Part = 'height' | 'side' | 'steps';

/** Sizes a person has chosen, in pixels; each arrangement has its own. */
export type Sizes = Map<Arrangement, Map<Part, number>>;

const WIDE = 640;
const VERY_WIDE = 1280;
const PARTS: readonly Part[] = ['height', 'side', 'steps'];
const SMALLEST: Readonly<Record<Part, number>> = { height: 240, side: 120, steps: 120 };
/** What the graph keeps when others grow. */
const GRAPH = { width: 220, height: 120 };

interface Elements {
  header: HTMLElement;
  canvas: HTMLElement;
  steps: HTMLElement;
  /** Where the table of steps stands when it has no column of its own. */
  stepsPane: HTMLElement;
  panel: HTMLElement;
  /** Below both: the timeline. */
  strip: HTMLElement;
  /** Over the panel: what is said before a run. */
  sheet: HTMLElement;
}

export class Layout {
  private readonly body: HTMLElement;
  private readonly graph: HTMLElement;
  private readonly resize: ResizeObserver;
  private current: Arrangement = 'narrow';

  constructor(
    private readonly root: HTMLElement,
    private readonly sizes: Sizes,
    private readonly parts: Elements,
    private readonly onArrange: () => void
  ) {
    const divider = (axis: 'x' | 'y', part: Part, title: string, shown: string): HTMLElement => {
      const made = new Divider(axis, title, moved => this.grow(part, part === 'height' ? moved : -moved)).element;
      made.classList.add(shown);
      return made;
    };
    const panel = 'Drag to resize the panel';
    this.graph = el(
      'div',
      { class: 'smpw-graph' },
      parts.canvas,
      divider('x', 'steps', 'Drag to resize the table of steps', 'smpw-only-very-wide')
    );
    this.body = el(
      'div',
      { class: 'smpw-body' },
      this.graph,
      divider('x', 'side', panel, 'smpw-only-wide'),
      divider('y', 'side', panel, 'smpw-only-narrow'),
      parts.panel,
      parts.sheet
    );
    root.append(parts.header, this.body, parts.strip, divider('y', 'height', 'Drag to resize the view', 'smpw-foot'));
    parts.stepsPane.append(parts.steps);
    this.apply();
    this.resize = new ResizeObserver(() => this.measure());
    this.resize.observe(root);
    this.resize.observe(parts.strip);
  }

  get arrangement(): Arrangement {
    return this.current;
  }

  dispose(): void {
    this.resize.disconnect();
  }

  private measure(): void {
    // what comes below makes the view longer: nothing above it moves
    this.root.style.setProperty('--smpw-strip', `${this.parts.strip.offsetHeight}px`);
    const width = this.root.clientWidth;
    const found = width >= VERY_WIDE ? 'very-wide' : width >= WIDE ? 'wide' : 'narrow';
    if (width && found !== this.current) {
      this.current = found;
      this.root.classList.toggle('smpw-wide', found !== 'narrow');
      this.root.classList.toggle('smpw-very-wide', found === 'very-wide');
      this.placeSteps();
      this.apply();
      this.onArrange();
    }
  }

  /** Put the table of steps where it belongs; an element that moves forgets how far it was scrolled. */
  private placeSteps(): void {
    const { steps, stepsPane } = this.parts;
    const home = this.current === 'very-wide' ? this.graph : stepsPane;
    if (steps.parentElement !== home) {
      const top = steps.scrollTop;
      home.append(steps);
      steps.scrollTop = top;
    }
  }

  /** Whether growing a part means growing wider. */
  private isAcross(part: Part): boolean {
    return part === 'steps' || (part === 'side' && this.current !== 'narrow');
  }

  private grow(part: Part, by: number): void {
    const element = { height: this.root, side: this.parts.panel, steps: this.parts.steps }[part];
    const box = element.getBoundingClientRect();
    const beside = part === 'height' ? this.parts.strip.offsetHeight : 0;
    const wanted = (this.isAcross(part) ? box.width : box.height - beside) + by;
    const chosen = this.sizes.get(this.current) ?? new Map<Part, number>();
    chosen.set(part, Math.round(Math.min(this.most(part), Math.max(SMALLEST[part], wanted))));
    this.sizes.set(this.current, chosen);
    this.apply();
  }

  /** The most a part may take without pushing another one out. */
  private most(part: Part): number {
    if (part === 'height') {
      return 4000;
    }
    const within = part === 'steps' ? this.graph : this.body;
    const room = this.isAcross(part) ? within.clientWidth - GRAPH.width : within.clientHeight - GRAPH.height;
    return Math.max(SMALLEST[part], room);
  }

  private apply(): void {
    const chosen = this.sizes.get(this.current);
    for (const part of PARTS) {
      const size = chosen?.get(part);
      this.root.classList.toggle(`smpw-sized-${part}`, size !== undefined);
      if (size === undefined) {
        this.root.style.removeProperty(`--smpw-${part}`);
      } else {
        this.root.style.setProperty(`--smpw-${part}`, `${size}px`);
      }
    }
  }
}
