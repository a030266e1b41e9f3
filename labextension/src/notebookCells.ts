/** Putting a cell into the active notebook and running it: what the panel and the commands do is said in cells. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { NotebookActions, type INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import type { Place } from './pipelineFacts';

/** What a notebook's kernel says of this package; `''` for the target: it is not loaded there. */
interface Told {
  readonly isLoaded: boolean;
  /** The name of the target in use, and its region. */
  readonly target: string;
  readonly region: string;
}

/** A busy kernel answers later; until then the cells tell whether the package was loaded. In milliseconds. */
const PATIENCE = 1500;
const QUESTION =
  "getattr(__import__('sys').modules.get('sm_pipeline_widgets.magics.extension'), 'told', lambda _: '')(get_ipython())";
const LOAD = '%load_ext sm_pipeline_widgets';

export class NotebookCells {
  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly notebooks: INotebookTracker
  ) {}

  /**
   * Put `line` into a cell below the active one and run it; without a notebook, into a new one.
   *
   * Where the notebook's target is another one than `place`, the line says so. Rejects with words for a person.
   */
  async runLine(line: string, place: Place): Promise<void> {
    const panel = await this.panel();
    const told = await this.ask(panel);
    await this.run(panel, [...loading(told), ...targeted(line, place, told)].join('\n'));
  }

  /** Put a cell below the active one, and run it. */
  async runCell(source: string): Promise<void> {
    const panel = await this.panel();
    const told = await this.ask(panel);
    if (!told.isLoaded) {
      await this.run(panel, LOAD);
    }
    await this.run(panel, source);
  }

  private async run(panel: NotebookPanel, source: string): Promise<void> {
    const notebook = panel.content;
    const isEmpty = notebook.activeCell?.model.type === 'code' && notebook.activeCell.model.sharedModel.getSource().trim() === '';
    if (!isEmpty) {
      NotebookActions.insertBelow(notebook);
    }
    notebook.activeCell?.model.sharedModel.setSource(source);
    const done = NotebookActions.run(notebook, panel.sessionContext);
    if (notebook.activeCell) {
      await notebook.scrollToItem(notebook.activeCellIndex, 'smart');
    }
    void done;
  }

  /** The active notebook, brought before a person's eyes; a new one where there is none. */
  private async panel(): Promise<NotebookPanel> {
    const found = this.notebooks.currentWidget ?? (await this.create());
    await Promise.all([found.context.ready, found.sessionContext.ready]);
    this.app.shell.activateById(found.id);
    const kernel = found.sessionContext.session?.kernel;
    if (!kernel) {
      throw new Error(`${found.context.path} has no kernel. Choose one (Kernel → Change Kernel…) and try again.`);
    }
    const language = (await kernel.info).language_info.name;
    if (language !== 'python') {
      throw new Error(`${found.context.path} speaks ${language}. Go to a notebook with a Python kernel and try again.`);
    }
    return found;
  }

  private async create(): Promise<NotebookPanel> {
    const kernelName = pythonSpec(this.app);
    const made = (await this.app.commands.execute('notebook:create-new', kernelName ? { kernelName } : {})) as NotebookPanel | undefined;
    if (!made?.content) {
      throw new Error('No notebook is open. Open or make one and try again.');
    }
    return made;
  }

  private async ask(panel: NotebookPanel): Promise<Told> {
    const kernel = panel.sessionContext.session?.kernel as Kernel.IKernelConnection;
    const late = new Promise<null>(resolve => setTimeout(() => resolve(null), PATIENCE));
    const told = await Promise.race([askKernel(kernel), late]);
    return told ?? { isLoaded: hasLoaded(panel), target: 'local', region: '' };
  }
}

/** The server's default kernel if it speaks Python, else the first that does. */
export function pythonSpec(app: JupyterFrontEnd): string {
  const specs = app.serviceManager.kernelspecs.specs;
  const known = Object.values(specs?.kernelspecs ?? {}).filter(spec => spec?.language === 'python');
  return (known.find(spec => spec?.name === specs?.default) ?? known[0])?.name ?? '';
}

/** Ask without a trace in the notebook: nothing is counted, kept or printed. */
async function askKernel(kernel: Kernel.IKernelConnection): Promise<Told | null> {
  const future = kernel.requestExecute({ code: '', silent: true, store_history: false, user_expressions: { told: QUESTION } });
  const reply = await future.done;
  const content = reply.content as { user_expressions?: Record<string, { data?: Record<string, string> }> };
  const text = content.user_expressions?.told?.data?.['text/plain'];
  if (text === undefined) {
    return null;
  }
  const [target = '', region = ''] = text.replace(/^['"]|['"]$/g, '').split(' ');
  return { isLoaded: target !== '', target: target || 'local', region };
}

/** Whether a cell that loads the package has been run, as far as the notebook shows. */
function hasLoaded(panel: NotebookPanel): boolean {
  return panel.content.widgets.some(cell => {
    const isRun = (cell.model as { executionCount?: number | null }).executionCount ?? null;
    return isRun !== null && cell.model.sharedModel.getSource().includes(LOAD);
  });
}

const loading = (told: Told): string[] => (told.isLoaded ? [] : [LOAD]);

/** The line for a target: as it is where the notebook is there already, else with the target's name. */
export function targeted(line: string, place: Place, told: { target: string; region: string }): string[] {
  if (place.target === told.target && (!place.region || place.region === told.region)) {
    return [line];
  }
  if (!place.region && !place.profile) {
    return [`${line} --target ${place.target}`];
  }
  const options = [place.profile && `--profile ${place.profile}`, place.region && `--region ${place.region}`].filter(Boolean);
  return [`%pipeline target ${place.target} ${options.join(' ')}`, line];
}
