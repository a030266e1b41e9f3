/** A file's own kernel: it draws the file's text, and its widgets are shown in the page. */
import type { DOMWidgetModel, DOMWidgetView, ExportMap } from '@jupyter-widgets/base';
import { SessionContext } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { Kernel, KernelMessage, ServiceManager } from '@jupyterlab/services';
import type { KernelWidgetManager } from '@jupyter-widgets/jupyterlab-manager';
import { Signal } from '@lumino/signaling';
import type { Place, Trouble } from './pipelineFacts';
import { PAGE } from './sight';
import { MODULE_NAME, MODULE_VERSION } from './version';

const MODULE = 'sm_pipeline_widgets.api.documents';
const RESTARTS: ReadonlySet<string> = new Set(['restarting', 'autorestarting']);

/** What a kernel could not do, and what to do next. */
export class CannotDraw extends Error {
  constructor(readonly trouble: Trouble) {
    super(`${trouble.message} ${trouble.fix}`.trim());
  }
}

export class DocumentKernel {
  /** Another kernel, or the same anew: nothing that was drawn lives on. */
  readonly renewed = new Signal<this, void>(this);
  readonly session: SessionContext;
  private manager: KernelWidgetManager | null = null;
  private isStale = false;

  constructor(
    services: ServiceManager.IManager,
    private readonly path: string,
    private readonly rendermime: IRenderMimeRegistry,
    kernelName: string
  ) {
    this.session = new SessionContext({
      sessionManager: services.sessions,
      specsManager: services.kernelspecs,
      path,
      name: path.split('/').pop() ?? path,
      type: 'file',
      kernelPreference: { name: kernelName, language: 'python', autoStartDefault: true, shutdownOnDispose: true }
    });
    this.session.statusChanged.connect(this.onStatus, this);
    this.session.kernelChanged.connect(this.onKernel, this);
  }

  /** Draw the text; rejects with what is wrong. */
  async draw(text: string, place: Place): Promise<{ model: DOMWidgetModel; view: DOMWidgetView }> {
    const kernel = await this.kernel();
    this.manager ??= await managerOf(kernel, this.rendermime);
    const manager = this.manager;
    const answer = await call<{ model_id: string }>(kernel, 'open_document', [`${PAGE}/${this.path}`, this.path, text, { ...place }]);
    const model = await manager.get_model(answer.model_id);
    return { model, view: await manager.create_view(model) };
  }

  /** A definition as a text. */
  async convert(text: string): Promise<string> {
    return (await call<{ text: string }>(await this.kernel(), 'converted', [this.path, text])).text;
  }

  dispose(): void {
    Signal.clearData(this);
    this.manager?.dispose();
    this.session.dispose();
  }

  private async kernel(): Promise<Kernel.IKernelConnection> {
    if (!this.session.isReady) {
      await this.session.initialize();
      await this.session.ready;
    }
    const kernel = this.session.session?.kernel;
    if (!kernel) {
      throw new CannotDraw({ message: 'No Python kernel could be started.', fix: 'Install ipykernel where JupyterLab runs, then open the file again.' });
    }
    return kernel;
  }

  private onKernel(): void {
    if (this.manager) {
      this.manager.dispose();
      this.manager = null;
      this.renewed.emit();
    }
  }

  private onStatus(_sender: unknown, status: string): void {
    if (RESTARTS.has(status)) {
      this.isStale = true;
    } else if (status === 'idle' && this.isStale) {
      this.isStale = false;
      this.renewed.emit();
    }
  }
}

async function managerOf(kernel: Kernel.IKernelConnection, rendermime: IRenderMimeRegistry): Promise<KernelWidgetManager> {
  const [{ KernelWidgetManager }, own, cytoscape, base] = await Promise.all([
    import('@jupyter-widgets/jupyterlab-manager'),
    import('./index'),
    import('jupyter-cytoscape'),
    import('@jupyter-widgets/base')
  ]);
  const manager = new KernelWidgetManager(kernel, rendermime);
  const register = (name: string, version: string, exports: unknown): void => manager.register({ name, version, exports: exports as ExportMap });
  register(MODULE_NAME, MODULE_VERSION, own);
  register('jupyter-cytoscape', (cytoscape as unknown as { MODULE_VERSION: string }).MODULE_VERSION, cytoscape);
  register('@jupyter-widgets/base', base.JUPYTER_WIDGETS_VERSION, base);
  return manager;
}

/** Call a function of the kernel's part; what JSON writes as a text, Python reads as the same one. */
async function call<T>(kernel: Kernel.IKernelConnection, name: string, values: readonly unknown[]): Promise<T> {
  const told = JSON.stringify(JSON.stringify(values));
  const expression = `__import__('${MODULE}', fromlist=['_']).${name}(*__import__('json').loads(${told}))`;
  const future = kernel.requestExecute({ code: '', silent: true, store_history: false, user_expressions: { answer: expression } });
  const reply = (await future.done).content as KernelMessage.IExecuteReply | undefined;
  const answer = reply?.user_expressions?.answer as { status?: string; data?: Record<string, string>; ename?: string; evalue?: string } | undefined;
  if (answer?.status !== 'ok') {
    const isMissing = answer?.ename === 'ModuleNotFoundError';
    throw new CannotDraw({
      message: isMissing ? 'The kernel has no sm_pipeline_widgets.' : `The kernel could not draw it: ${answer?.ename ?? 'no answer'}: ${answer?.evalue ?? ''}`,
      fix: isMissing ? 'Install it in that kernel’s environment, then restart the kernel.' : 'Open the file as a text; its first lines may tell what is wrong.'
    });
  }
  const found = JSON.parse(unquoted(answer.data?.['text/plain'] ?? '')) as T & Partial<Trouble>;
  if (found.message !== undefined) {
    throw new CannotDraw({ message: found.message, fix: found.fix ?? '' });
  }
  return found;
}

/** What Python's `repr` of an ASCII text stands for: JSON as `json.dumps` writes it has neither line breaks nor other characters. */
function unquoted(repr: string): string {
  return repr.slice(1, -1).replace(/\\(['"\\])/g, '$1');
}
