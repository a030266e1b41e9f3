/**
 * What a person chose in a view: its tab, sizes, places in logs.
 *
 * Each view of a run has its own, so that one can show the log while another shows the details. A notebook may draw a
 * view anew at any time, though: then it goes on with what the one before it had. Which step is selected is not chosen
 * here: the kernel knows that too, and all views of one output share it.
 */
import type { Sizes } from './layout';
import { plainTaste, type LogTaste } from './logTools';
import type { LogPlace } from './logView';
import type { TabName } from './tabs';

export interface Choices {
  /** The tab that was chosen; null leaves it to the rule. */
  tab: TabName | null;
  /** The step whose log is read along while none is selected. */
  followed: string | null;
  sizes: Sizes;
  places: Map<string, LogPlace>;
  /** How logs are read. */
  taste: LogTaste;
  /** Whether the timeline is open. */
  timeline: boolean;
  /** Whether the view is folded to its one line of summary. */
  folded: boolean;
}

export class ChoiceBook {
  private readonly taken = new Set<Choices>();
  /** Of views that are gone, the newest last. */
  private readonly left: Choices[] = [];
  private newest: Choices = plain();

  /** The choices of a view that begins: of the one that went last, else like the newest one's. */
  take(): Choices {
    this.newest = this.left.pop() ?? copy(this.newest);
    this.taken.add(this.newest);
    return this.newest;
  }

  /** A view goes. */
  release(choices: Choices): void {
    if (this.taken.delete(choices)) {
      this.left.push(choices);
    }
  }

  /** Another run begins: what was chosen for steps and logs of the one before is forgotten. */
  startOver(): void {
    for (const choices of [...this.taken, ...this.left]) {
      choices.places.clear();
      choices.followed = null;
      choices.tab = null;
    }
  }
}

function plain(): Choices {
  return { tab: null, followed: null, sizes: new Map(), places: new Map(), taste: plainTaste(), timeline: true, folded: false };
}

function copy(other: Choices): Choices {
  const sizes: Sizes = new Map([...other.sizes].map(([arrangement, parts]) => [arrangement, new Map(parts)]));
  const taste = { ...other.taste, query: { ...other.taste.query } };
  const places = new Map([...other.places].map(([step, place]) => [step, { ...place }]));
  return { ...other, sizes, places, taste };
}
