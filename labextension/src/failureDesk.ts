/**
 * What stands behind the failure card of one view: what can be done now, what was found out, what the person has opened.
 *
 * Listens to the model by itself; the view only says how the graph is painted.
 */
import { button, el } from './dom';
import type { ExecutionModel } from './executionModel';
import type { FailureRequest, InsightFact, NextFact, NextMessage, NextPlanMessage } from './failureProtocol';
import { cacheElement, differenceElements } from './insight';
import { isExecuting } from './states';
import { ReplayShown } from './replay';
import { WhatNow } from './whatNow';

/** Where more can be hung into the card of a root failure, behind what can be done now. */
export type CardPart = (step: string) => HTMLElement | null;

export class FailureDesk {
  /** Names of the folded parts that are open, which a card that is drawn anew opens again. */
  readonly open = new Set<string>();
  readonly parts: CardPart[] = [];
  readonly replay: ReplayShown;
  private readonly rows = new Map<string, WhatNow>();
  private readonly difference = el('div', { class: 'smpw-insight' });
  private readonly replays = new Map<string, HTMLElement>();
  private readonly caches = new Map<string, HTMLElement>();
  private asked = '';

  constructor(
    private readonly id: string,
    private readonly model: ExecutionModel,
    private readonly paint: (states: NextPlanMessage['states'] | null) => void
  ) {
    this.replay = new ReplayShown(model);
    this.parts.push(step => this.replayOf(step));
    model.on('change:next_steps', this.offer, this);
    model.on('change:insight', this.showInsight, this);
    model.on('smpw:next', this.receive, this);
    this.showInsight();
  }

  dispose(): void {
    this.replay.dispose();
    this.model.off('change:next_steps', this.offer, this);
    this.model.off('change:insight', this.showInsight, this);
    this.model.off('smpw:next', this.receive, this);
  }

  /** The actions of a card: for its root failure and the run, or the run alone. */
  now(step: string | null, type: string): HTMLElement {
    // what a Fail step ended on purpose would only fail again from there
    const own = step !== null && type !== 'Fail' ? step : null;
    return this.rowFor(`card/${own ?? ''}`, own).element;
  }

  /** What can be done with a step, and what the cache did for it, below its details. */
  ofStep(step: string): HTMLElement[] {
    const made = [el('h4', {}, 'What now'), this.rowFor(`step/${step}`, step).element, this.replayOf(step, 'step')];
    return this.model.run.arn && !isExecuting(this.model.run) ? [...made, this.cacheOf(step)] : made;
  }

  /** What differs from the last success; asked for when it is looked at first. */
  insight(): HTMLElement {
    this.ask();
    return this.difference;
  }

  private get facts(): readonly NextFact[] {
    return (this.model.get('next_steps') as NextFact[] | null) ?? [];
  }

  private get found(): InsightFact | null {
    const found = (this.model.get('insight') as InsightFact | null) ?? null;
    // an answer may come when another run is shown already
    return found && (found.arn === '' || found.arn === this.model.run.arn) ? found : null;
  }

  /** The replay of a step, below its actions in a card or in its details; each element stays the same. */
  private replayOf(step: string, where = 'card'): HTMLElement {
    const key = `${where}/${step}`;
    const element = this.replays.get(key) ?? this.replay.place(step);
    this.replays.set(key, element);
    return element;
  }

  private rowFor(key: string, step: string | null): WhatNow {
    let made = this.rows.get(key);
    if (!made) {
      const host = { tell: (request: FailureRequest) => this.model.tell(request), paint: this.paint };
      made = new WhatNow(`${this.id}/${key}`, host, step);
      this.rows.set(key, made);
    }
    made.offer(this.factsFor(key, step));
    return made;
  }

  private factsFor(key: string, step: string | null): NextFact[] {
    const isCard = key.startsWith('card/');
    const type = step === null ? '' : (this.model.rows.get(step)?.type ?? '');
    const isMeant = (fact: NextFact) => (fact.per_step ? step !== null : fact.step === null ? isCard : fact.step === step);
    return this.facts.filter(fact => isMeant(fact) && (!fact.types.length || fact.types.includes(type)));
  }

  private offer(): void {
    this.rows.forEach((row, key) => row.offer(this.factsFor(key, key.slice(5) || null)));
  }

  private receive(message: NextMessage): void {
    this.rows.forEach(row => row.receive(message));
  }

  private ask(): void {
    const { arn } = this.model.run;
    if (arn && this.asked !== arn && !this.found) {
      this.asked = arn;
      this.difference.replaceChildren(el('p', { class: 'smpw-muted' }, 'Comparing with the last success…'));
      this.model.tell({ kind: 'insight_request' });
    }
  }

  private showInsight(): void {
    const { found } = this;
    if (found) {
      this.difference.replaceChildren(...differenceElements(found));
    } else {
      this.asked = '';
      this.difference.replaceChildren();
    }
    this.caches.forEach((element, step) => this.fillCache(element, step));
  }

  private cacheOf(step: string): HTMLElement {
    const element = this.caches.get(step) ?? el('div', {});
    this.caches.set(step, element);
    this.fillCache(element, step);
    return element;
  }

  private fillCache(element: HTMLElement, step: string): void {
    const { found } = this;
    const words = found?.cache.find(([name]) => name === step)?.[1];
    if (words) {
      element.replaceChildren(el('h4', {}, 'Cache'), cacheElement(words));
    } else if (found) {
      element.replaceChildren();
    } else {
      const title = 'Which run it was taken from, or which compared value had changed';
      const ask = button('Was it taken from the cache?', () => this.ask(), { class: 'smpw-link', title });
      element.replaceChildren(ask);
    }
  }
}
