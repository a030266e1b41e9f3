/**
 * Every message and every synced value that crosses between kernel and page for the execution view.
 *
 * The twin of `sm_pipeline_widgets/widgets/protocol.py`: the same names, in the same order (of failures:
 * `failureProtocol.ts`). Names that come from
 * outside (steps, parameters) travel as values in lists, never as keys of objects.
 */

import type { EditMessage, EditRequest } from './editProtocol';
import type { FailureRequest, NextMessage } from './failureProtocol';

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

/**
 * Where one step stands; times are milliseconds since the epoch. `ready` is when the last step it waits for had ended;
 * `activity` is what its job does now, in words; `log_note` says why its log shows no lines, where there is more to say
 * than that.
 */
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
  ready: number | null;
  is_critical: boolean;
  activity: string;
  log_note: string;
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

/** A metric of a step: milliseconds since the epoch and values, in the order of time. */
export interface MetricFact {
  step: string;
  name: string;
  points: [time: number, value: number][];
}

/** One log line: milliseconds since the epoch, host, text. */
export type LogRow = [time: number, stream: string, text: string];

export type LogTotal = [step: string, total: number];

/** A line that was found: its step, its number in the log, the line. */
export type LogMatch = [step: string, number: number, line: LogRow];

/** Consecutive lines of one step's log. */
export interface LogRun {
  step: string;
  first: number;
  lines: LogRow[];
}

/** A parameter: what it takes, what it was in the last run; null where there is none. */
export interface FormFieldFact {
  name: string;
  type: string;
  description: string;
  default: string | null;
  allowed: string[];
  last: string | null;
  is_secret: boolean;
}

/**
 * Everything that can be said about a run. `press` belongs to one press of the button; `at_once` is whether the run may
 * start without the form: nothing has to be filled in, and nothing is paid for.
 */
export interface RunFormFact {
  press: string;
  pipeline: string;
  target: string;
  fields: FormFieldFact[];
  versions: number[];
  aliases: string[];
  at_once: boolean;
}

/** What a person has entered; a value of null is the default. */
export interface RunEntries {
  values: [name: string, value: string | null][];
  display_name: string;
  description: string;
  parallelism: string;
  tags: Pair[];
  version: number | null;
  alias: string;
}

/** What has to be said yes to before a run starts. */
export interface QuestionFact {
  asks: string;
  title: string;
  text: string;
  yes: string;
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

/** What one look through a part of the logs found, and where the next one begins. */
export interface LogMatchesMessage {
  kind: 'log_matches';
  search: string;
  matches: LogMatch[];
  onward: LogTotal[];
  error: string;
}

/** A whole log was written to a file, or could not be: in words. */
export interface LogSavedMessage {
  kind: 'log_saved';
  step: string;
  words: string;
}

/** The metrics that changed, each whole. */
export interface MetricsMessage {
  kind: 'metrics';
  metrics: MetricFact[];
}

/** The form a view has asked for; `error` says why there is none. */
export interface RunFormMessage {
  kind: 'run_form';
  view: string;
  form: RunFormFact | null;
  error: string;
}

/** What is wrong with the entries: names of fields, and words. */
export interface RunProblemsMessage {
  kind: 'run_problems';
  press: string;
  problems: Pair[];
}

/** Where a submit stands; `seconds` is null while a stage goes on. */
export interface RunStageMessage {
  kind: 'run_stage';
  press: string;
  stage: string;
  words: string;
  began: number;
  seconds: number | null;
  done: number;
  total: number;
}

/** A submit waits for an answer. */
export interface RunQuestionsMessage {
  kind: 'run_questions';
  press: string;
  questions: QuestionFact[];
}

/** The run has started, or `error` says why not. */
export interface RunStartedMessage {
  kind: 'run_started';
  press: string;
  error: string;
}

/** Everything that one poll changed, in one message: first the parts in their order, then synced values. */
export interface NewsMessage {
  kind: 'news';
  parts: KernelMessage[];
  synced: Record<string, unknown>;
}

export interface ActionDoneMessage {
  kind: 'action_done';
  name: string;
  error: string;
}

export type RunMessage = RunFormMessage | RunProblemsMessage | RunStageMessage | RunQuestionsMessage | RunStartedMessage;

export type KernelMessage =
  | StateMessage
  | LogTotalMessage
  | LogPageMessage
  | LogMatchesMessage
  | LogSavedMessage
  | MetricsMessage
  | RunMessage
  | NextMessage
  | NewsMessage
  | EditMessage
  | ActionDoneMessage;

// page → kernel

export interface LogPageRequest {
  kind: 'log_page_request';
  step: string;
  first: number;
  count: number;
}

/** Look through a part of these steps' logs, each from that line on. */
export interface LogSearchRequest {
  kind: 'log_search';
  search: string;
  text: string;
  is_regex: boolean;
  is_case_sensitive: boolean;
  level: number;
  start: LogTotal[];
  count: number;
}

/** Write a step's whole log to a file. */
export interface LogSaveRequest {
  kind: 'log_save';
  step: string;
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

/** Whether a person has a view before their eyes; said again from time to time while it is so. */
export interface SightMessage {
  kind: 'sight';
  view: string;
  is_seen: boolean;
}

/** The fewest seconds between two questions about an execution; 0: as the kernel finds right. */
export interface PaceMessage {
  kind: 'pace';
  seconds: number;
}

/** A view wants to show the form. */
export interface RunFormRequest {
  kind: 'run_form_request';
  view: string;
}

/** Are these entries right? */
export interface RunCheckRequest {
  kind: 'run_check';
  press: string;
  entries: RunEntries;
}

/** Start a run; `confirmed` names the questions that were said yes to. */
export interface RunStartRequest {
  kind: 'run_start';
  press: string;
  entries: RunEntries;
  confirmed: string[];
}

export type RunRequest = RunFormRequest | RunCheckRequest | RunStartRequest;

export type PageMessage =
  | LogPageRequest
  | LogSearchRequest
  | LogSaveRequest
  | FollowMessage
  | RunRequest
  | FailureRequest
  | EditRequest
  | ActionMessage
  | SightMessage
  | PaceMessage;
