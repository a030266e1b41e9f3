/**
 * A log line with terminal sequences → runs of plain text with the classes that colour them.
 *
 * Colours and weights (SGR) are kept; every other control sequence (cursor moves, titles, links) is dropped; a carriage
 * return starts the line again, as a progress bar means it.
 */
import { visible } from './plainText';

export interface Span {
  text: string;
  classes: string;
}

const NAMES = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];
// CSI … final byte | OSC, DCS, PM, APC, SOS … terminator | any other two-character escape
const SEQUENCE =
  // eslint-disable-next-line no-control-regex
  /(?:\u001b\[|\u009b)([0-?]*)[ -/]*([@-~])|(?:\u001b[\]P^_X])[^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[ -/]*[0-~]?/g;

interface Pen {
  fg: string;
  bg: string;
  bold: boolean;
  faint: boolean;
  italic: boolean;
  underline: boolean;
}

const blank = (): Pen => ({ fg: '', bg: '', bold: false, faint: false, italic: false, underline: false });

export function parseAnsi(line: string): Span[] {
  const text = afterReturn(line);
  if (!text.includes('\u001b') && !text.includes('\u009b')) {
    return text ? [{ text: visible(text), classes: '' }] : [];
  }
  const spans: Span[] = [];
  const pen = blank();
  let end = 0;
  const put = (part: string) => {
    if (part) {
      spans.push({ text: visible(part), classes: classesOf(pen) });
    }
  };
  for (const match of text.matchAll(SEQUENCE)) {
    put(text.slice(end, match.index));
    end = match.index + match[0].length;
    if (match[2] === 'm' && /^[\d;:]*$/.test(match[1])) {
      apply(pen, match[1].split(/[;:]/).map(Number));
    }
  }
  put(text.slice(end));
  return spans;
}

/** The line's text alone, for copying. */
export function withoutAnsi(line: string): string {
  return parseAnsi(line)
    .map(span => span.text)
    .join('');
}

function afterReturn(line: string): string {
  const trimmed = line.replace(/\r+$/, '');
  return trimmed.slice(trimmed.lastIndexOf('\r') + 1);
}

function apply(pen: Pen, codes: number[]): void {
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i];
    if (code === 38 || code === 48) {
      const [colour, used] = extended(codes.slice(i + 1));
      pen[code === 38 ? 'fg' : 'bg'] = colour;
      i += used;
    } else {
      applyOne(pen, code);
    }
  }
}

function applyOne(pen: Pen, code: number): void {
  if (code === 0) {
    Object.assign(pen, blank());
  } else if (code === 1) {
    pen.bold = true;
  } else if (code === 2) {
    pen.faint = true;
  } else if (code === 3 || code === 23) {
    pen.italic = code === 3;
  } else if (code === 4 || code === 24) {
    pen.underline = code === 4;
  } else if (code === 22) {
    pen.bold = pen.faint = false;
  } else if (code === 39) {
    pen.fg = '';
  } else if (code === 49) {
    pen.bg = '';
  } else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) {
    pen.fg = NAMES[code % 10];
  } else if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) {
    pen.bg = NAMES[code % 10];
  }
}

/** The named colour nearest to a 256-colour or 24-bit one, and how many numbers told it. */
function extended(codes: number[]): [colour: string, used: number] {
  if (codes[0] === 5) {
    return [named256(codes[1] ?? 0), 2];
  }
  return codes[0] === 2 ? [nearest(codes[1] ?? 0, codes[2] ?? 0, codes[3] ?? 0), 4] : ['', 1];
}

function named256(index: number): string {
  if (index < 16) {
    return NAMES[index % 8];
  }
  if (index >= 232) {
    return index < 244 ? 'black' : 'white';
  }
  const cube = index - 16;
  const level = (n: number) => n * 51;
  return nearest(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
}

function nearest(red: number, green: number, blue: number): string {
  const threshold = Math.max(red, green, blue) * 0.6;
  if (threshold < 40) {
    return 'black';
  }
  const bit = (value: number, weight: number) => (value >= threshold ? weight : 0);
  return NAMES[bit(red, 1) + bit(green, 2) + bit(blue, 4)];
}

function classesOf(pen: Pen): string {
  const classes = [
    pen.fg && `smpw-fg-${pen.fg}`,
    pen.bg && `smpw-bg-${pen.bg}`,
    pen.bold && 'smpw-bold',
    pen.faint && 'smpw-faint',
    pen.italic && 'smpw-italic',
    pen.underline && 'smpw-underline'
  ];
  return classes.filter(Boolean).join(' ');
}
