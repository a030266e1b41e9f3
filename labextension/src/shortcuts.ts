/** The keys of the graph, as people read them under `?`. */
import { el } from './dom';

const MOD = /Mac/.test(navigator.platform) ? '⌘' : 'Ctrl';

const KEYS: readonly [group: string, keys: readonly [keys: string, does: string][]][] = [
  [
    'Look',
    [
      ['← ↑ → ↓', 'go to the next step'],
      ['Enter', 'open what is known of it; Esc comes back'],
      ['/', 'find a step'],
      ['f', 'show the whole graph'],
      ['+ −', 'zoom'],
      ['[ ]', 'previous, next failed step'],
      ['g', 'fold or unfold the branch the step stands in']
    ]
  ],
  [
    'Edit',
    [
      ['a', 'add a step, behind the selected one'],
      ['c', 'connect: choose the other step with the arrows, then Enter'],
      ['F2', 'rename (or a double click)'],
      ['Delete', 'delete'],
      [`${MOD}+D`, 'duplicate'],
      ['m', 'everything that can be done with it'],
      ['Esc', 'leave what was begun']
    ]
  ],
  [
    'Several steps',
    [
      ['Shift+click', 'select one more'],
      ['Shift+drag', 'select all in a box'],
      ['Shift+arrow', 'select the next as well'],
      [`${MOD}+A`, 'select all'],
      [`${MOD}+C ${MOD}+X ${MOD}+V`, 'copy, cut, paste as text, also into another notebook']
    ]
  ],
  [
    'Text',
    [
      [`${MOD}+Z`, 'undo, as in the cell'],
      [`${MOD}+Y, ${MOD}+Shift+Z`, 'redo']
    ]
  ]
];

/** The list as a popover's content. */
export function shortcutList(): HTMLElement[] {
  const groups = KEYS.map(([group, keys]) =>
    el('section', {}, el('h5', {}, group), el('dl', {}, ...keys.flatMap(([key, does]) => [el('dt', {}, ...key.split(' ').map(each => el('kbd', {}, each))), el('dd', {}, does)])))
  );
  return [el('h4', { class: 'smpw-popover-title' }, 'Keys'), el('div', { class: 'smpw-shortcuts' }, ...groups)];
}
