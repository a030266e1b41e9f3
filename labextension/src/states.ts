/** What the states mean: which are active, which are done, and the words and classes that show them. */
import { STATE_GLYPHS } from './glyphs';
import type { Change, RunFact, StepFact, StepRow, StepStatus } from './protocol';

type Word = StepStatus | Change;

const ACTIVE: ReadonlySet<Word> = new Set(['starting', 'running', 'stopping']);
const DONE: ReadonlySet<Word> = new Set(['succeeded', 'cached', 'reused']);

export const isActive = (status: Word): boolean => ACTIVE.has(status);
export const isDone = (status: Word): boolean => DONE.has(status);

/** The class that colours a state; an unknown word never becomes part of a class name. */
export function stateClass(status: Word): string {
  const known = Object.prototype.hasOwnProperty.call(STATE_GLYPHS, status) ? status : 'unknown';
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

/** What a comparison found, and the change it looks like. */
export function comparedWords(found: string, rows: readonly StepRow[]): [word: string, like: Word] {
  return [found, rows.every(row => row.status === 'unchanged') && found === 'identical' ? 'unchanged' : 'changed'];
}

export const isExecuting = (run: RunFact): boolean => run.status === 'Executing' || run.status === 'Stopping';

/** The row of a step that no state of a run is known of. */
export function waitingRow(fact: StepFact): StepRow {
  return {
    name: fact.name,
    type: fact.type,
    status: fact.status,
    started: null,
    ended: null,
    reason: '',
    attempts: 0,
    because: [],
    cached_from: null,
    job_arn: null,
    ready: null,
    is_critical: false,
    activity: '',
    log_note: ''
  };
}
