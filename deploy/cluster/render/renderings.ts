import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { type Rendering, renderingOf } from './render.ts';

const read = new Map<string, Rendering>();

/** Gives one variant of ci/ as helm rendered it for this run of tests. */
export function rendering(variant: string): Rendering {
  const known = read.get(variant);
  if (known !== undefined) return known;
  const fresh = renderingOf(readFileSync(join(inject('renderings'), `${variant}.yaml`), 'utf8'));
  read.set(variant, fresh);
  return fresh;
}
