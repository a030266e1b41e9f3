/** What is used of ipywidgets' JupyterLab extension, which shares it with others at run time. */
declare module '@jupyter-widgets/jupyterlab-manager' {
  import type { DOMWidgetModel, DOMWidgetView, ExportMap } from '@jupyter-widgets/base';
  import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
  import type { Kernel } from '@jupyterlab/services';

  /** The widgets of one kernel. */
  export class KernelWidgetManager {
    constructor(kernel: Kernel.IKernelConnection, rendermime: IRenderMimeRegistry);
    register(data: { name: string; version: string; exports: ExportMap }): void;
    get_model(id: string): Promise<DOMWidgetModel>;
    create_view(model: DOMWidgetModel): Promise<DOMWidgetView>;
    dispose(): void;
  }
}
