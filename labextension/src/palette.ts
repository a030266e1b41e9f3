/** JupyterLab's colours as a canvas needs them: plain values instead of CSS variables. */

export interface Palette {
  card: string;
  background: string;
  border: string;
  edge: string;
  faint: string;
  accent: string;
  good: string;
  bad: string;
  badTint: string;
  warn: string;
}

type Rgb = [number, number, number];

/** Reads the theme that `host` stands in; `host` must be in the document. */
export function readPalette(host: HTMLElement): Palette {
  const probe = document.createElement('span');
  probe.style.display = 'none';
  host.appendChild(probe);
  const color = (variable: string, otherwise: string): Rgb => {
    probe.style.color = `var(${variable}, ${otherwise})`;
    return parse(getComputedStyle(probe).color);
  };
  const background = color('--jp-layout-color0', '#ffffff');
  const text = color('--jp-ui-font-color0', '#000000');
  const card = color('--jp-layout-color1', '#ffffff');
  const bad = color('--jp-error-color1', '#d32f2f');
  const palette: Palette = {
    card: css(card),
    background: css(background),
    border: css(mix(card, text, 0.28)),
    edge: css(mix(background, text, 0.42)),
    faint: css(mix(background, text, 0.2)),
    accent: css(color('--jp-info-color1', '#0288d1')),
    good: css(color('--jp-success-color1', '#388e3c')),
    bad: css(bad),
    badTint: css(mix(card, bad, 0.09)),
    warn: css(color('--jp-warn-color1', '#f57c00'))
  };
  probe.remove();
  return palette;
}

function parse(text: string): Rgb {
  const numbers = (text.match(/[\d.]+/g) ?? []).map(Number);
  // `color(srgb …)` counts to 1, `rgb(…)` to 255
  const scale = text.startsWith('color(') ? 255 : 1;
  return [0, 1, 2].map(at => (numbers[at] ?? 0) * scale) as Rgb;
}

const mix = (from: Rgb, to: Rgb, part: number): Rgb => from.map((value, at) => value + (to[at] - value) * part) as Rgb;

const css = (color: Rgb): string => `rgb(${color.map(Math.round).join(',')})`;
