/** Why a run ended badly: the exception and the user's own line first, what to do, then the log's end and all else there is. */
import { copyButton, el } from './dom';
import type { FailureDesk } from './failureDesk';
import type { CauseFact, FrameFact, HostErrorFact, ReportFact, RootFact } from './failureProtocol';
import { icon } from './icons';
import { lineElement } from './logLine';
import { askToOpen } from './openPlace';
import type { Pair } from './protocol';

export interface CardActions {
  readonly desk: FailureDesk;
  /** Select a step and show its log. */
  openLog(step: string): void;
  select(step: string): void;
}

/** The root failure after the one that is looked at, or before it; the first where none is. */
export function neighbouringFailure(report: ReportFact | null, step: string | null, by: number): string | null {
  const names = report?.roots.map(root => root.step) ?? [];
  if (!names.length) {
    return null;
  }
  const at = step === null ? -1 : names.indexOf(step);
  return at < 0 ? names[0] : names[(at + by + names.length) % names.length];
}

/** The card of a report; the root failure of `step`, when it has one, stands first. */
export function failureCard(report: ReportFact, step: string | null, actions: CardActions): HTMLElement {
  const roots = [...report.roots].sort((a, b) => Number(b.step === step) - Number(a.step === step));
  const card = el('article', { class: 'smpw-failure', 'aria-label': 'Why the run failed' });
  const several = `${roots.length} steps failed on their own: [ and ] go from one to the next`;
  card.append(
    el(
      'div',
      { class: 'smpw-failure-actions' },
      copyButton('Copy as Markdown', () => report.markdown, 'Copy this report for a ticket or a chat'),
      roots.length > 1 ? el('span', { class: 'smpw-muted' }, several) : null
    )
  );
  roots.forEach((root, at) => card.append(rootSection(root, actions, at === 0)));
  if (!roots.length) {
    const words = report.reason ? el('p', { class: 'smpw-headline' }, report.reason) : null;
    card.append(...[words, actions.desk.now(null, '')].filter((each): each is HTMLElement => each !== null));
  }
  card.append(insightFold(actions));
  card.append(...consequences(report, actions));
  if (roots.length && report.reason) {
    card.append(fold(actions, 'What the service said of the run', el('p', { class: 'smpw-pre' }, report.reason)));
  }
  return card;
}

function rootSection(root: RootFact, actions: CardActions, isFirst: boolean): HTMLElement {
  const section = el('section', { class: 'smpw-root', 'aria-label': `Failure of ${root.step}` });
  section.append(headline(root), whereLine(root, actions));
  section.append(...root.conditions.map(text => el('p', { class: 'smpw-pre' }, text)));
  if (root.how_far) {
    section.append(el('p', { class: 'smpw-how-far' }, root.how_far));
  }
  section.append(...root.causes.map(cause => causeElement(cause)));
  section.append(...frames(root, actions));
  if (isFirst) {
    section.append(actions.desk.now(root.step, root.type));
    section.append(...actions.desk.parts.map(part => part(root.step)).filter((made): made is HTMLElement => made !== null));
  }
  if (!root.started_at_all && !root.how_far) {
    section.append(el('p', { class: 'smpw-muted' }, 'Its job never started, so it wrote no log.'));
  }
  section.append(...root.first_errors.map(firstError), ...tail(root, actions), ...facts(root, actions));
  return section;
}

/** The end of its log, scrolled to the end. */
function tail(root: RootFact, actions: CardActions): HTMLElement[] {
  if (!root.log_tail.length) {
    return [];
  }
  const open = el('button', { type: 'button', class: 'smpw-link' }, 'open the whole log');
  open.addEventListener('click', () => actions.openLog(root.step));
  const lines = el('div', { class: 'smpw-tail', tabindex: '0' }, ...root.log_tail.map(row => lineElement(row)));
  // it can be scrolled only once it is in the page
  requestAnimationFrame(() => (lines.scrollTop = lines.scrollHeight));
  const text = () => root.log_tail.map(row => row[2]).join('\n');
  return [el('h4', {}, 'Last log lines ', open, ' ', copyButton('⧉', text, 'Copy these lines')), lines];
}

function firstError(error: HostErrorFact): HTMLElement {
  const lines = error.lines.map((row, at) => {
    const line = lineElement(row);
    line.classList.toggle('smpw-first-error', at === error.at);
    return line;
  });
  const text = () => error.lines.map(row => row[2]).join('\n');
  const head = el('h4', {}, error.title, ' ', copyButton('⧉', text, 'Copy these lines'));
  return el('div', {}, head, el('div', { class: 'smpw-tail', tabindex: '0' }, ...lines));
}

function headline(root: RootFact): HTMLElement {
  const glyph = icon('failed');
  if (!root.exception_type) {
    const copy = copyButton('⧉', () => root.headline, 'Copy the reason');
    return el('h3', { class: 'smpw-headline smpw-state smpw-is-failed' }, glyph, el('span', {}, root.headline), copy);
  }
  const message = root.exception_message ? `: ${root.exception_message}` : '';
  return el(
    'h3',
    { class: 'smpw-headline smpw-state smpw-is-failed' },
    glyph,
    el('span', {}, el('code', {}, root.exception_type), message),
    copyButton('⧉', () => `${root.exception_type}${message}`, 'Copy the exception')
  );
}

function whereLine(root: RootFact, actions: CardActions): HTMLElement {
  const name = el('button', { type: 'button', class: 'smpw-link', title: `Select ${root.step}` }, root.step);
  name.addEventListener('click', () => actions.select(root.step));
  const code = root.exit_code === null ? '' : `exit code ${root.exit_code}`;
  const meaning = code + (code && root.exit_meaning ? ` (${root.exit_meaning})` : '');
  const attempts = root.attempts > 1 ? `after ${root.attempts} attempts` : '';
  const parts = [root.type, meaning, root.fault, attempts].filter(Boolean);
  return el('p', { class: 'smpw-where' }, 'in ', name, parts.length ? ` · ${parts.join(' · ')}` : null);
}

/** The user's frames open, the innermost first; the libraries' folded away. */
function frames(root: RootFact, actions: CardActions): HTMLElement[] {
  const own = root.frames.filter(frame => frame.is_user).reverse();
  const rest = root.frames.filter(frame => !frame.is_user);
  const made: HTMLElement[] = own.map(frameElement);
  if (rest.length) {
    const label = `${rest.length} library ${rest.length === 1 ? 'frame' : 'frames'}`;
    made.push(fold(actions, label, ...rest.map(frameElement)));
  }
  return made;
}

/** What probably happened and what to do, a policy or command to copy, and by what it was recognised. */
function causeElement(cause: CauseFact): HTMLElement {
  const text = el('p', {}, el('strong', {}, cause.title), cause.fix ? ` ${cause.fix}` : null);
  const snippet = cause.snippet
    ? el('div', { class: 'smpw-snippet' }, el('pre', {}, cause.snippet), copyButton('⧉', () => cause.snippet, 'Copy it'))
    : null;
  const seen = cause.evidence ? el('p', { class: 'smpw-muted smpw-pre smpw-evidence' }, cause.evidence) : null;
  return el('div', { class: `smpw-cause smpw-cause-${cause.confidence}`, title: cause.source }, text, snippet, seen);
}

function frameElement(frame: FrameFact): HTMLElement {
  const place = frame.origin || `${frame.file}, line ${frame.line}`;
  const title = `${frame.file}:${frame.line}`;
  const within = frame.function && frame.function !== '<module>' ? el('span', { class: 'smpw-muted' }, ` in ${frame.function}`) : null;
  const copy = copyButton('⧉', () => title, 'Copy the place');
  return el(
    'div',
    { class: frame.is_user ? 'smpw-frame smpw-frame-own' : 'smpw-frame' },
    el('div', { class: 'smpw-frame-place', title }, placeElement(frame, place), within, copy),
    frame.source ? el('pre', {}, el('span', { class: 'smpw-muted' }, `${frame.line}  `), frame.source) : null
  );
}

/** The place of a line; a click opens the cell or the file there. */
function placeElement(frame: FrameFact, place: string): HTMLElement {
  if (!frame.cell && !frame.path) {
    return el('span', {}, place);
  }
  const link = el('button', { type: 'button', class: 'smpw-link smpw-open-place', title: 'Open it at this line' }, place);
  link.addEventListener('click', () => askToOpen(link, { cell: frame.cell, path: frame.path, line: frame.line }));
  return link;
}

function facts(root: RootFact, actions: CardActions): HTMLElement[] {
  const made: HTMLElement[] = [];
  const texts = (label: string, lines: readonly string[]) => {
    if (lines.length) {
      const copy = copyButton('⧉', () => lines.join('\n'), 'Copy it');
      made.push(fold(actions, label, ...lines.map(text => el('p', { class: 'smpw-pre' }, text)), copy));
    }
  };
  texts('Raised before it', root.followed);
  texts('It then led to', root.led_to);
  texts('What the service said of the step', root.reasons);
  texts('What the job went through', root.history);
  const pairs: Pair[] = root.job_arn ? [...root.facts, ['Job', root.job_arn]] : root.facts;
  if (pairs.length) {
    made.push(fold(actions, 'The job and its arguments', pairTable(pairs)));
  }
  return made;
}

/** What differs from the last success; it is looked for when somebody opens it. */
function insightFold(actions: CardActions): HTMLElement {
  const holder = el('div', {});
  const label = 'What differs from the last success';
  const made = fold(actions, label, holder);
  const fill = () => made.open && holder.replaceChildren(actions.desk.insight());
  made.addEventListener('toggle', fill);
  fill();
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

/** A part that is folded away; once opened it stays open, also when the card is drawn anew. */
function fold(actions: CardActions, label: string, ...content: HTMLElement[]): HTMLDetailsElement {
  const { open } = actions.desk;
  const made = el('details', { class: 'smpw-fold' }, el('summary', {}, label), ...content);
  made.open = open.has(label);
  made.addEventListener('toggle', () => (made.open ? open.add(label) : open.delete(label)));
  return made;
}
