/** A text that stands in no cell: the page keeps it, with an undo of its own, until someone copies it. */
import { Signal } from '@lumino/signaling';
import type { TextPlace } from './cellBridge';

export class OwnText implements TextPlace {
  readonly isCell = false;
  readonly changed = new Signal<this, void>(this);
  private readonly before: string[] = [];
  private readonly after: string[] = [];

  constructor(private current: string) {}

  get text(): string {
    return this.current;
  }

  get canUndo(): boolean {
    return this.before.length > 0;
  }

  get canRedo(): boolean {
    return this.after.length > 0;
  }

  write(before: string, after: string): boolean {
    if (before !== this.current) {
      return false;
    }
    this.before.push(before);
    this.after.length = 0;
    this.become(after);
    return true;
  }

  undo(): void {
    this.travel(this.before, this.after);
  }

  redo(): void {
    this.travel(this.after, this.before);
  }

  reveal(): boolean {
    return false;
  }

  private travel(from: string[], to: string[]): void {
    const text = from.pop();
    if (text !== undefined) {
      to.push(this.current);
      this.become(text);
    }
  }

  private become(text: string): void {
    this.current = text;
    this.changed.emit();
  }
}
