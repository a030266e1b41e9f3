/** Drawing a line from one card to another: the handle below a card, the line behind the pointer, what is under it. */
import type { PipelineCanvasView } from './canvas';
import { code } from './choiceList';
import { el } from './dom';
import { FOLDED } from './groups';

export interface DrawingEvents {
  /** The line is over a card, or over none; what the answer says is shown beside it. */
  over(source: string, target: string | null): void;
  /** The line was let go there; `target` is null over nothing. */
  drop(source: string, target: string | null): void;
  /** No line was drawn: the card was pressed where the handle stands over it. */
  press(card: string, isMore: boolean): void;
  /** It was pressed twice. */
  open(card: string): void;
}

const SVG = 'http://www.w3.org/2000/svg';
/** A card smaller than this has no handle: it would hide it; in pixels. */
const LEAST = 12;
/** The size of the handle of a card that is not small; in pixels. */
const LARGE = 24;
/** How far the pointer may move for a press to be none that draws a line; in pixels. */
const SLACK = 4;
/** How long the handle stays when the pointer leaves the card, on its way to it; in milliseconds. */
const STAYS = 300;

export class EdgeDrawing {
  private readonly handle = el('div', { class: 'smpw-handle', title: 'Drag to another step to connect it', 'aria-hidden': 'true', hidden: '' });
  private readonly layer = document.createElementNS(SVG, 'svg');
  private readonly line = document.createElementNS(SVG, 'path');
  private readonly hint = el('div', { class: 'smpw-draw-hint', hidden: '' });
  private hovered: string | null = null;
  private selected: string | null = null;
  private source: string | null = null;
  private target: string | null = null;
  private start = { x: 0, y: 0 };
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isOn = false;

  constructor(
    private readonly canvas: PipelineCanvasView,
    private readonly events: DrawingEvents
  ) {
    this.layer.setAttribute('class', 'smpw-draw');
    this.layer.setAttribute('aria-hidden', 'true');
    this.layer.append(this.line);
    canvas.el.append(this.layer, this.handle, this.hint);
    canvas.hovered.connect(this.onHover, this);
    canvas.moved.connect(this.place, this);
    canvas.drawn.connect(this.place, this);
    this.handle.addEventListener('pointerdown', event => this.begin(event));
    this.handle.addEventListener('pointermove', event => this.drag(event));
    this.handle.addEventListener('pointerup', event => this.end(event));
    this.handle.addEventListener('pointercancel', () => this.stop());
    this.handle.addEventListener('dblclick', () => {
      const id = this.hovered ?? this.selected;
      if (id !== null) {
        this.events.open(id);
      }
    });
    this.handle.addEventListener('pointerenter', () => clearTimeout(this.timer));
    this.handle.addEventListener('pointerleave', () => this.onHover(null, null));
    // a press on the handle is none on the graph below it
    for (const name of ['mousedown', 'touchstart']) {
      this.handle.addEventListener(name, event => event.stopPropagation());
    }
  }

  setOn(isOn: boolean): void {
    this.isOn = isOn;
    this.place();
  }

  /** The selected card has a handle without being pointed at. */
  select(id: string | null): void {
    this.selected = id;
    this.place();
  }

  /** Say what the line would mean, beside it. */
  tell(words: string, isRefused: boolean, of: string | null = this.target): void {
    if (of !== this.target) {
      return; // the line has gone on meanwhile
    }
    this.hint.hidden = !words || this.source === null;
    this.hint.replaceChildren(...code(words));
    this.hint.classList.toggle('smpw-refused', isRefused);
    this.layer.classList.toggle('smpw-refused', isRefused);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.canvas.hovered.disconnect(this.onHover, this);
    this.canvas.moved.disconnect(this.place, this);
    this.canvas.drawn.disconnect(this.place, this);
    [this.layer, this.handle, this.hint].forEach(part => part.remove());
  }

  private onHover(_sender: unknown, id: string | null): void {
    clearTimeout(this.timer);
    if (id !== null) {
      this.hovered = id;
      this.place();
    } else {
      this.timer = setTimeout(() => {
        this.hovered = null;
        this.place();
      }, STAYS);
    }
  }

  private place(): void {
    const id = this.source ?? this.hovered ?? this.selected;
    const box = this.isOn && id !== null && !id.startsWith(FOLDED) ? this.canvas.boxOf(id) : null;
    const isTiny = box !== null && box.y2 - box.y1 < LEAST;
    this.handle.hidden = box === null || isTiny;
    if (box) {
      this.handle.style.left = `${(box.x1 + box.x2) / 2}px`;
      this.handle.style.top = `${box.y2}px`;
      // of a small card, and of the edge below it, it leaves enough to be pressed
      this.handle.style.setProperty('--smpw-handle', `${Math.min(LARGE, Math.max(LEAST, (box.y2 - box.y1) * 0.6))}px`);
    }
  }

  private begin(event: PointerEvent): void {
    const id = this.hovered ?? this.selected;
    if (id !== null && event.button === 0) {
      this.source = id;
      this.start = { x: event.clientX, y: event.clientY };
      this.handle.setPointerCapture(event.pointerId);
      this.canvas.el.classList.add('smpw-drawing');
      event.preventDefault();
      this.drag(event);
    }
  }

  private drag(event: PointerEvent): void {
    if (this.source === null) {
      return;
    }
    const frame = this.canvas.el.getBoundingClientRect();
    const box = this.canvas.boxOf(this.source);
    const [x, y] = [event.clientX - frame.left, event.clientY - frame.top];
    if (box) {
      const [x1, y1] = [(box.x1 + box.x2) / 2, box.y2];
      const bend = Math.max(16, Math.abs(y - y1) / 2);
      this.line.setAttribute('d', `M${x1} ${y1}C${x1} ${y1 + bend} ${x} ${y - bend} ${x} ${y}`);
    }
    this.hint.style.transform = `translate(${Math.min(x + 14, frame.width - 240)}px, ${y + 14}px)`;
    const target = this.under(event);
    if (target !== this.target) {
      this.target = target;
      this.canvas.mark('smpw-target', target ? [target] : []);
      this.tell('', false);
      this.events.over(this.source, target);
    }
  }

  private end(event: PointerEvent): void {
    const { source } = this;
    if (source !== null) {
      const target = this.under(event);
      const frame = this.canvas.el.getBoundingClientRect();
      const isInside = event.clientX > frame.left && event.clientX < frame.right && event.clientY > frame.top && event.clientY < frame.bottom;
      const isBack = this.canvas.nodeAt(event.clientX, event.clientY) === source || this.isAtHandle(event);
      this.stop();
      if (isInside && !isBack) {
        this.events.drop(source, target);
      } else if (isBack && Math.hypot(event.clientX - this.start.x, event.clientY - this.start.y) < SLACK) {
        this.events.press(source, event.shiftKey || event.ctrlKey || event.metaKey);
      }
    }
  }

  private stop(): void {
    this.source = this.target = null;
    this.line.removeAttribute('d');
    this.canvas.el.classList.remove('smpw-drawing');
    this.canvas.mark('smpw-target', []);
    this.tell('', false);
    this.place();
  }

  private under(event: PointerEvent): string | null {
    const id = this.canvas.nodeAt(event.clientX, event.clientY);
    return id === this.source ? null : id;
  }

  private isAtHandle(event: PointerEvent): boolean {
    const { left, right, top, bottom } = this.handle.getBoundingClientRect();
    return event.clientX >= left && event.clientX <= right && event.clientY >= top && event.clientY <= bottom;
  }
}
