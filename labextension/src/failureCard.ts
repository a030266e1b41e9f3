/** Why a run ended badly: the exception and the user's own line first, then the log's end, then what it did to the rest. */
import { copyButton, el } from './dom';
import { icon } from './icons';
import { lineElement } from './logLine';
import type { CauseFact, FrameFact, Pair, ReportFact, RootFact } from './protocol';

export interface CardActions {
  /** Select a step and show its log. */
  openLog(step: string): void;
  select(step: string): void;
}

/** The card of a report; the root failure of `step`, when it has one, stands first. */
export function failureCard(report: ReportFact, step: string | null, actions: CardActions): HTMLElement {
  const roots = [...report.roots].sort((a, b) => Number(b.step === step) - Number(a.step === step));
  const card = el('article', { class: 'smpw-failure', 'aria-label': 'Why the run failed' });
  card.append(
    el(
      'div',
      { class: 'smpw-failure-actions' },
      copyButton('Copy as Markdown', () => report.markdown, 'Copy this report for a ticket or a chat'),
      roots.length > 1 ? el('span', { class: 'smpw-muted' }, `${roots.length} steps failed on their own`) : null
    )
  );
  roots.forEach(root => card.append(rootSection(root, actions)));
  if (!roots.length && report.reason) {
    card.append(el('p', { class: 'smpw-headline' }, report.reason));
  }
  card.append(...consequences(report, actions));
  if (roots.length && report.reason) {
    card.append(fold('What the service said of the run', el('p', { class: 'smpw-pre' }, report.reason)));
  }
  return card;
}

function rootSection(root: RootFact, actions: CardActions): HTMLElement {
  const section = el('section', { class: 'smpw-root' });
  section.append(headline(root), whereLine(root, actions));
  section.append(...root.conditions.map(text => el('p', { class: 'smpw-pre' }, text)));
  section.append(...root.causes.map(causeElement));
  section.append(...frames(root.frames));
  if (!root.started_at_all) {
    section.append(el('p', { class: 'smpw-muted' }, 'Its job never started, so it wrote no log.'));
  }
  if (root.log_tail.length) {
    const open = el('button', { type: 'button', class: 'smpw-link' }, 'open the whole log');
    open.addEventListener('click', () => actions.openLog(root.step));
    section.append(el('h4', {}, 'Last log lines ', open));
    const tail = el('div', { class: 'smpw-tail', tabindex: '0' }, ...root.log_tail.map(row => lineElement(row)));
    section.append(tail);
    // it can be scrolled only once it is in the page
    requestAnimationFrame(() => (tail.scrollTop = tail.scrollHeight));
  }
  section.append(...facts(root));
  return section;
}

function headline(root: RootFact): HTMLElement {
  const glyph = icon('failed');
  if (!root.exception_type) {
    return el('h3', { class: 'smpw-headline smpw-state smpw-is-failed' }, glyph, el('span', {}, root.headline));
  }
  const message = root.exception_message ? `: ${root.exception_message}` : '';
  return el(
    'h3',
    { class: 'smpw-headline smpw-state smpw-is-failed' },
    glyph,
    el('span', {}, el('code', {}, root.exception_type), message)
  );
}

function whereLine(root: RootFact, actions: CardActions): HTMLElement {
  const name = el('button', { type: 'button', class: 'smpw-link', title: `Select ${root.step}` }, root.step);
  name.addEventListener('click', () => actions.select(root.step));
  const code = root.exit_code === null ? '' : `exit code ${root.exit_code}`;
  const parts = [root.type, code + (code && root.exit_meaning ? ` (${root.exit_meaning})` : ''), root.fault].filter(Boolean);
  return el('p', { class: 'smpw-where' }, 'in ', name, parts.length ? ` · ${parts.join(' · ')}` : null);
}

/** The user's frames open, the innermost first; the libraries' folded away. */
function frames(all: readonly FrameFact[]): HTMLElement[] {
  const own = all.filter(frame => frame.is_user).reverse();
  const rest = all.filter(frame => !frame.is_user);
  const made: HTMLElement[] = own.map(frameElement);
  if (rest.length) {
    const label = `${rest.length} library ${rest.length === 1 ? 'frame' : 'frames'}`;
    made.push(fold(label, ...rest.map(frameElement)));
  }
  return made;
}

/** What probably happened and what to do; the words it was recognised by are its tooltip. */
function causeElement(cause: CauseFact): HTMLElement {
  const text = el('p', {}, el('strong', {}, cause.title), cause.fix ? ` ${cause.fix}` : null);
  return el('div', { class: 'smpw-cause', title: cause.evidence && `recognised by: ${cause.evidence}` }, text);
}

function frameElement(frame: FrameFact): HTMLElement {
  const place = frame.origin || `${frame.file}, line ${frame.line}`;
  return el(
    'div',
    { class: frame.is_user ? 'smpw-frame smpw-frame-own' : 'smpw-frame' },
    el(
      'div',
      { class: 'smpw-frame-place', title: `${frame.file}:${frame.line}` },
      place,
      frame.function && frame.function !== '<module>' ? el('span', { class: 'smpw-muted' }, ` in ${frame.function}`) : null
    ),
    frame.source ? el('pre', {}, el('span', { class: 'smpw-muted' }, `${frame.line}  `), frame.source) : null
  );
}

function facts(root: RootFact): HTMLElement[] {
  const made: HTMLElement[] = [];
  if (root.followed.length) {
    made.push(fold('Raised before it', ...root.followed.map(text => el('p', { class: 'smpw-pre' }, text))));
  }
  if (root.reasons.length) {
    made.push(fold('What the service said of the step', ...root.reasons.map(text => el('p', { class: 'smpw-pre' }, text))));
  }
  const pairs: Pair[] = root.job_arn ? [...root.facts, ['Job', root.job_arn]] : root.facts;
  if (pairs.length) {
    made.push(fold('The job', pairTable(pairs)));
  }
  return made;
}

function consequences(report: ReportFact, actions: CardActions): HTMLElement[] {
  const named = (names: readonly string[]): Pair[] => names.map(name => [name, '']);
  return [
    group('failed', 'Failed because of it', report.also_failed, actions),
    group('blocked', 'Blocked', report.blocked, actions),
    group('skipped', 'Skipped', report.skipped, actions),
    group('stopped', 'Stopped', named(report.stopped), actions),
    group('waiting', 'Still to come', named(report.waiting), actions),
    group('running', 'Still running', named(report.running), actions),
    group('succeeded', 'Succeeded all the same', named(report.succeeded), actions)
  ].filter((made): made is HTMLElement => made !== null);
}

/** Names with reasons; a reason that many share is said once. */
function group(state: string, label: string, pairs: readonly Pair[], actions: CardActions): HTMLElement | null {
  if (!pairs.length) {
    return null;
  }
  const byReason = new Map<string, string[]>();
  pairs.forEach(([name, reason]) => byReason.set(reason, [...(byReason.get(reason) ?? []), name]));
  const items = [...byReason].map(([reason, names]) =>
    el('dd', {}, ...chips(names, actions), reason ? el('span', { class: 'smpw-muted' }, ` ${reason}`) : null)
  );
  const head = el(
    'dt',
    { class: `smpw-state smpw-is-${state}` },
    icon(state),
    el('span', {}, `${label} (${pairs.length})`)
  );
  return el('dl', { class: 'smpw-group' }, head, ...items);
}

const SHOWN_NAMES = 40;

function chips(names: readonly string[], actions: CardActions): HTMLElement[] {
  const made: HTMLElement[] = names.slice(0, SHOWN_NAMES).map(name => {
    const chip = el('button', { type: 'button', class: 'smpw-chip', title: name }, el('bdi', {}, name));
    chip.addEventListener('click', () => actions.select(name));
    return chip;
  });
  if (names.length > SHOWN_NAMES) {
    made.push(el('span', { class: 'smpw-muted' }, `and ${names.length - SHOWN_NAMES} more`));
  }
  return made;
}

/** Names and values; every value can be copied. */
export function pairTable(pairs: readonly Pair[]): HTMLElement {
  const rows = pairs.map(([name, value]) =>
    el(
      'tr',
      {},
      el('th', { scope: 'row' }, name),
      el('td', {}, el('span', { class: 'smpw-value' }, value), copyButton('⧉', () => value, `Copy ${name}`))
    )
  );
  return el('table', { class: 'smpw-pairs' }, el('tbody', {}, ...rows));
}

function fold(label: string, ...content: HTMLElement[]): HTMLElement {
  return el('details', { class: 'smpw-fold' }, el('summary', {}, label), ...content);
}
