/** What Details holds when two definitions are compared: what differs in a step, and beside the steps. */
import { el } from './dom';
import { icon } from './icons';
import { empty } from './panes';
import type { Pair, StepRow } from './protocol';
import { stateClass } from './states';

const WORDS: Readonly<Record<string, string>> = {
  added: 'This step is new.',
  removed: 'This step is gone.',
  unchanged: 'This step is the same on both sides.'
};

/** A step's differences, each value as it was and as it is. */
export function comparedStep(row: StepRow, pairs: readonly Pair[]): HTMLElement[] {
  const words = Object.hasOwn(WORDS, row.status) ? WORDS[row.status] : '';
  if (pairs.length) {
    return [el('h4', {}, 'Differences'), changes(pairs)];
  }
  return [el('p', { class: stateClass(row.status) }, icon(row.status), el('span', {}, words || row.status))];
}

/** Each path over its values: paths are long, and a narrow column would break them. */
function changes(pairs: readonly Pair[]): HTMLElement {
  const path = (text: string) => el('div', { class: 'smpw-change-path' }, el('bdi', {}, text));
  const values = (text: string) => el('div', { class: 'smpw-change-values' }, el('bdi', {}, text));
  const items = pairs.map(([name, value]) => el('li', {}, path(name), values(value)));
  return el('ul', { class: 'smpw-changes' }, ...items);
}

/** What differs in the pipeline itself: parameters and other settings. */
export function comparedDetails(pairs: readonly Pair[]): HTMLElement[] {
  const same = empty('Parameters and settings are the same on both sides.');
  const made = pairs.length ? [el('h4', {}, 'Parameters and settings'), changes(pairs)] : [same];
  return [...made, el('p', { class: 'smpw-muted' }, 'Select a step in the graph or the table to see what differs in it.')];
}
