/** The panel at JupyterLab's left: what is at the target, and what can be done with it. */
import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { button, el, setReason, setText } from './dom';
import { LAB } from './labIds';
import type { LabSettings } from './labSettings';
import type { TargetChoice } from './pipelineFacts';
import type { PipelinesFeed } from './pipelinesFeed';
import { PipelinesTree, type Chosen } from './pipelinesTree';
import { clock } from './times';

export class PipelinesPanel extends Widget {
  private readonly tree: PipelinesTree;
  private readonly place = el('select', { class: 'smpw-input', 'aria-label': 'Target: where pipelines run' });
  private readonly search = el('input', {
    class: 'smpw-input',
    type: 'search',
    placeholder: 'Search',
    'aria-label': 'Search pipelines and executions'
  });
  private readonly empty = el('div', { class: 'smpw-list-empty' });
  private readonly trouble = el('div', { class: 'smpw-list-trouble', role: 'alert' });
  private readonly foot = el('p', { class: 'smpw-list-foot smpw-muted' });
  private readonly said = el('p', { class: 'smpw-visually-hidden', role: 'status' });
  private readonly deeds: readonly [HTMLButtonElement, (chosen: Chosen | null) => string][];
  private choices: readonly TargetChoice[] = [];
  private shownTarget = '';

  constructor(
    private readonly feed: PipelinesFeed,
    private readonly settings: LabSettings,
    private readonly commands: CommandRegistry
  ) {
    super();
    this.addClass('smpw-pipelines');
    this.tree = new PipelinesTree(feed.opened);
    this.deeds = this.makeDeeds();
    this.build();
    this.tree.selectionChanged.connect(() => this.allow());
    this.tree.activated.connect((_sender, chosen) => void this.commands.execute(LAB.open, { ...argumentsOf(chosen) }));
    this.tree.toggled.connect((_sender, { name, isOpen }) => {
      this.feed.open(name, isOpen);
      this.draw();
    });
    this.search.addEventListener('input', () => this.draw());
    this.search.addEventListener('keydown', event => event.key === 'ArrowDown' && (event.preventDefault(), this.tree.focus()));
    this.place.addEventListener('change', () => void this.settings.choose(this.place.value));
    feed.changed.connect(this.draw, this);
    settings.changed.connect(this.drawPlaces, this);
  }

  /** The row that is selected; what a command means that was given nothing. */
  get chosen(): Chosen | null {
    return this.tree.chosen;
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this.feed.want('panel', false);
      this.feed.changed.disconnect(this.draw, this);
      this.settings.changed.disconnect(this.drawPlaces, this);
      super.dispose();
    }
  }

  protected override onAfterShow(_message: Message): void {
    this.tree.restart();
    this.feed.want('panel', true);
    this.draw();
    void this.readPlaces();
  }

  protected override onAfterAttach(message: Message): void {
    if (this.isVisible) {
      this.onAfterShow(message);
    }
  }

  protected override onAfterHide(_message: Message): void {
    this.feed.want('panel', false);
  }

  protected override onBeforeDetach(_message: Message): void {
    this.feed.want('panel', false);
  }

  protected override onActivateRequest(_message: Message): void {
    if (this.tree.element.children.length) {
      this.tree.focus();
    } else {
      this.search.focus();
    }
  }

  private build(): void {
    const refresh = button('↻', () => this.refresh(), { title: 'Look again', 'aria-label': 'Look again' });
    const fresh = button('+', () => void this.commands.execute(LAB.newCell), {
      title: 'New pipeline: a cell to begin in',
      'aria-label': 'New pipeline: a cell to begin in'
    });
    this.node.append(
      el('div', { class: 'smpw-list-head' }, el('h2', {}, 'Pipelines'), fresh, refresh),
      el('div', { class: 'smpw-list-tools' }, this.place, this.search),
      el('div', { class: 'smpw-list-deeds', role: 'toolbar', 'aria-label': 'What to do with the selected one' }, ...this.deeds.map(([each]) => each)),
      this.trouble,
      this.tree.element,
      this.empty,
      this.foot,
      this.said
    );
    this.drawPlaces();
    this.allow();
  }

  private makeDeeds(): [HTMLButtonElement, (chosen: Chosen | null) => string][] {
    const nothing = 'select a pipeline or an execution first';
    const deed = (label: string, command: string, why: (chosen: Chosen) => string): [HTMLButtonElement, (chosen: Chosen | null) => string] => [
      button(label, () => void this.commands.execute(command, { ...argumentsOf(this.chosen) })),
      chosen => (chosen === null ? nothing : why(chosen))
    ];
    return [
      deed('Open', LAB.open, () => ''),
      deed('New run', LAB.run, () => ''),
      deed('Stop', LAB.stop, chosen => (this.runningOf(chosen) === null ? 'nothing of it runs' : '')),
      deed('Copy ARN', LAB.copyArn, () => '')
    ];
  }

  /** The execution that Stop would stop: the selected one, or the one of the selected pipeline if just one runs. */
  runningOf(chosen: Chosen): string | null {
    const runs = this.feed.overview?.pipelines.find(one => one.name === chosen.pipeline)?.runs ?? [];
    const running = runs.filter(run => run.is_running && (chosen.run === null || run.arn === chosen.run.arn));
    return running.length === 1 ? running[0].arn : null;
  }

  private allow(): void {
    this.deeds.forEach(([each, why]) => setReason(each, why(this.chosen)));
  }

  private refresh(): void {
    this.tree.restart();
    void this.feed.refresh();
  }

  private draw(): void {
    if (this.isDisposed) {
      return;
    }
    const found = this.feed.overview;
    const shown = this.tree.show(found?.pipelines ?? [], found?.now ?? Date.now(), this.search.value.trim());
    this.drawTrouble();
    this.drawEmpty(shown);
    const count = found?.pipelines.length ?? 0;
    const running = found?.running ?? 0;
    const told = `${count} pipeline${count === 1 ? '' : 's'}, ${running} running`;
    setText(this.foot, found === null ? '' : `${told} · looked at ${clock(found.now)}`);
    setText(this.said, found === null ? '' : told);
    this.foot.hidden = found === null || found.state === 'trouble';
    this.allow();
  }

  private drawTrouble(): void {
    const trouble = this.feed.trouble;
    const key = trouble === null ? '' : `${trouble.message}\n${trouble.fix}`;
    if (this.trouble.dataset.told === key) {
      return;
    }
    this.trouble.dataset.told = key;
    const isResting = this.feed.overview?.state === 'resting';
    this.trouble.hidden = trouble === null;
    this.trouble.classList.toggle('smpw-is-calm', isResting);
    this.trouble.replaceChildren(
      ...(trouble === null ? [] : [el('p', {}, trouble.message), el('p', { class: 'smpw-muted' }, trouble.fix)]),
      ...(isResting ? [button('Start the engine', () => void this.commands.execute(LAB.wake))] : [])
    );
  }

  private drawEmpty(shown: number): void {
    const found = this.feed.overview;
    const words =
      shown > 0 || (found === null && this.feed.trouble !== null)
        ? ''
        : found === null
          ? 'Looking…'
          : found.pipelines.length > 0
            ? `Nothing here has “${this.search.value.trim()}” in its name, ARN or state.`
            : found.state === 'ready'
              ? `There is no pipeline yet at ${found.words}. “+” makes a cell to begin in; running it brings the pipeline here.`
              : '';
    setText(this.empty, words);
    this.empty.hidden = words === '';
    this.tree.element.hidden = shown === 0;
  }

  private async readPlaces(): Promise<void> {
    try {
      this.choices = await this.feed.server.targets();
    } catch {
      return; // the look at the pipelines tells the same trouble
    }
    this.drawPlaces();
  }

  private drawPlaces(): void {
    const now = this.settings.place.target;
    const known = this.choices.some(one => one.name === now) ? this.choices : [...this.choices, { name: now, words: now === 'local' ? 'engine on this machine' : now }];
    const key = JSON.stringify(known);
    if (this.place.dataset.choices !== key) {
      this.place.dataset.choices = key;
      this.place.replaceChildren(...known.map(one => el('option', { value: one.name }, one.words)));
    }
    this.place.value = now;
    if (now !== this.shownTarget) {
      this.shownTarget = now;
      this.tree.restart();
    }
  }
}

/** What a command is told of a row. */
export function argumentsOf(chosen: Chosen | null): Record<string, string> {
  return chosen === null ? {} : { name: chosen.pipeline, arn: chosen.run?.arn ?? '', pipelineArn: chosen.pipelineArn };
}
