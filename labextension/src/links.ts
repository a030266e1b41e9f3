/** Addresses that lead to a line of a log: the page's own, with the run, the step and the line behind `#`. */

const KEY = 'smpw-log=';

export interface LinePlace {
  run: string;
  step: string;
  line: number;
}

// what stands behind # when the page is loaded may be gone by the time a view is drawn
let wanted = placeIn(window.location.hash);

/** The place that the page's address leads to. */
export function placeWanted(): LinePlace | null {
  return wanted;
}

/** The wanted place was shown; it is not gone to again. */
export function placeReached(): void {
  wanted = null;
}

export function linkTo(place: LinePlace): string {
  const address = new URL(window.location.href);
  // a token is a secret, and whoever is sent the link has their own
  address.searchParams.delete('token');
  address.hash = `${KEY}${[place.run, place.step, String(place.line + 1)].map(encodeURIComponent).join('/')}`;
  return address.href;
}

export function placeIn(hash: string): LinePlace | null {
  const at = hash.indexOf(KEY);
  const parts = at < 0 ? [] : hash.slice(at + KEY.length).split('/');
  const line = Number(parts[2]);
  if (parts.length !== 3 || !Number.isInteger(line) || line < 1) {
    return null;
  }
  try {
    return { run: decodeURIComponent(parts[0]), step: decodeURIComponent(parts[1]), line: line - 1 };
  } catch {
    return null; // somebody has typed the address
  }
}

window.addEventListener('hashchange', () => (wanted = placeIn(window.location.hash) ?? wanted));
