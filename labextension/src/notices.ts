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

/** A question to all views of a run: whether one of them is before a person's eyes. */
export interface Attention {
  isSeen: boolean;
}

/** Whether most of an element's head is in a page that is looked at. */
export function isInSight(element: HTMLElement): boolean {
  const place = element.getBoundingClientRect();
  const isDrawn = place.width > 0 && place.height > 0;
  return !document.hidden && isDrawn && place.top >= 0 && place.top < window.innerHeight * 0.8;
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
