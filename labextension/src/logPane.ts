/** A log with its tools: the whole log of a step, or what a search has found in one step or in all. */
import { button, copyButton, el, outsideLink, setReason, setText } from './dom';
import { LEVELS } from './logLevels';
import { LogSearch } from './logSearch';
import { LogTools, type LogTaste } from './logTools';
import { LogView, type LogPlace, type LogSource } from './logView';
import type { LogMatchesMessage, PageMessage } from './protocol';

/** What the page may fetch itself; longer logs are written to a file by the kernel. */
const FETCHED_LINES = 30_000;

/** What the pane needs of the execution. */
export interface LogHost {
  /** Names this view among all views. */
  readonly id: string;
  tell(message: PageMessage): void;
  sourceOf(step: string): LogSource;
  totalOf(step: string): number;
  /** Steps that have, or may have, a log. */
  steps(): readonly string[];
  /** When a step began, in milliseconds since the epoch; without a step, when the run did. */
  began(step?: string): number;
  /** Select a step, and show its log from that line on. */
  openLine(step: string, line: number): void;
  /** An address that leads to a line. */
  linkTo(step: string, line: number): string;
  keepPlace(step: string, place: LogPlace): void;
  /** Where CloudWatch shows a step's log; null where it does not. */
  outside(step: string): string | null;
}

export class LogPane {
  readonly element: HTMLElement;
  private readonly view: LogView;
  private readonly tools: LogTools;
  private readonly where = el('span', { class: 'smpw-muted smpw-tabular' });
  private readonly openButton: HTMLButtonElement;
  private readonly linkButton: HTMLButtonElement;
  private readonly saveButton: HTMLButtonElement;
  private readonly outside = outsideLink('CloudWatch', '', 'This log in the AWS console');
  private step: string | null = null;
  private emptyText = '';
  private place: LogPlace | undefined;
  private search: LogSearch | null = null;
  private searches = 0;
  private goingTo: number | null = null;
  private followed: string[] = [];

  constructor(
    private readonly host: LogHost,
    private readonly taste: LogTaste
  ) {
    this.view = new LogView({ onPlace: place => this.kept(place), onMark: () => this.showMark() });
    this.tools = new LogTools(taste, {
      searched: () => this.restart(),
      styled: () => this.restyle(),
      walk: by => this.walk(by),
      open: () => this.openMarked(),
      leave: () => this.view.focus()
    });
    this.openButton = button('See in the log', () => this.openMarked(), { title: 'See this line among its neighbours (Alt+Enter in the search)' });
    this.linkButton = copyButton('Copy link', () => this.link(), 'Copy a link to this line');
    this.saveButton = button('Download', () => void this.save(), { title: 'The whole log as a text file' });
    this.view.footer.append(this.where, this.openButton, this.linkButton);
    this.view.element.prepend(this.tools.element);
    this.view.element.querySelector('.smpw-follow')?.before(this.outside, this.saveButton);
    this.view.element.addEventListener('keydown', event => this.pressed(event), true);
    this.element = this.view.element;
    this.showMark();
  }

  /** Show a step's log. */
  show(step: string, emptyText: string, place: LogPlace | undefined): void {
    this.step = step;
    this.emptyText = emptyText;
    this.place = place;
    const outside = this.host.outside(step);
    this.outside.hidden = outside === null;
    this.outside.href = outside ?? '';
    this.restart();
  }

  /** No step's log is shown any more. */
  hide(): void {
    this.step = null;
    this.endSearch();
  }

  grew(emptyText: string): void {
    this.emptyText = emptyText;
    if (this.search) {
      this.search.grew(this.searched());
      this.tellSearch();
    }
    this.view.grew(this.search ? undefined : emptyText);
    if (this.goingTo !== null && this.step !== null && this.host.totalOf(this.step) > this.goingTo) {
      this.goTo(this.goingTo);
    }
  }

  answered(error: string): void {
    this.view.answered(error);
  }

  /** A part of a log was looked through. */
  found(message: LogMatchesMessage): void {
    if (message.search === this.search?.id) {
      this.search.absorb(message);
      this.tellSearch();
      this.view.grew();
    }
  }

  /** The kernel has written a log to a file, or could not. */
  saved(words: string): void {
    setReason(this.saveButton, '');
    this.view.setCount(words);
  }

  /** Show the whole log around a line, now or when the line has come. */
  goTo(line: number): void {
    this.goingTo = line;
    if (this.search) {
      this.tools.clear();
    }
    if (this.step !== null && this.host.totalOf(this.step) > line) {
      this.goingTo = null;
      this.view.goTo(line);
    }
  }

  focusSearch(): void {
    this.tools.focus();
  }

  reattached(): void {
    this.view.reattached();
  }

  dispose(): void {
    this.endSearch();
    this.tools.dispose();
    this.view.dispose();
  }

  private get isFiltered(): boolean {
    const { text, level, allSteps } = this.taste.query;
    return text !== '' || level > LEVELS.debug || allSteps;
  }

  private searched(): readonly string[] {
    return this.taste.query.allSteps ? this.host.steps() : this.step === null ? [] : [this.step];
  }

  private restart(): void {
    const { step, host } = this;
    this.endSearch();
    if (step === null) {
      return;
    }
    this.restyle();
    if (!this.isFiltered) {
      this.view.setCount(null);
      this.view.show(step, host.sourceOf(step), this.emptyText, this.place);
      return;
    }
    const steps = this.searched();
    if (this.taste.query.allSteps) {
      this.followAll(steps);
    }
    const id = `${host.id}:${++this.searches}`;
    this.search = new LogSearch(id, { ...this.taste.query }, steps, each => host.totalOf(each), request => host.tell(request));
    this.view.show(step, this.search, '', { top: 0, follow: false });
    this.tellSearch();
  }

  /** Logs that nobody has looked at are not read: a search through all steps looks at all. */
  private followAll(steps: readonly string[]): void {
    this.followed = [...steps];
    steps.forEach(step => this.host.tell({ kind: 'follow', view: `${this.host.id}:${step}`, step }));
  }

  private endSearch(): void {
    this.search?.dispose();
    this.search = null;
    this.followed.splice(0).forEach(step => this.host.tell({ kind: 'follow', view: `${this.host.id}:${step}`, step: null }));
  }

  private tellSearch(): void {
    const search = this.search;
    if (!search) {
      return;
    }
    const count = search.pages.total;
    const [done, total] = search.progress;
    const matches = `${count.toLocaleString('en')}${search.isFull ? '+' : ''} ${count === 1 ? 'match' : 'matches'}`;
    const looking = search.isDone ? ` in ${total.toLocaleString('en')} ${total === 1 ? 'line' : 'lines'}` : ` · ${Math.floor((100 * done) / Math.max(1, total))} % looked through`;
    const more = search.isFull ? ' · narrow the search to see others' : '';
    this.view.setCount(search.error ? `✕ ${search.error}` : `${matches}${looking}${more}`);
    const empty = search.isDone && total ? 'No line fits.' : total ? 'Looking…' : 'There are no lines yet.';
    this.view.grew(search.error || (count ? '' : empty));
  }

  private restyle(): void {
    const isMixed = this.taste.query.allSteps;
    const origin = this.host.began(isMixed ? undefined : (this.step ?? undefined));
    this.view.setStyle({ times: this.taste.times, origin, step: isMixed ? '' : undefined }, this.taste.wrap);
  }

  private walk(by: number): void {
    const total = this.search?.pages.total ?? 0;
    if (total) {
      const at = this.view.marked;
      this.view.goTo(at === null ? (by > 0 ? 0 : total - 1) : (at + by + total) % total);
    }
  }

  private markedPlace(): { step: string; number: number } | undefined {
    const index = this.view.marked;
    if (index === null) {
      return undefined;
    }
    return this.search ? this.search.place(index) : this.step === null ? undefined : { step: this.step, number: index };
  }

  private showMark(): void {
    const place = this.markedPlace();
    const all = place && !this.search ? ` of ${this.host.totalOf(place.step).toLocaleString('en')}` : '';
    setText(this.where, place ? `line ${(place.number + 1).toLocaleString('en')}${all}` : '');
    this.view.element.classList.toggle('smpw-log-at-line', all !== '');
    this.openButton.hidden = !place || !this.search;
    this.linkButton.hidden = !place;
  }

  private openMarked(): void {
    const place = this.markedPlace();
    if (!place) {
      return;
    }
    this.tools.clear();
    if (place.step === this.step) {
      this.goTo(place.number);
      this.view.focus();
    } else {
      this.host.openLine(place.step, place.number);
    }
  }

  private link(): string {
    const place = this.markedPlace();
    return place ? this.host.linkTo(place.step, place.number) : '';
  }

  private kept(place: LogPlace): void {
    if (this.step !== null && !this.search) {
      this.place = place;
      this.host.keepPlace(this.step, place);
    }
  }

  /** A short log is fetched and saved by the browser; a long one would take the kernel's messages for minutes. */
  private async save(): Promise<void> {
    const step = this.step;
    if (step === null) {
      return;
    }
    const total = this.host.totalOf(step);
    setReason(this.saveButton, 'the log is being written');
    if (total > FETCHED_LINES) {
      this.view.setCount('writing the log to a file beside the notebook…');
      this.host.tell({ kind: 'log_save', step });
      return;
    }
    if (this.isFiltered) {
      this.tools.clear();
    }
    try {
      const text = await this.view.texts(0, total, done => this.view.setCount(`fetching: ${done.toLocaleString('en')} of ${total.toLocaleString('en')} lines`));
      download(`${step}.log`, `${text}\n`);
      this.view.setCount(null);
    } catch (error) {
      this.view.setCount(`✕ not downloaded: ${String(error)}`);
    }
    setReason(this.saveButton, '');
  }

  private pressed(event: KeyboardEvent): void {
    const target = event.target as Element;
    if (event.ctrlKey || event.metaKey || event.altKey || target.matches('input, select')) {
      return;
    }
    if (event.key === '/') {
      this.tools.focus();
    } else if (event.key === 'w') {
      this.tools.flipWrap();
    } else if (event.key === 't') {
      this.tools.nextTimes();
    } else if (event.key === 'Escape' && this.isFiltered) {
      this.tools.clear();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}

function download(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = el('a', { href: address, download: name.replace(/[^\w.-]+/g, '_') });
  document.body.append(link);
  link.click();
  link.remove();
  // the browser takes a moment to begin
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
