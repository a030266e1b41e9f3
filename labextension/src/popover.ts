/** A card that stands over the view for one question: beside what it is about, left with Escape or a press elsewhere. */
import { el } from './dom';

/** A place in pixels from the corner of the view: what the popover stands beside. */
export interface Beside {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

const GAP = 6;

export class Popover {
  readonly element: HTMLElement;
  private readonly before = document.activeElement;
  private isOpen = true;

  /**
   * Open it within `root`, which it never leaves.
   *
   * @param onClose told when it goes, and whether it was answered
   */
  constructor(
    private readonly root: HTMLElement,
    label: string,
    className: string,
    content: readonly (Node | null)[],
    private readonly onClose: (isAnswered: boolean) => void = () => undefined
  ) {
    const parts = content.filter((part): part is Node => part !== null);
    this.element = el('div', { class: `smpw-popover ${className}`, role: 'dialog', 'aria-label': label, tabindex: '0' }, ...parts);
    this.element.addEventListener('keydown', event => this.pressed(event));
    this.element.addEventListener('focusout', event => this.left(event));
    document.addEventListener('pointerdown', this.pressedElsewhere, true);
    root.append(this.element);
  }

  /** Stand beside this: below, above, or wherever there is room. */
  place(beside: Beside): this {
    const { clientWidth, clientHeight } = this.root;
    const { offsetWidth, offsetHeight } = this.element;
    const clamp = (value: number, size: number, room: number): number => Math.max(GAP, Math.min(value, room - size - GAP));
    // not above, where what leads to it stands, as long as there is room elsewhere
    const isBelow = beside.y2 + GAP + offsetHeight <= clientHeight;
    const isRight = !isBelow && beside.x2 + GAP + offsetWidth <= clientWidth;
    const isLeft = !isBelow && !isRight && beside.x1 - GAP - offsetWidth >= 0;
    const x = isRight ? beside.x2 + GAP : isLeft ? beside.x1 - GAP - offsetWidth : beside.x1;
    const y = isBelow ? beside.y2 + GAP : isRight || isLeft ? beside.y1 : beside.y1 - GAP - offsetHeight;
    this.element.style.left = `${clamp(x, offsetWidth, clientWidth)}px`;
    this.element.style.top = `${clamp(y, offsetHeight, clientHeight)}px`;
    return this;
  }

  /** Stand in the middle of the view. */
  center(): this {
    const [x, y] = [this.root.clientWidth - this.element.offsetWidth, this.root.clientHeight - this.element.offsetHeight];
    this.element.style.left = `${Math.max(GAP, x / 2)}px`;
    this.element.style.top = `${Math.max(GAP, y / 2)}px`;
    return this;
  }

  /** Put the focus on its first thing that takes it, or on one that is given. */
  focus(first: HTMLElement | null = this.element.querySelector<HTMLElement>('input, button, [tabindex="0"]')): this {
    (first ?? this.element).focus({ preventScroll: true });
    return this;
  }

  /** Go; the focus goes back to where it was. */
  close(isAnswered = false): void {
    if (!this.isOpen) {
      return;
    }
    this.isOpen = false;
    document.removeEventListener('pointerdown', this.pressedElsewhere, true);
    const hadFocus = this.element.contains(document.activeElement);
    this.element.remove();
    if (hadFocus && this.before instanceof HTMLElement && this.before.isConnected) {
      this.before.focus({ preventScroll: true });
    }
    this.onClose(isAnswered);
  }

  private pressed(event: KeyboardEvent): void {
    if (event.key === 'Escape') {
      this.close();
      event.preventDefault();
    } else if (event.key === 'Tab') {
      this.cycle(event);
    }
    event.stopPropagation();
  }

  /** Tab goes round within: what lies below is not to be reached past it. */
  private cycle(event: KeyboardEvent): void {
    const all = [...this.element.querySelectorAll<HTMLElement>('input, button, select, textarea, [tabindex="0"]')];
    const able = all.filter(each => each.tabIndex >= 0 && each.offsetParent !== null);
    const [first, last] = [able[0], able.at(-1)];
    if (first && last && document.activeElement === (event.shiftKey ? first : last)) {
      (event.shiftKey ? last : first).focus();
      event.preventDefault();
    }
  }

  private left(event: FocusEvent): void {
    const to = event.relatedTarget;
    if (to instanceof Node && !this.element.contains(to)) {
      this.close();
    }
  }

  private readonly pressedElsewhere = (event: PointerEvent): void => {
    if (event.target instanceof Node && !this.element.contains(event.target)) {
      this.close();
    }
  };
}
