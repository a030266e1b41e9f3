/** The sign of pipelines in JupyterLab's bars: a graph of four steps. */
import { LabIcon } from '@jupyterlab/ui-components';
import { MODULE_NAME } from './version';

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 16 16"><g class="jp-icon3 jp-icon-selectable" fill="#616161">
<circle cx="8" cy="2.6" r="2.1"/><circle cx="3" cy="8" r="2.1"/><circle cx="13" cy="8" r="2.1"/><circle cx="8" cy="13.4" r="2.1"/></g>
<g class="jp-icon3 jp-icon-selectable-inverse" stroke="#616161" stroke-width="1.2" fill="none"><path d="M6.6 4.1 4.4 6.4M9.4 4.1l2.2 2.3M4.4 9.6l2.2 2.3M11.6 9.6l-2.2 2.3" stroke="#808080"/></g></svg>`;

export const pipelinesIcon = new LabIcon({ name: `${MODULE_NAME}:pipelines`, svgstr: SVG });
