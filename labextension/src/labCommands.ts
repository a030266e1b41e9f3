/** What can be done with pipelines in JupyterLab, as commands: of the palette, the menu, the panel and the shortcuts. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, InputDialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { LabIcon } from '@jupyterlab/ui-components';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { DisposableSet, type IDisposable } from '@lumino/disposable';
import { writeClipboard } from './dom';
import { LAB, PANEL_ID } from './labIds';
import type { NotebookCells } from './notebookCells';
import type { PipelinesFeed } from './pipelinesFeed';
import { visible } from './plainText';

/** What commands work with. */
export interface Bench {
  readonly app: JupyterFrontEnd;
  readonly feed: PipelinesFeed;
  readonly cells: NotebookCells;
  /** What is selected in the panel: what a command means that was told nothing. */
  selected(): Subject;
  readonly trans: TranslationBundle;
  readonly icon: LabIcon;
}

/** What a command is about. */
export interface Subject {
  readonly name: string;
  readonly arn: string;
  readonly pipelineArn: string;
  /** Its one execution that runs. */
  readonly running: string;
}

const NOTHING: Subject = { name: '', arn: '', pipelineArn: '', running: '' };
/** Names that a deployed pipeline can have, and ARNs: what is put into a cell is one word of these. */
const WORD = /^[A-Za-z0-9:/_.@-]+$/;
const CELL_NAME = /^[A-Za-z0-9](-*[A-Za-z0-9]){0,255}$/;
const SHOWN = 8000;

export function addCommands(bench: Bench): IDisposable {
  const made = new DisposableSet();
  const { commands } = bench.app;
  const t = bench.trans;
  const add = (id: string, label: string, caption: string, execute: (args: ReadonlyPartialJSONObject) => Promise<void>, hasIcon = false): void => {
    const run = (args: ReadonlyPartialJSONObject): Promise<void> => execute(args).catch(tell);
    made.add(commands.addCommand(id, { label, caption, execute: run, describedBy: { args: SCHEMA }, ...(hasIcon ? { icon: bench.icon } : {}) }));
  };
  add(LAB.panel, t.__('Show Pipelines Panel'), t.__('Pipelines and executions of the current target'), async () => bench.app.shell.activateById(PANEL_ID), true);
  add(LAB.newCell, t.__('New Pipeline Cell…'), t.__('A cell that declares a pipeline, with the canvas to begin on'), () => newCell(bench), true);
  add(LAB.importFile, t.__('Import a Pipeline Definition…'), t.__('A cell of a definition file, or of a deployed pipeline'), () => importOne(bench));
  add(LAB.show, t.__('Show a Pipeline…'), t.__('Draw a deployed pipeline in the notebook'), args => line(bench, args, 'show', t.__('Show which pipeline?')));
  add(LAB.run, t.__('Run a Pipeline…'), t.__('Start a deployed pipeline and watch it in the notebook'), args => line(bench, args, 'run', t.__('Run which pipeline?')));
  add(LAB.watch, t.__('Watch an Execution…'), t.__('A live view, by ARN or of a pipeline’s newest execution'), args => watch(bench, args));
  add(LAB.open, t.__('Open as a View'), t.__('Draw the selected pipeline or execution in the notebook'), args => openOne(bench, args));
  add(LAB.stop, t.__('Stop the Execution…'), t.__('Stop the selected execution'), args => stop(bench, args));
  add(LAB.copyArn, t.__('Copy ARN'), t.__('Copy the ARN of the selected pipeline or execution'), args => copyArn(bench, args));
  add(LAB.startUnseen, t.__('Start Without a View'), t.__('Start the selected pipeline as it is deployed; the panel shows its state'), args => startUnseen(bench, args));
  add(LAB.wake, t.__('Start the Engine on This Machine'), t.__('It starts by itself when a notebook needs it'), () => wake(bench));
  add(LAB.refresh, t.__('Look at Pipelines Again'), t.__('Ask the target now'), () => bench.feed.refresh());
  return made;
}

/** For whoever asks what the commands take. */
const SCHEMA = {
  type: 'object',
  properties: {
    name: { type: 'string', description: 'The name of a pipeline; the selected one of the panel when left out' },
    arn: { type: 'string', description: 'The ARN of an execution' }
  }
} as const;

function tell(error: unknown): void {
  Notification.error(visible(error instanceof Error ? error.message : String(error)), { autoClose: SHOWN });
}

function subjectOf(bench: Bench, args: ReadonlyPartialJSONObject): Subject {
  const text = (name: string): string => (typeof args[name] === 'string' ? (args[name] as string) : '');
  const selected = bench.selected();
  return text('name') || text('arn') ? { ...NOTHING, name: text('name'), arn: text('arn'), pipelineArn: text('pipelineArn'), running: selected.running } : selected;
}

/** A name or ARN as one word of a magic's line. */
function word(text: string): string {
  if (!WORD.test(text)) {
    throw new Error(`“${text}” is neither a pipeline’s name nor an ARN: those have letters, digits and - : / only.`);
  }
  return text;
}

async function line(bench: Bench, args: ReadonlyPartialJSONObject, verb: string, question: string): Promise<void> {
  const name = subjectOf(bench, args).name || (await askName(bench, question));
  if (name) {
    await bench.cells.runLine(`%pipeline ${verb} ${word(name)}`, bench.feed.target);
  }
}

async function watch(bench: Bench, args: ReadonlyPartialJSONObject): Promise<void> {
  const { arn, name } = subjectOf(bench, args);
  const what = arn || name || (await askName(bench, bench.trans.__('Watch which execution (its ARN), or the newest of which pipeline?')));
  if (what) {
    await bench.cells.runLine(`%pipeline watch ${word(what)}`, bench.feed.target);
  }
}

async function openOne(bench: Bench, args: ReadonlyPartialJSONObject): Promise<void> {
  const subject = subjectOf(bench, args);
  const verb = subject.arn ? `watch ${word(subject.arn)}` : `show ${word(need(subject.name))}`;
  await bench.cells.runLine(`%pipeline ${verb}`, bench.feed.target);
}

function need(text: string): string {
  if (!text) {
    throw new Error('Nothing is selected in the panel. Select a pipeline or an execution there.');
  }
  return text;
}

async function askName(bench: Bench, title: string): Promise<string> {
  const items = (bench.feed.overview?.pipelines ?? []).map(one => one.name);
  const answer = items.length
    ? await InputDialog.getItem({ title, items, editable: true, okLabel: bench.trans.__('Go on') })
    : await InputDialog.getText({ title, placeholder: bench.trans.__('name or ARN'), okLabel: bench.trans.__('Go on') });
  return answer.button.accept ? (answer.value ?? '').trim() : '';
}

async function newCell(bench: Bench): Promise<void> {
  const answer = await InputDialog.getText({
    title: bench.trans.__('New pipeline'),
    label: bench.trans.__('Its name (letters, digits and “-”)'),
    text: 'my-pipeline',
    okLabel: bench.trans.__('Make the cell')
  });
  const name = answer.button.accept ? (answer.value ?? '').trim() : '';
  if (name && !CELL_NAME.test(name)) {
    throw new Error(`“${name}” cannot be a pipeline’s name: take letters, digits and “-” between them.`);
  }
  if (name) {
    await bench.cells.runCell(`%%pipeline ${name}`);
  }
}

async function importOne(bench: Bench): Promise<void> {
  const answer = await InputDialog.getText({
    title: bench.trans.__('Import a pipeline definition'),
    label: bench.trans.__('A file (.json), a deployed pipeline’s name, or an s3:// address'),
    okLabel: bench.trans.__('Import')
  });
  const what = answer.button.accept ? (answer.value ?? '').trim() : '';
  if (what) {
    await bench.cells.runLine(`%pipeline import ${quoted(what)}`, bench.feed.target);
  }
}

/** A path as one word of a magic's line: the magics read quotes as a shell does. */
function quoted(text: string): string {
  if (/[\n\r]/.test(text)) {
    throw new Error('A path has no line breaks.');
  }
  return WORD.test(text) ? text : `'${text.replace(/'/g, `'"'"'`)}'`;
}

async function stop(bench: Bench, args: ReadonlyPartialJSONObject): Promise<void> {
  const subject = subjectOf(bench, args);
  const arn = subject.arn || subject.running;
  if (!arn) {
    throw new Error('No execution is selected in the panel that runs. Select one there.');
  }
  const t = bench.trans;
  const answer = await showDialog({
    title: t.__('Stop the execution of %1?', visible(subject.name || arn)),
    body: t.__('Its running steps end, and what they have not saved is lost.'),
    buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: t.__('Stop') })]
  });
  if (answer.button.accept) {
    await bench.feed.server.stop(bench.feed.target, arn);
    await bench.feed.refresh();
  }
}

async function copyArn(bench: Bench, args: ReadonlyPartialJSONObject): Promise<void> {
  const subject = subjectOf(bench, args);
  await writeClipboard(need(subject.arn || subject.pipelineArn));
  Notification.success(bench.trans.__('The ARN is in the clipboard.'), { autoClose: 2000 });
}

async function startUnseen(bench: Bench, args: ReadonlyPartialJSONObject): Promise<void> {
  const { name } = subjectOf(bench, args);
  await bench.feed.server.start(bench.feed.target, need(name));
  bench.feed.open(name, true);
  await bench.feed.refresh();
}

async function wake(bench: Bench): Promise<void> {
  await bench.feed.server.wake();
  await bench.feed.refresh();
}
