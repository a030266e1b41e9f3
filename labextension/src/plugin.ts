/**
 * What JupyterLab loads. The only file that names JupyterLab's tokens; everything else is widgets.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IJupyterWidgetRegistry, type ExportMap } from '@jupyter-widgets/base';
import { MODULE_NAME, MODULE_VERSION } from './version';

/** Registers the views of this package; their code is fetched when the first one is shown. */
const widgets: JupyterFrontEndPlugin<void> = {
  id: `${MODULE_NAME}:widgets`,
  description: 'The canvas and views of sm_pipeline_widgets.',
  requires: [IJupyterWidgetRegistry],
  autoStart: true,
  activate: (_app: JupyterFrontEnd, registry: IJupyterWidgetRegistry): void => {
    registry.registerWidget({
      name: MODULE_NAME,
      version: MODULE_VERSION,
      // the module also exports plain functions, which the manager never asks for
      exports: async () => (await import('./index')) as unknown as ExportMap
    });
  }
};

export default [widgets];
