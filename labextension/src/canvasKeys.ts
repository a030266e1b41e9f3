/** What a key does on the graph, whether it is edited or not. */
import type { PipelineCanvasView } from './canvas';
import type { Direction } from './neighbours';

/** The arrow keys as ways through the graph. */
export const ARROWS: Readonly<Record<string, Direction>> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right'
};

/** Do what a key means; false when it means nothing here. */
export function pressed(canvas: PipelineCanvasView, key: string): boolean {
  if (ARROWS[key]) {
    const next = canvas.neighbour(ARROWS[key]);
    canvas.chooseAll(next === null ? canvas.selection : [next]);
  } else if (key === 'Enter' && canvas.primary !== null) {
    canvas.open(canvas.primary);
  } else if (key === 'Escape' && canvas.primary !== null) {
    canvas.chooseAll([]);
  } else if (key === 'f' || key === '0') {
    canvas.fit();
  } else if (key === '+' || key === '=') {
    canvas.zoomBy(1.25);
  } else if (key === '-') {
    canvas.zoomBy(0.8);
  } else if (key === '[' || key === ']') {
    walkFailed(canvas, key === ']' ? 1 : -1);
  } else {
    return false;
  }
  return true;
}

function walkFailed(canvas: PipelineCanvasView, step: 1 | -1): void {
  const failed = canvas.inState('failed');
  if (failed.length) {
    const at = failed.indexOf(canvas.primary ?? '');
    canvas.chooseAll([failed[at < 0 ? 0 : (at + step + failed.length) % failed.length]]);
  }
}
