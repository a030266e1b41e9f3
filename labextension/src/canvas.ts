import { CytoscapeView } from 'jupyter-cytoscape';

export class PipelineCanvasView extends CytoscapeView {}
