/** The versions of one model as the page knows them, shared by all views of them. */
import { DOMWidgetModel, type IBackboneModelOptions } from '@jupyter-widgets/base';
import type { RegistryMessage, RegistryRequest } from './registryProtocol';
import { MODULE_NAME, MODULE_VERSION } from './version';

const GONE: ReadonlySet<string> = new Set(['dead', 'terminating']);

interface KernelStatus {
  readonly isDisposed: boolean;
  readonly status: string;
}

export class RegistryModel extends DOMWidgetModel {
  // `initialize` runs within the base constructor: an initialiser here would undo it
  declare private waiting: Map<string, (message: RegistryMessage) => void>;

  override defaults(): Record<string, unknown> {
    return {
      ...super.defaults(),
      _model_name: 'RegistryModel',
      _model_module: MODULE_NAME,
      _model_module_version: MODULE_VERSION,
      _view_name: 'RegistryView',
      _view_module: MODULE_NAME,
      _view_module_version: MODULE_VERSION,
      title: '',
      subtitle: '',
      note: '',
      columns: [],
      versions: [],
      endpoints: [],
      endpoint_note: ''
    };
  }

  override initialize(attributes: Record<string, unknown>, options: IBackboneModelOptions): void {
    super.initialize(attributes, options);
    this.waiting = new Map();
    this.on('msg:custom', (message: RegistryMessage) => this.waiting.get(message.ticket)?.(message));
  }

  /** Whether a kernel stands behind the view. A kernel that was shut down leaves its comms looking alive. */
  get isLive(): boolean {
    const kernel = (this.widget_manager as { kernel?: KernelStatus | null }).kernel;
    const isGone = kernel === null || (kernel !== undefined && (kernel.isDisposed || GONE.has(kernel.status)));
    return this.comm_live && !isGone;
  }

  /** Ask the kernel; every answer under this ticket goes to `answered`. False where there is no kernel to ask. */
  ask(request: RegistryRequest, answered: (message: RegistryMessage) => void): boolean {
    if (!this.isLive) {
      return false;
    }
    this.waiting.set(request.ticket, answered);
    this.send(request as never, undefined);
    return true;
  }

  /** Answers under these tickets are of interest to nobody any more. */
  forget(prefix: string): void {
    for (const ticket of [...this.waiting.keys()].filter(each => each.startsWith(prefix))) {
      this.waiting.delete(ticket);
    }
  }
}
