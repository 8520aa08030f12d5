import { corpus } from '../thumbnail/corpus/corpustest.ts';
import type { Loader, Original } from './loader.ts';

/** Keeps the files of the corpus that must fail, whoever sends them. */
export async function keepPoison(loader: Loader, say: (line: string) => void): Promise<Original[]> {
  const kept: Original[] = [];
  for (const { name, make, ends, times, tiff } of Object.values(corpus).flat()) {
    if (ends !== 'failed' || times === 0 || tiff === true) continue;
    const bytes = await make(0);
    if (bytes.length > 0) kept.push(await loader.keep(name, bytes, false));
  }
  say(`${kept.length} kinds of poison, of ${kept.map(({ size }) => size).sort((a, b) => b - a)[0]} bytes at most`);
  return kept;
}
