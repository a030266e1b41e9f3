/**
 * Pipelines and their executions as a tree, for eyes, keys and screen readers.
 *
 * Rows stay the same elements while what they tell changes: focus and selection survive every look, and no row moves
 * under the pointer. New pipelines come in on top; the rest is put in order when the list is begun anew.
 */
import { Signal } from '@lumino/signaling';
import { el, setText, setTitle } from './dom';
import { icon, setIcon } from './icons';
import type { PipelineEntry, RunEntry } from './pipelineFacts';
import { runWords, stateClass } from './states';
import { ago, whole } from './times';
import type { RunFact } from './protocol';

/** What a row stands for: a pipeline, or one of its executions. */
export interface Chosen {
  readonly pipeline: string;
  readonly pipelineArn: string;
  readonly run: RunEntry | null;
}

interface Row {
  readonly key: string;
  readonly element: HTMLElement;
  readonly sign: HTMLElement;
  readonly name: HTMLElement;
  readonly note: HTMLElement;
  chosen: Chosen;
}

/** Milliseconds within which keys belong to one word. */
const WORD = 700;

export class PipelinesTree {
  readonly element = el('ul', { class: 'smpw-tree', role: 'tree', 'aria-label': 'Pipelines and their executions' });
  readonly selectionChanged = new Signal<this, Chosen | null>(this);
  /** Enter, or a double click. */
  readonly activated = new Signal<this, Chosen>(this);
  readonly toggled = new Signal<this, { name: string; isOpen: boolean }>(this);
  private rows = new Map<string, Row>();
  private order: string[] = [];
  private selected: string | null = null;
  private entries: readonly PipelineEntry[] = [];
  private now = 0;
  private typed = '';
  private typedAt = 0;

  constructor(private readonly opened: ReadonlySet<string>) {
    this.element.addEventListener('keydown', event => this.onKey(event));
    this.element.addEventListener('mousedown', event => this.onPointer(event));
    this.element.addEventListener('dblclick', event => this.onDouble(event));
  }

  get chosen(): Chosen | null {
    return this.selected === null ? null : (this.rows.get(this.selected)?.chosen ?? null);
  }

  /** Forget the order rows had. */
  restart(): void {
    this.order = [];
  }

  /** Show these; `words` keeps those whose name, title, ARN or state holds every word. */
  show(entries: readonly PipelineEntry[], now: number, words = ''): number {
    this.now = now;
    this.entries = this.inOrder(entries).filter(entry => fits(entry, words));
    const old = this.rows;
    this.rows = new Map();
    const wanted = this.entries.flatMap(entry => this.rowsOf(entry, old));
    // what is right already is not touched: taking a row out of the page would take its focus
    wanted.forEach((row, at) => {
      if (this.element.children[at] !== row.element) {
        this.element.insertBefore(row.element, this.element.children[at] ?? null);
      }
    });
    while (this.element.children.length > wanted.length) {
      this.element.lastElementChild?.remove();
    }
    if (this.selected !== null && !this.rows.has(this.selected)) {
      this.select(null);
    }
    this.keepOneStop();
    return this.entries.length;
  }

  focus(): void {
    const row = this.rows.get(this.selected ?? '') ?? this.rows.values().next().value;
    if (row) {
      this.select(row.key);
      row.element.focus();
    }
  }

  private inOrder(entries: readonly PipelineEntry[]): readonly PipelineEntry[] {
    const byName = new Map(entries.map(entry => [entry.name, entry]));
    const known = this.order.filter(name => byName.has(name));
    const fresh = entries.map(entry => entry.name).filter(name => !this.order.includes(name));
    this.order = [...fresh, ...known];
    return this.order.map(name => byName.get(name) as PipelineEntry);
  }

  private rowsOf(entry: PipelineEntry, old: ReadonlyMap<string, Row>): Row[] {
    const isOpen = this.opened.has(entry.name);
    const head = this.row(`p/${entry.name}`, old, { pipeline: entry.name, pipelineArn: entry.arn, run: null });
    this.tellPipeline(head, entry, isOpen);
    if (!isOpen) {
      return [head];
    }
    const runs = (entry.runs ?? []).map(run => {
      const row = this.row(run.arn, old, { pipeline: entry.name, pipelineArn: entry.arn, run });
      this.tellRun(row, run);
      return row;
    });
    return [head, ...runs];
  }

  private row(key: string, old: ReadonlyMap<string, Row>, chosen: Chosen): Row {
    const found = old.get(key) ?? made(key, chosen);
    found.chosen = chosen;
    this.rows.set(key, found);
    return found;
  }

  private tellPipeline(row: Row, entry: PipelineEntry, isOpen: boolean): void {
    const newest = entry.runs?.[0];
    const [word, like] = newest ? wordsOf(newest) : [entry.last_run === null ? 'never run' : 'not looked at', 'waiting' as const];
    const count = entry.runs === null ? '' : entry.runs.length === 0 ? 'no executions' : '';
    row.element.setAttribute('aria-expanded', String(isOpen));
    this.tell(row, entry.title || entry.name, like, isOpen ? count : word);
    setTitle(row.element, [entry.name, entry.description, newest ? `newest execution: ${word}` : word, entry.arn].filter(Boolean).join('\n'));
  }

  private tellRun(row: Row, run: RunEntry): void {
    const [word, like] = wordsOf(run);
    this.tell(row, word, like, run.started === null ? '' : ago(this.now - run.started));
    const started = run.started === null ? '' : `started ${whole(run.started)}`;
    setTitle(row.element, [run.name, started, run.reason, run.arn].filter(Boolean).join('\n'));
  }

  private tell(row: Row, name: string, like: Parameters<typeof stateClass>[0], note: string): void {
    setText(row.name, name);
    setText(row.note, note);
    setIcon(row.sign, like);
    row.sign.className = `smpw-icon ${stateClass(like)}`;
  }

  private select(key: string | null): void {
    if (key === this.selected) {
      return;
    }
    const before = this.rows.get(this.selected ?? '');
    before?.element.setAttribute('aria-selected', 'false');
    this.selected = key;
    this.rows.get(key ?? '')?.element.setAttribute('aria-selected', 'true');
    this.keepOneStop();
    this.selectionChanged.emit(this.chosen);
  }

  /** The tree is one stop of the Tab key: the selected row, else the first. */
  private keepOneStop(): void {
    const stop = this.rows.get(this.selected ?? '') ?? this.rows.values().next().value;
    this.rows.forEach(row => (row.element.tabIndex = row === stop ? 0 : -1));
  }

  private rowAt(target: EventTarget | null): Row | undefined {
    const element = (target as Element | null)?.closest('.smpw-list-row') as HTMLElement | null;
    return element ? this.rows.get(element.dataset.key ?? '') : undefined;
  }

  private onPointer(event: MouseEvent): void {
    const row = this.rowAt(event.target);
    if (!row) {
      return;
    }
    this.select(row.key);
    if (event.button === 0 && (event.target as Element).closest('.smpw-twist')) {
      this.toggle(row);
    }
  }

  private onDouble(event: MouseEvent): void {
    const row = this.rowAt(event.target);
    if (row && !(event.target as Element).closest('.smpw-twist')) {
      this.activated.emit(row.chosen);
    }
  }

  private toggle(row: Row, isOpen = !this.opened.has(row.chosen.pipeline)): void {
    this.toggled.emit({ name: row.chosen.pipeline, isOpen });
  }

  private onKey(event: KeyboardEvent): void {
    const row = this.rowAt(event.target);
    if (!row || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    if (this.walk(event.key, row) || this.spell(event.key, row)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  private walk(key: string, row: Row): boolean {
    const rows = [...this.rows.values()];
    const at = rows.indexOf(row);
    const parent = this.rows.get(`p/${row.chosen.pipeline}`) as Row;
    const isOpen = this.opened.has(row.chosen.pipeline);
    switch (key) {
      case 'ArrowDown':
        return this.go(rows[at + 1]);
      case 'ArrowUp':
        return this.go(rows[at - 1]);
      case 'Home':
        return this.go(rows[0]);
      case 'End':
        return this.go(rows.at(-1));
      case 'ArrowRight':
        return row !== parent || isOpen ? this.go(row === parent ? rows[at + 1] : row) : (this.toggle(row, true), true);
      case 'ArrowLeft':
        return row === parent && isOpen ? (this.toggle(row, false), true) : this.go(parent);
      case 'Enter':
        this.activated.emit(row.chosen);
        return true;
      case ' ':
        return row === parent ? (this.toggle(row), true) : true;
      default:
        return false;
    }
  }

  /** Letters lead to the next row that begins with them. */
  private spell(key: string, row: Row): boolean {
    if (key.length !== 1) {
      return false;
    }
    const now = Date.now();
    this.typed = now - this.typedAt < WORD ? this.typed + key.toLowerCase() : key.toLowerCase();
    this.typedAt = now;
    const rows = [...this.rows.values()].filter(each => each.chosen.run === null);
    const at = rows.findIndex(each => each.chosen.pipeline === row.chosen.pipeline) + (this.typed.length > 1 ? 0 : 1);
    const found = [...rows.slice(at), ...rows.slice(0, at)].find(each => each.name.textContent?.toLowerCase().startsWith(this.typed));
    return this.go(found);
  }

  private go(row: Row | undefined): boolean {
    if (row) {
      this.select(row.key);
      row.element.focus();
      row.element.scrollIntoView({ block: 'nearest' });
    }
    return true;
  }
}

function made(key: string, chosen: Chosen): Row {
  const isRun = chosen.run !== null;
  const sign = icon();
  const name = el('bdi', { class: 'smpw-list-row-name' });
  const note = el('span', { class: 'smpw-list-row-note smpw-muted' });
  const twist = isRun ? null : el('span', { class: 'smpw-twist', 'aria-hidden': 'true' });
  const element = el(
    'li',
    {
      class: `smpw-list-row ${isRun ? 'smpw-list-row-run' : 'smpw-list-row-pipeline'}`,
      role: 'treeitem',
      'aria-level': isRun ? '2' : '1',
      'aria-selected': 'false',
      'data-key': key
    },
    twist,
    sign,
    name,
    ' ',
    note
  );
  return { key, element, sign, name, note, chosen };
}

function wordsOf(run: RunEntry): ReturnType<typeof runWords> {
  const [word, like] = runWords({ status: run.status } as RunFact);
  return [run.word || word, like];
}

function fits(entry: PipelineEntry, words: string): boolean {
  const told = [entry.name, entry.title, entry.description, entry.arn, ...(entry.runs ?? []).flatMap(run => [run.name, run.word, run.arn])];
  const text = told.join('\n').toLowerCase();
  return words.toLowerCase().split(/\s+/).every(word => text.includes(word));
}
