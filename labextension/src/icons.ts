/** The sign of a state as an element: the same drawing that the graph's cards have. */
import { el } from './dom';
import { STATE_GLYPHS } from './glyphs';

const SVG = 'http://www.w3.org/2000/svg';

/** An element for a state's sign; `setIcon` fills it. The word beside it is what screen readers get. */
export function icon(status = ''): HTMLElement {
  const made = el('span', { class: 'smpw-icon', 'aria-hidden': 'true' });
  if (status) {
    setIcon(made, status);
  }
  return made;
}

export function setIcon(target: HTMLElement, status: string): void {
  const known = Object.prototype.hasOwnProperty.call(STATE_GLYPHS, status) ? status : 'unknown';
  if (target.dataset.glyph !== known) {
    target.dataset.glyph = known;
    target.replaceChildren(drawing(known));
  }
}

function drawing(known: string): SVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  for (const [mode, data] of STATE_GLYPHS[known]) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', data);
    path.setAttribute('class', mode === 'fill' ? 'smpw-icon-fill' : 'smpw-icon-stroke');
    svg.append(path);
  }
  return svg;
}
