/** How cytoscape paints cards' bodies and edges. What is written on them is `cards.ts`'s. */
import type { NodeSingular, StylesheetJson } from 'cytoscape';
import type { Palette } from './palette';

/** Corners cut off a card of each family, in pixels; the twin of `OUTLINES` in `view/svg.py`. */
const CUTS = { decision: 14, call: 10, model: 12, end: 10 } as const;
const RADII: Readonly<Record<string, number>> = { job: 6, loop: 6, other: 1 };

/** A family's outline as cytoscape wants it: points between -1 and 1; null for a rectangle. */
export function outline(family: string, width: number, height: number): number[] | null {
  const cut = (CUTS as Record<string, number>)[family];
  if (cut === undefined) {
    return null;
  }
  const [x, y] = [1 - (2 * cut) / width, 1 - (2 * cut) / height];
  switch (family) {
    case 'decision':
      return [-x, -1, x, -1, 1, 0, x, 1, -x, 1, -1, 0];
    case 'call':
      return [-x, -1, 1, -1, x, 1, -1, 1];
    case 'model':
      return [-1, -1, x, -1, 1, -y, 1, 1, -1, 1];
    default:
      return [-x, -1, x, -1, 1, -y, 1, y, x, 1, -x, 1, -1, y, -1, -y];
  }
}

/** The whole stylesheet for a theme. */
export function canvasStyle(palette: Palette): StylesheetJson {
  const points = (node: NodeSingular): string =>
    (outline(node.data('family'), node.data('w'), node.data('h')) ?? [-1, -1, 1, -1, 1, 1, -1, 1]).join(' ');
  const states: [word: string, line: string, width: number][] = [
    ['starting', palette.accent, 1.5],
    ['running', palette.accent, 1.5],
    ['failed', palette.bad, 2],
    ['stopping', palette.warn, 1.5],
    ['added', palette.good, 2],
    ['removed', palette.bad, 1.5],
    ['changed', palette.warn, 2]
  ];
  const dots: [word: string, fill: string][] = [
    ['starting', palette.accent],
    ['running', palette.accent],
    ['succeeded', palette.good],
    ['cached', palette.good],
    ['reused', palette.good],
    ['failed', palette.bad],
    ['stopping', palette.warn],
    ['stopped', palette.warn],
    ['added', palette.good],
    ['removed', palette.bad],
    ['changed', palette.warn]
  ];
  return [
    {
      selector: 'node',
      style: {
        shape: (node: NodeSingular) => (outline(node.data('family'), 100, 100) ? 'polygon' : 'round-rectangle'),
        'shape-polygon-points': points,
        'corner-radius': (node: NodeSingular) => `${RADII[node.data('family')] ?? 6}px`,
        width: 'data(w)',
        height: 'data(h)',
        'background-color': palette.card,
        'border-width': 1,
        'border-position': 'inside',
        'border-color': palette.border,
        'overlay-opacity': 0
      }
    },
    // thin lines drawn inside fall between the pixels of a small picture
    { selector: 'node.small', style: { 'border-position': 'center', 'border-width': 1.5 } },
    {
      selector: 'node[family = "loop"]',
      style: { ghost: 'yes', 'ghost-offset-x': 4, 'ghost-offset-y': 4, 'ghost-opacity': 0.5 }
    },
    ...states.map(([word, line, width]) => ({
      selector: `node.is-${word}`,
      style: { 'border-color': line, 'border-width': width }
    })),
    { selector: 'node.is-failed', style: { 'background-color': palette.badTint } },
    {
      selector: 'node.is-skipped, node.is-blocked',
      style: { 'border-color': palette.faint, 'background-color': palette.background }
    },
    { selector: 'node.is-skipped, node.is-removed', style: { 'border-style': 'dashed' } },
    { selector: 'node.far', style: { 'background-color': palette.faint } },
    ...dots.map(([word, fill]) => ({ selector: `node.far.is-${word}`, style: { 'background-color': fill } })),
    {
      selector: 'node:selected',
      style: {
        'outline-color': palette.accent,
        'outline-width': 2,
        'outline-offset': 2,
        'outline-opacity': 0.9
      }
    },
    {
      selector: 'edge',
      style: {
        width: 1.25,
        'line-color': palette.edge,
        'curve-style': 'straight',
        'source-endpoint': '0 50%',
        'target-endpoint': '0 -50%',
        'target-arrow-shape': 'triangle',
        'target-arrow-color': palette.edge,
        'arrow-scale': 0.7,
        'overlay-opacity': 0,
        events: 'no'
      }
    },
    { selector: 'edge.live', style: { events: 'yes' } },
    { selector: 'edge.up', style: { 'source-endpoint': '0 -50%', 'target-endpoint': '0 50%' } },
    {
      selector: 'edge.curved',
      style: {
        'curve-style': 'unbundled-bezier',
        'edge-distances': 'node-position',
        'control-point-distances': 'data(distances)' as unknown as number[],
        'control-point-weights': 'data(weights)' as unknown as number[]
      }
    },
    { selector: 'edge[kind = "order"]', style: { 'line-style': 'dashed', 'line-dash-pattern': [5, 4] } },
    { selector: 'edge.faded', style: { opacity: 0.35 } },
    { selector: 'edge.chosen', style: { 'line-color': palette.accent, 'target-arrow-color': palette.accent, width: 2.5 } },
    { selector: 'edge.is-added', style: { 'line-color': palette.good, 'target-arrow-color': palette.good, width: 2 } },
    {
      selector: 'edge.is-removed',
      style: {
        'line-color': palette.bad,
        'target-arrow-color': palette.bad,
        'line-style': 'dashed',
        'line-dash-pattern': [5, 4]
      }
    }
  ] as unknown as StylesheetJson;
}
