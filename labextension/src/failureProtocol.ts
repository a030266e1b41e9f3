/**
 * What crosses between kernel and page of failures: the report, what differs, what to do now.
 *
 * The twin of `sm_pipeline_widgets/widgets/failure_messages.py`: the same names, in the same order.
 */
import type { LogRow, Pair } from './protocol';

/** `cell` or `path` is where a click leads, '' where it is not known. */
export interface FrameFact {
  file: string;
  line: number;
  function: string;
  source: string;
  is_user: boolean;
  origin: string;
  cell: string;
  path: string;
}

/** A known cause that fits: remedy, a policy or command to copy, how sure it is, and what it was recognised by. */
export interface CauseFact {
  title: string;
  fix: string;
  evidence: string;
  snippet: string;
  confidence: string;
  source: string;
}

/** Where a host's log first speaks of an error: a title, the lines around it, and which of them it is. */
export interface HostErrorFact {
  title: string;
  lines: LogRow[];
  at: number;
}

/** One step that failed on its own; `how_far` says how far it came, `history` its job's statuses. */
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
  led_to: string[];
  frames: FrameFact[];
  conditions: string[];
  causes: CauseFact[];
  fault: string;
  log_tail: LogRow[];
  first_errors: HostErrorFact[];
  job_arn: string | null;
  facts: Pair[];
  started_at_all: boolean;
  how_far: string;
  history: string[];
  attempts: number;
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

/** Something to fill in before an action: its name, what kind of value it takes, what stands there. */
export interface NextField {
  name: string;
  type: string;
  value: string;
  hint: string;
}

/**
 * Something to do now. `step` is the step it is for (null: the run, or with `per_step` whichever is meant); `reason`
 * says why it cannot be done; `types` are the types of steps it is for, where not for all.
 */
export interface NextFact {
  name: string;
  step: string | null;
  per_step: boolean;
  label: string;
  does: string;
  fields: NextField[];
  reason: string;
  types: string[];
}

export interface DifferenceSection {
  heading: string;
  lines: string[];
}

/** What was found out about a run when somebody asked; `error` says why there is nothing to compare with. */
export interface InsightFact {
  arn: string;
  title: string;
  sections: DifferenceSection[];
  code: Pair[];
  cache: Pair[];
  error: string;
}

// kernel → page

/** What an action would do: in words and as states of steps; `go` is the button that does it. */
export interface NextPlanMessage {
  kind: 'next_plan';
  press: string;
  words: string;
  states: [name: string, state: string, note: string][];
  go: string;
  error: string;
}

/** An action was done, or `error` says why not. */
export interface NextDoneMessage {
  kind: 'next_done';
  press: string;
  words: string;
  error: string;
}

export type NextMessage = NextPlanMessage | NextDoneMessage;

// page → kernel

export interface NextPlanRequest {
  kind: 'next_plan_request';
  press: string;
  name: string;
  step: string | null;
  values: Pair[];
}

export interface NextStartRequest {
  kind: 'next_start';
  press: string;
}

export interface InsightRequest {
  kind: 'insight_request';
}

export type FailureRequest = NextPlanRequest | NextStartRequest | InsightRequest;
