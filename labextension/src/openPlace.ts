/** Opening the line of code a frame speaks of: the event a view sends, and how the cell or file is found. */

/** A `%%step` cell by its name, or a file by its path as the pipeline's text names it; lines count from 1. */
export interface CodePlace {
  cell: string;
  path: string;
  line: number;
}

/** The plugin hears it: it alone knows JupyterLab. */
export const OPEN_PLACE = 'smpw-open-place';

export function askToOpen(from: HTMLElement, place: CodePlace): void {
  from.dispatchEvent(new CustomEvent<CodePlace>(OPEN_PLACE, { bubbles: true, detail: place }));
}

/** Which of these cells' texts declares the step: the last one, as cells are run from top to bottom. */
export function stepCell(texts: readonly string[], name: string): number {
  const head = /^\s*%%step\s+(\S+)/;
  return texts.map(text => head.exec(text)?.[1]).lastIndexOf(name);
}

/** A path below the server's root, from the notebook's folder; null for a file that lies elsewhere. */
export function pathBelowRoot(path: string, notebook: string, root: string): string | null {
  if (path.startsWith('/')) {
    const base = root.endsWith('/') ? root : `${root}/`;
    return path.startsWith(base) ? path.slice(base.length) : null;
  }
  const parts = notebook.split('/').slice(0, -1);
  for (const part of path.split('/')) {
    if (part === '..') {
      if (!parts.length) {
        return null;
      }
      parts.pop();
    } else if (part !== '.' && part !== '') {
      parts.push(part);
    }
  }
  return parts.join('/');
}
