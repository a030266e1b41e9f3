/**
 * What JupyterLab loads. With `labPlugins.ts` the only file that names JupyterLab's tokens; everything else is widgets.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { EditorExtensionRegistry, IEditorExtensionRegistry } from '@jupyterlab/codemirror';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { IJupyterWidgetRegistry, type ExportMap } from '@jupyter-widgets/base';
import { useNotebooks } from './cellBridge';
import { cellLanguage } from './cellLanguage';
import labPlugins, { ILabSettings } from './labPlugins';
import type { LabSettings } from './labSettings';
import './links';
import { liveOutputFactory } from './liveOutput';
import { REVEAL, runEnded, type RunEnded } from './notices';
import { OPEN_PLACE, pathBelowRoot, stepCell, type CodePlace } from './openPlace';
import { ask, mayAsk, tellOutside } from './outsideNotice';
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
  requires: [ILabSettings],
  autoStart: true,
  activate: (app: JupyterFrontEnd, settings: LabSettings): void => {
    document.addEventListener(REVEAL, event => {
      const panel = (event.target as Element).closest('.jp-NotebookPanel');
      if (panel) {
        app.shell.activateById(panel.id);
      }
    });
    runEnded.connect((_sender, ended) => {
      if (!settings.values.tellEnds) {
        return;
      }
      const words = wordsOf(ended);
      const show = { label: 'Show', caption: 'Go to the view of this run', callback: ended.reveal };
      const allow = { label: 'Tell me outside too', caption: 'Let the browser tell when a run ends and this page is not in sight', callback: ask };
      const actions = mayAsk() ? [show, allow] : [show];
      Notification.emit(words, ended.isBad ? 'error' : 'success', { autoClose: ended.isBad ? false : SHOWN, actions });
      tellOutside(words, ended.reveal);
    });
  }
};

/** What is used of an editor, whoever made it. */
interface LineEditor {
  setCursorPosition(position: { line: number; column: number }): void;
  revealPosition?(position: { line: number; column: number }): void;
  focus(): void;
}

/** Opens the lines that frames speak of: a `%%step` cell of the same notebook, or a file in an editor. */
const places: JupyterFrontEndPlugin<void> = {
  id: `${MODULE_NAME}:places`,
  description: 'Opens the cell or file that a failure of sm_pipeline_widgets speaks of.',
  requires: [INotebookTracker],
  autoStart: true,
  activate: (app: JupyterFrontEnd, notebooks: INotebookTracker): void => {
    document.addEventListener(OPEN_PLACE, event => {
      const place = (event as CustomEvent<CodePlace>).detail;
      const panel = notebooks.find(each => each.node.contains(event.target as Node)) ?? notebooks.currentWidget;
      const opened = panel === null ? Promise.resolve('no notebook is open') : place.cell ? openCell(app, panel, place) : openFile(app, panel, place);
      void opened.then(problem => problem && Notification.warning(visible(problem), { autoClose: SHOWN }));
    });
  }
};

/** Go to the cell; what is wrong in words, or nothing. */
async function openCell(app: JupyterFrontEnd, panel: NotebookPanel, place: CodePlace): Promise<string> {
  const notebook = panel.content;
  const index = stepCell(
    notebook.widgets.map(cell => cell.model.sharedModel.getSource()),
    place.cell
  );
  if (index < 0) {
    return `No cell of ${panel.context.path} begins with %%step ${place.cell}.`;
  }
  app.shell.activateById(panel.id);
  notebook.activeCellIndex = index;
  notebook.mode = 'edit';
  await notebook.scrollToItem(index, 'center');
  const cell = notebook.widgets[index];
  await cell.ready;
  goTo(cell.editor as unknown as LineEditor | null, place.line);
  return '';
}

async function openFile(app: JupyterFrontEnd, panel: NotebookPanel, place: CodePlace): Promise<string> {
  const path = pathBelowRoot(place.path, panel.context.path, serverRoot());
  if (path === null) {
    return `${place.path} lies outside the folder that JupyterLab shows.`;
  }
  try {
    const opened = (await app.commands.execute('docmanager:open', { path, factory: 'Editor' })) as
      | { context?: { ready: Promise<void> }; content?: { editor?: LineEditor } }
      | undefined;
    await opened?.context?.ready;
    goTo(opened?.content?.editor ?? null, place.line);
    return '';
  } catch (error) {
    return `${path} could not be opened: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** The folder that the server shows, as it tells the page; files below it have a path there. */
function serverRoot(): string {
  const config = document.getElementById('jupyter-config-data')?.textContent ?? '{}';
  return String((JSON.parse(config) as { serverRoot?: string }).serverRoot ?? '');
}

function goTo(editor: LineEditor | null, line: number): void {
  const position = { line: line - 1, column: 0 };
  editor?.focus();
  editor?.setCursorPosition(position);
  editor?.revealPosition?.(position);
}

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

export default [widgets, outputs, notices, places, languages, ...labPlugins];
