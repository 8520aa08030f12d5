import { resolveBinary } from '../local/resolve.ts';
import { renderPrograms } from './render/programs.ts';

/** Answers the path of the helm that the chart is checked by. */
export async function helmProgram(): Promise<string> {
  return await resolveBinary(renderPrograms.helm);
}
