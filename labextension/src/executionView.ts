/**
 * The view of a pipeline and its execution: header, graph, table of steps, and a panel with log, details and failure.
 *
 * It wires parts together. Each part draws itself; the model holds what is known; nothing here asks the kernel twice.
 */
import { DOMWidgetView, type DOMWidgetModel } from '@jupyter-widgets/base';
import type { Message } from '@lumino/messaging';
import { CanvasHost, type NodeStates } from './canvasHost';
import type { Choices } from './choices';
import { el } from './dom';
import type { ActionName } from './editBar';
import { Editor } from './editor';
import { EditSession } from './editSession';
import { ExecutionModel } from './executionModel';
import { neighbouringFailure } from './failureCard';
import { FailureDesk } from './failureDesk';
import type { NextPlanMessage } from './failureProtocol';
import { FieldForm } from './fieldForm';
import { HeaderBar } from './headerBar';
import { KeptScrolling } from './keptScrolling';
import { Layout } from './layout';
import { placeReached, placeWanted } from './links';
import { logHost } from './logHost';
import { LogPane } from './logPane';
import { isInSight, REVEAL, type Attention } from './notices';
import type { ActionFact, LogMatchesMessage, LogSavedMessage, ProblemFact, RunMessage, StepRow } from './protocol';
import { RunPanel } from './runPanel';
import { RunSheet } from './runSheet';
import { followedStep, ShownLog } from './shownLog';
import { PAGE, SightWatch } from './sight';
import { isExecuting } from './states';
import { StepNodes } from './stepNodes';
import { StepTable } from './stepTable';
import { TableEditing } from './tableEditing';
import type { Sight, TabName } from './tabs';
import { TimelineStrip } from './timelineStrip';
import { emptyLog, ViewFacts } from './viewFacts';
import { ViewKeys, type KeyActions } from './viewKeys';
import { wishes } from './viewWishes';

const TICK = 1_000;

export class ExecutionView extends DOMWidgetView {
  declare model: ExecutionModel;
  private readonly notice = el('div', { class: 'smpw-notice', role: 'alert', hidden: '' });
  private readonly stepsPane = el('div', { class: 'smpw-steps-pane' });
  private readonly nodes = new StepNodes();
  private readonly kept = new KeptScrolling(() => [this.table.element, ...this.panel.scrolling]);
  private choices!: Choices;
  private facts!: ViewFacts;
  private keys!: ViewKeys;
  private header!: HeaderBar;
  private canvas!: CanvasHost;
  private table!: StepTable;
  private log!: LogPane;
  private shownLog!: ShownLog;
  private sheet!: RunSheet;
  private timeline!: TimelineStrip;
  private panel!: RunPanel;
  private layoutParts!: Layout;
  private sightWatch!: SightWatch;
  private paceTold = 0;
  private desk!: FailureDesk;
  private editor!: Editor;
  private fields!: FieldForm;
  private tableEditing!: TableEditing;
  private timer: ReturnType<typeof setInterval> | undefined;

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
      this.kept.keep();
    } else if (this.log && (message.type === 'after-attach' || message.type === 'after-show')) {
      this.kept.restore();
      this.editor.placed();
      this.log.reattached();
      this.refresh();
    }
  }

  override remove(): void {
    clearInterval(this.timer);
    this.editor.session.editingChanged.disconnect(this.editingChanged);
    this.left();
    this.model.choiceBook.release(this.choices);
    window.removeEventListener('pagehide', this.left);
    window.removeEventListener('hashchange', this.hashChanged);
    const { header, canvas, table, log, sheet, timeline, layoutParts, keys, sightWatch, desk, editor, fields, tableEditing } = this;
    [fields, tableEditing, editor, header, canvas, table, log, sheet, timeline, layoutParts, keys, sightWatch, desk].forEach(part => part?.dispose());
    super.remove();
  }

  private build(): void {
    this.choices = this.model.choiceBook.take();
    this.facts = new ViewFacts(this.model);
    this.header = this.makeHeader();
    this.canvas = new CanvasHost(this, id => this.choose(this.nodes.nameOf(id)));
    this.table = new StepTable((name, opens) => this.choose(name, opens));
    this.log = new LogPane(logHost(this.model, this.choices, this.name, (step, line) => this.openLine(step, line)), this.choices.taste);
    this.shownLog = new ShownLog(this.model, this.choices, this.name, this.log);
    this.timeline = new TimelineStrip(this.choices.timeline, {
      select: name => this.choose(name),
      toggled: isOpen => {
        this.choices.timeline = isOpen;
        this.refresh();
      }
    });
    this.sheet = new RunSheet(this.name, {
      tell: request => this.model.tell(request),
      toggled: () => this.refresh(),
      say: (words, isError) => this.say(words, isError)
    });
    this.desk = new FailureDesk(this.cid, this.model, states => this.paintPlan(states));
    this.fields = new FieldForm(EditSession.of(this.model));
    const panes = { fields: this.fields.element, steps: this.stepsPane, log: this.log.element };
    this.panel = new RunPanel(this.cid, this.choices, this.facts, panes, {
      desk: this.desk,
      choose: name => this.chooseTab(name),
      select: step => this.choose(step),
      openLog: step => this.openLog(step)
    });
    this.layOut();
    this.setSteps();
    this.makeEditor();
    this.fold(this.choices.folded);
    this.header.setActions(this.facts.list<ActionFact>('actions'));
    this.header.setProblems(this.facts.list<ProblemFact>('problems'));
  }

  /** What names this view to the kernel. */
  private get name(): string {
    return `${this.cid}@${PAGE}`;
  }

  private makeHeader(): HeaderBar {
    const { facts } = this;
    return new HeaderBar(facts.text('title'), facts.text('subtitle'), facts.text('comparison'), this.model.get('has_form') === true, {
      run: atOnce => {
        this.fold(false);
        this.editor.session.drawNow(); // what is typed is what runs
        this.sheet.ask(atOnce);
      },
      act: name => this.model.tell({ kind: 'action', name }),
      fit: () => this.canvas.fit(),
      fold: () => this.fold(!this.choices.folded),
      problems: () => this.chooseTab('problems'),
      why: () => this.chooseTab('why')
    });
  }

  private layOut(): void {
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
    this.layoutParts = new Layout(this.el, this.choices.sizes, parts, () => this.refresh());
  }

  private makeEditor(): void {
    this.editor = new Editor({
      model: this.model,
      element: this.el,
      canvas: this.canvas,
      openFields: () => {
        this.chooseTab('fields');
        this.fields.focus();
      }
    });
    const graph = {
      act: (name: ActionName) => this.editor.graphAct(name),
      edges: () => this.editor.edges,
      fold: (name: string) => this.editor.foldBranch(name)
    };
    this.tableEditing = new TableEditing(this.editor.session, this.model, this.table, this.el, graph);
    this.header.tools.push(this.editor.toggle);
  }

  /** Editing has begun, or is over: the form comes first while it lasts. */
  private readonly editingChanged = (_session: unknown, isOn: boolean): void => {
    if (isOn !== (this.panel.element.dataset.editing === 'true')) {
      this.panel.element.dataset.editing = String(isOn);
      this.choices.tab = isOn ? 'fields' : null;
      this.refresh();
    }
  };

  private listen(): void {
    this.editor.session.editingChanged.connect(this.editingChanged);
    this.listenTo(this.model, 'smpw:state', (rows: StepRow[]) => this.stateChanged(rows));
    this.listenTo(this.model, 'smpw:logs', () => this.log.grew(emptyLog(this.row())));
    this.listenTo(this.model, 'smpw:page', (step: string, error: string) => this.shownLog.pageArrived(step, error));
    this.listenTo(this.model, 'smpw:matches', (message: LogMatchesMessage) => this.log.found(message));
    this.listenTo(this.model, 'smpw:saved', (message: LogSavedMessage) => this.log.saved(message.words));
    this.listenTo(this.model, 'smpw:metrics', () => this.refresh());
    this.listenTo(this.model, 'smpw:run', (message: RunMessage) => this.sheet.receive(message));
    this.listenTo(this.model, 'smpw:another', () => this.shownLog.forget());
    this.listenTo(this.model, 'smpw:reveal', () => this.reveal());
    this.listenTo(this.model, 'smpw:sight', (sight: Attention) => (sight.isSeen ||= isInSight(this.el)));
    this.listenTo(this.model, 'smpw:action', (name: string, error: string) => this.actionDone(name, error));
    this.listenTo(this.model, 'change:selected', () => this.adopt());
    this.listenTo(this.model, 'change:subtitle', () => this.header.setSubtitle(this.facts.text('subtitle')));
    this.listenTo(this.model, 'change:actions', () => this.header.setActions(this.facts.list<ActionFact>('actions')));
    this.listenTo(this.model, 'change:problems', () => this.header.setProblems(this.facts.list<ProblemFact>('problems')));
    this.listenTo(this.model, 'change:steps', () => this.setSteps());
    this.listenTo(this.model, 'comm_live_update', () => {
      this.sightWatch.repeat();
      this.refresh();
    });
    this.listenTo(this.model, 'change:report change:replay change:parameters change:details change:problems change:actions', () => this.refresh());
    const own: KeyActions = {
      Escape: event => {
        if (!this.editor.comeBack(event.target)) {
          this.choose(null);
        }
      },
      '/': () => (this.shownTab === 'log' ? this.log.focusSearch() : false),
      f: () => this.canvas.fit(),
      l: () => this.chooseTab('log'),
      '[': () => this.walkFailures(-1),
      ']': () => this.walkFailures(1)
    };
    this.keys = new ViewKeys(this.el, own, event => this.editor.owns(event));
    this.sightWatch = new SightWatch(this.el, isSeen => this.tellSight(isSeen));
    window.addEventListener('pagehide', this.left);
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

  /** Nobody looks through this view any more. */
  private readonly left = (): void => this.shownLog?.leave();

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

  private tellSight(isSeen: boolean): void {
    this.model.tell({ kind: 'sight', view: this.name, is_seen: isSeen });
    if (isSeen && wishes.watchInterval !== this.paceTold) {
      this.paceTold = wishes.watchInterval;
      this.model.tell({ kind: 'pace', seconds: this.paceTold });
    }
  }

  /** Come into sight: the plugin hears the event and brings the notebook to the front. */
  private reveal(): void {
    this.el.dispatchEvent(new CustomEvent(REVEAL, { bubbles: true }));
    requestAnimationFrame(() => this.el.scrollIntoView({ block: 'nearest' }));
  }

  private openLine(step: string, line: number): void {
    this.openLog(step);
    this.log.goTo(line);
  }

  private openLog(step: string): void {
    this.choose(step);
    this.chooseTab('log');
  }

  /** While nobody has selected a step, the log keeps company with one that runs, but is not changed below a pointer. */
  private followRunning(): void {
    if (this.facts.selected === null && !this.panel.element.matches(':hover')) {
      this.choices.followed = followedStep(this.choices.followed, this.model.rows);
    }
  }

  // -- what a person does -------------------------------------------------------------------------------------------

  /** Select a step, or none; `opens` tells choosing one from walking through the table, which stays in sight then. */
  private choose(name: string | null, opens = true): void {
    const { choices } = this;
    if (name === null && this.facts.selected === null) {
      return;
    }
    if (name !== null && !opens && this.shownTab === 'steps') {
      choices.tab = 'steps';
    } else if (name !== null && choices.tab !== 'log' && choices.tab !== 'details' && choices.tab !== 'fields') {
      choices.tab = null; // the other tabs are the run's: a step opens on its own
    }
    if (this.facts.selected !== name) {
      this.model.set('selected', name);
      this.model.save_changes();
    }
    this.followRunning();
    this.refresh();
  }

  /** Go to the next root failure, or the one before. */
  private walkFailures(by: number): void {
    const name = neighbouringFailure(this.facts.report, this.facts.selected, by);
    if (name !== null) {
      this.choose(name);
      this.chooseTab('why');
      this.panel.focusWhy();
    }
  }

  private chooseTab(name: TabName): void {
    this.choices.tab = name;
    this.refresh();
  }

  /** Leave only the bar with state and buttons, or show all again. */
  private fold(isFolded: boolean): void {
    this.choices.folded = isFolded;
    this.el.classList.toggle('smpw-folded', isFolded);
    this.header.setFolded(isFolded);
  }

  // -- drawing ------------------------------------------------------------------------------------------------------

  private adopt(): void {
    const name = this.facts.selected;
    this.table.select(name, true);
    this.timeline.select(name);
    this.canvas.select(this.nodes.idOf(name));
    this.refresh();
  }

  private refresh(): void {
    this.tick();
    this.panel.showTab(this.sight(), this.kept);
    const row = this.row();
    this.panel.showHeading(row, this.facts.selected !== null, this.editor.session.selection.length);
    this.shownLog.show(this.shownTab === 'log' ? (row ?? null) : null);
    this.fields.show(this.shownTab === 'fields');
    this.panel.showPane(row);
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
    const { run, receivedAt } = this.model;
    const now = this.model.now();
    this.table.tick(run, now);
    this.timeline.tick(run, now);
    this.header.show(run, this.facts.known, now, receivedAt, this.model.isLive, this.facts.report !== null);
    const ticking = this.nodes.ticking(this.facts.known, now);
    if (ticking) {
      this.canvas.applyStates(ticking);
    }
  }

  /** Draw what would become of the steps; null draws what is. */
  private paintPlan(states: NextPlanMessage['states'] | null): void {
    if (states === null) {
      this.paintCanvas([...this.model.rows.values()]);
      return;
    }
    const planned = states.flatMap(([name, state, note]) => {
      const id = this.nodes.idOf(name);
      return id === null ? [] : [[id, [state, note]]];
    });
    this.canvas.applyStates(Object.fromEntries(planned) as NodeStates);
  }

  private paintCanvas(rows: readonly StepRow[]): void {
    this.canvas.applyStates(this.nodes.states(rows, this.model.now()));
  }

  // -- facts --------------------------------------------------------------------------------------------------------

  private setSteps(): void {
    const facts = this.facts.steps;
    this.nodes.set(facts);
    this.table.setSteps(facts);
    this.canvas.sayEmpty(facts.length ? '' : 'This pipeline has no steps yet.');
  }

  /** The step the panel tells of: the selected one; in the log, else the one that runs. */
  private row(): StepRow | undefined {
    return this.facts.rowOf(this.facts.selected ?? (this.shownTab === 'log' ? this.choices.followed : null));
  }

  private sight(): Sight {
    const { facts } = this;
    const problems = facts.list<ProblemFact>('problems');
    return {
      run: this.model.run,
      selected: facts.rowOf(facts.selected),
      followed: facts.rowOf(this.choices.followed),
      hasReport: facts.report !== null,
      hasMetrics: facts.metrics.length > 0,
      problems: problems.length,
      errors: problems.filter(problem => problem.severity === 'error').length,
      hasSteps: this.layoutParts.arrangement !== 'very-wide',
      isEditing: this.editor.session.isEditing,
      isComparison: facts.isComparison,
      replay: this.desk.replay.kind
    };
  }

  private get shownTab(): TabName {
    return this.panel.shown;
  }
}
