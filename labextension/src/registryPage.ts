/** Everything about one version - decisions beside the evidence - and two versions side by side. */
import { button, copyButton, el } from './dom';
import type { ComparedRow, RegistryComparedMessage, ReportFact, VersionPageFact } from './registryProtocol';

export interface PageEvents {
  openRun(arn: string): void;
  insert(page: VersionPageFact): void;
}

/** The page of a version, below its buttons. */
export function versionPage(page: VersionPageFact, events: PageEvents): HTMLElement {
  const tools = [
    copyButton('Copy ARN', () => page.arn, 'Copy the ARN of the model package'),
    copyButton('Copy as a step', () => page.step, 'Copy a Model step for the text of a %%pipeline cell'),
    button('Put into a cell…', () => events.insert(page), { title: 'Put the version as a Model step into a %%pipeline cell of this notebook' }),
    page.run_arn ? button('Open run', () => events.openRun(page.run_arn), { title: 'Put a cell below that shows the run this version comes from' }) : null
  ];
  return el(
    'div',
    { class: 'smpw-registry-page' },
    el('div', { class: 'smpw-registry-tools' }, ...tools),
    el(
      'div',
      { class: 'smpw-registry-columns' },
      el('div', {}, section('Decisions', list(page.decisions, 'Nobody has decided yet.')), section('Comes from', list(page.origin, 'Not known.'))),
      el('div', {}, section('Metrics', metrics(page)), ...page.reports.map(report))
    ),
    el('details', {}, el('summary', {}, 'Made of'), facts(page))
  );
}

/** Two versions side by side; rows that are the same can be folded away. */
export function comparisonPage(message: RegistryComparedMessage): HTMLElement {
  const isShown = (row: ComparedRow): boolean => row.section === 'metrics' || !row.is_same;
  const shown = message.rows.filter(isShown);
  const same = message.rows.filter(row => !isShown(row));
  return el(
    'div',
    { class: 'smpw-registry-page' },
    compared(message, shown),
    same.length ? el('details', {}, el('summary', {}, `${same.length} more are the same in both`), compared(message, same)) : null
  );
}

function compared(message: RegistryComparedMessage, rows: readonly ComparedRow[]): HTMLElement {
  const head = ['', message.before, message.after, 'Change'].map(word => (word ? el('th', { scope: 'col' }, word) : el('td', {})));
  const body: HTMLElement[] = [];
  let section = '';
  for (const row of rows) {
    if (row.section !== section) {
      section = row.section;
      body.push(el('tr', { class: 'smpw-registry-section' }, el('th', { colspan: '4', scope: 'colgroup' }, section)));
    }
    const verdict = row.note.endsWith('better') ? 'smpw-registry-better' : row.note.endsWith('worse') ? 'smpw-registry-worse' : '';
    body.push(
      el(
        'tr',
        { class: row.is_same ? 'smpw-registry-same' : '' },
        el('th', { scope: 'row' }, row.name),
        el('td', {}, el('bdi', {}, row.before || '–')),
        el('td', {}, el('bdi', {}, row.after || '–')),
        el('td', { class: verdict }, row.note || (row.is_same ? '' : 'differs'))
      )
    );
  }
  const table = el('table', { class: 'smpw-registry-table smpw-registry-compared' }, el('thead', {}, el('tr', {}, ...head)), el('tbody', {}, ...body));
  return el('div', { class: 'smpw-registry-scroll', tabindex: '0', role: 'region', 'aria-label': `${message.before} and ${message.after} side by side` }, table);
}

function section(title: string, content: HTMLElement): HTMLElement {
  return el('section', {}, el('h4', {}, title), content);
}

function list(lines: readonly string[], otherwise: string): HTMLElement {
  return lines.length ? el('ul', {}, ...lines.map(line => el('li', {}, el('bdi', {}, line)))) : el('p', { class: 'smpw-muted' }, otherwise);
}

function metrics(page: VersionPageFact): HTMLElement {
  if (!page.metrics.length) {
    return el('p', { class: 'smpw-muted' }, 'It was registered without a report (`metrics:` of the RegisterModel step).');
  }
  const rows = page.metrics.map(([name, value, path]) => el('tr', {}, el('th', { scope: 'row', title: path }, name), el('td', { class: 'smpw-tabular' }, value)));
  return el('table', { class: 'smpw-registry-table' }, el('tbody', {}, ...rows));
}

function report(fact: ReportFact): HTMLElement {
  if (fact.problem && !fact.text) {
    return el('p', { class: 'smpw-muted' }, `The report on ${fact.kind} (${fact.uri}) cannot be read: ${fact.problem}`);
  }
  return el(
    'details',
    { open: '' },
    el('summary', { title: fact.uri }, `Report on ${fact.kind}`),
    el('pre', { class: 'smpw-registry-report', tabindex: '0', 'aria-label': `Report on ${fact.kind}` }, pretty(fact.text))
  );
}

/** JSON with a line for each member; anything else as it is. */
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function facts(page: VersionPageFact): HTMLElement {
  const parts = page.facts.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, el('bdi', {}, value))]);
  return el('dl', { class: 'smpw-registry-facts' }, ...parts);
}
