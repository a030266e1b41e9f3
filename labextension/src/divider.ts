/** A bar that is dragged, or moved with the arrow keys, to give one side more room. */
import { el } from './dom';

const KEY_STEP = 24;

export class Divider {
  readonly element: HTMLElement;
  private last = 0;

  /** `onMove` gets pixels, positive to the right or down; `axis` is the direction the bar moves in. */
  constructor(
    private readonly axis: 'x' | 'y',
    label: string,
    private readonly onMove: (pixels: number) => void
  ) {
    this.element = el('div', {
      class: `smpw-divider smpw-divider-${axis}`,
      role: 'separator',
      tabindex: '0',
      'aria-orientation': axis === 'x' ? 'vertical' : 'horizontal',
      'aria-valuemin': '0',
      'aria-valuemax': '100',
      'aria-valuenow': '50',
      'aria-label': label,
      title: label
    });
    this.element.addEventListener('focus', () => this.tell());
    this.element.addEventListener('pointerdown', event => this.start(event));
    this.element.addEventListener('pointermove', event => this.drag(event));
    this.element.addEventListener('keydown', event => this.key(event));
  }

  private at(event: PointerEvent): number {
    return this.axis === 'x' ? event.clientX : event.clientY;
  }

  private start(event: PointerEvent): void {
    this.element.setPointerCapture(event.pointerId);
    this.last = this.at(event);
    event.preventDefault();
  }

  private drag(event: PointerEvent): void {
    if (this.element.hasPointerCapture(event.pointerId)) {
      const moved = this.at(event) - this.last;
      this.last = this.at(event);
      this.onMove(moved);
      this.tell();
    }
  }

  /** Where it stands between the two ends of what it divides, in hundredths, for who does not see it. */
  private tell(): void {
    const [own, whole] = [this.element.getBoundingClientRect(), this.element.parentElement?.getBoundingClientRect()];
    const [from, size] = !whole ? [0, 0] : this.axis === 'x' ? [own.left - whole.left, whole.width] : [own.top - whole.top, whole.height];
    this.element.setAttribute('aria-valuenow', String(size ? Math.round((100 * from) / size) : 50));
  }

  private key(event: KeyboardEvent): void {
    const [less, more] = this.axis === 'x' ? ['ArrowLeft', 'ArrowRight'] : ['ArrowUp', 'ArrowDown'];
    if (event.key === less || event.key === more) {
      this.onMove(event.key === more ? KEY_STEP : -KEY_STEP);
      this.tell();
      event.preventDefault();
      event.stopPropagation();
    }
  }
}
