import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { bringRenderPrograms } from './programs.ts';
import { renderVariant, variants } from './render.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Is the folder in which each variant lies as helm rendered it. */
    renderings: string;
  }
}

/** Brings helm and what checks its output, and renders each variant once for all tests. */
export default async function setup(project: TestProject): Promise<() => void> {
  await bringRenderPrograms();
  const folder = mkdtempSync(join(tmpdir(), 'kilat-renderings-'));
  const write = async (variant: string) => writeFileSync(join(folder, `${variant}.yaml`), await renderVariant(variant));
  await Promise.all(variants.map(write));
  project.provide('renderings', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
