/** Which node lies next in a direction: plain geometry, for the arrow keys. */

export interface Spot {
  id: string;
  x: number;
  y: number;
}

export type Direction = 'up' | 'down' | 'left' | 'right';

const STEPS: Readonly<Record<Direction, [number, number]>> = { up: [0, -1], down: [0, 1], left: [-1, 0], right: [1, 0] };

/** The nearest spot that lies mainly in that direction; null where there is none. */
export function nearest(from: Spot, direction: Direction, spots: Iterable<Spot>): Spot | null {
  const [dx, dy] = STEPS[direction];
  let best: Spot | null = null;
  let least = Infinity;
  for (const spot of spots) {
    const [x, y] = [spot.x - from.x, spot.y - from.y];
    const ahead = x * dx + y * dy;
    const aside = Math.abs(x * dy) + Math.abs(y * dx);
    // sideways counts less between layers than within one: the row below is "down" even if it lies far to a side
    const cost = ahead + aside * (dy ? 0.5 : 8);
    if (ahead > 1 && cost < least) {
      [best, least] = [spot, cost];
    }
  }
  return best;
}
