/**
 * The canvas: a DAG drawn by ipycytoscape's view without its cost of one widget per node.
 *
 * Elements arrive as one list with their places and are added in one call; a state change touches only the nodes it
 * names and never moves anything. Bodies and edges are cytoscape's, what is written on the cards is `CardLayer`'s.
 */
import { Signal } from '@lumino/signaling';
import { CytoscapeView } from 'jupyter-cytoscape';
import type { ElementDefinition, EventObject, NodeSingular, StylesheetJson } from 'cytoscape';
import { canvasStyle } from './canvasStyle';
import { boxAround, canGlide, GLIDE, redraw } from './canvasRedraw';
import { pressed } from './canvasKeys';
import { boxOf, cardAt, edgesOf, endsOf, spotsOf, type Box, type Ends } from './canvasPlaces';
import { CanvasStates, type StateDelta } from './canvasStates';
import { CardLayer, type NodeState } from './cards';
import { FOLDED, isCard, isEdge } from './groups';
import { nearest, type Direction } from './neighbours';
import { readPalette } from './palette';
import { leaveWheel, whenResized, whenThemed } from './surroundings';
import { Viewport, zoomButtons, type Detail } from './viewport';

const SMALL: ReadonlySet<Detail> = new Set(['name', 'far', 'none']);

export class PipelineCanvasView extends CytoscapeView {
  /** The node a person chose, null when they chose none. */
  readonly nodeSelected = new Signal<this, string | null>(this);
  /** The node a person asks to open: Enter or a double click. */
  readonly nodeOpened = new Signal<this, string>(this);
  /** All nodes a person chose, the last one chosen at the end; told before `nodeSelected`. */
  readonly nodesSelected = new Signal<this, readonly string[]>(this);
  /** The edge a person chose, null when another thing or none. */
  readonly edgeSelected = new Signal<this, string | null>(this);
  /** What the pointer is over: a node's id, or null. */
  readonly hovered = new Signal<this, string | null>(this);
  /** The picture moved or was zoomed: what stands over it has to follow. */
  readonly moved = new Signal<this, void>(this);
  /** Another picture is shown. */
  readonly drawn = new Signal<this, void>(this);
  /** These nodes have another state. */
  readonly restated = new Signal<this, readonly string[]>(this);
  /** Asked first what a key does; true when it did something. */
  onPress: ((event: KeyboardEvent) => boolean) | null = null;
  /** What is drawn of the elements that came; a hook for leaving some out. */
  arrange: (elements: ElementDefinition[]) => ElementDefinition[] = elements => elements;

  /** What is written on the cards: it moves and zooms with the picture. */
  get overlay(): HTMLElement {
    return this.cards.node;
  }

  private readonly cards = new CardLayer();
  private readonly states = new CanvasStates(this.cards);
  private readonly endings: (() => void)[] = [];
  private viewport: Viewport | null = null;
  private selectedIds: readonly string[] = [];
  private edgeId: string | null = null;
  private taps: readonly [string | null, string | null] = [null, null];
  private isEditable = false;
  private arrival: ReturnType<typeof setTimeout> | undefined;
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
    this.el.addEventListener('keydown', event => this.onKey(event));
    this.endings.push(
      whenResized(this.el, () => this.measure()),
      whenThemed(() => this.paint()),
      leaveWheel(this.el)
    );
  }

  /** Add the elements the model holds, in one go, in place of those shown. */
  override value_changed(): void {
    if (!this.cytoscape_obj) {
      return;
    }
    const elements = this.arrange((this.model.get('elements') ?? []) as ElementDefinition[]);
    const nodes = elements.filter(isCard);
    const wasWhole = this.viewport?.isWhole ?? false;
    const { shift, isGliding, hasStayed } = redraw(this.cytoscape_obj, elements);
    const edges = elements.filter(isEdge);
    this.cards.draw(nodes, edges, isGliding ? shift : null);
    this.el.setAttribute('aria-label', `Pipeline graph, ${nodes.length} steps`);
    this.detail = null;
    this.states.repaintAll(this.cytoscape_obj);
    let isKept = false;
    if (hasStayed) {
      this.viewport?.shift(shift);
      isKept = wasWhole && (this.viewport?.keepWhole(boxAround(nodes), canGlide()) ?? false);
    } else {
      this.viewport?.start();
    }
    this.chooseEdge(null); // all edges are new
    this.showSelection(!isKept);
    clearTimeout(this.arrival);
    if (isGliding && !isKept) {
      // where it is going may be out of sight, though where it comes from is not
      this.arrival = setTimeout(() => this.showSelection(), 2 * GLIDE);
    }
    this.setEditable(this.isEditable);
    this.levelOfDetail();
    this.drawn.emit();
  }

  /** Repaint the nodes a delta names, and the edges into them. */
  applyStates(delta: StateDelta): void {
    this.states.apply(delta, this.cytoscape_obj ?? null);
    this.restated.emit(Object.keys(delta));
  }

  /** Mark a node as selected, bringing it into sight; null selects none. Others stay selected beside it, if it was the last. */
  select(id: string | null): void {
    // a folded branch is no step, and nobody else knows of it
    const isOwn = id === null && this.selectedId !== null && this.selectedId.startsWith(FOLDED);
    if (id === this.selectedId || isOwn) {
      this.showSelection();
    } else {
      this.selectAll(id === null ? [] : [id]);
    }
  }

  /** Mark these nodes as selected, bringing the last one into sight. */
  selectAll(ids: readonly string[]): void {
    this.selectedIds = ids;
    this.showSelection();
  }

  /** Whether edges can be chosen. */
  setEditable(isOn: boolean): void {
    this.isEditable = isOn;
    this.el.setAttribute('aria-multiselectable', String(isOn));
    this.cytoscape_obj?.boxSelectionEnabled(isOn);
    this.cytoscape_obj?.edges().toggleClass('live', isOn);
    if (!isOn) {
      this.chooseEdge(null);
    }
  }

  /** Mark these cards, and no others, with a class. */
  mark(className: string, ids: readonly string[]): void {
    this.cards.mark(className, ids);
  }

  /** Where a node stands, in pixels from the canvas's corner; null for one that is not drawn. */
  boxOf(id: string): Box | null {
    return this.cytoscape_obj ? boxOf(this.cytoscape_obj, id) : null;
  }

  /** The node at a point of the window. */
  nodeAt(clientX: number, clientY: number): string | null {
    const { left, top } = this.el.getBoundingClientRect();
    return this.cytoscape_obj ? cardAt(this.cytoscape_obj, clientX - left, clientY - top) : null;
  }

  /** The state of a node, drawn or not. */
  stateOf(id: string): NodeState | undefined {
    return this.states.of(id);
  }

  /** All nodes chosen, the last one at the end. */
  get selection(): readonly string[] {
    return this.selectedIds;
  }

  /** The node chosen last. */
  get primary(): string | null {
    return this.selectedId;
  }

  /** All edges by their ends. */
  edges(): Ends[] {
    return this.cytoscape_obj ? edgesOf(this.cytoscape_obj) : [];
  }

  /** The two ends of an edge. */
  endsOf(edge: string): Ends | null {
    return this.cytoscape_obj ? endsOf(this.cytoscape_obj, edge) : null;
  }

  /** Choose nodes as a person does: whoever listens is told. */
  chooseAll(ids: readonly string[]): void {
    this.chooseEdge(null);
    if (ids.join() !== this.selectedIds.join()) {
      const last = this.selectedId;
      this.selectAll(ids);
      this.nodesSelected.emit(ids);
      if (this.selectedId !== last) {
        this.model.set('selected', this.selectedId ?? '');
        this.touch();
        this.nodeSelected.emit(this.selectedId);
      }
    }
  }

  /** The node next to another in a direction: of the selected one, unless said. */
  neighbour(direction: Direction, from: string | null = this.selectedId): string | null {
    const spots = spotsOf(this.cytoscape_obj);
    const start = spots.find(spot => spot.id === from);
    return (start ? nearest(start, direction, spots) : spots[0])?.id ?? null;
  }

  /** Bring a node into sight. */
  reveal(id: string): void {
    this.viewport?.reveal(this.nodeOf(id));
  }

  /** Zoom by a factor around the middle. */
  zoomBy = (factor: number): void => this.viewport?.zoomBy(factor);

  /** The nodes in this state, in the order of the picture. */
  inState(word: string): string[] {
    return this.cytoscape_obj.nodes(`.is-${word}`).map(node => node.id());
  }

  /** Say that a person wants to open a node. */
  open(id: string): void {
    this.nodeOpened.emit(id);
  }

  /** Show the whole picture. */
  fit(): void {
    this.viewport?.fit();
  }

  override remove(): this {
    this.endings.forEach(end => end());
    this.cards.dispose();
    clearTimeout(this.arrival);
    Signal.clearData(this);
    this.cytoscape_obj?.destroy();
    return super.remove() as this;
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
    cy.on('pan zoom resize', () => this.moved.emit());
    cy.on('tap', event => this.tapped(event));
    cy.on('cxttapstart', 'edge.live', event => this.pressEdge((event.target as NodeSingular).id()));
    cy.on('boxend', () => queueMicrotask(() => this.chooseAll(cy.nodes(':selected').map(node => node.id()))));
    // cytoscape takes the focus away from wherever it is when the mouse goes down
    cy.on('tapstart', () => this.el.focus({ preventScroll: true }));
    cy.on('dbltap', 'node', event => this.tappedTwice((event.target as NodeSingular).id()));
    cy.on('mouseover', 'node, edge.live', () => (this.el.style.cursor = 'pointer'));
    cy.on('mouseout', 'node, edge', () => (this.el.style.cursor = ''));
    cy.on('mouseover', 'node', event => this.hovered.emit((event.target as NodeSingular).id()));
    cy.on('mouseout', 'node', () => this.hovered.emit(null));
    this.el.append(this.cards.node, zoomButtons(viewport));
    this.paint();
    // what was applied before there was anything to paint stays; `value_changed` paints it
    this.states.begin((this.model.get('states') ?? {}) as Record<string, NodeState>);
    if (!this.selectedIds.length && this.model.get('selected')) {
      this.selectedIds = [this.model.get('selected') as string];
    }
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
    this.applyStates(this.states.difference((this.model.get('states') ?? {}) as Record<string, NodeState>));
  }

  private nodeOf(id: string | null): NodeSingular {
    return this.cytoscape_obj.getElementById(id ?? '') as unknown as NodeSingular;
  }

  private get selectedId(): string | null {
    return this.selectedIds.at(-1) ?? null;
  }

  private chooseEdge(id: string | null): void {
    if (id !== this.edgeId) {
      this.edgeId = id;
      this.cytoscape_obj?.edges().forEach(edge => void edge.toggleClass('chosen', edge.id() === id));
      this.edgeSelected.emit(id);
    }
  }

  /** Choose a card as a press on it does, null for none; `isMore` adds it to those that are chosen, or takes it away. */
  press(id: string | null, isMore = false): void {
    if (id !== null && isMore) {
      const others = this.selectedIds.filter(each => each !== id);
      this.chooseAll(others.length < this.selectedIds.length ? others : [...others, id]);
    } else {
      this.chooseAll(id === null ? [] : [id]);
    }
  }

  private pressEdge(id: string): void {
    this.chooseAll([]);
    this.chooseEdge(id);
  }

  /** Two taps on two nodes, one right after the other, are not a double one; nor are two that select. */
  private tappedTwice(id: string): void {
    const [first, second] = this.taps;
    if (first === id && second === id) {
      this.nodeOpened.emit(id);
    }
  }

  private tapped(event: EventObject): void {
    const at = event.target === this.cytoscape_obj ? null : (event.target as NodeSingular);
    const { shiftKey, ctrlKey, metaKey } = event.originalEvent as MouseEvent;
    const isMore = shiftKey || ctrlKey || metaKey;
    this.taps = [this.taps[1], isMore ? null : (at?.id() ?? null)];
    if (at?.isEdge()) {
      this.pressEdge(at.id());
    } else if (at || !isMore) {
      this.press(at?.id() ?? null, isMore);
    }
    // cytoscape selects in its own way right after this
    queueMicrotask(() => this.showSelected());
  }

  private showSelection(isRevealing = true): void {
    if (!this.cytoscape_obj) {
      return;
    }
    const active = this.cards.select(this.selectedIds);
    if (active) {
      this.el.setAttribute('aria-activedescendant', active);
    } else {
      this.el.removeAttribute('aria-activedescendant');
    }
    this.showSelected();
    if (isRevealing) {
      this.viewport?.reveal(this.nodeOf(this.selectedId), this.isEditable && canGlide());
    }
  }

  private showSelected(): void {
    const wanted = new Set(this.selectedIds);
    this.cytoscape_obj.batch(() => {
      this.cytoscape_obj.elements(':selected').filter(each => !wanted.has(each.id())).unselect();
      wanted.forEach(id => this.nodeOf(id).select());
    });
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

  private onKey(event: KeyboardEvent): void {
    if (event.target !== this.el || !this.cytoscape_obj) {
      return;
    }
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (this.onPress?.(event) || (isPlain && pressed(this, event.key))) {
      event.preventDefault();
      event.stopPropagation();
    }
  }
}
