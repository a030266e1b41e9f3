/**
 * What the panel and the status bar show, looked at again and again, but only while somebody could see it.
 *
 * One feed for a page: in sight of the panel every few seconds, for the status bar alone more rarely, and not at all
 * while the page is hidden. What was looked at last stays when a look fails; the trouble is told beside it.
 */
import { Poll } from '@lumino/polling';
import { Signal } from '@lumino/signaling';
import { Refused, type LabServer } from './labServer';
import type { LabSettings } from './labSettings';
import type { Overview, Place, Trouble } from './pipelineFacts';

type Onlooker = 'panel' | 'status';

/** However long looks fail, in milliseconds. */
const LONGEST_PAUSE = 300_000;

export class PipelinesFeed {
  readonly changed = new Signal<this, void>(this);
  /** Names of the pipelines whose executions are looked at. */
  readonly opened = new Set<string>();
  private readonly onlookers = new Set<Onlooker>();
  private readonly poll: Poll;
  private found: Overview | null = null;
  private failure: Trouble | null = null;
  private place: Place;
  private isLooking = false;

  constructor(
    readonly server: LabServer,
    private readonly settings: LabSettings
  ) {
    this.place = settings.place;
    this.poll = new Poll({
      name: 'sm-pipeline-widgets:pipelines',
      auto: false,
      factory: () => this.look(),
      frequency: { interval: this.interval, backoff: true, max: LONGEST_PAUSE },
      standby: () => document.hidden || !this.isWanted
    });
    settings.changed.connect(this.follow, this);
    document.addEventListener('visibilitychange', this.onSight);
  }

  get overview(): Overview | null {
    return this.found;
  }

  /** What keeps the list from being the newest. */
  get trouble(): Trouble | null {
    return this.failure ?? this.found?.trouble ?? null;
  }

  get target(): Place {
    return this.place;
  }

  /** Somebody looks, or does not any more. */
  want(who: Onlooker, isWanted: boolean): void {
    if (this.onlookers.has(who) === isWanted) {
      return;
    }
    this.onlookers[isWanted ? 'add' : 'delete'](who);
    this.setPace();
    if (!this.isWanted) {
      void this.poll.stop();
    } else if (isWanted) {
      void this.refresh();
    }
  }

  /** Look now. */
  async refresh(): Promise<void> {
    await this.poll.refresh();
  }

  /** Show the executions of a pipeline from now on, or no longer. */
  open(name: string, isOpen: boolean): void {
    this.opened[isOpen ? 'add' : 'delete'](name);
    const isKnown = this.found?.pipelines.find(one => one.name === name)?.runs;
    if (isOpen && !isKnown) {
      void this.refresh();
    }
  }

  dispose(): void {
    document.removeEventListener('visibilitychange', this.onSight);
    this.settings.changed.disconnect(this.follow, this);
    this.poll.dispose();
    Signal.clearData(this);
  }

  /** What went on while the page was hidden is shown when it comes back. */
  private readonly onSight = (): void => {
    if (!document.hidden && this.isWanted) {
      void this.refresh();
    }
  };

  private get isWanted(): boolean {
    return this.onlookers.has('panel') || (this.onlookers.has('status') && this.settings.values.pollHidden > 0);
  }

  private get interval(): number {
    const { pollLocal, pollAws, pollHidden } = this.settings.values;
    const near = this.place.target === 'local' ? pollLocal : pollAws;
    return 1000 * (this.onlookers.has('panel') ? near : Math.max(near, pollHidden));
  }

  private setPace(): void {
    this.poll.frequency = { interval: this.interval, backoff: true, max: LONGEST_PAUSE };
  }

  private follow(): void {
    const place = this.settings.place;
    const isOther = JSON.stringify(place) !== JSON.stringify(this.place);
    this.place = place;
    this.setPace();
    if (isOther) {
      this.found = this.failure = null;
      this.opened.clear();
      this.changed.emit();
    }
    if (this.isWanted) {
      void this.refresh();
    }
  }

  private async look(): Promise<void> {
    const place = this.place;
    if (this.isLooking) {
      return; // an account that answers slowly is not asked twice at once
    }
    this.isLooking = true;
    try {
      const found = await this.server.overview(place, [...this.opened]);
      if (place === this.place) {
        [this.found, this.failure] = [found, null];
      }
    } catch (error) {
      if (place === this.place) {
        this.failure = error instanceof Refused ? error.trouble : { message: String(error), fix: '' };
      }
      throw error; // the poll then waits longer
    } finally {
      this.isLooking = false;
      this.changed.emit();
    }
    if (place !== this.place) {
      await this.look();
    }
  }
}
