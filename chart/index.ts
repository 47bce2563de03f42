/** The public face of the charts: any machine of XState 5 as a model, and the model as a picture. */
export { reasonNotToDraw } from './check.js';
export { type CoverageMarks, coverageMarks, type Taken } from './coverageMarks.js';
export { layOut } from './layout.js';
export { mermaidOf } from './mermaid.js';
export { type Chart, type ChartState, type ChartTransition, chartOf } from './model.js';
export { fileStyle } from './style.js';
export { svgOf } from './svg.js';
