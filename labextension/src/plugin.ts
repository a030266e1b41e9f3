/**
 * What JupyterLab loads. The only file that names JupyterLab's tokens; everything else is widgets.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IJupyterWidgetRegistry, type ExportMap } from '@jupyter-widgets/base';
import { liveOutputFactory } from './liveOutput';
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

/** Before the widget renderer, whose rank is -10, and before everything static. */
const RANK = -20;

/** Shows this package's outputs in every notebook: live, or as they were saved. */
const outputs: JupyterFrontEndPlugin<void> = {
  id: `${MODULE_NAME}:outputs`,
  description: 'Shows outputs of sm_pipeline_widgets live where a kernel knows them, else as they were saved.',
  requires: [INotebookTracker],
  autoStart: true,
  activate: (_app: JupyterFrontEnd, notebooks: INotebookTracker): void => {
    notebooks.widgetAdded.connect((_sender, panel) => {
      const registry = panel.content.rendermime;
      registry.addFactory(liveOutputFactory(registry, panel.sessionContext), RANK);
    });
  }
};

export default [widgets, outputs];
