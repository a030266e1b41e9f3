/** The versions of a group as a table: one is opened by its number, two are ticked to be compared. */
import { el, setText, setTitle } from './dom';
import type { VersionFact } from './registryProtocol';
import { ago, whole } from './times';

const SIGNS: Readonly<Record<string, string>> = { approved: '✓', rejected: '✕', pending: '○' };

export interface TableEvents {
  open(name: string): void;
  /** Other versions are ticked than before. */
  ticked(): void;
  /** The run a version comes from. */
  openRun(arn: string): void;
}

export class RegistryTable {
  readonly element = el('div', { class: 'smpw-registry-scroll', tabindex: '0', role: 'region', 'aria-label': 'Versions' });
  private readonly table = el('table', { class: 'smpw-registry-table' });
  private readonly boxes = new Map<string, HTMLInputElement>();
  private opened = '';
  private shown = '';

  constructor(private readonly events: TableEvents) {
    this.element.append(this.table);
  }

  /** The names of the ticked versions, the lower number first. */
  get chosen(): string[] {
    const ticked = [...this.boxes].filter(([, box]) => box.checked).map(([name]) => name);
    return ticked.reverse(); // the table has the newest first
  }

  /** Draw the rows; what is ticked and where the focus is stays. */
  show(columns: readonly string[], versions: readonly VersionFact[]): void {
    const key = JSON.stringify([columns, versions]);
    if (key === this.shown) {
      return;
    }
    this.shown = key;
    const ticked = new Set(this.chosen);
    const focused = document.activeElement instanceof HTMLElement && this.table.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
    this.boxes.clear();
    const heads = ['', 'Version', 'Status', 'Created', ...columns, 'From', 'Decision'];
    const head = el('tr', {}, ...heads.map(word => (word ? el('th', { scope: 'col' }, word) : el('td', {}))));
    const rows = versions.map(version => this.row(version, ticked.has(version.name)));
    this.table.replaceChildren(el('thead', {}, head), el('tbody', {}, ...rows));
    this.mark(this.opened);
    if (focused) {
      this.table.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    }
  }

  /** Say which version the page below is about. */
  mark(name: string): void {
    this.opened = name;
    for (const row of this.table.querySelectorAll<HTMLElement>('tbody > tr')) {
      const isOpen = row.dataset.name === name;
      row.classList.toggle('smpw-is-chosen', isOpen);
      row.querySelector('.smpw-registry-number')?.setAttribute('aria-pressed', String(isOpen));
    }
  }

  private row(version: VersionFact, isTicked: boolean): HTMLElement {
    const box = el('input', { type: 'checkbox', 'aria-label': `Compare version ${version.number}`, 'data-key': `tick ${version.name}` });
    box.checked = isTicked;
    box.addEventListener('change', () => this.events.ticked());
    this.boxes.set(version.name, box);
    const open = el('button', { type: 'button', class: 'smpw-registry-number', title: `Everything about ${version.name}`, 'data-key': version.name }, String(version.number));
    open.addEventListener('click', () => this.events.open(version.name));
    const created = el('span', { class: 'smpw-tabular' });
    if (version.created !== null) {
      setText(created, ago(Date.now() - version.created));
      setTitle(created, whole(version.created));
    }
    const row = el(
      'tr',
      { 'data-name': version.name },
      el('td', {}, box),
      el('td', {}, open),
      el('td', {}, statusWord(version.status, version.package)),
      el('td', {}, created),
      ...version.metrics.map(value => el('td', { class: 'smpw-tabular' }, value)),
      el('td', {}, this.run(version)),
      el('td', { class: 'smpw-registry-note', title: version.decided }, el('bdi', {}, version.decided))
    );
    row.addEventListener('click', event => {
      if (!(event.target instanceof HTMLElement && event.target.closest('button, input'))) {
        this.events.open(version.name);
      }
    });
    return row;
  }

  private run(version: VersionFact): HTMLElement | string {
    if (!version.run_arn) {
      return version.run;
    }
    const made = el('button', { type: 'button', class: 'smpw-registry-link', title: `Open the run: ${version.run_arn}`, 'data-key': `run ${version.name}` }, version.run);
    made.addEventListener('click', () => this.events.openRun(version.run_arn));
    return made;
  }
}

/** A status as sign and word; of a package that is not whole, that too. */
export function statusWord(status: string, whole = 'Completed'): HTMLElement {
  const sign = el('span', { 'aria-hidden': 'true' }, SIGNS[status] ?? '');
  return el('span', { class: `smpw-registry-status smpw-registry-${status}` }, sign, ` ${status}${whole === 'Completed' ? '' : ` (${whole})`}`);
}
