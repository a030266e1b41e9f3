/**
 * One picture becomes the next: what stays keeps its place on the screen as far as the new layout lets it, and glides
 * the rest of the way; what is new appears, what is gone goes.
 */
import type { Core, ElementDefinition, NodeSingular } from 'cytoscape';

/** A point of the picture, in its own coordinates. */
export interface Place {
  x: number;
  y: number;
}

export interface NodeElement extends ElementDefinition {
  data: ElementDefinition['data'] & { id: string };
  position: Place;
}

/** How long a card glides, in milliseconds; the cards' own time is in canvas.css. */
export const GLIDE = 140;
/** With more cards than this nothing glides: it would take longer than it helps. */
const MOST_GLIDING = 120;

/** Whether things may glide at all: people can ask their system for less movement. */
export const canGlide = (): boolean => !matchMedia('(prefers-reduced-motion: reduce)').matches;

export interface Redrawn {
  /** How far the picture as a whole was moved: whoever looks at it moves along. */
  shift: Place;
  /** Whether cards glide to their places. */
  isGliding: boolean;
  /** Whether anything of the picture before is still there. */
  hasStayed: boolean;
}

/** Show these elements instead of those before. */
export function redraw(cy: Core, elements: readonly ElementDefinition[]): Redrawn {
  cy.nodes().stop(true, true);
  const before = new Map(cy.nodes().map(node => [node.id(), { ...node.position() }]));
  const nodes = elements.filter((each): each is NodeElement => each.group === 'nodes');
  const staying = nodes.filter(node => before.has(node.data.id));
  const shift = shiftOf(staying, before);
  const isGliding = staying.length > 0 && staying.length <= MOST_GLIDING && canGlide();
  const moves: [NodeSingular, Place][] = [];
  cy.batch(() => {
    const wanted = new Set(nodes.map(node => node.data.id));
    cy.edges().remove();
    cy.nodes().filter(node => !wanted.has(node.id())).remove();
    for (const { data, position } of staying) {
      const node = cy.getElementById(data.id) as unknown as NodeSingular;
      const old = before.get(data.id) as Place;
      node.removeData().data(structuredClone(data));
      const start = { x: old.x + shift.x, y: old.y + shift.y };
      node.position(isGliding ? start : position);
      if (isGliding && (start.x !== position.x || start.y !== position.y)) {
        moves.push([node, position]);
      }
    }
    const fresh = nodes.filter(node => !before.has(node.data.id));
    cy.add(structuredClone([...fresh, ...elements.filter(each => each.group === 'edges')]));
  });
  moves.forEach(([node, position]) => node.animate({ position: { ...position } }, { duration: GLIDE, easing: 'ease-out' }));
  return { shift, isGliding: moves.length > 0, hasStayed: staying.length > 0 };
}

/** What the layout moved as a whole: the way that most cards went. */
function shiftOf(staying: readonly NodeElement[], before: ReadonlyMap<string, Place>): Place {
  const ways = staying.map(({ data, position }) => {
    const old = before.get(data.id) as Place;
    return { x: position.x - old.x, y: position.y - old.y };
  });
  return { x: median(ways.map(way => way.x)), y: median(ways.map(way => way.y)) };
}

/** The box around these cards. */
export function boxAround(nodes: readonly (NodeElement & { data: { w: number; h: number } })[]): { x1: number; y1: number; x2: number; y2: number } {
  const edge = (of: 'x' | 'y', by: 'w' | 'h', way: 1 | -1): number[] => nodes.map(({ position, data }) => position[of] + (way * data[by]) / 2);
  return { x1: Math.min(...edge('x', 'w', -1)), y1: Math.min(...edge('y', 'h', -1)), x2: Math.max(...edge('x', 'w', 1)), y2: Math.max(...edge('y', 'h', 1)) };
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
