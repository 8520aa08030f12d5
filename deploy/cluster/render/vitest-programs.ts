import { bringRenderPrograms } from './programs.ts';

/** Brings helm and what checks its output, so that no test waits for a build. */
export default bringRenderPrograms;
