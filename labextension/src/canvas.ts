/**
 * The canvas: a DAG drawn by ipycytoscape's view without its cost of one widget per node.
 *
 * Elements arrive as one list with their places and are added in one call; a state change touches only the nodes it
 * names and never moves anything. Bodies and edges are cytoscape's, what is written on the cards is `CardLayer`'s.
 */
import { Signal, type ISignal } from '@lumino/signaling';
import { CytoscapeView } from 'jupyter-cytoscape';
import type { ElementDefinition, NodeSingular, StylesheetJson } from 'cytoscape';
import { canvasStyle } from './canvasStyle';
import { CardLayer, stateWord, type CardData, type EdgeData, type NodeState, type Place } from './cards';
import { nearest, type Direction } from './neighbours';
import { readPalette } from './palette';
import { Viewport, zoomButtons, type Detail } from './viewport';

/** New states by node id; null takes a state away. */
export type StateDelta = Readonly<Record<string, NodeState | null>>;

interface NodeDefinition extends ElementDefinition {
  data: ElementDefinition['data'] & CardData;
  position: Place;
}

interface EdgeDefinition extends ElementDefinition {
  data: ElementDefinition['data'] & EdgeData;
}

const ARROWS: Readonly<Record<string, Direction>> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right'
};
const FADING = new Set(['skipped', 'blocked']);
const SMALL: ReadonlySet<Detail> = new Set(['name', 'far', 'none']);

export class PipelineCanvasView extends CytoscapeView {
  /** The node a person chose, null when they chose none. */
  get nodeSelected(): ISignal<this, string | null> {
    return this.chosen;
  }

  /** The node a person asks to open: Enter or a double click. */
  get nodeOpened(): ISignal<this, string> {
    return this.opened;
  }

  private readonly chosen = new Signal<this, string | null>(this);
  private readonly opened = new Signal<this, string>(this);
  private readonly cards = new CardLayer();
  private readonly states = new Map<string, NodeState>();
  private readonly endings: (() => void)[] = [];
  private viewport: Viewport | null = null;
  private selectedId: string | null = null;
  private detail: Detail | null = null;

  /** Draws when the element first has a size: a canvas measured before that stays blank. */
  override render(): void {
    this.el.classList.add('smpw-canvas');
    this.el.tabIndex = 0;
    this.el.setAttribute('role', 'listbox');
    // single keys here are this view's, not commands of the notebook around it
    this.el.dataset.lmSuppressShortcuts = 'true';
    this.listenTo(this.model, 'change:elements', this.value_changed);
    this.listenTo(this.model, 'change:states', this.readStates);
    this.listenTo(this.model, 'change:selected', () => this.select(this.model.get('selected') || null));
    this.listenTo(this.model, 'change:cytoscape_style', this.paint);
    this.listen(this.el, 'keydown', event => this.onKey(event as KeyboardEvent));
    // a wheel over the canvas scrolls the notebook, unless the canvas was taken into use
    this.listen(this.el, 'wheel', event => this.onWheel(event as WheelEvent), { capture: true });
    const sizes = new ResizeObserver(() => this.measure());
    sizes.observe(this.el);
    const themes = new MutationObserver(() => this.paint());
    themes.observe(document.body, { attributeFilter: ['data-jp-theme-name', 'data-jp-theme-light'] });
    this.endings.push(
      () => sizes.disconnect(),
      () => themes.disconnect()
    );
  }

  /** Add the elements the model holds, in one go, in place of those shown. */
  override value_changed(): void {
    if (!this.cytoscape_obj) {
      return;
    }
    const elements = (this.model.get('elements') ?? []) as ElementDefinition[];
    const nodes = elements.filter((element): element is NodeDefinition => element.group === 'nodes');
    this.cytoscape_obj.batch(() => {
      this.cytoscape_obj.elements().remove();
      this.cytoscape_obj.add(structuredClone(elements));
    });
    this.cards.draw(
      nodes,
      elements.filter((element): element is EdgeDefinition => element.group === 'edges')
    );
    this.el.setAttribute('aria-label', `Pipeline graph, ${nodes.length} steps`);
    const known = [...this.states];
    this.states.clear();
    this.detail = null;
    this.applyStates(Object.fromEntries(known));
    this.select(this.selectedId);
    this.levelOfDetail();
  }

  /** Repaint the nodes a delta names, and the edges into them. */
  applyStates(delta: StateDelta): void {
    const before = new Map<string, NodeState>();
    for (const [id, state] of Object.entries(delta)) {
      const old = this.states.get(id);
      if (old) {
        before.set(id, old);
      }
      if (state) {
        this.states.set(id, state);
      } else {
        this.states.delete(id);
      }
    }
    if (!this.cytoscape_obj) {
      return;
    }
    this.cytoscape_obj.batch(() => {
      for (const [id, state] of Object.entries(delta)) {
        this.cards.show(id, state);
        this.repaint(id, before.get(id)?.[0], state?.[0]);
      }
    });
  }

  /** Mark a node as selected, bringing it into sight; null selects none. */
  select(id: string | null): void {
    this.selectedId = id;
    if (!this.cytoscape_obj) {
      return;
    }
    const active = this.cards.select(id);
    if (active) {
      this.el.setAttribute('aria-activedescendant', active);
    } else {
      this.el.removeAttribute('aria-activedescendant');
    }
    const node = this.nodeOf(id);
    this.cytoscape_obj.batch(() => {
      this.cytoscape_obj.nodes(':selected').not(node).unselect();
      node.select();
    });
    this.viewport?.reveal(node);
  }

  /** Show the whole picture. */
  fit(): void {
    this.viewport?.fit();
  }

  override remove(): this {
    this.endings.forEach(end => end());
    Signal.clearData(this);
    this.cytoscape_obj?.destroy();
    return super.remove() as this;
  }

  private listen(target: EventTarget, name: string, call: (event: Event) => void, options?: AddEventListenerOptions): void {
    target.addEventListener(name, call, options);
    this.endings.push(() => target.removeEventListener(name, call, options));
  }

  private measure(): void {
    if (!this.el.clientWidth || !this.el.clientHeight) {
      return;
    }
    if (!this.cytoscape_obj) {
      this.begin();
      return;
    }
    this.cytoscape_obj.resize();
    this.viewport?.start();
  }

  private begin(): void {
    this.init_render();
    const cy = this.cytoscape_obj;
    // its click handler writes node data as HTML
    cy.removeListener('click');
    this.monitored = {};
    this.listenForUserEvents();
    const viewport = new Viewport(cy, this.model);
    cy.on('render', () => this.cards.follow(cy.zoom(), cy.pan()));
    cy.on('zoom', () => this.levelOfDetail());
    cy.on('tap', event => this.choose(event.target === cy ? null : (event.target as NodeSingular).id()));
    // cytoscape takes the focus away from wherever it is when the mouse goes down
    cy.on('tapstart', () => this.el.focus({ preventScroll: true }));
    cy.on('dbltap', 'node', event => this.opened.emit((event.target as NodeSingular).id()));
    cy.on('mouseover', 'node', () => (this.el.style.cursor = 'pointer'));
    cy.on('mouseout', 'node', () => (this.el.style.cursor = ''));
    this.el.append(this.cards.node, zoomButtons(viewport));
    this.paint();
    // what was applied before there was anything to paint stays; `value_changed` paints it
    for (const [id, state] of Object.entries((this.model.get('states') ?? {}) as Record<string, NodeState>)) {
      this.states.set(id, this.states.get(id) ?? state);
    }
    this.selectedId ??= this.model.get('selected') || null;
    this.value_changed();
    viewport.start();
    this.viewport = viewport;
    this.levelOfDetail();
    viewport.reveal(this.nodeOf(this.selectedId));
  }

  private paint(): void {
    if (this.cytoscape_obj) {
      const own = (this.model.get('cytoscape_style') ?? []) as StylesheetJson;
      this.cytoscape_obj.style([...canvasStyle(readPalette(this.el)), ...own]);
    }
  }

  private readStates(): void {
    const states = (this.model.get('states') ?? {}) as Record<string, NodeState>;
    const gone = [...this.states.keys()].filter(id => !Object.hasOwn(states, id));
    const news = Object.entries(states).filter(([id, state]) => String(this.states.get(id)) !== String(state));
    this.applyStates(Object.fromEntries([...gone.map(id => [id, null] as const), ...news]));
  }

  private repaint(id: string, before: string | undefined, after: string | undefined): void {
    if (before === after && after !== undefined) {
      const isPainted = this.nodeOf(id).hasClass(`is-${stateWord(after)}`);
      if (isPainted) {
        return;
      }
    }
    const node = this.nodeOf(id);
    if (before) {
      node.removeClass(`is-${stateWord(before)}`);
    }
    if (after) {
      node.addClass(`is-${stateWord(after)}`);
    }
    const isFaded = FADING.has(after ?? '');
    node
      .incomers('edge')
      .toggleClass('faded', isFaded)
      .forEach(edge => this.cards.fade(edge.id(), isFaded));
  }

  private nodeOf(id: string | null): NodeSingular {
    return this.cytoscape_obj.getElementById(id ?? '') as unknown as NodeSingular;
  }

  private choose(id: string | null): void {
    if (id !== this.selectedId) {
      this.select(id);
      this.model.set('selected', id ?? '');
      this.touch();
      this.chosen.emit(id);
    }
  }

  private levelOfDetail(): void {
    const detail = this.viewport?.detail ?? 'all';
    this.cards.node.dataset.detail = detail;
    if (detail !== this.detail) {
      this.detail = detail;
      this.cytoscape_obj.batch(() => {
        this.cytoscape_obj.nodes().toggleClass('small', SMALL.has(detail)).toggleClass('far', detail === 'none');
      });
    }
  }

  private onWheel(event: WheelEvent): void {
    if (!event.ctrlKey && !event.metaKey && !this.el.contains(document.activeElement)) {
      event.stopPropagation();
    }
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== this.el || !this.cytoscape_obj) {
      return;
    }
    if (this.press(event.key)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  /** What a key does; false when it means nothing here. */
  private press(key: string): boolean {
    if (ARROWS[key]) {
      this.walk(ARROWS[key]);
    } else if (key === 'Enter' && this.selectedId) {
      this.opened.emit(this.selectedId);
    } else if (key === 'Escape' && this.selectedId) {
      this.choose(null);
    } else if (key === 'f' || key === '0') {
      this.fit();
    } else if (key === '+' || key === '=') {
      this.viewport?.zoomBy(1.25);
    } else if (key === '-') {
      this.viewport?.zoomBy(0.8);
    } else if (key === '[' || key === ']') {
      this.walkFailed(key === ']' ? 1 : -1);
    } else {
      return false;
    }
    return true;
  }

  private walk(direction: Direction): void {
    const spots = this.cytoscape_obj.nodes().map(node => ({ id: node.id(), ...node.position() }));
    const from = spots.find(spot => spot.id === this.selectedId);
    const next = from ? nearest(from, direction, spots) : spots[0];
    if (next) {
      this.choose(next.id);
    }
  }

  private walkFailed(step: 1 | -1): void {
    const failed = this.cytoscape_obj.nodes('.is-failed').map(node => node.id());
    if (failed.length) {
      const at = failed.indexOf(this.selectedId ?? '');
      this.choose(failed[at < 0 ? 0 : (at + step + failed.length) % failed.length]);
    }
  }
}
