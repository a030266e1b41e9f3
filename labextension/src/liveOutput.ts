/**
 * An output of this package in a notebook: the live widget where its kernel still knows it, else the picture that was
 * saved beside it. Other front ends do not know this MIME type and show that picture by themselves.
 */
import type { ISessionContext } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Panel, Widget } from '@lumino/widgets';
import { button, el } from './dom';
import { OUTPUT_MIME, type LiveOutput as OutputData } from './protocol';

const WIDGET_MIME = 'application/vnd.jupyter.widget-view+json';
const STATIC_MIME = 'text/html';
const PLAIN_MIME = 'text/plain';
/** How long ipywidgets gets to find a widget before the saved picture is shown; it may still come after that. */
const PATIENCE_MS = 1500;

/** The factory for one notebook, whose registry also makes the renderers this one is put together from. */
export function liveOutputFactory(registry: IRenderMimeRegistry, session: ISessionContext): IRenderMime.IRendererFactory {
  // safe: what nobody of this page has run is shown as its (cleaned) picture, until a person attaches
  return { safe: true, mimeTypes: [OUTPUT_MIME], createRenderer: () => new LiveOutput(registry, session) };
}

class LiveOutput extends Panel implements IRenderMime.IRenderer {
  private live: IRenderMime.IRenderer | null = null;
  private attempt: Promise<void> = Promise.resolve();
  private saved: IRenderMime.IRenderer | null = null;
  private bar: Widget | null = null;
  private readonly attached = new Set<string>();
  private shownId = '';
  private patience = 0;
  private readonly watch = new MutationObserver(() => this.settle());

  constructor(
    private readonly registry: IRenderMimeRegistry,
    private readonly session: ISessionContext
  ) {
    super();
    this.addClass('smpw-output');
    session.statusChanged.connect(this.onStatus, this);
  }

  /** An update of the same widget changes only what is saved: the live view goes on undisturbed. */
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const found = model.data[OUTPUT_MIME] as Partial<OutputData> | undefined;
    const id = found?.model_id ?? '';
    if (this.isDisposed || (id && id === this.shownId && this.isLive)) {
      return;
    }
    this.clear();
    this.shownId = id;
    if (!model.trusted && !this.attached.has(id)) {
      await this.showSaved(model);
      void this.offer(model);
      return;
    }
    await this.goLive(model);
  }

  /**
   * Somebody else ran the cell, in the kernel that this page shares: the picture, and a button to see it live.
   * Without a kernel that knows the widget there is nothing to attach to, and no button.
   */
  private async offer(model: IRenderMime.IMimeModel): Promise<void> {
    const id = this.shownId;
    if (!id || this.bar || !(await knows(this.session, id)) || this.isDisposed || id !== this.shownId || this.bar) {
      return;
    }
    const attach = button('Attach', () => {
      this.attached.add(id);
      this.clear();
      this.shownId = id;
      void this.goLive(model);
    });
    const words = el('span', { class: 'smpw-muted' }, 'Somebody else ran this cell: you see its picture.');
    this.bar = new Widget({ node: el('div', { class: 'smpw-attach' }, words, attach) });
    this.insertWidget(0, this.bar);
  }

  private async goLive(model: IRenderMime.IMimeModel): Promise<void> {
    this.patience = window.setTimeout(() => void this.showSaved(model), PATIENCE_MS);
    await this.renderLive();
    if (this.hasFailed && !this.isDisposed) {
      window.clearTimeout(this.patience);
      await this.showSaved(model);
    }
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this.session.statusChanged.disconnect(this.onStatus, this);
    this.clear();
    super.dispose();
  }

  private async renderLive(): Promise<void> {
    this.retireLive();
    const live = (this.live = this.registry.createRenderer(WIDGET_MIME));
    this.insertWidget(0, live);
    this.watch.observe(live.node, { childList: true, characterData: true, subtree: true });
    const data = { [WIDGET_MIME]: { version_major: 2, version_minor: 0, model_id: this.shownId } };
    this.attempt = live.renderModel({ data, metadata: {}, trusted: true, setData: () => undefined });
    await this.attempt;
    this.settle();
  }

  /** ipywidgets' renderer adds its view once it has one, disposed or not: it goes when it is through with that. */
  private retireLive(): void {
    this.watch.disconnect();
    const old = this.live;
    if (old) {
      old.parent = null;
      void this.attempt.finally(() => old.dispose());
    }
    this.live = null;
  }

  /**
   * A renderer that was made before ipywidgets knew the notebook's kernel waits for ever: ipywidgets looks for such
   * renderers only directly below an output. One that is made now finds the kernel's widgets.
   */
  private onStatus(_sender: ISessionContext, status: string): void {
    if (status === 'idle' && this.live && !this.isLive && !this.hasFailed) {
      void this.renderLive();
    }
  }

  private get isLive(): boolean {
    return this.live?.node.querySelector('.smpw-execution, .smpw-canvas, .smpw-registry') !== null && this.live !== null;
  }

  /** ipywidgets writes its complaint into the renderer's own node. */
  private get hasFailed(): boolean {
    return !this.isLive && (this.live?.node.textContent ?? '').startsWith('Error');
  }

  private async showSaved(model: IRenderMime.IMimeModel): Promise<void> {
    if (this.isLive || this.saved || this.isDisposed) {
      return;
    }
    this.saved = this.registry.createRenderer(model.data[STATIC_MIME] === undefined ? PLAIN_MIME : STATIC_MIME);
    this.addWidget(this.saved);
    this.settle();
    await this.saved.renderModel(model);
  }

  private settle(): void {
    if (this.isLive) {
      window.clearTimeout(this.patience);
      this.saved?.dispose();
      this.saved = null;
    }
    this.live?.setHidden(this.saved !== null);
  }

  private clear(): void {
    window.clearTimeout(this.patience);
    this.retireLive();
    this.saved?.dispose();
    this.saved = null;
    this.bar?.dispose();
    this.bar = null;
  }
}

/** Whether the kernel has that widget. */
async function knows(session: ISessionContext, id: string): Promise<boolean> {
  await session.ready;
  const kernel = session.session?.kernel;
  if (!kernel) {
    return false;
  }
  const reply = await kernel.requestCommInfo({ target_name: 'jupyter.widget' });
  return reply.content.status === 'ok' && id in reply.content.comms;
}
