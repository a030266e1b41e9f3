/** Branches as groups: which steps stand in one, and the picture with some of them folded into one card. Plain functions. */
import type { ElementDefinition } from 'cytoscape';
import type { CardData, EdgeData } from './cards';
import type { NodeElement, Place } from './canvasRedraw';

/** The steps of one branch of a Condition or ForEach, with all that stands inside those. */
export interface Group {
  key: string;
  holder: string;
  branch: string;
  members: readonly string[];
}

export type CardElement = NodeElement & { data: CardData };
export type EdgeElement = ElementDefinition & { data: EdgeData & { source: string; target: string } };

/** Between two cards of a row, in pixels. */
const GAP = 24;
/** Ids of cards that stand for a folded branch begin so. */
export const FOLDED = 'folded:';
const WORDS: Readonly<Record<string, string>> = { then: 'then', else: 'else', body: 'each' };

export const keyOf = (holder: string, branch: string): string => `${branch}:${holder}`;

export const isCard = (each: ElementDefinition): each is CardElement => each.group === 'nodes';
export const isEdge = (each: ElementDefinition): each is EdgeElement => each.group === 'edges';

export function groupsOf(elements: readonly ElementDefinition[]): Group[] {
  const cards = elements.filter(isCard);
  const byName = new Map(cards.map(card => [card.data.name, card.data]));
  const found = new Map<string, { holder: string; branch: string; members: string[] }>();
  for (const { data } of cards) {
    const seen = new Set<string>();
    for (let at: CardData | undefined = data; at?.within && !seen.has(at.name); at = byName.get(at.within)) {
      seen.add(at.name);
      const key = keyOf(at.within, at.branch ?? '');
      const group = found.get(key) ?? { holder: at.within, branch: at.branch ?? '', members: [] };
      group.members.push(data.id);
      found.set(key, group);
    }
  }
  return [...found].map(([key, group]) => ({ key, ...group }));
}

/** The picture with these groups folded; rows that nothing stands in any more close up. */
export function fold(elements: readonly ElementDefinition[], folded: ReadonlySet<string>): ElementDefinition[] {
  const groups = groupsOf(elements).filter(group => folded.has(group.key));
  if (!groups.length) {
    return [...elements];
  }
  const into = new Map<string, string>();
  // outer groups last: they take in what inner ones folded
  [...groups].sort((a, b) => a.members.length - b.members.length).forEach(group => group.members.forEach(id => into.set(id, FOLDED + group.key)));
  const cards = elements.filter(isCard);
  const shown = cards.filter(card => !into.has(card.data.id));
  const made = groups.filter(group => group.members.some(id => into.get(id) === FOLDED + group.key)).map(group => summary(group, cards));
  spread(made, shown);
  const lifts = liftsOf(cards, [...shown, ...made]);
  const lift = (card: CardElement): CardElement => ({ ...card, position: { x: card.position.x, y: card.position.y - lifts(card.position.y) } });
  const lifted = new Map([...shown, ...made].map(card => [card.data.id, lifts(card.position.y)]));
  return [...shown, ...made].map(lift).concat(edgesOf(elements, into, lifted) as never[]);
}

/** Cards that stand for branches stand where those did, but not on each other: they give way to the right. */
function spread(made: readonly CardElement[], shown: readonly CardElement[]): void {
  const standing = [...shown];
  for (const card of [...made].sort((a, b) => a.position.x - b.position.x)) {
    const row = standing.filter(other => other.position.y === card.position.y).sort((a, b) => a.position.x - b.position.x);
    for (const other of row) {
      const least = (card.data.w + other.data.w) / 2 + GAP;
      if (Math.abs(card.position.x - other.position.x) < least) {
        card.position = { ...card.position, x: other.position.x + least };
      }
    }
    standing.push(card);
  }
}

function summary(group: Group, cards: readonly CardElement[]): CardElement {
  const members = cards.filter(card => group.members.includes(card.data.id));
  const { w, h } = members[0].data;
  const label = `▸ ${WORDS[group.branch] ?? group.branch} · ${members.length}`; // short: it is as wide as its steps
  const name = `${WORDS[group.branch] ?? group.branch} of ${group.holder}, folded, ${members.length} steps`;
  const x = members.reduce((sum, card) => sum + card.position.x, 0) / members.length;
  const y = Math.min(...members.map(card => card.position.y));
  const badges = members.flatMap(card => card.data.badges ?? []);
  return { group: 'nodes', data: { id: FOLDED + group.key, label, name, type: group.holder, family: 'loop', w, h, ...(badges.length ? { badges } : {}) }, position: { x, y } };
}

/** How far up what stands at a height moves. */
function liftsOf(before: readonly CardElement[], after: readonly CardElement[]): (y: number) => number {
  const heights = [...new Set(before.map(card => card.position.y))].sort((a, b) => a - b);
  const kept = new Set(after.map(card => card.position.y));
  const lifts = new Map<number, number>();
  let lift = 0;
  heights.forEach((y, at) => {
    lifts.set(y, lift);
    if (!kept.has(y)) {
      lift += (heights[at + 1] ?? y) - y;
    }
  });
  return y => lifts.get(y) ?? 0;
}

function edgesOf(elements: readonly ElementDefinition[], into: ReadonlyMap<string, string>, lifted: ReadonlyMap<string, number>): EdgeElement[] {
  const seen = new Set<string>();
  const edges: EdgeElement[] = [];
  for (const edge of elements.filter(isEdge)) {
    const [source, target] = [edge.data.source, edge.data.target].map(id => into.get(id) ?? id);
    const key = `${source}>${target}`;
    if (source === target || seen.has(key)) {
      continue;
    }
    seen.add(key);
    const [from, to] = [lifted.get(source) ?? 0, lifted.get(target) ?? 0];
    const isSame = source === edge.data.source && target === edge.data.target && from === to;
    const at: Place | null = edge.data.at ? { x: edge.data.at[0], y: edge.data.at[1] - from } : null;
    const data = { ...edge.data, source, target, ...(at && isSame ? { at: [at.x, at.y] } : { at: undefined }) };
    edges.push({ ...edge, data: data as EdgeElement['data'], classes: isSame ? edge.classes : '' });
  }
  return edges;
}

/** Boxes around branches whose steps stand together, with nothing else among them. */
export function hulls(elements: readonly ElementDefinition[]): { x1: number; y1: number; x2: number; y2: number; key: string }[] {
  const cards = elements.filter(isCard);
  const room = { x: 10, y: 12 };
  const boxes = groupsOf(elements).filter(group => group.members.length > 1).map(group => {
    const members = cards.filter(card => group.members.includes(card.data.id));
    return {
      key: group.key,
      members: new Set(group.members),
      x1: Math.min(...members.map(({ data, position }) => position.x - data.w / 2)) - room.x,
      x2: Math.max(...members.map(({ data, position }) => position.x + data.w / 2)) + room.x,
      y1: Math.min(...members.map(({ data, position }) => position.y - data.h / 2)) - room.y,
      y2: Math.max(...members.map(({ data, position }) => position.y + data.h / 2)) + room.y
    };
  });
  const isClean = (box: (typeof boxes)[number]): boolean =>
    cards.every(
      ({ data, position: { x, y } }) => box.members.has(data.id) || x + data.w / 2 < box.x1 || x - data.w / 2 > box.x2 || y + data.h / 2 < box.y1 || y - data.h / 2 > box.y2
    );
  return boxes.filter(isClean).map(({ key, x1, y1, x2, y2 }) => ({ key, x1, y1, x2, y2 }));
}
