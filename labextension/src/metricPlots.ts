/** Metrics over time as small plots: one for each metric, its steps as lines. Drawn by hand: a plot is two paths. */
import { el } from './dom';
import type { MetricFact } from './protocol';
import { clock, duration, whole } from './times';

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 240;
const HEIGHT = 72;
const EDGE = 4;

/** Plots of these metrics, or of those of one step. */
export function metricPlots(metrics: readonly MetricFact[], step: string | null): HTMLElement[] {
  const shown = metrics.filter(metric => metric.points.length && (step === null || metric.step === step));
  return shown.map(metric => plot(metric, step === null));
}

function plot(metric: MetricFact, withStep: boolean): HTMLElement {
  const values = metric.points.map(([, value]) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const [time, newest] = metric.points[metric.points.length - 1];
  const said = el('span', { class: 'smpw-muted smpw-tabular' }, number(newest));
  const head = el(
    'figcaption',
    {},
    el('strong', { title: metric.name }, el('bdi', {}, metric.name)),
    withStep ? el('span', { class: 'smpw-muted' }, el('bdi', {}, metric.step)) : null,
    el('span', { class: 'smpw-space' }),
    said
  );
  const range = low === high ? `${metric.points.length === 1 ? 'one value' : 'always'} ${number(low)}` : `${number(low)} to ${number(high)}`;
  const picture = drawing(metric, low, high);
  const label = `${metric.name} of ${metric.step}: ${range}, now ${number(newest)}, ${metric.points.length} values`;
  picture.setAttribute('aria-label', label);
  picture.addEventListener('pointermove', event => {
    const box = picture.getBoundingClientRect();
    const near = nearest(metric, (event.clientX - box.left) / Math.max(1, box.width));
    said.textContent = `${number(near[1])} at ${clock(near[0])}`;
  });
  picture.addEventListener('pointerleave', () => (said.textContent = number(newest)));
  const first = metric.points[0][0];
  const foot = el('div', { class: 'smpw-plot-foot smpw-muted smpw-tabular' }, range, el('span', { class: 'smpw-space' }), duration(time - first));
  foot.title = `${whole(first)} to ${whole(time)}`;
  return el('figure', { class: 'smpw-plot' }, head, picture, foot);
}

function drawing(metric: MetricFact, low: number, high: number): SVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('role', 'img');
  const places = metric.points.map(([time, value]) => `${x(metric, time).toFixed(1)} ${y(value, low, high).toFixed(1)}`);
  const line = document.createElementNS(SVG, 'path');
  // a single value is a short line: a path of one point shows nothing
  line.setAttribute('d', places.length > 1 ? `M${places.join('L')}` : `M${WIDTH / 2 - 3} ${y(low, low, high)}h6`);
  line.setAttribute('class', 'smpw-plot-line');
  line.setAttribute('vector-effect', 'non-scaling-stroke');
  svg.append(line);
  return svg;
}

function x(metric: MetricFact, time: number): number {
  const first = metric.points[0][0];
  const span = metric.points[metric.points.length - 1][0] - first;
  return span ? EDGE + ((time - first) / span) * (WIDTH - 2 * EDGE) : WIDTH / 2;
}

function y(value: number, low: number, high: number): number {
  return high > low ? HEIGHT - EDGE - ((value - low) / (high - low)) * (HEIGHT - 2 * EDGE) : HEIGHT / 2;
}

function nearest(metric: MetricFact, share: number): [number, number] {
  const at = share * WIDTH;
  return metric.points.reduce((best, point) => (Math.abs(x(metric, point[0]) - at) < Math.abs(x(metric, best[0]) - at) ? point : best));
}

function number(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e7) ? value.toExponential(3) : String(Number(value.toPrecision(5)));
}
