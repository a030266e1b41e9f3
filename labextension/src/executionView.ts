/**
 * The view of a pipeline and its execution: header, graph, table of steps, and a panel with log, details and failure.
 *
 * It wires parts together. Each part draws itself; the model holds what is known; nothing here asks the kernel twice.
 */
import { DOMWidgetView, type DOMWidgetModel } from '@jupyter-widgets/base';
import type { Message } from '@lumino/messaging';
import { CanvasHost, type NodeStates } from './canvasHost';
import { el } from './dom';
import { ExecutionModel } from './executionModel';
import type { CardActions } from './failureCard';
import { HeaderBar } from './headerBar';
import { icon } from './icons';
import { Layout } from './layout';
import { LogView, type LogSource } from './logView';
import { empty, problemsPane, runDetails, stepDetails, whyPane } from './panes';
import type { ActionFact, Pair, ProblemFact, ReportFact, StepDetails, StepFact, StepRow } from './protocol';
import { SidePanel } from './sidePanel';
import { isActive, isExecuting, stateClass, waitingRow } from './states';
import { StepTable } from './stepTable';
import { duration } from './times';

type TabName = 'log' | 'details' | 'why' | 'problems';

const TICK = 1_000;

export class ExecutionView extends DOMWidgetView {
  declare model: ExecutionModel;
  private readonly notice = el('div', { class: 'smpw-notice', role: 'alert', hidden: '' });
  private readonly details = el('div', { tabindex: '0' });
  private readonly why = el('div', { tabindex: '0' });
  private readonly problems = el('div', { tabindex: '0' });
  private readonly painted = new Map<HTMLElement, string>();
  private readonly scrolled = new Map<HTMLElement, number>();
  private readonly ids = new Map<string, string>();
  private names = new Map<string, string>();
  private header!: HeaderBar;
  private canvas!: CanvasHost;
  private table!: StepTable;
  private log!: LogView;
  private panel!: SidePanel;
  private layoutParts!: Layout;
  private timer: ReturnType<typeof setInterval> | undefined;
  /** The step whose log, details and reasons are shown: the selected one, or the one that runs. */
  private shown: string | null = null;
  private loggedStep: string | null = null;

  override render(): void {
    super.render();
    this.el.classList.add('smpw-execution');
    this.build();
    this.listen();
    void this.canvas.attach(this.model.get('canvas') as DOMWidgetModel | null);
    this.table.update(this.model.rows.values());
    this.paintCanvas([...this.model.rows.values()]);
    // the notebook may draw the view anew at any time: it goes on where the last one was
    const selected = this.model.get('selected') as string | null;
    this.adopt(selected, selected !== null && selected !== this.model.choices.shownStep);
    this.shown = selected ?? this.model.choices.shownStep;
    this.openReport();
    this.refresh();
  }

  override processLuminoMessage(message: Message): void {
    super.processLuminoMessage(message);
    this.canvas?.process(message);
    if (message.type === 'before-detach') {
      this.keepScrolling();
    } else if (this.log && (message.type === 'after-attach' || message.type === 'after-show')) {
      this.restoreScrolling();
      this.refresh();
    }
  }

  override remove(): void {
    clearInterval(this.timer);
    window.removeEventListener('keydown', this.shortcuts, true);
    if (this.loggedStep !== null) {
      this.model.tell({ kind: 'follow', view: this.cid, step: null });
    }
    [this.header, this.canvas, this.table, this.log, this.layoutParts].forEach(part => part?.dispose());
    super.remove();
  }

  private build(): void {
    this.header = new HeaderBar(this.text('title'), this.text('subtitle'), {
      act: name => this.model.tell({ kind: 'action', name }),
      fit: () => this.canvas.fit(),
      problems: () => this.chooseTab('problems'),
      why: () => this.chooseTab('why')
    });
    this.canvas = new CanvasHost(this, id => this.choose(id === null ? null : (this.names.get(id) ?? null)));
    this.table = new StepTable(name => this.choose(name));
    this.log = new LogView(place => this.loggedStep !== null && this.model.choices.places.set(this.loggedStep, place));
    this.panel = new SidePanel(
      this.cid,
      [
        { name: 'log', label: 'Log', content: this.log.element },
        { name: 'details', label: 'Details', content: this.details },
        { name: 'why', label: 'Why', content: this.why },
        { name: 'problems', label: 'Problems', content: this.problems }
      ],
      name => this.chooseTab(name as TabName)
    );
    this.header.element.append(this.notice);
    this.layoutParts = new Layout(this.el, this.model.choices.sizes, {
      header: this.header.element,
      canvas: this.canvas.element,
      steps: this.table.element,
      panel: this.panel.element
    });
    this.setSteps();
    this.header.setActions(this.list<ActionFact>('actions'));
    this.header.setProblems(this.list<ProblemFact>('problems'));
    this.showTab(this.model.choices.shownTab as TabName);
  }

  private listen(): void {
    this.listenTo(this.model, 'smpw:state', (rows: StepRow[]) => this.stateChanged(rows));
    this.listenTo(this.model, 'smpw:logs', () => this.logsGrew());
    this.listenTo(this.model, 'smpw:page', (step: string, error: string) => this.pageArrived(step, error));
    this.listenTo(this.model, 'smpw:action', (name: string, error: string) => this.actionDone(name, error));
    this.listenTo(this.model, 'change:selected', () => this.adopt(this.model.get('selected') as string | null, true));
    this.listenTo(this.model, 'change:report', () => this.openReport());
    this.listenTo(this.model, 'change:actions', () => this.header.setActions(this.list<ActionFact>('actions')));
    this.listenTo(this.model, 'change:problems', () => this.header.setProblems(this.list<ProblemFact>('problems')));
    this.listenTo(this.model, 'change:steps', () => this.setSteps());
    this.listenTo(this.model, 'comm_live_update', () => this.refresh());
    this.listenTo(this.model, 'change:parameters change:details change:problems change:actions', () => this.refresh());
    this.el.addEventListener('keydown', event => this.pressed(event));
    window.addEventListener('keydown', this.shortcuts, true);
  }

  // -- what happened ------------------------------------------------------------------------------------------------

  private stateChanged(rows: StepRow[]): void {
    this.table.update(rows);
    this.paintCanvas(rows);
    this.followRunning();
    this.refresh();
  }

  private logsGrew(): void {
    this.log.grew(this.emptyLog());
    this.markTabs();
  }

  private pageArrived(step: string, error: string): void {
    if (step === this.loggedStep) {
      this.log.answered(error);
    }
  }

  private actionDone(name: string, error: string): void {
    this.header.done(name);
    this.notice.hidden = !error;
    this.notice.replaceChildren(el('span', {}, error && `✕ ${name}: ${error}`));
    this.refresh();
  }

  /** A report opens on its card, unless a person is reading something of their own choice. */
  private openReport(): void {
    if (this.report && !this.model.choices.touched) {
      this.adopt(null, false);
      this.showTab('why');
    }
    this.refresh();
  }

  /** While nobody has chosen a step, the panel keeps company with one that runs. */
  private followRunning(): void {
    if (this.model.choices.touched || this.model.get('selected') !== null || this.panel.element.matches(':hover')) {
      return;
    }
    const current = this.shown === null ? undefined : this.model.rows.get(this.shown);
    if (current && isActive(current.status)) {
      return;
    }
    const running = [...this.model.rows.values()].find(row => row.status === 'running');
    if (running) {
      this.shown = running.name;
      this.showTab('log');
    }
  }

  // -- what a person does -------------------------------------------------------------------------------------------

  private choose(name: string | null): void {
    if (name === null && this.model.get('selected') === null) {
      return;
    }
    this.model.choices.touched = name !== null;
    if (this.model.get('selected') !== name) {
      this.model.set('selected', name);
      this.model.save_changes();
    }
    this.adopt(name, false);
    if (name !== null) {
      this.showTab(this.tabFor(name));
    }
    this.followRunning();
    this.refresh();
  }

  private chooseTab(name: TabName): void {
    this.model.choices.touched = true;
    this.model.choices.tab = name;
    this.showTab(name);
    this.refresh();
  }

  private pressed(event: KeyboardEvent): void {
    if (event.key === 'Escape') {
      this.choose(null);
    } else if (event.key === 'f' && !event.ctrlKey && !event.metaKey && !event.altKey) {
      this.canvas.fit();
    } else if (event.key === 'l' && !event.ctrlKey && !event.metaKey && !event.altKey) {
      this.chooseTab('log');
    } else {
      return;
    }
    event.stopPropagation();
  }

  /** Within the view, the notebook's single-key commands rest (Enter, arrows, d d); its Ctrl and Shift+Enter ones go on. */
  private readonly shortcuts = (event: KeyboardEvent): void => {
    if (event.target instanceof Element && this.el.contains(event.target)) {
      const isNotebooks = event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key === 'Enter');
      // Lumino looks for it on the focused element alone, as its selectors match there first
      event.target.toggleAttribute('data-lm-suppress-shortcuts', !isNotebooks);
    }
  };

  // -- drawing ------------------------------------------------------------------------------------------------------

  /** A notebook takes outputs out of the page when they scroll away; elements forget then how far they were scrolled. */
  private keepScrolling(): void {
    for (const part of [this.table.element, this.details, this.why, this.problems]) {
      this.scrolled.set(part, part.scrollTop);
    }
  }

  private restoreScrolling(): void {
    this.scrolled.forEach((top, part) => (part.scrollTop = top));
    this.log.reattached();
  }

  private showTab(name: TabName): void {
    this.panel.show(name);
    this.model.choices.shownTab = name;
  }

  private adopt(name: string | null, elsewhere: boolean): void {
    this.shown = name;
    this.table.select(name, elsewhere);
    this.canvas.select(name === null ? null : (this.ids.get(name) ?? null));
    if (elsewhere && name !== null) {
      this.showTab(this.tabFor(name));
      this.refresh();
    }
  }

  private tabFor(name: string): TabName {
    const row = this.model.rows.get(name);
    if (row && (row.status === 'failed' || row.status === 'blocked' || row.status === 'skipped')) {
      return 'why';
    }
    const chosen = this.model.choices.tab;
    if (chosen === 'log' || chosen === 'details') {
      return chosen;
    }
    return row && row.started !== null ? 'log' : 'details';
  }

  private refresh(): void {
    this.tick();
    this.markTabs();
    this.showHeading();
    this.showPane();
    const isTicking = isExecuting(this.model.run) && this.model.comm_live;
    if (isTicking && this.timer === undefined) {
      this.timer = setInterval(() => this.tick(), TICK);
    } else if (!isTicking) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
  }

  private tick(): void {
    if (this.timer !== undefined && (!this.el.isConnected || document.hidden)) {
      return; // nobody can see it
    }
    const { run, rows, receivedAt } = this.model;
    const now = this.model.now();
    this.table.tick(run, now);
    const known = rows.size ? [...rows.values()] : this.list<StepFact>('steps').map(waitingRow);
    this.header.show(run, known, now, receivedAt, this.model.isLive, this.report !== null);
    const active = known.filter(row => isActive(row.status) && row.started !== null && this.ids.has(row.name));
    if (active.length) {
      this.canvas.applyStates(this.nodeStates(active));
    }
  }

  private showHeading(): void {
    const row = this.row();
    if (!row) {
      this.paint(this.panel.heading, 'pipeline', () => [el('strong', {}, 'Pipeline')]);
      return;
    }
    const isFollowed = this.model.get('selected') === null && isActive(row.status);
    this.paint(this.panel.heading, JSON.stringify([row.name, row.type, row.status, isFollowed]), () => [
      el('strong', { title: row.name }, el('bdi', {}, row.name)),
      el('span', { class: 'smpw-muted' }, row.type),
      el(
        'span',
        { class: stateClass(row.status) },
        icon(row.status),
        el('span', {}, row.status)
      ),
      isFollowed ? el('span', { class: 'smpw-muted', title: 'Select a step to stay with it' }, '· following what runs') : null
    ]);
  }

  private markTabs(): void {
    const row = this.row();
    this.panel.mark('log', row ? '' : 'select a step to read its log');
    const hasWhy = this.report !== null || !!row?.reason;
    this.panel.mark('why', hasWhy ? '' : 'nothing has failed', this.report ? '●' : '');
    const count = this.list<ProblemFact>('problems').length;
    this.panel.mark('problems', count ? '' : 'no problems were found', count ? `(${count})` : '');
    const usable = { log: !!row, details: true, why: hasWhy, problems: count > 0 };
    if (!usable[this.panel.shown as TabName]) {
      this.showTab('details');
    }
  }

  private showPane(): void {
    const row = this.row();
    const tab = this.panel.shown as TabName;
    this.model.choices.shownStep = this.shown;
    this.showLog(tab === 'log' ? (row ?? null) : null);
    if (tab === 'details') {
      const pairs = row ? this.detailsOf(row.name) : this.list<Pair>('parameters');
      const key = JSON.stringify([row ?? { ...this.model.run, now: 0 }, pairs]);
      const now = this.model.now();
      this.paint(this.details, key, () => (row ? stepDetails(row, pairs, now) : runDetails(this.model.run, pairs)));
    } else if (tab === 'why') {
      this.paint(this.why, JSON.stringify([row, this.report]), () => whyPane(this.report, row, this.cardActions()));
    } else if (tab === 'problems') {
      const facts = this.list<ProblemFact>('problems');
      this.paint(this.problems, JSON.stringify(facts), () => problemsPane(facts, name => this.choose(name)));
    }
  }

  private showLog(row: StepRow | null): void {
    const name = row?.name ?? null;
    if (name !== this.loggedStep) {
      this.loggedStep = null; // the old log's place is not the new one's
      this.model.tell({ kind: 'follow', view: this.cid, step: name });
      if (name !== null) {
        this.model.noteShown(name);
        this.log.show(name, this.sourceOf(name), this.emptyLog(), this.model.choices.places.get(name));
      }
      this.loggedStep = name;
    } else if (name !== null) {
      this.log.grew(this.emptyLog());
    }
  }

  /** Replace a part's content only when what it shows has changed, so that reading and selecting are not disturbed. */
  private paint(part: HTMLElement, key: string, make: () => (Node | null)[]): void {
    if (this.painted.get(part) !== key) {
      this.painted.set(part, key);
      part.replaceChildren(...make().filter((node): node is Node => node !== null));
    }
  }

  private paintCanvas(rows: readonly StepRow[]): void {
    this.canvas.applyStates(this.nodeStates(rows));
  }

  // -- facts --------------------------------------------------------------------------------------------------------

  private setSteps(): void {
    const facts = this.list<StepFact>('steps');
    this.ids.clear();
    facts.forEach(fact => fact.id !== null && this.ids.set(fact.name, fact.id));
    this.names = new Map([...this.ids].map(([name, id]) => [id, name]));
    this.table.setSteps(facts);
    if (!facts.length) {
      this.canvas.element.append(empty('This pipeline has no steps yet.'));
    }
  }

  private nodeStates(rows: readonly StepRow[]): NodeStates {
    const now = this.model.now();
    const states: NodeStates = {};
    for (const row of rows) {
      const id = this.ids.get(row.name);
      if (id !== undefined) {
        const note = row.started === null ? '' : duration((row.ended ?? (isActive(row.status) ? now : row.started)) - row.started);
        states[id] = [row.status, note];
      }
    }
    return states;
  }

  private row(): StepRow | undefined {
    if (this.shown === null) {
      return undefined;
    }
    const fact = this.list<StepFact>('steps').find(each => each.name === this.shown);
    return this.model.rows.get(this.shown) ?? (fact && waitingRow(fact));
  }

  private sourceOf(step: string): LogSource {
    const model = this.model;
    return {
      get pages() {
        return model.logOf(step);
      },
      ask: (first, count) => model.tell({ kind: 'log_page_request', step, first, count })
    };
  }

  private emptyLog(): string {
    const row = this.row();
    if (!row || row.started === null) {
      return 'This step has not started. Its log will appear here, line by line.';
    }
    return isActive(row.status) ? 'No lines yet.' : `This ${row.type || 'step'} step has written no log.`;
  }

  private detailsOf(step: string): readonly Pair[] {
    return this.list<StepDetails>('details').find(each => each.step === step)?.pairs ?? [];
  }

  private get report(): ReportFact | null {
    return this.model.get('report') as ReportFact | null;
  }

  private cardActions(): CardActions {
    return {
      select: step => this.choose(step),
      openLog: step => {
        this.choose(step);
        this.chooseTab('log');
      }
    };
  }

  private list<T>(name: string): readonly T[] {
    return (this.model.get(name) as T[] | null) ?? [];
  }

  private text(name: string): string {
    return String(this.model.get(name) ?? '');
  }
}
