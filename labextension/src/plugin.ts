/**
 * What JupyterLab loads. The only file that names JupyterLab's tokens; everything else is widgets.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { EditorExtensionRegistry, IEditorExtensionRegistry } from '@jupyterlab/codemirror';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IJupyterWidgetRegistry, type ExportMap } from '@jupyter-widgets/base';
import { useNotebooks } from './cellBridge';
import { cellLanguage } from './cellLanguage';
import './links';
import { liveOutputFactory } from './liveOutput';
import { REVEAL, runEnded, type RunEnded } from './notices';
import { visible } from './plainText';
import { duration } from './times';
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
    useNotebooks(notebooks);
    notebooks.widgetAdded.connect((_sender, panel) => {
      const registry = panel.content.rendermime;
      registry.addFactory(liveOutputFactory(registry, panel.sessionContext), RANK);
    });
  }
};

/** Long enough to be read, short enough not to be in the way, in milliseconds. */
const SHOWN = 12_000;

/** Says that a run has ended: in JupyterLab, and by the browser if it was allowed to and the page is not in sight. */
const notices: JupyterFrontEndPlugin<void> = {
  id: `${MODULE_NAME}:notices`,
  description: 'Tells when a run of sm_pipeline_widgets has ended.',
  autoStart: true,
  activate: (app: JupyterFrontEnd): void => {
    document.addEventListener(REVEAL, event => {
      const panel = (event.target as Element).closest('.jp-NotebookPanel');
      if (panel) {
        app.shell.activateById(panel.id);
      }
    });
    runEnded.connect((_sender, ended) => {
      const words = wordsOf(ended);
      const show = { label: 'Show', caption: 'Go to the view of this run', callback: ended.reveal };
      Notification.emit(words, ended.isBad ? 'error' : 'success', { autoClose: ended.isBad ? false : SHOWN, actions: [show] });
      if (document.hidden && 'Notification' in window && window.Notification.permission === 'granted') {
        new window.Notification(words).onclick = () => {
          window.focus();
          ended.reveal();
        };
      }
    });
  }
};

/** Highlights the bodies of `%%pipeline` and `%%step` cells. */
const languages: JupyterFrontEndPlugin<void> = {
  id: `${MODULE_NAME}:languages`,
  description: 'Shows %%pipeline cells as YAML with references, %%step cells as Python.',
  requires: [IEditorExtensionRegistry],
  autoStart: true,
  activate: (_app: JupyterFrontEnd, editors: IEditorExtensionRegistry): void => {
    editors.addExtension({
      name: `${MODULE_NAME}:cell-language`,
      factory: ({ model }) => {
        const isCode = 'type' in model && model.type === 'code';
        return isCode ? EditorExtensionRegistry.createImmutableExtension(cellLanguage(model.sharedModel.getSource())) : null;
      }
    });
  }
};

function wordsOf(ended: RunEnded): string {
  const spent = ended.milliseconds === null ? '' : ` after ${duration(ended.milliseconds)}`;
  return visible(`${ended.pipeline} ${ended.word}${spent}`);
}

export default [widgets, outputs, notices, languages];
