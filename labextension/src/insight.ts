/** What differs from the last success, and what the cache did: elements made from facts. */
import { copyButton, el } from './dom';
import type { InsightFact } from './failureProtocol';

/** The findings under their headings, then the difference of each step's code. */
export function differenceElements(found: InsightFact): HTMLElement[] {
  if (found.error) {
    return [el('p', { class: 'smpw-muted smpw-pre' }, found.error)];
  }
  const made: HTMLElement[] = [el('p', { class: 'smpw-muted' }, found.title)];
  for (const section of found.sections) {
    const lines = section.lines.map(line => el('li', {}, line));
    made.push(el('h5', {}, section.heading), el('ul', { class: 'smpw-findings' }, ...lines));
  }
  if (!found.sections.length) {
    made.push(el('p', {}, 'Nothing that is known of them differs.'));
  }
  for (const [step, text] of found.code) {
    made.push(el('h5', {}, 'The code of ', el('bdi', {}, step), ' ', copyButton('⧉', () => text, 'Copy this difference')), diffElement(text));
  }
  return made;
}

const KINDS: readonly [start: string, kind: string][] = [
  ['+++', 'file'],
  ['---', 'file'],
  ['@@', 'place'],
  ['+', 'added'],
  ['-', 'removed']
];

/** A unified diff, its lines told apart. */
export function diffElement(text: string): HTMLElement {
  const lines = text.split('\n').map(line => {
    const kind = KINDS.find(([start]) => line.startsWith(start))?.[1];
    return el('span', { class: kind ? `smpw-diff-${kind}` : undefined }, `${line}\n`);
  });
  return el('pre', { class: 'smpw-diff', tabindex: '0' }, ...lines);
}

/** What the cache did for a step: a sentence, and what had changed. */
export function cacheElement(words: string): HTMLElement {
  const [sentence, ...changes] = words.split('\n');
  const list = changes.length ? el('ul', { class: 'smpw-findings' }, ...changes.map(line => el('li', {}, line))) : null;
  return el('div', { class: 'smpw-cache' }, el('p', {}, sentence), list);
}
