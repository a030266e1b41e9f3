/** What the tabs Details, Why and Problems hold: elements made from facts. */
import { consoleLinks } from './consoleLinks';
import { el, outsideLink } from './dom';
import { failureCard, pairTable, type CardActions } from './failureCard';
import { icon } from './icons';
import type { ReportFact } from './failureProtocol';
import type { Pair, ProblemFact, RunFact, StepRow } from './protocol';
import { stateClass } from './states';
import { duration, whole } from './times';

/** A step's state in full: when, how long, why, which job; then what the definition says of it. */
export function stepDetails(row: StepRow, details: readonly Pair[], now: number): HTMLElement[] {
  const pairs: Pair[] = [];
  if (row.started !== null) {
    if (row.ready !== null && row.started - row.ready >= 1_000) {
      pairs.push(['Waited', `${duration(row.started - row.ready)} to begin`]);
    }
    pairs.push(['Started', whole(row.started)]);
  }
  if (row.ended !== null) {
    pairs.push(['Ended', whole(row.ended)]);
  }
  if (row.started !== null) {
    pairs.push(['Duration', duration((row.ended ?? now) - row.started)]);
  }
  const more: [string, string | null][] = [
    ['Attempts', row.attempts > 1 ? String(row.attempts) : null],
    ['Cached from', row.cached_from],
    ['Job', row.job_arn]
  ];
  more.forEach(([name, value]) => value && pairs.push([name, value]));
  const made: HTMLElement[] = [];
  if (row.activity) {
    made.push(el('p', { class: 'smpw-activity' }, row.activity));
  }
  if (row.reason) {
    made.push(el('p', { class: 'smpw-pre smpw-reason' }, row.reason));
  }
  if (pairs.length) {
    made.push(pairTable(pairs));
  }
  const links = consoleLinks(row.job_arn);
  if (links) {
    const log = links.log && outsideLink('its log', links.log, 'The log in CloudWatch');
    made.push(el('p', { class: 'smpw-console' }, 'In the AWS console: ', outsideLink('the job', links.job, 'The page of the job'), log && ' · ', log || null));
  }
  if (details.length) {
    made.push(el('h4', {}, 'Definition'), pairTable(details));
  }
  return made.length ? made : [empty('Nothing more is known of this step yet.')];
}

/** The pipeline's own details: the run and its parameters. */
export function runDetails(run: RunFact, parameters: readonly Pair[]): HTMLElement[] {
  const pairs: Pair[] = [];
  const add = (name: string, value: string) => value && pairs.push([name, value]);
  add('Execution', run.arn);
  add('Name', run.display_name);
  add('Started', run.started === null ? '' : whole(run.started));
  add('Ended', run.ended === null ? '' : whole(run.ended));
  const made: HTMLElement[] = run.reason ? [el('p', { class: 'smpw-pre smpw-reason' }, run.reason)] : [];
  if (pairs.length) {
    made.push(pairTable(pairs));
  }
  made.push(el('h4', {}, 'Parameters'));
  made.push(parameters.length ? pairTable(parameters) : el('p', { class: 'smpw-muted' }, 'This pipeline has no parameters.'));
  made.push(el('p', { class: 'smpw-muted' }, 'Select a step in the graph or the table for its log and details.'));
  return made;
}

/** Why: the report; for a step that merely suffers from a failure, its own reason first. */
export function whyPane(report: ReportFact | null, row: StepRow | undefined, actions: CardActions): HTMLElement[] {
  const made: HTMLElement[] = [];
  const isRoot = report?.roots.some(root => root.step === row?.name) ?? false;
  if (row?.reason && !isRoot) {
    const words = el('span', {}, el('strong', {}, el('bdi', {}, row.name)), ` ${row.status}: ${row.reason}`);
    made.push(el('p', { class: `smpw-pre ${stateClass(row.status)}` }, icon(row.status), words));
  }
  if (report) {
    made.push(failureCard(report, row?.name ?? null, actions));
  }
  return made.length ? made : [empty('Nothing has failed.')];
}

const SEVERITY_GLYPHS: Readonly<Record<ProblemFact['severity'], string>> = { error: '✕', warning: '⚠', note: 'i' };

export function problemsPane(problems: readonly ProblemFact[], select: (step: string) => void): HTMLElement[] {
  return problems.length ? [el('ul', { class: 'smpw-problems' }, ...problems.map(each => problemItem(each, select)))] : [empty('No problems.')];
}

function problemItem(problem: ProblemFact, select: (step: string) => void): HTMLElement {
  const place = [problem.line === null ? '' : `line ${problem.line}`, problem.code].filter(Boolean).join(' · ');
  const glyph = el('span', { class: 'smpw-icon', 'aria-hidden': 'true' }, SEVERITY_GLYPHS[problem.severity] ?? 'i');
  const head = el('div', { class: `smpw-state smpw-problem-${problem.severity}` }, glyph, el('span', {}, problem.severity));
  if (problem.step !== null) {
    const step = problem.step;
    const link = el('button', { type: 'button', class: 'smpw-link' }, el('bdi', {}, step));
    link.addEventListener('click', () => select(step));
    head.append(link);
  }
  head.append(el('span', { class: 'smpw-muted' }, place));
  return el('li', {}, head, el('p', {}, problem.message), problem.fix ? el('p', { class: 'smpw-fix' }, `→ ${problem.fix}`) : null);
}

export function empty(text: string): HTMLElement {
  return el('p', { class: 'smpw-empty-text' }, text);
}
