/** What the page knows of one execution view: the kernel's facts with every delta since merged in, shared by all its views. */
import { DOMWidgetModel, unpack_models, type IBackboneModelOptions, type ISerializers } from '@jupyter-widgets/base';
import { ChoiceBook } from './choices';
import { LogPages } from './logPages';
import { forgetEnd, tellEnd, type Attention } from './notices';
import type { KernelMessage, LogPageMessage, LogRun, LogTotal, MetricFact, PageMessage, RunFact, RunState, StepRow } from './protocol';
import { isExecuting, runWords } from './states';
import { MODULE_NAME, MODULE_VERSION } from './version';

const NO_RUN: RunFact = {
  status: '',
  started: null,
  ended: null,
  reason: '',
  display_name: '',
  arn: '',
  now: 0,
  health: ''
};

/** Logs shown last, which are never forgotten, and the bytes that all logs may take. */
const KEPT_LOGS = 2;
const MOST_BYTES = 36_000_000;
const GONE: ReadonlySet<string> = new Set(['dead', 'terminating']);

/** What JupyterLab's widget manager tells of its kernel. */
interface KernelStatus {
  readonly isDisposed: boolean;
  readonly status: string;
}

export class ExecutionModel extends DOMWidgetModel {
  static override serializers: ISerializers = {
    ...DOMWidgetModel.serializers,
    canvas: { deserialize: unpack_models }
  };

  // `initialize` runs within the base constructor: an initialiser here would run after it and undo it
  declare run: RunFact;
  declare rows: Map<string, StepRow>;
  declare clockOffset: number;
  declare receivedAt: number;
  declare choiceBook: ChoiceBook;
  declare metrics: Map<string, MetricFact>;
  declare private logs: Map<string, LogPages>;
  declare private shownLogs: string[];

  override defaults(): Record<string, unknown> {
    return {
      ...super.defaults(),
      _model_name: 'ExecutionModel',
      _model_module: MODULE_NAME,
      _model_module_version: MODULE_VERSION,
      _view_name: 'ExecutionView',
      _view_module: MODULE_NAME,
      _view_module_version: MODULE_VERSION,
      title: '',
      subtitle: '',
      comparison: '',
      steps: [],
      problems: [],
      parameters: [],
      details: [],
      actions: [],
      state: null,
      report: null,
      next_steps: [],
      insight: null,
      replay: null,
      log_totals: [],
      metrics: [],
      has_form: false,
      editor: null,
      selected: null,
      canvas: null
    };
  }

  override initialize(attributes: Record<string, unknown>, options: IBackboneModelOptions): void {
    super.initialize(attributes, options);
    this.run = NO_RUN;
    this.rows = new Map();
    this.clockOffset = 0;
    this.receivedAt = Date.now();
    this.logs = new Map();
    this.shownLogs = [];
    this.choiceBook = new ChoiceBook();
    this.metrics = new Map();
    this.absorbState();
    this.on('change:state', () => this.absorbState());
    this.on('change:metrics', () => this.absorbMetrics((this.get('metrics') as MetricFact[] | undefined) ?? []));
    this.absorbMetrics((this.get('metrics') as MetricFact[] | undefined) ?? []);
    this.on('change:log_totals', () => this.absorbTotals(this.get('log_totals') as LogTotal[]));
    this.on('msg:custom', (message: KernelMessage) => this.receive(message));
    this.absorbTotals((this.get('log_totals') as LogTotal[] | undefined) ?? []);
  }

  /** Whether a kernel stands behind the view. A kernel that was shut down leaves its comms looking alive. */
  get isLive(): boolean {
    const kernel = (this.widget_manager as { kernel?: KernelStatus | null }).kernel;
    const isGone = kernel === null || (kernel !== undefined && (kernel.isDisposed || GONE.has(kernel.status)));
    return this.comm_live && !isGone;
  }

  /** The kernel's time now, as far as the page can tell. */
  now(): number {
    return Date.now() - this.clockOffset;
  }

  tell(message: PageMessage): void {
    if (this.isLive) {
      this.send(message as never, undefined);
    }
  }

  logOf(step: string): LogPages {
    const pages = this.logs.get(step) ?? new LogPages();
    this.logs.set(step, pages);
    return pages;
  }

  /** Note that a log is looked at: it is the last one whose lines are forgotten. */
  noteShown(step: string): void {
    this.shownLogs = [...this.shownLogs.filter(each => each !== step), step].slice(-KEPT_LOGS);
  }

  private boundLogs(): void {
    const held = [...this.logs].filter(([, pages]) => pages.bytes > 0);
    let bytes = held.reduce((sum, [, pages]) => sum + pages.bytes, 0);
    for (const [step, pages] of held) {
      if (bytes <= MOST_BYTES) {
        return;
      }
      if (!this.shownLogs.includes(step)) {
        bytes -= pages.bytes;
        pages.clear();
      }
    }
  }

  private receive(message: KernelMessage): void {
    if (message.kind === 'state') {
      this.clockOffset = Date.now() - message.run.now;
      this.merge(message, Date.now());
    } else if (message.kind === 'log_total') {
      this.absorbTotals(message.totals, message.tails);
    } else if (message.kind === 'log_page') {
      this.absorbPage(message);
    } else if (message.kind === 'action_done') {
      this.trigger('smpw:action', message.name, message.error);
    } else if (message.kind === 'metrics') {
      this.absorbMetrics(message.metrics);
    } else if (message.kind === 'news') {
      message.parts.forEach(part => this.receive(part));
      this.set_state(message.synced as never);
    } else if (message.kind === 'log_matches') {
      this.trigger('smpw:matches', message);
    } else if (message.kind === 'log_saved') {
      this.trigger('smpw:saved', message);
    } else if (message.kind === 'next_plan' || message.kind === 'next_done') {
      this.trigger('smpw:next', message);
    } else if (message.kind.startsWith('edit_')) {
      this.trigger('smpw:edit', message);
    } else {
      this.trigger('smpw:run', message);
    }
  }

  private absorbMetrics(metrics: readonly MetricFact[]): void {
    metrics.forEach(metric => this.metrics.set(JSON.stringify([metric.step, metric.name]), metric));
    this.trigger('smpw:metrics');
  }

  /** Another run begins: nothing of the one before is shown as its own. */
  private startOver(): void {
    this.rows.clear();
    this.metrics.clear();
    this.logs.clear();
    this.choiceBook.startOver();
    this.trigger('smpw:another');
  }

  /** Tell of an end that was seen coming; what had ended before it was looked at, or ends before one's eyes, is no news. */
  private noteEnd(before: RunFact, run: RunFact): void {
    const sight: Attention = { isSeen: false };
    this.trigger('smpw:sight', sight);
    if (before.arn !== run.arn || !isExecuting(before) || sight.isSeen) {
      return;
    }
    const [word, like] = runWords(run);
    const milliseconds = run.started !== null && run.ended !== null ? run.ended - run.started : null;
    const reveal = () => void this.trigger('smpw:reveal');
    tellEnd({ pipeline: String(this.get('title')), arn: run.arn, word, isBad: like === 'failed', milliseconds, reveal });
  }

  private absorbState(): void {
    const state = this.get('state') as RunState | null;
    if (state) {
      this.rows.clear();
      this.merge(state, state.run.now);
    }
  }

  private merge(state: RunState, at: number): void {
    const before = this.run;
    if (before.arn && before.arn !== state.run.arn) {
      this.startOver();
    }
    this.run = state.run;
    this.receivedAt = at;
    if (isExecuting(state.run)) {
      forgetEnd(state.run.arn);
    } else {
      this.noteEnd(before, state.run);
    }
    state.steps.forEach(row => this.rows.set(row.name, row));
    this.trigger('smpw:state', state.steps);
  }

  private absorbTotals(totals: readonly LogTotal[], tails: readonly LogRun[] = []): void {
    for (const [step, total] of totals) {
      const pages = this.logOf(step);
      pages.total = Math.max(pages.total, total);
    }
    tails.forEach(tail => this.logOf(tail.step).put(tail.first, tail.lines));
    this.boundLogs();
    this.trigger('smpw:logs');
  }

  private absorbPage(message: LogPageMessage): void {
    this.logOf(message.step).put(message.first, message.lines);
    this.boundLogs();
    this.trigger('smpw:page', message.step, message.error);
  }
}
