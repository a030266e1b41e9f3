/** Where folded lines stand: heights in, places out. Knows no element. */

/** A line, and how far below the upper edge of what is seen it begins, in pixels. */
export interface Pin {
  line: number;
  y: number;
}

interface Sight {
  view: number;
  /** How many lines there are in all. */
  total: number;
  /** Whether the last line's lower edge is at the bottom. */
  atEnd: boolean;
}

/**
 * The line that a place of the scroll bar stands for: as far through all lines as the bar is, and as far down in what is
 * seen. So the first line is reached at the top, the last one at the bottom, and every one on the way.
 */
export function inWindow(top: number, bottom: number, total: number, view: number): Pin {
  const share = bottom > 0 ? Math.min(1, top / bottom) : 0;
  const line = Math.min(Math.max(0, total - 1), Math.floor(share * total));
  return { line, y: share * view };
}

/** Lay out consecutive lines, the first of which is line `first`, so that the pinned one is where its pin says. */
export function placeRows(heights: readonly number[], first: number, pin: Pin, sight: Sight): { tops: number[]; pin: Pin; mean: number } {
  const tops: number[] = [];
  let height = 0;
  for (const each of heights) {
    tops.push(height);
    height += each;
  }
  const pinned = Math.min(Math.max(0, pin.line - first), heights.length - 1);
  let shift = heights.length ? pin.y - tops[pinned] : 0;
  if (sight.atEnd || (first + heights.length >= sight.total && shift + height < sight.view)) {
    shift = sight.view - height;
  }
  if (first === 0 && shift > 0) {
    shift = 0; // nothing stands above the first line
  }
  const placed = tops.map(top => top + shift);
  const upper = placed.findIndex((top, at) => top + heights[at] > 0);
  const mean = heights.length ? height / heights.length : 0;
  const at = upper < 0 ? { line: first, y: shift } : { line: first + upper, y: placed[upper] };
  return { tops: placed, pin: at, mean };
}
