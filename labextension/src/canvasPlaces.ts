/** Where things stand on the graph, in pixels from its corner. Plain functions over cytoscape's core. */
import type { Core } from 'cytoscape';

export interface Box {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

/** An edge by the ids of its ends. */
export interface Ends {
  source: string;
  target: string;
}

const CARD = { includeLabels: false, includeOverlays: false };

/** Where a card stands; null for one that is not drawn. */
export function boxOf(cy: Core, id: string): Box | null {
  const node = cy.getElementById(id);
  return node.nonempty() ? node.renderedBoundingBox(CARD) : null;
}

/** The card at a point. */
export function cardAt(cy: Core, x: number, y: number): string | null {
  const found = cy.nodes().filter(node => {
    const { x1, y1, x2, y2 } = node.renderedBoundingBox(CARD);
    return x >= x1 && x <= x2 && y >= y1 && y <= y2;
  });
  return found.nonempty() ? found[0].id() : null;
}

export function edgesOf(cy: Core): Ends[] {
  return cy.edges().map(edge => ({ source: edge.data('source'), target: edge.data('target') }));
}

export function endsOf(cy: Core, edge: string): Ends | null {
  const found = cy.getElementById(edge);
  return found.nonempty() ? { source: found.data('source'), target: found.data('target') } : null;
}

/** Where the cards stand in the picture itself, for whoever walks from one to the next. */
export function spotsOf(cy: Core): { id: string; x: number; y: number }[] {
  return cy.nodes().map(node => ({ id: node.id(), ...node.position() }));
}
