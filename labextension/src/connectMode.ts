/** Connecting by keys: from the selected step, to one that is chosen with the arrows or by a click. */
import type { PipelineCanvasView } from './canvas';
import type { EditChoicesMessage } from './editProtocol';
import type { Direction } from './neighbours';

export interface ConnectEvents {
  name(id: string): string;
  ask(source: string, target: string): Promise<EditChoicesMessage>;
  connect(source: string, target: string): void;
  /** What to say while it goes on; null when it has ended. */
  say(words: string | null): void;
}

const WAYS: Readonly<Record<string, Direction>> = { ArrowUp: 'up', ArrowDown: 'down', ArrowLeft: 'left', ArrowRight: 'right' };

export class ConnectMode {
  private source: string | null = null;
  private target: string | null = null;

  constructor(
    private readonly canvas: PipelineCanvasView,
    private readonly events: ConnectEvents
  ) {}

  get isOn(): boolean {
    return this.source !== null;
  }

  begin(source: string): void {
    this.source = source;
    this.canvas.mark('smpw-source', [source]);
    this.aim(null);
    this.canvas.el.focus({ preventScroll: true });
  }

  stop(): void {
    this.source = this.target = null;
    this.canvas.mark('smpw-source', []);
    this.canvas.mark('smpw-target', []);
    this.events.say(null);
  }

  /** A step was chosen by a click. */
  take(id: string): void {
    const { source } = this;
    this.stop();
    if (source !== null && id !== source) {
      this.events.connect(this.events.name(source), this.events.name(id));
    }
  }

  /** What a key does while it goes on: every key is its own. */
  press(event: KeyboardEvent): boolean {
    const way = WAYS[event.key];
    if (way) {
      const next = this.canvas.neighbour(way, this.target ?? this.source);
      this.aim(next === this.source ? this.canvas.neighbour(way, next) : next);
    } else if (event.key === 'Enter' && this.target !== null) {
      this.take(this.target);
    } else if (event.key === 'Escape' || event.key === 'c') {
      this.stop();
    } else {
      return false;
    }
    return true;
  }

  private aim(target: string | null): void {
    if (this.source === null) {
      return;
    }
    this.target = target ?? this.target;
    this.canvas.mark('smpw-target', this.target ? [this.target] : []);
    const from = this.events.name(this.source);
    if (this.target === null) {
      this.events.say(`Connect ${from} to …  Arrows choose a step, Enter connects, Esc leaves.`);
      return;
    }
    this.canvas.reveal(this.target);
    const [aimed, to] = [this.target, this.events.name(this.target)];
    this.events.say(`Connect ${from} to ${to}?`);
    void this.events.ask(from, to).then(answer => {
      if (this.target === aimed) {
        this.events.say(`Connect ${from} to ${to}? ${meaning(answer)}`);
      }
    }, console.error);
  }
}

/** What could be drawn, in a few words. */
export function meaning({ choices, reason, fix }: EditChoicesMessage): string {
  if (!choices.length) {
    return [reason, fix].filter(Boolean).join('. ');
  }
  return choices.length === 1 ? choices[0].words : `${choices.length} ways to connect`;
}
