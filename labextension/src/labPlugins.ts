/** JupyterLab around the views: settings, panel, commands, status bar, launcher. With `plugin.ts` the only file that names tokens. */
import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import { ILauncher } from '@jupyterlab/launcher';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Token } from '@lumino/coreutils';
import { addCommands, type Subject } from './labCommands';
import { pipelinesIcon } from './labIcon';
import { LAB, PANEL_ID } from './labIds';
import { LabServer } from './labServer';
import { LabSettings } from './labSettings';
import { NotebookCells } from './notebookCells';
import { PipelinesFeed } from './pipelinesFeed';
import { FACTORY, PipelineDocumentFactory } from './pipelineDocument';
import { argumentsOf, PipelinesPanel } from './pipelinesPanel';
import { RunningItem } from './runningItem';
import { MODULE_NAME } from './version';
import { wishes } from './viewWishes';

const DOMAIN = 'sm_pipeline_widgets';

const ILabSettings = new Token<LabSettings>(`${MODULE_NAME}:ILabSettings`, 'The settings of sm_pipeline_widgets.');
const IPipelinesFeed = new Token<PipelinesFeed>(`${MODULE_NAME}:IPipelinesFeed`, 'The pipelines and executions of the current target.');
const IPipelinesPanel = new Token<PipelinesPanel>(`${MODULE_NAME}:IPipelinesPanel`, 'The panel that lists them.');

/** The plugin that the settings schema belongs to. */
const settings: JupyterFrontEndPlugin<LabSettings> = {
  id: `${MODULE_NAME}:plugin`,
  description: 'The settings of sm_pipeline_widgets.',
  provides: ILabSettings,
  optional: [ISettingRegistry],
  autoStart: true,
  activate: (_app: JupyterFrontEnd, registry: ISettingRegistry | null): LabSettings => {
    const made = new LabSettings();
    made.changed.connect(() => {
      document.body.dataset.smpwTheme = made.values.theme;
      wishes.watchInterval = made.values.watchInterval;
    });
    // nobody waits for them: what is shown before they are read is what is the default
    registry?.load(`${MODULE_NAME}:plugin`).then(
      found => made.follow(found),
      error => console.warn('The settings of sm_pipeline_widgets could not be read; the defaults are used.', error)
    );
    return made;
  }
};

/** Looks at nothing until somebody looks at the panel or the status bar. */
const feed: JupyterFrontEndPlugin<PipelinesFeed> = {
  id: `${MODULE_NAME}:feed`,
  description: 'Asks the Jupyter server for the pipelines and executions of the current target.',
  provides: IPipelinesFeed,
  requires: [ILabSettings],
  autoStart: true,
  activate: (app: JupyterFrontEnd, values: LabSettings): PipelinesFeed => new PipelinesFeed(new LabServer(app.serviceManager.serverSettings), values)
};

const panel: JupyterFrontEndPlugin<PipelinesPanel> = {
  id: `${MODULE_NAME}:panel`,
  description: 'The panel of pipelines and executions.',
  provides: IPipelinesPanel,
  requires: [IPipelinesFeed, ILabSettings],
  optional: [ILayoutRestorer, ITranslator],
  autoStart: true,
  activate: (app: JupyterFrontEnd, found: PipelinesFeed, values: LabSettings, restorer: ILayoutRestorer | null, translator: ITranslator | null): PipelinesPanel => {
    const made = new PipelinesPanel(found, values, app.commands);
    made.id = PANEL_ID;
    made.title.icon = pipelinesIcon;
    made.title.caption = (translator ?? nullTranslator).load(DOMAIN).__('Pipelines');
    app.shell.add(made, 'left', { rank: 550, type: 'Pipelines' });
    restorer?.add(made, PANEL_ID);
    return made;
  }
};

const commands: JupyterFrontEndPlugin<void> = {
  id: `${MODULE_NAME}:commands`,
  description: 'The commands of sm_pipeline_widgets, in the palette, the menu and the launcher.',
  requires: [IPipelinesFeed, IPipelinesPanel, INotebookTracker],
  optional: [ICommandPalette, ILauncher, ITranslator],
  autoStart: true,
  activate: (
    app: JupyterFrontEnd,
    found: PipelinesFeed,
    shown: PipelinesPanel,
    notebooks: INotebookTracker,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const selected = (): Subject => {
      const { name = '', arn = '', pipelineArn = '' } = argumentsOf(shown.chosen);
      return { name, arn, pipelineArn, running: (shown.chosen && shown.runningOf(shown.chosen)) ?? '' };
    };
    addCommands({ app, feed: found, cells: new NotebookCells(app, notebooks), selected, trans, icon: pipelinesIcon });
    const offered = [LAB.panel, LAB.newCell, LAB.importFile, LAB.show, LAB.run, LAB.watch, LAB.wake, LAB.refresh];
    offered.forEach(command => palette?.addItem({ command, category: trans.__('Pipelines') }));
    launcher?.add({ command: LAB.newCell, category: trans.__('Notebook'), rank: 50 });
  }
};

const status: JupyterFrontEndPlugin<void> = {
  id: `${MODULE_NAME}:status`,
  description: 'How many executions run, in the status bar.',
  requires: [IPipelinesFeed, ILabSettings],
  optional: [IStatusBar],
  autoStart: true,
  activate: (app: JupyterFrontEnd, found: PipelinesFeed, values: LabSettings, bar: IStatusBar | null): void => {
    if (!bar) {
      return;
    }
    const item = new RunningItem(found, app.commands);
    bar.registerStatusItem(`${MODULE_NAME}:running`, {
      item,
      align: 'left',
      rank: 20,
      isActive: () => values.values.statusBar && item.isActive,
      activeStateChanged: found.changed
    });
    const follow = (): void => found.want('status', values.values.statusBar);
    // what JupyterLab has to do first comes first
    void app.restored.then(() => {
      follow();
      values.changed.connect(follow);
    });
  }
};

const TEXT_TYPE: Partial<DocumentRegistry.IFileType> & { name: string } = {
  name: 'sm-pipeline',
  displayName: 'Pipeline',
  extensions: ['.pipeline.yaml', '.pipeline.yml'],
  mimeTypes: ['text/yaml'],
  contentType: 'file',
  fileFormat: 'text',
  icon: pipelinesIcon
};
const DEFINITION_TYPE: Partial<DocumentRegistry.IFileType> & { name: string } = {
  ...TEXT_TYPE,
  name: 'sm-pipeline-definition',
  displayName: 'Pipeline definition',
  extensions: ['.pipeline.json'],
  mimeTypes: ['application/json']
};

const documents: JupyterFrontEndPlugin<void> = {
  id: `${MODULE_NAME}:documents`,
  description: 'Opens pipeline texts and definitions as a canvas.',
  requires: [IRenderMimeRegistry, ILabSettings],
  optional: [ITranslator],
  autoStart: true,
  activate: (app: JupyterFrontEnd, rendermime: IRenderMimeRegistry, values: LabSettings, translator: ITranslator | null): void => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    app.docRegistry.addFileType(TEXT_TYPE);
    app.docRegistry.addFileType(DEFINITION_TYPE);
    const own = [TEXT_TYPE.name, DEFINITION_TYPE.name];
    const options = { name: FACTORY, label: trans.__('Pipeline canvas'), modelName: 'text', fileTypes: [...own, 'json', 'yaml'], defaultFor: own };
    app.docRegistry.addWidgetFactory(new PipelineDocumentFactory(options, { app, rendermime, settings: values, trans }));
  }
};

export { ILabSettings };
export default [settings, feed, panel, commands, status, documents];
