import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Answers a folder in the user's cache, made when missing; binaries live there so that a fresh clone builds nothing again. */
export function cacheFolder(name: string): string {
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'kilat', name);
  mkdirSync(folder, { recursive: true });
  return folder;
}
