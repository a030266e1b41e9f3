/** The words of a state and the glyph beside each: a state is never told by colour alone. */
import type { RunFact, StepFact, StepRow, StepStatus } from './protocol';

export const GLYPHS: Readonly<Record<StepStatus, string>> = {
  waiting: '○',
  starting: '◔',
  running: '◌',
  succeeded: '✓',
  cached: '✓',
  reused: '↺',
  failed: '✕',
  blocked: '⊘',
  skipped: '–',
  stopping: '◧',
  stopped: '■',
  unknown: '?'
};

const ACTIVE: ReadonlySet<StepStatus> = new Set(['starting', 'running', 'stopping']);
const DONE: ReadonlySet<StepStatus> = new Set(['succeeded', 'cached', 'reused']);

export const isActive = (status: StepStatus): boolean => ACTIVE.has(status);
export const isDone = (status: StepStatus): boolean => DONE.has(status);

/** The glyph of a state, also of one that this version does not know. */
export function glyphOf(status: StepStatus): string {
  return Object.prototype.hasOwnProperty.call(GLYPHS, status) ? GLYPHS[status] : '?';
}

/** The class that colours a state; an unknown word never becomes part of a class name. */
export function stateClass(status: StepStatus): string {
  const known = Object.prototype.hasOwnProperty.call(GLYPHS, status) ? status : 'unknown';
  return `smpw-state smpw-is-${known}`;
}

const RUN_WORDS: Readonly<Record<string, [word: string, like: StepStatus]>> = {
  '': ['not run yet', 'waiting'],
  Executing: ['running', 'running'],
  Stopping: ['stopping', 'stopping'],
  Stopped: ['stopped', 'stopped'],
  Failed: ['failed', 'failed'],
  Succeeded: ['succeeded', 'succeeded'],
  CompletedWithFailures: ['completed with failures', 'failed']
};

/** The execution's state in our words, and the step state it looks like. */
export function runWords(run: RunFact): [word: string, like: StepStatus] {
  return RUN_WORDS[run.status] ?? [run.status, 'unknown'];
}

export const isExecuting = (run: RunFact): boolean => run.status === 'Executing' || run.status === 'Stopping';

/** The row of a step that no state is known of. */
export function waitingRow(fact: StepFact): StepRow {
  return {
    name: fact.name,
    type: fact.type,
    status: 'waiting',
    started: null,
    ended: null,
    reason: '',
    attempts: 0,
    because: [],
    cached_from: null,
    job_arn: null
  };
}
