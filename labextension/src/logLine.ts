/** A log line as an element and as plain text. */
import { parseAnsi, withoutAnsi } from './ansi';
import { el } from './dom';
import { LEVELS, levelOf } from './logLevels';
import type { LogRow } from './protocol';
import { preciseClock, sinceStart, whole } from './times';

export const SHOWN_CHARACTERS = 4_000;

/** How times are said: the clock's, since the step began, or not at all. */
export type Times = 'absolute' | 'relative' | 'off';

export interface LineStyle {
  times: Times;
  /** What relative times count from, in milliseconds since the epoch. */
  origin: number;
  /** The step's name, where lines of several steps stand together. */
  step?: string;
}

const PLAIN: LineStyle = { times: 'absolute', origin: 0 };

/** A line as plain text. */
export function lineText([time, stream, text]: LogRow, style: LineStyle = PLAIN): string {
  return [said(time, style), style.step ?? '', stream, withoutAnsi(text)].filter(Boolean).join(' ');
}

/** A line as an element, coloured as its writer meant it. */
export function lineElement([time, stream, text]: LogRow, style: LineStyle = PLAIN): HTMLElement {
  const cut = text.length > SHOWN_CHARACTERS;
  const body = el('span', { class: `smpw-logline-text ${levelClass(text)}`.trim() });
  for (const span of parseAnsi(cut ? text.slice(0, SHOWN_CHARACTERS) : text)) {
    body.append(span.classes ? el('span', { class: span.classes }, span.text) : span.text);
  }
  if (cut) {
    const rest = (text.length - SHOWN_CHARACTERS).toLocaleString('en');
    body.append(el('span', { class: 'smpw-muted' }, ` … ${rest} more characters`));
  }
  return el(
    'div',
    { class: 'smpw-logline' },
    style.times === 'off' ? null : el('span', { class: 'smpw-logline-time', title: whole(time) }, said(time, style)),
    style.step === undefined ? null : el('span', { class: 'smpw-logline-step', title: style.step }, el('bdi', {}, style.step)),
    stream ? el('span', { class: 'smpw-logline-host', title: stream }, stream) : null,
    body
  );
}

function said(time: number, style: LineStyle): string {
  if (style.times === 'off' || time === 0) {
    return '';
  }
  return style.times === 'relative' ? sinceStart(time - style.origin) : preciseClock(time);
}

function levelClass(text: string): string {
  const level = levelOf(text);
  return level === LEVELS.error ? 'smpw-logline-error' : level === LEVELS.warning ? 'smpw-logline-warn' : '';
}
