/**
 * That a run has ended, for whoever tells people. Views say it here; the plugin, which alone knows JupyterLab, listens.
 */
import { Signal } from '@lumino/signaling';

export interface RunEnded {
  pipeline: string;
  arn: string;
  /** In words: `succeeded`, `failed`, … */
  word: string;
  isBad: boolean;
  milliseconds: number | null;
  /** Bring a view of the run into sight. */
  reveal: () => void;
}

/** The event with which a view asks for its notebook to be shown. */
export const REVEAL = 'smpw-reveal';

const SOURCE = {};
export const runEnded = new Signal<object, RunEnded>(SOURCE);

const told = new Set<string>();

/** Tell of the end of a run that was seen running; once, however many views show it. */
export function tellEnd(ended: RunEnded): void {
  const key = `${ended.arn}:${ended.word}`;
  if (!told.has(key)) {
    told.add(key);
    runEnded.emit(ended);
  }
}

/** The run goes on: its next end is news again. */
export function forgetEnd(arn: string): void {
  [...told].filter(key => key.startsWith(`${arn}:`)).forEach(key => told.delete(key));
}
