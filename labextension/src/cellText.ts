/** A `%%pipeline` cell as text: its first line, the name in it, what stands below. Plain functions over strings. */

export interface SplitCell {
  /** Everything up to the text: the first line with its end. */
  head: string;
  name: string;
  body: string;
}

const FIRST_LINE = /^(?:[ \t]*\n)*%%pipeline[ \t]+([^\n]*)(\n|$)/;
/** Options of the magic that have a value behind them. */
const WITH_VALUE = new Set(['-p', '--target', '--name', '--tag']);

/** A cell's parts; null where it is no `%%pipeline` cell, or names none. */
export function splitCell(source: string): SplitCell | null {
  const found = FIRST_LINE.exec(source);
  const name = found ? firstName(found[1]) : null;
  if (!found || name === null) {
    return null;
  }
  const head = found[2] ? found[0] : `${found[0]}\n`;
  return { head, name, body: source.slice(found[0].length) };
}

function firstName(line: string): string | null {
  const words = line.split(/\s+/).filter(Boolean);
  for (let at = 0; at < words.length; at++) {
    if (WITH_VALUE.has(words[at])) {
      at++;
    } else if (!words[at].startsWith('-')) {
      return words[at].replace(/^(['"])(.*)\1$/, '$2');
    }
  }
  return null;
}

/** The one stretch of `before` that has to change for it to become `after`; offsets in UTF-16 units. */
export function spliceBetween(before: string, after: string): { start: number; end: number; text: string } {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before.charCodeAt(start) === after.charCodeAt(start)) {
    start++;
  }
  let same = 0;
  while (same < most - start && before.charCodeAt(before.length - 1 - same) === after.charCodeAt(after.length - 1 - same)) {
    same++;
  }
  // never between the two halves of one character
  if (isHigh(before, start - 1) || isHigh(after, start - 1)) {
    start--;
  }
  if (same && (isLow(before, before.length - same) || isLow(after, after.length - same))) {
    same--;
  }
  return { start, end: before.length - same, text: after.slice(start, after.length - same) };
}

const isHigh = (text: string, at: number): boolean => (text.charCodeAt(at) & 0xfc00) === 0xd800;
const isLow = (text: string, at: number): boolean => (text.charCodeAt(at) & 0xfc00) === 0xdc00;
