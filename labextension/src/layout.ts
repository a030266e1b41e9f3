/** Where the parts of an execution view lie, and the dividers that change it. It knows sizes, nothing of what is shown. */
import { Divider } from './divider';
import { el } from './dom';

/** Stacked; panel at the right; graph, table and panel side by side. */
type Arrangement = 'narrow' | 'wide' | 'very-wide';
type Part = 'height' | 'side' | 'steps';

/** Sizes a person has chosen, in pixels; each arrangement has its own. */
export type Sizes = Map<Arrangement, Map<Part, number>>;

const WIDE = 900;
const VERY_WIDE = 1280;
const PARTS: readonly Part[] = ['height', 'side', 'steps'];
const SMALLEST: Readonly<Record<Part, number>> = { height: 240, side: 120, steps: 56 };

interface Elements {
  header: HTMLElement;
  canvas: HTMLElement;
  steps: HTMLElement;
  panel: HTMLElement;
}

export class Layout {
  private readonly body: HTMLElement;
  private readonly graph: HTMLElement;
  private readonly resize: ResizeObserver;
  private arrangement: Arrangement = 'narrow';

  constructor(
    private readonly root: HTMLElement,
    private readonly sizes: Sizes,
    private readonly parts: Elements
  ) {
    const divider = (axis: 'x' | 'y', part: Part, title: string, shown: string) => {
      const made = new Divider(axis, title, moved => this.grow(part, part === 'height' ? moved : -moved)).element;
      made.classList.add(shown);
      return made;
    };
    const steps = 'Drag to resize the table of steps';
    const panel = 'Drag to resize the panel';
    this.graph = el(
      'div',
      { class: 'smpw-graph' },
      parts.canvas,
      divider('y', 'steps', steps, 'smpw-only-stacked'),
      divider('x', 'steps', steps, 'smpw-only-very-wide'),
      parts.steps
    );
    this.body = el(
      'div',
      { class: 'smpw-body' },
      this.graph,
      divider('x', 'side', panel, 'smpw-only-wide'),
      divider('y', 'side', panel, 'smpw-only-narrow'),
      parts.panel
    );
    root.append(parts.header, this.body, divider('y', 'height', 'Drag to resize the view', 'smpw-foot'));
    this.apply();
    this.resize = new ResizeObserver(() => this.measure());
    this.resize.observe(root);
  }

  dispose(): void {
    this.resize.disconnect();
  }

  private measure(): void {
    const width = this.root.clientWidth;
    const found = width >= VERY_WIDE ? 'very-wide' : width >= WIDE ? 'wide' : 'narrow';
    if (width && found !== this.arrangement) {
      this.arrangement = found;
      this.root.classList.toggle('smpw-wide', found !== 'narrow');
      this.root.classList.toggle('smpw-very-wide', found === 'very-wide');
      this.apply();
    }
  }

  /** Whether growing a part means growing wider. */
  private isAcross(part: Part): boolean {
    return (part === 'side' && this.arrangement !== 'narrow') || (part === 'steps' && this.arrangement === 'very-wide');
  }

  private grow(part: Part, by: number): void {
    const element = { height: this.root, side: this.parts.panel, steps: this.parts.steps }[part];
    const box = element.getBoundingClientRect();
    const wanted = (this.isAcross(part) ? box.width : box.height) + by;
    const chosen = this.sizes.get(this.arrangement) ?? new Map<Part, number>();
    chosen.set(part, Math.round(Math.min(this.most(part), Math.max(SMALLEST[part], wanted))));
    this.sizes.set(this.arrangement, chosen);
    this.apply();
  }

  /** The most a part may take without pushing another one out. */
  private most(part: Part): number {
    if (part === 'height') {
      return 4000;
    }
    const within = part === 'steps' ? this.graph : this.body;
    const room = this.isAcross(part) ? within.clientWidth - 220 : within.clientHeight - (part === 'steps' ? 80 : 200);
    return Math.max(SMALLEST[part], room);
  }

  private apply(): void {
    const chosen = this.sizes.get(this.arrangement);
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
