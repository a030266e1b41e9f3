/** Where the graph stands inside the execution view: the canvas widget's own view, embedded and told what changes. */
import type { DOMWidgetModel, DOMWidgetView } from '@jupyter-widgets/base';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import type { PipelineCanvasView as CanvasView } from './canvas';
import { el } from './dom';

/** A node's state as the canvas takes it: the word, and a note such as the duration. */
export type NodeStates = Record<string, [word: string, note: string]>;

const FORWARDED = new Set(['before-attach', 'after-attach', 'before-detach', 'after-detach', 'after-show', 'after-hide', 'resize']);

export class CanvasHost {
  readonly element = el('div', { class: 'smpw-canvas-host' });
  private view: CanvasView | null = null;
  private pending: NodeStates = {};
  private chosen: string | null = null;
  private isDisposed = false;
  private readonly waiting: ((view: CanvasView) => void)[] = [];
  private emptyText: HTMLElement | null = null;

  constructor(
    private readonly parent: DOMWidgetView,
    private readonly onSelect: (id: string | null) => void
  ) {}

  /** Draw the canvas widget `model` here; what goes wrong is shown in its place. */
  async attach(model: DOMWidgetModel | null): Promise<void> {
    if (!model) {
      this.say('There is no graph to draw.');
      return;
    }
    try {
      const view = (await this.parent.create_child_view(model)) as CanvasView;
      if (this.isDisposed) {
        view.remove();
        return;
      }
      this.embed(view);
    } catch (error) {
      console.error(error);
      this.say('The graph could not be drawn; the table below has every step. The browser’s console has the error.');
    }
  }

  /** Pass on what happens to the widget this stands in: the canvas measures itself when it is attached or shown. */
  process(message: Message): void {
    if (FORWARDED.has(message.type)) {
      this.view?.luminoWidget.processMessage(message);
    }
  }

  applyStates(delta: NodeStates): void {
    if (this.view) {
      this.view.applyStates(delta);
    } else {
      Object.assign(this.pending, delta);
    }
  }

  select(id: string | null): void {
    this.chosen = id;
    this.view?.select(id);
  }

  fit(): void {
    this.view?.fit();
  }

  /** Call with the canvas's view, now or as soon as there is one. */
  whenDrawn(call: (view: CanvasView) => void): void {
    if (this.view) {
      call(this.view);
    } else {
      this.waiting.push(call);
    }
  }

  /** Say over an empty graph that it is; '' takes it back. */
  sayEmpty(text: string): void {
    this.emptyText?.remove();
    this.emptyText = text ? el('p', { class: 'smpw-empty-text' }, text) : null;
    if (this.emptyText) {
      this.element.append(this.emptyText);
    }
  }

  dispose(): void {
    this.isDisposed = true;
    this.view?.remove();
    this.view = null;
  }

  private embed(view: CanvasView): void {
    const isAttached = this.parent.luminoWidget.isAttached;
    if (isAttached) {
      view.luminoWidget.processMessage(Widget.Msg.BeforeAttach);
    }
    this.element.append(view.luminoWidget.node);
    if (isAttached) {
      view.luminoWidget.processMessage(Widget.Msg.AfterAttach);
    }
    this.view = view;
    view.nodeSelected.connect((_sender, id) => this.onSelect(id));
    view.applyStates(this.pending);
    this.pending = {};
    view.select(this.chosen);
    this.waiting.splice(0).forEach(call => call(view));
  }

  private say(text: string): void {
    this.element.replaceChildren(el('p', { class: 'smpw-empty-text' }, text));
  }
}
