/**
 * The view of a pipeline and its execution: header, graph, table of steps, and a panel with log, details and failure.
 *
 * It wires parts together. Each part draws itself; the model holds what is known; nothing here asks the kernel twice.
 */
import { DOMWidgetView, type DOMWidgetModel } from '@jupyter-widgets/base';
import type { Message } from '@lumino/messaging';
import { CanvasHost, type NodeStates } from './canvasHost';
import { el } from './dom';
import type { ActionName } from './editBar';
import { Editor } from './editor';
import { EditSession } from './editSession';
import { ExecutionModel } from './executionModel';
import type { CardActions } from './failureCard';
import { FieldForm } from './fieldForm';
import { HeaderBar } from './headerBar';
import { icon } from './icons';
import { Layout } from './layout';
import { placeReached, placeWanted } from './links';
import { logHost } from './logHost';
import { LogPane } from './logPane';
import { metricPlots } from './metricPlots';
import { isInSight, REVEAL, type Attention } from './notices';
import { comparedDetails, comparedStep } from './comparison';
import { problemsPane, runDetails, stepDetails, whyPane } from './panes';
import type {
  ActionFact,
  LogMatchesMessage,
  LogSavedMessage,
  MetricFact,
  Pair,
  ProblemFact,
  ReportFact,
  RunMessage,
  StepDetails,
  StepFact,
  StepRow
} from './protocol';
import { RunSheet } from './runSheet';
import { SidePanel } from './sidePanel';
import { isActive, isExecuting, stateClass, waitingRow } from './states';
import { StepTable } from './stepTable';
import { TableEditing } from './tableEditing';
import { tabToShow, unusable, type Sight, type TabName } from './tabs';
import { TimelineStrip } from './timelineStrip';
import { duration } from './times';

const TABS: readonly [name: TabName, label: string][] = [
  ['fields', 'Fields'],
  ['steps', 'Steps'],
  ['log', 'Log'],
  ['details', 'Details'],
  ['metrics', 'Metrics'],
  ['why', 'Why'],
  ['problems', 'Problems']
];
const TICK = 1_000;

export class ExecutionView extends DOMWidgetView {
  declare model: ExecutionModel;
  private readonly notice = el('div', { class: 'smpw-notice', role: 'alert', hidden: '' });
  private readonly stepsPane = el('div', { class: 'smpw-steps-pane' });
  private readonly details = el('div', { tabindex: '0' });
  private readonly metrics = el('div', { tabindex: '0', class: 'smpw-plots' });
  private readonly why = el('div', { tabindex: '0' });
  private readonly problems = el('div', { tabindex: '0' });
  private readonly painted = new Map<HTMLElement, string>();
  private readonly scrolled = new Map<HTMLElement, number>();
  private readonly ids = new Map<string, string>();
  private names = new Map<string, string>();
  private editor!: Editor;
  private fields!: FieldForm;
  private tableEditing!: TableEditing;
  private header!: HeaderBar;
  private canvas!: CanvasHost;
  private table!: StepTable;
  private log!: LogPane;
  private sheet!: RunSheet;
  private timeline!: TimelineStrip;
  private panel!: SidePanel;
  private layoutParts!: Layout;
  private timer: ReturnType<typeof setInterval> | undefined;
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
    this.followRunning();
    this.timeline.update(this.model.run, this.model.rows.values());
    this.adopt();
    this.goToWanted();
  }

  override processLuminoMessage(message: Message): void {
    super.processLuminoMessage(message);
    this.canvas?.process(message);
    if (message.type === 'before-detach') {
      this.keepScrolling();
    } else if (this.log && (message.type === 'after-attach' || message.type === 'after-show')) {
      this.restoreScrolling();
      this.editor.placed();
      this.log.reattached();
      this.refresh();
    }
  }

  override remove(): void {
    this.editor.session.editingChanged.disconnect(this.editingChanged);
    clearInterval(this.timer);
    window.removeEventListener('keydown', this.shortcuts, true);
    if (this.loggedStep !== null) {
      this.model.tell({ kind: 'follow', view: this.cid, step: null });
    }
    window.removeEventListener('hashchange', this.hashChanged);
    [this.fields, this.tableEditing, this.editor, this.header, this.canvas, this.table, this.log, this.sheet, this.timeline, this.layoutParts].forEach(part => part?.dispose());
    super.remove();
  }

  private build(): void {
    this.header = new HeaderBar(this.text('title'), this.text('subtitle'), this.text('comparison'), this.model.get('has_form') === true, {
      run: atOnce => {
        this.fold(false);
        this.editor.session.drawNow(); // what is typed is what runs
        this.sheet.ask(atOnce);
      },
      act: name => this.model.tell({ kind: 'action', name }),
      fit: () => this.canvas.fit(),
      fold: () => this.fold(!this.model.choices.folded),
      problems: () => this.chooseTab('problems'),
      why: () => this.chooseTab('why')
    });
    this.canvas = new CanvasHost(this, id => this.choose(id === null ? null : (this.names.get(id) ?? null)));
    this.table = new StepTable((name, opens) => this.choose(name, opens));
    this.log = new LogPane(logHost(this.model, this.cid, (step, line) => this.openLine(step, line)), this.model.choices.taste);
    this.timeline = new TimelineStrip(this.model.choices.timeline, {
      select: name => this.choose(name),
      toggled: isOpen => {
        this.model.choices.timeline = isOpen;
        this.refresh();
      }
    });
    this.sheet = new RunSheet(this.cid, {
      tell: request => this.model.tell(request),
      toggled: () => this.refresh(),
      say: (words, isError) => this.say(words, isError)
    });
    const { stepsPane, details, metrics, why, problems } = this;
    this.fields = new FieldForm(EditSession.of(this.model));
    const contents = { fields: this.fields.element, steps: stepsPane, log: this.log.element, details, metrics, why, problems };
    const tabs = TABS.map(([name, label]) => ({ name, label, content: contents[name] }));
    this.panel = new SidePanel(this.cid, tabs, name => this.chooseTab(name as TabName));
    this.header.element.append(this.notice);
    const parts = {
      header: this.header.element,
      canvas: this.canvas.element,
      steps: this.table.element,
      stepsPane: this.stepsPane,
      panel: this.panel.element,
      strip: this.timeline.element,
      sheet: this.sheet.element
    };
    this.layoutParts = new Layout(this.el, this.model.choices.sizes, parts, () => this.refresh());
    this.setSteps();
    this.editor = new Editor({
      model: this.model,
      element: this.el,
      canvas: this.canvas,
      openFields: () => {
        this.chooseTab('fields');
        this.fields.focus();
      }
    });
    const graph = { act: (name: ActionName) => this.editor.graphAct(name), edges: () => this.editor.edges, fold: (name: string) => this.editor.foldBranch(name) };
    this.tableEditing = new TableEditing(this.editor.session, this.model, this.table, this.el, graph);
    this.header.tools.push(this.editor.toggle);
    this.fold(this.model.choices.folded);
    this.header.setActions(this.list<ActionFact>('actions'));
    this.header.setProblems(this.list<ProblemFact>('problems'));
  }

  /** Editing has begun, or is over: the form comes first while it lasts. */
  private readonly editingChanged = (_session: unknown, isOn: boolean): void => {
    if (isOn !== (this.panel.element.dataset.editing === 'true')) {
      this.panel.element.dataset.editing = String(isOn);
      this.model.choices.tab = isOn ? 'fields' : null;
      this.refresh();
    }
  };

  private listen(): void {
    this.editor.session.editingChanged.connect(this.editingChanged);
    this.listenTo(this.model, 'smpw:state', (rows: StepRow[]) => this.stateChanged(rows));
    this.listenTo(this.model, 'smpw:logs', () => this.logsGrew());
    this.listenTo(this.model, 'smpw:page', (step: string, error: string) => this.pageArrived(step, error));
    this.listenTo(this.model, 'smpw:matches', (message: LogMatchesMessage) => this.log.found(message));
    this.listenTo(this.model, 'smpw:saved', (message: LogSavedMessage) => this.log.saved(message.words));
    this.listenTo(this.model, 'smpw:metrics', () => this.refresh());
    this.listenTo(this.model, 'smpw:run', (message: RunMessage) => this.sheet.receive(message));
    this.listenTo(this.model, 'smpw:another', () => this.forgetLog());
    this.listenTo(this.model, 'smpw:reveal', () => this.reveal());
    this.listenTo(this.model, 'smpw:sight', (sight: Attention) => (sight.isSeen ||= isInSight(this.el)));
    this.listenTo(this.model, 'smpw:action', (name: string, error: string) => this.actionDone(name, error));
    this.listenTo(this.model, 'change:selected', () => this.adopt());
    this.listenTo(this.model, 'change:subtitle', () => this.header.setSubtitle(this.text('subtitle')));
    this.listenTo(this.model, 'change:actions', () => this.header.setActions(this.list<ActionFact>('actions')));
    this.listenTo(this.model, 'change:problems', () => this.header.setProblems(this.list<ProblemFact>('problems')));
    this.listenTo(this.model, 'change:steps', () => this.setSteps());
    this.listenTo(this.model, 'comm_live_update', () => this.refresh());
    this.listenTo(this.model, 'change:report change:parameters change:details change:problems change:actions', () => this.refresh());
    this.el.addEventListener('keydown', event => this.pressed(event));
    window.addEventListener('keydown', this.shortcuts, true);
    window.addEventListener('hashchange', this.hashChanged);
  }

  // -- what happened ------------------------------------------------------------------------------------------------

  private stateChanged(rows: StepRow[]): void {
    this.table.update(rows);
    this.timeline.update(this.model.run, this.model.rows.values());
    this.paintCanvas(rows);
    this.followRunning();
    this.refresh();
  }

  private logsGrew(): void {
    this.log.grew(this.emptyLog());
  }

  private pageArrived(step: string, error: string): void {
    if (step === this.loggedStep) {
      this.log.answered(error);
    }
  }

  private actionDone(name: string, error: string): void {
    this.header.done(name);
    this.say(error && `${name}: ${error}`, true);
    this.refresh();
  }

  /** Say something below the buttons until something else is said. */
  private say(words: string, isError: boolean): void {
    this.notice.hidden = !words;
    this.notice.classList.toggle('smpw-notice-error', isError);
    this.notice.replaceChildren(el('span', {}, words && isError ? `✕ ${words}` : words));
  }

  /** Another run is shown: its log is not the one before's. */
  private forgetLog(): void {
    this.loggedStep = null;
    this.log.hide();
  }

  private readonly hashChanged = (): void => this.goToWanted();

  /** Where the page's address leads to a line of this run, go there. */
  private goToWanted(): void {
    const place = placeWanted();
    const { arn } = this.model.run;
    if (place && arn && arn.endsWith(`/${place.run}`) && this.model.rows.has(place.step)) {
      placeReached();
      this.openLine(place.step, place.line);
      requestAnimationFrame(() => this.el.scrollIntoView({ block: 'nearest' }));
    }
  }

  /** Come into sight: the plugin hears the event and brings the notebook to the front. */
  private reveal(): void {
    this.el.dispatchEvent(new CustomEvent(REVEAL, { bubbles: true }));
    requestAnimationFrame(() => this.el.scrollIntoView({ block: 'nearest' }));
  }

  private openLine(step: string, line: number): void {
    this.choose(step);
    this.chooseTab('log');
    this.log.goTo(line);
  }

  /** While nobody has selected a step, the log keeps company with one that runs. */
  private followRunning(): void {
    const { choices, rows } = this.model;
    const current = choices.followed === null ? undefined : rows.get(choices.followed);
    if (this.selected !== null || (current && isActive(current.status)) || this.panel.element.matches(':hover')) {
      return;
    }
    choices.followed = [...rows.values()].find(row => row.status === 'running')?.name ?? choices.followed;
  }

  // -- what a person does -------------------------------------------------------------------------------------------

  /** Select a step, or none; `opens` tells choosing one from walking through the table, which stays in sight then. */
  private choose(name: string | null, opens = true): void {
    const { choices } = this.model;
    if (name === null && this.selected === null) {
      return;
    }
    if (name !== null && !opens && this.shownTab === 'steps') {
      choices.tab = 'steps';
    } else if (name !== null && choices.tab !== 'log' && choices.tab !== 'details' && choices.tab !== 'fields') {
      choices.tab = null; // the other tabs are the run's: a step opens on its own
    }
    if (this.selected !== name) {
      this.model.set('selected', name);
      this.model.save_changes();
    }
    this.followRunning();
    this.refresh();
  }

  private chooseTab(name: TabName): void {
    this.model.choices.tab = name;
    this.refresh();
  }

  /** Leave only the bar with state and buttons, or show all again. */
  private fold(isFolded: boolean): void {
    this.model.choices.folded = isFolded;
    this.el.classList.toggle('smpw-folded', isFolded);
    this.header.setFolded(isFolded);
  }

  private pressed(event: KeyboardEvent): void {
    if (event.key === 'Escape') {
      if (!this.editor.comeBack(event.target)) {
        this.choose(null);
      }
    } else if (event.key === '/' && this.shownTab === 'log') {
      this.log.focusSearch();
      event.preventDefault();
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
      const isOurs = !isNotebooks || this.editor.owns(event);
      // Lumino looks for it on the focused element alone, as its selectors match there first
      event.target.toggleAttribute('data-lm-suppress-shortcuts', isOurs);
    }
  };

  // -- drawing ------------------------------------------------------------------------------------------------------

  /** A notebook takes outputs out of the page when they scroll away; elements forget then how far they were scrolled. */
  private keepScrolling(): void {
    for (const part of [this.table.element, this.details, this.metrics, this.why, this.problems]) {
      if (part.clientHeight) {
        this.scrolled.set(part, part.scrollTop);
      }
    }
  }

  private restoreScrolling(): void {
    this.scrolled.forEach((top, part) => (part.scrollTop = top));
  }

  private adopt(): void {
    const name = this.selected;
    this.table.select(name, true);
    this.timeline.select(name);
    this.canvas.select(name === null ? null : (this.ids.get(name) ?? null));
    this.refresh();
  }

  private refresh(): void {
    this.tick();
    this.showTab();
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
    this.timeline.tick(run, now);
    const known = rows.size ? [...rows.values()] : this.list<StepFact>('steps').map(waitingRow);
    this.header.show(run, known, now, receivedAt, this.model.isLive, this.report !== null);
    const active = known.filter(row => isActive(row.status) && row.started !== null && this.ids.has(row.name));
    if (active.length) {
      this.canvas.applyStates(this.nodeStates(active));
    }
  }

  private showHeading(): void {
    const row = this.row();
    const several = EditSession.of(this.model).selection.length;
    if (row && several > 1) {
      this.paint(this.panel.heading, `several steps ${several}`, () => [el('strong', {}, `${several} steps`)]);
      return;
    }
    if (!row) {
      this.paint(this.panel.heading, 'pipeline', () => [el('strong', {}, 'Pipeline')]);
      return;
    }
    const isFollowed = this.selected === null && isActive(row.status);
    this.paint(this.panel.heading, JSON.stringify([row.name, row.type, row.status, row.activity, isFollowed]), () => [
      el('strong', { title: row.name }, el('bdi', {}, row.name)),
      el('span', { class: 'smpw-muted' }, row.type),
      el(
        'span',
        { class: stateClass(row.status) },
        icon(row.status),
        el('span', {}, row.status)
      ),
      isActive(row.status) && row.activity ? el('span', { class: 'smpw-muted smpw-activity', title: row.activity }, `· ${row.activity}`) : null,
      isFollowed ? el('span', { class: 'smpw-muted smpw-following', title: 'Select a step to stay with it' }, '· following what runs') : null
    ]);
  }

  private showTab(): void {
    const sight = this.sight();
    const notes: Partial<Record<TabName, string>> = {
      why: sight.hasReport ? '●' : '',
      problems: sight.problems ? `(${sight.problems})` : ''
    };
    TABS.forEach(([name]) => this.panel.mark(name, unusable(name, sight), notes[name]));
    this.panel.setPresent('steps', sight.hasSteps);
    this.panel.setPresent('fields', sight.isEditing);
    const name = tabToShow(this.model.choices.tab, sight);
    if (name !== this.shownTab) {
      this.keepScrolling();
      this.panel.show(name);
      this.restoreScrolling();
    }
  }

  private showPane(): void {
    const row = this.row();
    const tab = this.shownTab;
    this.showLog(tab === 'log' ? (row ?? null) : null);
    this.fields.show(tab === 'fields');
    if (tab === 'details') {
      const pairs = row ? this.detailsOf(row.name) : this.list<Pair>('parameters');
      const key = JSON.stringify([row ?? { ...this.model.run, now: 0 }, pairs]);
      const now = this.model.now();
      const overall = () => (this.isComparison ? comparedDetails(pairs) : runDetails(this.model.run, pairs));
      const ofStep = (each: StepRow) => (this.isComparison ? comparedStep(each, pairs) : stepDetails(each, pairs, now));
      this.paint(this.details, key, () => (row ? ofStep(row) : overall()));
    } else if (tab === 'metrics') {
      const shown = this.metricsShown();
      this.paint(this.metrics, JSON.stringify(shown), () => metricPlots(shown, this.selected));
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
        this.loggedStep = name;
        this.log.show(name, this.emptyLog(), this.model.choices.places.get(name));
      } else {
        this.log.hide();
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
    this.canvas.sayEmpty(facts.length ? '' : 'This pipeline has no steps yet.');
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

  /** The step the panel tells of: the selected one; in the log, else the one that runs. */
  private row(): StepRow | undefined {
    return this.rowOf(this.selected ?? (this.shownTab === 'log' ? this.model.choices.followed : null));
  }

  private rowOf(name: string | null): StepRow | undefined {
    if (name === null) {
      return undefined;
    }
    const fact = this.list<StepFact>('steps').find(each => each.name === name);
    return this.model.rows.get(name) ?? (fact && waitingRow(fact));
  }

  private sight(): Sight {
    const problems = this.list<ProblemFact>('problems');
    return {
      run: this.model.run,
      selected: this.rowOf(this.selected),
      followed: this.rowOf(this.model.choices.followed),
      hasReport: this.report !== null,
      hasMetrics: this.metricsShown().length > 0,
      problems: problems.length,
      errors: problems.filter(problem => problem.severity === 'error').length,
      hasSteps: this.layoutParts.arrangement !== 'very-wide',
      isEditing: this.editor.session.isEditing,
      isComparison: this.isComparison
    };
  }

  /** The metrics of the selected step, else of all. */
  private metricsShown(): MetricFact[] {
    return [...this.model.metrics.values()].filter(metric => this.selected === null || metric.step === this.selected);
  }

  private emptyLog(): string {
    const row = this.row();
    if (!row || row.started === null) {
      return 'This step has not started. Its log will appear here, line by line.';
    }
    return row.log_note || (isActive(row.status) ? 'No lines yet.' : `This ${row.type || 'step'} step has written no log.`);
  }

  private detailsOf(step: string): readonly Pair[] {
    return this.list<StepDetails>('details').find(each => each.step === step)?.pairs ?? [];
  }

  private get selected(): string | null {
    return this.model.get('selected') as string | null;
  }

  /** Whether two definitions are compared instead of one being run. */
  private get isComparison(): boolean {
    return this.text('comparison') !== '';
  }

  private get shownTab(): TabName {
    return this.panel.shown as TabName;
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
