/** Two texts, the cell's and the canvas's, where an edit met a cell that was changed meanwhile: the person chooses. */
import { button, copyButton, el } from './dom';
import type { Conflict } from './editSession';

export function conflictCard(conflict: Conflict, choose: (keeps: 'cell' | 'canvas') => void): HTMLElement {
  const cell = text('In the cell', 'as you wrote it meanwhile', conflict.cell, conflict.canvas);
  const canvas = text('From the canvas', 'the edit, made in the text before that', conflict.canvas, conflict.cell);
  return el(
    'section',
    { class: 'smpw-conflict', role: 'alertdialog', 'aria-label': 'The cell was changed meanwhile', tabindex: '-1' },
    el('h4', { class: 'smpw-popover-title' }, 'The cell was changed while the canvas was edited'),
    el('p', {}, 'Nothing is lost: both texts are here. Lines that only one of them has are marked.'),
    el('div', { class: 'smpw-conflict-texts' }, cell, canvas),
    el(
      'div',
      { class: 'smpw-popover-buttons' },
      button('Keep mine', () => choose('cell'), { class: 'smpw-go', title: 'The cell stays as it is; the edit on the canvas is dropped' }),
      button('Take the canvas’s', () => choose('canvas'), { title: 'The canvas’s text replaces the cell’s; undo brings it back' }),
      el('span', { class: 'smpw-space' }),
      copyButton('Copy mine', () => conflict.cell, 'Copy the cell’s text'),
      copyButton('Copy the canvas’s', () => conflict.canvas, 'Copy the canvas’s text')
    )
  );
}

function text(title: string, says: string, own: string, other: string): HTMLElement {
  const known = new Map<string, number>();
  other.split('\n').forEach(line => known.set(line, (known.get(line) ?? 0) + 1));
  const lines = own.split('\n').map(line => {
    const left = known.get(line) ?? 0;
    known.set(line, left - 1);
    return left > 0 ? el('span', {}, `${line}\n`) : el('mark', { class: 'smpw-conflict-line' }, `${line}\n`);
  });
  const pre = el('pre', { class: 'smpw-conflict-text', tabindex: '0', 'aria-label': `${title}, ${says}` }, ...lines);
  // the first line that differs is what people want to see
  requestAnimationFrame(() => pre.querySelector('mark')?.scrollIntoView({ block: 'nearest' }));
  return el('div', {}, el('h5', {}, title, ' ', el('small', { class: 'smpw-muted' }, says)), pre);
}
