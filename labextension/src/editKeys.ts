/** What can be done on the graph, by name, and the keys that do it. */

export type ActionName =
  | 'add'
  | 'connect'
  | 'duplicate'
  | 'remove'
  | 'rename'
  | 'open'
  | 'copy'
  | 'cut'
  | 'all'
  | 'undo'
  | 'redo'
  | 'edit'
  | 'fold'
  | 'find'
  | 'fit'
  | 'keys'
  | 'more';

/** Keys that change nothing in the text: they are there while nothing is edited, too. */
const LOOKING: Readonly<Record<string, ActionName>> = { '/': 'find', '?': 'keys', g: 'fold' };
const EDITING: Readonly<Record<string, ActionName>> = {
  a: 'add',
  c: 'connect',
  Enter: 'open',
  F2: 'rename',
  Delete: 'remove',
  Backspace: 'remove',
  m: 'more',
  ContextMenu: 'more',
  'Shift+F10': 'more'
};
/** With Ctrl, or the command key of a Mac. Pasting is an event of its own. */
const COMMANDS: Readonly<Record<string, ActionName>> = { z: 'undo', 'Shift+z': 'redo', y: 'redo', d: 'duplicate', a: 'all', c: 'copy', x: 'cut' };

/** What a key does, while the graph is edited or not; null when it means nothing to editing. */
export function actionOf(event: KeyboardEvent, isOn: boolean): ActionName | null {
  if (event.altKey) {
    return null;
  }
  if (event.ctrlKey || event.metaKey) {
    return isOn ? (COMMANDS[`${event.shiftKey ? 'Shift+' : ''}${event.key.toLowerCase()}`] ?? null) : null;
  }
  if (!isOn) {
    return event.key === 'e' ? 'edit' : (LOOKING[event.key] ?? null);
  }
  return LOOKING[event.key] ?? EDITING[event.shiftKey && event.key === 'F10' ? 'Shift+F10' : event.key] ?? null;
}
