/**
 * What is written on the canvas: glyphs, names and notes on cards, words on edges, as elements over it.
 *
 * Elements rather than painted text, because they stay crisp at every zoom, follow JupyterLab's fonts and can be read out
 * by a screen reader. They never take a pointer: cytoscape below them does. Texts are only ever text nodes.
 */
import { GLIDE, type Place } from './canvasRedraw';
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
  /** The step whose branch it stands in, by name, and which one. */
  within?: string;
  branch?: string;
}

/** An edge that may have a word on it; the `data` of a cytoscape edge. */
export interface EdgeData {
  id: string;
  label?: string;
  at?: [x: number, y: number];
  /** The branch that a press on the word folds. */
  fold?: string;
}

/** A state's word and the note beside it. */
export type NodeState = [word: string, note: string];

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
  at: Place;
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
  private selected: Card[] = [];
  private placed = '';
  private gliding: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.node.className = 'smpw-cards';
  }

  /** Draw a card for each node and a word on each labelled edge; a card that was there before only moves and changes. */
  draw(nodes: readonly { data: CardData; position: Place }[], edges: readonly { data: EdgeData }[], glide: Place | null = null): void {
    this.prepare(glide);
    const known = new Map(this.cards);
    this.cards.clear();
    this.words.clear();
    this.selected = [];
    const all: HTMLElement[] = [];
    for (const { data } of edges) {
      if (data.label && data.at) {
        const word = part('smpw-edge-word', data.label);
        word.style.cssText = `left:${data.at[0]}px;top:${data.at[1]}px`;
        word.setAttribute('aria-hidden', 'true');
        if (data.fold) {
          word.dataset.fold = data.fold;
          word.title = 'Fold this branch into one card (g)';
        }
        this.words.set(data.id, word);
        all.push(word);
      }
    }
    for (const { data, position } of nodes) {
      const old = known.get(data.id);
      const card = old && JSON.stringify(old.data) === JSON.stringify(data) ? old : this.build(data, old?.root);
      place(card.root, data, position);
      card.at = position;
      this.cards.set(data.id, card);
      all.push(card.root);
    }
    // what stays is not taken out of the page: only what stands still there can glide
    const wanted = new Set<Element>(all);
    [...this.node.querySelectorAll(':scope > .smpw-card, :scope > .smpw-edge-word')].filter(each => !wanted.has(each)).forEach(each => each.remove());
    all.filter(each => each.parentElement !== this.node).forEach(each => this.node.append(each));
  }

  /** Let cards glide to where they come next: from where they are seen, when the picture as a whole has moved by `glide`. */
  private prepare(glide: Place | null): void {
    clearTimeout(this.gliding);
    this.node.classList.remove('smpw-gliding');
    if (glide) {
      this.cards.forEach(({ root, data, at }) => place(root, data, { x: at.x + glide.x, y: at.y + glide.y }));
      void this.node.offsetWidth; // they are there now, and not on their way there
      this.node.classList.add('smpw-gliding');
      this.gliding = setTimeout(() => this.node.classList.remove('smpw-gliding'), 2 * GLIDE);
    }
  }

  /** A card's element, to stand something beside it. */
  element(id: string): HTMLElement | null {
    return this.cards.get(id)?.root ?? null;
  }

  /** Mark these cards, and no others, with a class. */
  mark(className: string, ids: readonly string[]): void {
    const wanted = new Set(ids);
    this.cards.forEach((card, id) => card.root.classList.toggle(className, wanted.has(id)));
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

  /** Mark cards as selected; returns the last one's element's id for `aria-activedescendant`. */
  select(ids: readonly string[]): string | null {
    this.selected.forEach(card => card.root.setAttribute('aria-selected', 'false'));
    this.selected = ids.map(id => this.cards.get(id)).filter(card => card !== undefined);
    this.selected.forEach(card => card.root.setAttribute('aria-selected', 'true'));
    return this.selected.at(-1)?.root.id ?? null;
  }

  dispose(): void {
    clearTimeout(this.gliding);
  }

  /** Follow the canvas; called after each of its frames. */
  follow(zoom: number, pan: Place): void {
    const transform = `translate(${pan.x}px, ${pan.y}px) scale(${zoom})`;
    if (transform !== this.placed) {
      this.placed = transform;
      this.node.style.transform = transform;
    }
  }

  /** A card; in an element that stands already, when it is one of the same step. */
  private build(data: CardData, root: HTMLElement = document.createElement('div')): Card {
    root.replaceChildren();
    delete root.dataset.state;
    root.id = this.prefix + data.id;
    root.className = 'smpw-card';
    root.dataset.family = FAMILIES.includes(data.family) ? data.family : 'other';
    root.setAttribute('role', 'option');
    root.setAttribute('aria-selected', 'false');
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
    const card: Card = { root, state, note, data, at: { x: 0, y: 0 }, shown: null };
    root.setAttribute('aria-label', spoken(card));
    return card;
  }
}

function place(root: HTMLElement, data: CardData, { x, y }: Place): void {
  root.style.cssText = `left:${x - data.w / 2}px;top:${y - data.h / 2}px;width:${data.w}px;height:${data.h}px`;
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
