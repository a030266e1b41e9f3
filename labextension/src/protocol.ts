/**
 * Every message and every synced value that crosses between kernel and page for the execution view.
 *
 * The twin of `sm_pipeline_widgets/widgets/protocol.py`: the same names, in the same order. Names that come from
 * outside (steps, parameters) travel as values in lists, never as keys of objects.
 */

export type StepStatus =
  | 'waiting'
  | 'starting'
  | 'running'
  | 'succeeded'
  | 'cached'
  | 'reused'
  | 'failed'
  | 'blocked'
  | 'skipped'
  | 'stopping'
  | 'stopped'
  | 'unknown';

/** What became of a step, in a comparison of two definitions. */
export type Change = 'added' | 'removed' | 'changed' | 'unchanged';

/**
 * What is known of a step before anything runs. `id` is its node on the canvas; `status` is `waiting`, or in a
 * comparison what became of the step.
 */
export interface StepFact {
  name: string;
  id: string | null;
  type: string;
  status: StepStatus | Change;
}

/** Where one step stands; times are milliseconds since the epoch. */
export interface StepRow {
  name: string;
  type: string;
  status: StepStatus | Change;
  started: number | null;
  ended: number | null;
  reason: string;
  attempts: number;
  because: string[];
  cached_from: string | null;
  job_arn: string | null;
}

/** The MIME type of a view in a notebook's output. */
export const OUTPUT_MIME = 'application/vnd.sm-pipeline-widgets.view+json';

/** What stands under it: the widget to show where its kernel still knows it. */
export interface LiveOutput {
  model_id: string;
}

/** Where the execution stands. `status` is the API's word, or '' when nothing was ever run. `now` is the kernel's clock. */
export interface RunFact {
  status: string;
  started: number | null;
  ended: number | null;
  reason: string;
  display_name: string;
  arn: string;
  now: number;
  health: string;
}

export interface RunState {
  run: RunFact;
  steps: StepRow[];
}

export interface ProblemFact {
  code: string;
  severity: 'error' | 'warning' | 'note';
  message: string;
  fix: string;
  step: string | null;
  line: number | null;
  column: number | null;
}

/** A named value, as tables of parameters and details show it. */
export type Pair = [name: string, value: string];

export interface StepDetails {
  step: string;
  pairs: Pair[];
}

/** A button. `reason` says why it cannot be pressed now ('' when it can). */
export interface ActionFact {
  name: string;
  label: string;
  confirm: boolean;
  reason: string;
}

export interface FrameFact {
  file: string;
  line: number;
  function: string;
  source: string;
  is_user: boolean;
  origin: string;
}

/** A known cause that fits, with its remedy and the words it was recognised by. */
export interface CauseFact {
  title: string;
  fix: string;
  evidence: string;
}

export interface RootFact {
  step: string;
  type: string;
  headline: string;
  reasons: string[];
  exit_code: number | null;
  exit_meaning: string;
  exception_type: string;
  exception_message: string;
  followed: string[];
  frames: FrameFact[];
  conditions: string[];
  causes: CauseFact[];
  fault: string;
  log_tail: LogRow[];
  job_arn: string | null;
  facts: Pair[];
  started_at_all: boolean;
}

export interface ReportFact {
  roots: RootFact[];
  also_failed: Pair[];
  blocked: Pair[];
  skipped: Pair[];
  stopped: string[];
  succeeded: string[];
  running: string[];
  waiting: string[];
  reason: string;
  markdown: string;
}

/** One log line: milliseconds since the epoch, host, text. */
export type LogRow = [time: number, stream: string, text: string];

export type LogTotal = [step: string, total: number];

/** Consecutive lines of one step's log. */
export interface LogRun {
  step: string;
  first: number;
  lines: LogRow[];
}

// kernel → page

export interface StateMessage {
  kind: 'state';
  run: RunFact;
  steps: StepRow[];
}

export interface LogTotalMessage {
  kind: 'log_total';
  totals: LogTotal[];
  tails: LogRun[];
}

export interface LogPageMessage extends LogRun {
  kind: 'log_page';
  count: number;
  error: string;
}

export interface ActionDoneMessage {
  kind: 'action_done';
  name: string;
  error: string;
}

export type KernelMessage = StateMessage | LogTotalMessage | LogPageMessage | ActionDoneMessage;

// page → kernel

export interface LogPageRequest {
  kind: 'log_page_request';
  step: string;
  first: number;
  count: number;
}

/** Which step's log a view shows; null when it shows none. */
export interface FollowMessage {
  kind: 'follow';
  view: string;
  step: string | null;
}

export interface ActionMessage {
  kind: 'action';
  name: string;
}

export type PageMessage = LogPageRequest | FollowMessage | ActionMessage;
