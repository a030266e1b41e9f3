/** A file as a canvas: its text is the document's, edited by the same editor as a cell's. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification, ToolbarButton } from '@jupyterlab/apputils';
import { ABCWidgetFactory, DocumentWidget, type DocumentRegistry } from '@jupyterlab/docregistry';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Panel, Widget } from '@lumino/widgets';
import { CannotDraw, DocumentKernel } from './documentKernel';
import { DocumentText, giveText } from './documentText';
import { button, el } from './dom';
import type { LabSettings } from './labSettings';
import { pythonSpec } from './notebookCells';
import type { Trouble } from './pipelineFacts';
import { visible } from './plainText';

export const FACTORY = 'Pipeline canvas';
const TEXT_EDITOR = 'Editor';
/** Names of a text file: what is not one is a definition. */
const IS_TEXT = /\.ya?ml$/i;

/** What documents work with. */
export interface DocumentBench {
  readonly app: JupyterFrontEnd;
  readonly rendermime: IRenderMimeRegistry;
  readonly settings: LabSettings;
  readonly trans: TranslationBundle;
}

export class PipelineDocument extends Panel {
  private readonly kernel: DocumentKernel;
  private text: DocumentText | null = null;
  private drawn: Widget | null = null;
  private attempt = 0;

  constructor(
    private readonly bench: DocumentBench,
    private readonly context: DocumentRegistry.Context
  ) {
    super();
    this.addClass('smpw-document');
    this.kernel = new DocumentKernel(bench.app.serviceManager, context.path, bench.rendermime, pythonSpec(bench.app));
    this.kernel.renewed.connect(this.redraw, this);
    this.say('Starting a Python kernel for it…');
    void context.ready.then(() => this.begin());
  }

  get isText(): boolean {
    return IS_TEXT.test(this.context.path);
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this.text?.dispose();
      this.kernel.dispose();
      super.dispose();
    }
  }

  protected override onActivateRequest(_message: Message): void {
    this.node.tabIndex = -1;
    this.node.focus();
  }

  /** Open the same document as a text, beside this. */
  openText(): void {
    void this.bench.app.commands.execute('docmanager:open', { path: this.context.path, factory: TEXT_EDITOR, options: { mode: 'split-right' } });
  }

  /** Write the definition as a text into a file beside it, never over one that is there. */
  async convert(): Promise<void> {
    const { contents } = this.bench.app.serviceManager;
    const path = this.context.path.replace(/(\.pipeline)?\.json$/i, '') + '.pipeline.yaml';
    try {
      const content = await this.kernel.convert(this.context.model.toString());
      if (await exists(contents, path)) {
        throw new Error(`${path} is there already. Move or rename it and try again.`);
      }
      await contents.save(path, { type: 'file', format: 'text', content });
      await this.bench.app.commands.execute('docmanager:open', { path, factory: FACTORY });
    } catch (error) {
      Notification.error(visible(error instanceof Error ? error.message : String(error)), { autoClose: 8000 });
    }
  }

  private begin(): void {
    if (this.isDisposed) {
      return;
    }
    this.text = new DocumentText(this.context, () => this.openText());
    if (!this.isText) {
      // a definition is drawn anew as a whole; a text is drawn by its editor, while it is typed
      this.context.fileChanged.connect(this.redraw, this);
    }
    void this.draw();
  }

  private redraw(): void {
    void this.draw();
  }

  private async draw(): Promise<void> {
    const attempt = ++this.attempt;
    const text = this.text?.text ?? '';
    try {
      const { model, view } = await this.kernel.draw(text, this.bench.settings.place);
      if (this.isDisposed || attempt !== this.attempt) {
        view.remove();
        return;
      }
      if (this.text && this.isText) {
        giveText(model, this.text);
      }
      this.put(view.luminoWidget as unknown as Widget);
      if (this.isText && isReadable(model.get('problems') as { code: string }[])) {
        const { EditSession } = await import('./editSession');
        EditSession.of(model as unknown as Parameters<typeof EditSession.of>[0]).edit(true);
      }
    } catch (error) {
      if (!this.isDisposed && attempt === this.attempt) {
        this.fail(error instanceof CannotDraw ? error.trouble : { message: String(error), fix: '' });
      }
    }
  }

  private say(words: string): void {
    this.put(new Widget({ node: el('p', { class: 'smpw-document-note', role: 'status' }, words) }));
  }

  private fail(trouble: Trouble): void {
    const node = el(
      'div',
      { class: 'smpw-document-note', role: 'alert' },
      el('h3', {}, 'This file cannot be drawn'),
      el('p', {}, trouble.message),
      el('p', { class: 'smpw-muted' }, trouble.fix),
      el('p', {}, 'Nothing of it was changed.'),
      button('Open as text', () => this.openText()),
      button('Try again', () => this.redraw())
    );
    this.put(new Widget({ node }));
  }

  private put(widget: Widget): void {
    this.drawn?.dispose();
    this.drawn = widget;
    this.addWidget(widget);
  }
}

export class PipelineDocumentFactory extends ABCWidgetFactory<DocumentWidget<PipelineDocument>> {
  constructor(
    options: DocumentRegistry.IWidgetFactoryOptions<DocumentWidget<PipelineDocument>>,
    private readonly bench: DocumentBench
  ) {
    super(options);
  }

  protected override createNewWidget(context: DocumentRegistry.Context): DocumentWidget<PipelineDocument> {
    const content = new PipelineDocument(this.bench, context);
    const made = new DocumentWidget({ content, context });
    const t = this.bench.trans;
    const add = (name: string, label: string, tooltip: string, onClick: () => void): void =>
      void made.toolbar.addItem(name, new ToolbarButton({ label, tooltip, onClick }));
    add('save', t.__('Save'), t.__('Save the file'), () => void context.save());
    add('text', t.__('Open as text'), t.__('The same document as a text, beside this'), () => content.openText());
    if (!content.isText) {
      add('convert', t.__('Convert to a text'), t.__('Write it as a .pipeline.yaml file, which can be edited'), () => void content.convert());
    }
    return made;
  }
}

/** What cannot be read is not edited on a canvas: its problems are shown. */
const isReadable = (problems: readonly { code: string }[]): boolean => !problems.some(one => one.code.startsWith('yaml-'));

async function exists(contents: JupyterFrontEnd['serviceManager']['contents'], path: string): Promise<boolean> {
  try {
    await contents.get(path, { content: false });
    return true;
  } catch {
    return false;
  }
}
