/**
 * What the panel beside the graph holds: heading and panes of a step or of the run, each drawn anew only when it changes.
 *
 * Which tab is shown is `tabs.ts`'s rule; how each pane looks is `panes.ts`'s and its neighbours'.
 */
import type { Choices } from './choices';
import { comparedDetails, comparedStep } from './comparison';
import { el } from './dom';
import type { CardActions } from './failureCard';
import { icon } from './icons';
import { metricPlots } from './metricPlots';
import { problemsPane, runDetails, stepDetails, whyPane } from './panes';
import type { Pair, ProblemFact, StepRow } from './protocol';
import type { KeptScrolling } from './keptScrolling';
import { SidePanel } from './sidePanel';
import { isActive, stateClass } from './states';
import { tabToShow, unusable, type Sight, type TabName } from './tabs';
import type { ViewFacts } from './viewFacts';

const TABS: readonly [name: TabName, label: string][] = [
  ['fields', 'Fields'],
  ['steps', 'Steps'],
  ['log', 'Log'],
  ['details', 'Details'],
  ['metrics', 'Metrics'],
  ['why', 'Why'],
  ['replay', 'Replay'],
  ['problems', 'Problems']
];

export interface PanelActions extends CardActions {
  choose(name: TabName): void;
}

export class RunPanel {
  private readonly details = el('div', { tabindex: '0' });
  private readonly metrics = el('div', { tabindex: '0', class: 'smpw-plots' });
  private readonly why = el('div', { tabindex: '0' });
  private readonly replay: HTMLElement;
  private readonly problems = el('div', { tabindex: '0' });
  private readonly painted = new Map<HTMLElement, string>();
  private readonly panel: SidePanel;

  /** `id` names the view; `fields`, `steps` and `log` are panes that others draw. */
  constructor(
    id: string,
    private readonly choices: Choices,
    private readonly facts: ViewFacts,
    parts: { fields: HTMLElement; steps: HTMLElement; log: HTMLElement },
    private readonly actions: PanelActions
  ) {
    const { details, metrics, why, problems } = this;
    this.replay = el('div', { tabindex: '0' }, actions.desk.replay.place(null));
    const contents = { ...parts, details, metrics, why, replay: this.replay, problems };
    const tabs = TABS.map(([name, label]) => ({ name, label, content: contents[name] }));
    this.panel = new SidePanel(id, tabs, name => actions.choose(name as TabName));
  }

  get element(): HTMLElement {
    return this.panel.element;
  }

  get shown(): TabName {
    return this.panel.shown as TabName;
  }

  /** Elements that scroll, and forget how far when they are hidden. */
  get scrolling(): readonly HTMLElement[] {
    return [this.details, this.metrics, this.why, this.replay, this.problems];
  }

  /** Show the tab that the rule names; `kept` holds how far its parts were scrolled. */
  showTab(sight: Sight, kept: KeptScrolling): void {
    const notes: Partial<Record<TabName, string>> = {
      why: sight.hasReport ? '●' : '',
      problems: sight.problems ? `(${sight.problems})` : ''
    };
    TABS.forEach(([name]) => this.panel.mark(name, unusable(name, sight), notes[name]));
    this.panel.setPresent('steps', sight.hasSteps);
    this.panel.setPresent('fields', sight.isEditing);
    this.panel.setPresent('replay', sight.replay !== 'none');
    const name = tabToShow(this.choices.tab, sight);
    if (name !== this.shown) {
      kept.keep();
      this.panel.show(name);
      kept.restore();
    }
  }

  /** Say whose log, details or failure is shown: a step's, or the run's; of `several` steps, how many are edited. */
  showHeading(row: StepRow | undefined, isSelected: boolean, several: number): void {
    if (row && several > 1) {
      this.paint(this.panel.heading, `several steps ${several}`, () => [el('strong', {}, `${several} steps`)]);
      return;
    }
    if (!row) {
      this.paint(this.panel.heading, 'pipeline', () => [el('strong', {}, 'Pipeline')]);
      return;
    }
    const isFollowed = !isSelected && isActive(row.status);
    this.paint(this.panel.heading, JSON.stringify([row.name, row.type, row.status, row.activity, isFollowed]), () => heading(row, isFollowed));
  }

  /** Let the keyboard read on in the failure. */
  focusWhy(): void {
    this.why.focus();
  }

  /** Draw the pane that is shown. */
  showPane(row: StepRow | undefined): void {
    switch (this.shown) {
      case 'details':
        return this.showDetails(row);
      case 'metrics':
        return this.showMetrics();
      case 'why': {
        const { report } = this.facts;
        return this.paint(this.why, JSON.stringify([row, report]), () => whyPane(report, row, this.actions));
      }
      case 'problems': {
        const found = this.facts.list<ProblemFact>('problems');
        return this.paint(this.problems, JSON.stringify(found), () => problemsPane(found, name => this.actions.select(name)));
      }
      case 'fields':
      case 'steps':
      case 'log':
      case 'replay':
        return;
    }
  }

  private showDetails(row: StepRow | undefined): void {
    const { facts } = this;
    const { run } = facts;
    const pairs = row ? facts.detailsOf(row.name) : facts.list<Pair>('parameters');
    const key = JSON.stringify([row ?? { ...run, now: 0 }, pairs]);
    const overall = () => (facts.isComparison ? comparedDetails(pairs) : runDetails(run, pairs));
    const plain = (each: StepRow) => [...stepDetails(each, pairs, facts.now()), ...this.actions.desk.ofStep(each.name)];
    const ofStep = (each: StepRow) => (facts.isComparison ? comparedStep(each, pairs) : plain(each));
    this.paint(this.details, key, () => (row ? ofStep(row) : overall()));
  }

  private showMetrics(): void {
    const shown = this.facts.metrics;
    this.paint(this.metrics, JSON.stringify(shown), () => metricPlots(shown, this.facts.selected));
  }

  /** Replace a part's content only when what it shows has changed, so that reading and selecting are not disturbed. */
  private paint(part: HTMLElement, key: string, make: () => (Node | null)[]): void {
    if (this.painted.get(part) !== key) {
      this.painted.set(part, key);
      part.replaceChildren(...make().filter((node): node is Node => node !== null));
    }
  }
}

function heading(row: StepRow, isFollowed: boolean): (Node | null)[] {
  return [
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
  ];
}
