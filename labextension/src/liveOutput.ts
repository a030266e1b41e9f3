/**
 * An output of this package in a notebook: the live widget where its kernel still knows it, else the picture that was
 * saved beside it. Other front ends do not know this MIME type and show that picture by themselves.
 */
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Panel } from '@lumino/widgets';
import { OUTPUT_MIME, type LiveOutput as OutputData } from './protocol';

const WIDGET_MIME = 'application/vnd.jupyter.widget-view+json';
const STATIC_MIME = 'text/html';
/** How long ipywidgets gets to find a widget before the saved picture is shown; it may still come after that. */
const PATIENCE_MS = 1500;

/** The factory for one notebook, whose registry also makes the renderers this one is put together from. */
export function liveOutputFactory(registry: IRenderMimeRegistry): IRenderMime.IRendererFactory {
  return { safe: false, mimeTypes: [OUTPUT_MIME], createRenderer: () => new LiveOutput(registry) };
}

class LiveOutput extends Panel implements IRenderMime.IRenderer {
  private live: IRenderMime.IRenderer | null = null;
  private saved: IRenderMime.IRenderer | null = null;
  private shownId = '';
  private patience = 0;
  private readonly watch = new MutationObserver(() => this.settle());

  constructor(private readonly registry: IRenderMimeRegistry) {
    super();
    this.addClass('smpw-output');
  }

  /** An update of the same widget changes only what is saved: the live view goes on undisturbed. */
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const found = model.data[OUTPUT_MIME] as Partial<OutputData> | undefined;
    const id = found?.model_id ?? '';
    if (id && id === this.shownId && this.isLive) {
      return;
    }
    this.clear();
    this.shownId = id;
    this.live = this.registry.createRenderer(WIDGET_MIME);
    this.addWidget(this.live);
    this.watch.observe(this.live.node, { childList: true, characterData: true, subtree: true });
    this.patience = window.setTimeout(() => void this.showSaved(model), PATIENCE_MS);
    const data = { [WIDGET_MIME]: { version_major: 2, version_minor: 0, model_id: id } };
    await this.live.renderModel({ data, metadata: {}, trusted: true, setData: () => undefined });
    if (this.hasFailed) {
      window.clearTimeout(this.patience);
      await this.showSaved(model);
    }
    this.settle();
  }

  override dispose(): void {
    this.clear();
    super.dispose();
  }

  private get isLive(): boolean {
    return this.live?.node.querySelector('.smpw-execution, .smpw-canvas') !== null && this.live !== null;
  }

  /** ipywidgets writes its complaint into the renderer's own node. */
  private get hasFailed(): boolean {
    return !this.isLive && (this.live?.node.textContent ?? '').startsWith('Error');
  }

  private async showSaved(model: IRenderMime.IMimeModel): Promise<void> {
    if (this.isLive || this.saved || this.isDisposed) {
      return;
    }
    this.saved = this.registry.createRenderer(STATIC_MIME);
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
    this.watch.disconnect();
    this.live?.dispose();
    this.saved?.dispose();
    this.live = this.saved = null;
  }
}
