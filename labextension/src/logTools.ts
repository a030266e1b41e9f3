/** The bar above a log: what is looked for, in which lines, and how lines are shown. It knows nothing of lines. */
import { button, el, setTitle } from './dom';
import { LEVELS } from './logLevels';
import type { Times } from './logLine';
import type { Query } from './logSearch';

const TYPING = 250;
const TIMES: readonly Times[] = ['absolute', 'relative', 'off'];
const TIME_WORDS: Readonly<Record<Times, string>> = { absolute: '12:00', relative: '+0:00', off: 'no times' };

/** How a person wants to read logs; kept for all steps of a view. */
export interface LogTaste {
  wrap: boolean;
  times: Times;
  query: Query;
}

export const plainTaste = (): LogTaste => ({
  wrap: false,
  times: 'absolute',
  query: { text: '', is_regex: false, is_case_sensitive: false, level: LEVELS.debug, allSteps: false }
});

export interface ToolEvents {
  /** Something else is looked for. */
  searched(): void;
  /** Lines are shown in another way. */
  styled(): void;
  /** Go to the next (1) or previous (-1) match. */
  walk(by: number): void;
  /** The marked match is to be seen among its neighbours. */
  open(): void;
  /** Back to the lines. */
  leave(): void;
}

export class LogTools {
  readonly element: HTMLElement;
  private readonly input = el('input', {
    class: 'smpw-input smpw-log-search',
    type: 'search',
    placeholder: 'Search',
    'aria-label': 'Search the log',
    title: 'Enter: next match, Shift+Enter: the one before, Alt+Enter: see it among its neighbours, Esc: leave',
    spellcheck: 'false'
  });
  private readonly scope = select('Where to search', [
    ['step', 'this step'],
    ['all', 'all steps']
  ]);
  private readonly level = select('Which levels to show', [
    [String(LEVELS.debug), 'all levels'],
    [String(LEVELS.info), 'no debug'],
    [String(LEVELS.warning), 'warnings'],
    [String(LEVELS.error), 'errors']
  ]);
  private readonly regex: HTMLButtonElement;
  private readonly letters: HTMLButtonElement;
  private readonly fold: HTMLButtonElement;
  private readonly times: HTMLButtonElement;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly taste: LogTaste,
    private readonly events: ToolEvents
  ) {
    const { query } = taste;
    const toggle = (label: string, title: string, flip: () => void) => button(label, flip, { class: 'smpw-toggle', title });
    this.regex = toggle('.*', 'Regular expression', () => this.ask({ is_regex: !query.is_regex }));
    this.letters = toggle('Aa', 'Match case', () => this.ask({ is_case_sensitive: !query.is_case_sensitive }));
    this.fold = toggle('↩', 'Fold long lines (w)', () => this.flipWrap());
    this.times = button('', () => this.nextTimes(), { class: 'smpw-times', title: 'Times: by the clock, since the step began, off (t)' });
    this.input.value = query.text;
    this.scope.value = query.allSteps ? 'all' : 'step';
    this.level.value = String(query.level);
    this.input.addEventListener('input', () => this.typed());
    this.input.addEventListener('keydown', event => this.pressed(event));
    this.scope.addEventListener('change', () => this.ask({ allSteps: this.scope.value === 'all' }));
    this.level.addEventListener('change', () => this.ask({ level: Number(this.level.value) }));
    [this.scope, this.level].forEach(each => each.addEventListener('keydown', event => event.stopPropagation()));
    this.times.setAttribute('aria-label', 'How times are said');
    this.fold.setAttribute('aria-label', 'Fold long lines');
    const find = el('div', { class: 'smpw-log-find', role: 'search' }, this.input, this.regex, this.letters);
    this.element = el('div', { class: 'smpw-log-tools' }, find, this.scope, this.level, this.times, this.fold);
    this.show();
  }

  focus(): void {
    this.input.focus({ preventScroll: true });
    this.input.select();
  }

  /** Look for something; what is not given stays as it is. */
  ask(change: Partial<Query>): void {
    clearTimeout(this.timer);
    // what was typed a moment ago counts, too
    Object.assign(this.taste.query, { text: this.input.value }, change);
    this.show();
    this.events.searched();
  }

  /** No search and no filter: the whole log. */
  clear(): void {
    this.input.value = '';
    this.ask({ text: '', level: LEVELS.debug, allSteps: false });
  }

  flipWrap(): void {
    this.taste.wrap = !this.taste.wrap;
    this.show();
    this.events.styled();
  }

  nextTimes(): void {
    this.taste.times = TIMES[(TIMES.indexOf(this.taste.times) + 1) % TIMES.length];
    this.show();
    this.events.styled();
  }

  dispose(): void {
    clearTimeout(this.timer);
  }

  private typed(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask({}), TYPING);
  }

  private pressed(event: KeyboardEvent): void {
    event.stopPropagation();
    if (event.key === 'Enter') {
      if (this.input.value !== this.taste.query.text) {
        this.ask({});
      } else if (event.altKey) {
        this.events.open();
      } else {
        this.events.walk(event.shiftKey ? -1 : 1);
      }
      event.preventDefault();
    } else if (event.key === 'Escape') {
      this.clear();
      this.events.leave();
      event.preventDefault();
    }
  }

  private show(): void {
    const { query, wrap, times } = this.taste;
    this.regex.setAttribute('aria-pressed', String(query.is_regex));
    this.letters.setAttribute('aria-pressed', String(query.is_case_sensitive));
    this.fold.setAttribute('aria-pressed', String(wrap));
    this.level.value = String(query.level);
    this.scope.value = query.allSteps ? 'all' : 'step';
    this.times.textContent = TIME_WORDS[times];
    setTitle(this.scope, query.allSteps ? 'Every step that has run' : 'The step that is shown');
  }
}

function select(label: string, options: readonly [value: string, words: string][]): HTMLSelectElement {
  const made = options.map(([value, words]) => el('option', { value }, words));
  return el('select', { class: 'smpw-select', 'aria-label': label, title: label }, ...made);
}
