/**
 * What is written on the canvas: glyphs, names and notes on cards, words on edges, as elements over it.
 *
 * Elements rather than painted text, because they stay crisp at every zoom, follow JupyterLab's fonts and can be read out
 * by a screen reader. They never take a pointer: cytoscape below them does. Texts are only ever text nodes.
 */
import { STATE_GLYPHS, TYPE_GLYPHS, type Stroke } from './glyphs';

/** What a card shows; the `data` of a cytoscape node. */
export interface CardData {
  id: string;
  label: string;
  name: string;
  type: string;
  family: string;
  w: number;
  h: number;
  badges?: [severity: string, text: string][];
}

/** An edge that may have a word on it; the `data` of a cytoscape edge. */
export interface EdgeData {
  id: string;
  label?: string;
  at?: [x: number, y: number];
}

/** A state's word and the note beside it. */
export type NodeState = [word: string, note: string];

export interface Place {
  x: number;
  y: number;
}

const FAMILIES = ['job', 'decision', 'model', 'call', 'end', 'loop', 'other'];
const SVG = 'http://www.w3.org/2000/svg';
let layers = 0;

/** Words become class names only if they are known. */
export const stateWord = (word: string): string => (Object.hasOwn(STATE_GLYPHS, word) ? word : 'unknown');

interface Card {
  root: HTMLElement;
  state: HTMLElement;
  note: HTMLElement;
  data: CardData;
  shown: NodeState | null;
}

/** A glyph as an SVG element that takes the colour of the text around it. */
export function drawGlyph(strokes: readonly Stroke[], className: string): SVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', className);
  svg.setAttribute('aria-hidden', 'true');
  for (const [mode, path] of strokes) {
    const line = document.createElementNS(SVG, 'path');
    line.setAttribute('d', path);
    line.setAttribute('class', mode === 'fill' ? 'smpw-fill' : 'smpw-line');
    svg.appendChild(line);
  }
  return svg;
}

export class CardLayer {
  readonly node = document.createElement('div');
  private readonly prefix = `smpw-card-${++layers}-`;
  private readonly cards = new Map<string, Card>();
  private readonly words = new Map<string, HTMLElement>();
  private selected: Card | null = null;
  private placed = '';

  constructor() {
    this.node.className = 'smpw-cards';
  }

  /** Draw a card for each node and a word on each labelled edge, in place of those that were there. */
  draw(nodes: readonly { data: CardData; position: Place }[], edges: readonly { data: EdgeData }[]): void {
    this.cards.clear();
    this.words.clear();
    this.selected = null;
    const all = document.createDocumentFragment();
    for (const { data } of edges) {
      if (data.label && data.at) {
        const word = part('smpw-edge-word', data.label);
        word.style.cssText = `left:${data.at[0]}px;top:${data.at[1]}px`;
        word.setAttribute('aria-hidden', 'true');
        this.words.set(data.id, word);
        all.appendChild(word);
      }
    }
    for (const { data, position } of nodes) {
      const card = this.build(data, position);
      this.cards.set(data.id, card);
      all.appendChild(card.root);
    }
    this.node.replaceChildren(all);
  }

  /** Show a node's state; null takes it away. */
  show(id: string, state: NodeState | null): void {
    const card = this.cards.get(id);
    if (!card) {
      return;
    }
    const [word, note] = state ?? ['', ''];
    if (word !== (card.shown?.[0] ?? '')) {
      const known = word ? stateWord(word) : '';
      card.root.dataset.state = known;
      card.state.replaceChildren(...(known ? [drawGlyph(STATE_GLYPHS[known], 'smpw-sign')] : []));
    }
    if (note !== card.note.textContent) {
      card.note.textContent = note;
    }
    card.shown = state;
    card.root.setAttribute('aria-label', spoken(card));
  }

  /** Fade an edge's word together with its line. */
  fade(id: string, isFaded: boolean): void {
    this.words.get(id)?.classList.toggle('smpw-faded', isFaded);
  }

  /** Mark a card as the selected one; returns its element's id for `aria-activedescendant`. */
  select(id: string | null): string | null {
    this.selected?.root.setAttribute('aria-selected', 'false');
    this.selected = (id !== null && this.cards.get(id)) || null;
    this.selected?.root.setAttribute('aria-selected', 'true');
    return this.selected?.root.id ?? null;
  }

  /** Follow the canvas; called after each of its frames. */
  follow(zoom: number, pan: Place): void {
    const transform = `translate(${pan.x}px, ${pan.y}px) scale(${zoom})`;
    if (transform !== this.placed) {
      this.placed = transform;
      this.node.style.transform = transform;
    }
  }

  private build(data: CardData, position: Place): Card {
    const root = document.createElement('div');
    root.id = this.prefix + data.id;
    root.className = 'smpw-card';
    root.dataset.family = FAMILIES.includes(data.family) ? data.family : 'other';
    root.setAttribute('role', 'option');
    root.setAttribute('aria-selected', 'false');
    root.style.cssText =
      `left:${position.x - data.w / 2}px;top:${position.y - data.h / 2}px;` + `width:${data.w}px;height:${data.h}px`;
    const glyph = Object.hasOwn(TYPE_GLYPHS, data.type) ? TYPE_GLYPHS[data.type] : TYPE_GLYPHS[''];
    const state = part('smpw-card-state', '');
    const note = part('smpw-card-note', '');
    root.append(
      drawGlyph(glyph, 'smpw-sign smpw-card-type'),
      part('smpw-card-name', data.label),
      state,
      part('smpw-card-kind', data.type),
      note
    );
    if (data.badges?.length) {
      root.append(badge(data.badges));
    }
    const card: Card = { root, state, note, data, shown: null };
    root.setAttribute('aria-label', spoken(card));
    return card;
  }
}

function part(className: string, text: string): HTMLElement {
  const element = document.createElement('span');
  element.className = className;
  element.textContent = text;
  return element;
}

function badge(badges: [severity: string, text: string][]): HTMLElement {
  const isError = badges.some(([severity]) => severity === 'error');
  const element = part('smpw-card-badge', badges.length > 1 ? String(badges.length) : '!');
  element.dataset.severity = isError ? 'error' : 'warning';
  return element;
}

/** What a screen reader says of a card. */
function spoken({ data, shown }: Card): string {
  const problems = (data.badges ?? []).map(([severity, text]) => `${severity}: ${text}`);
  return [data.name, data.type, ...(shown ? [[...new Set(shown)].join(' ').trim()] : []), ...problems].filter(Boolean).join(', ');
}
