import type { Environment, Settings } from '#internal/env/env.ts';
import type { Process } from '#internal/process/process.ts';

/** Is one runnable service: its settings, and its main. */
export interface Target {
  settings: Settings;
  main: (proc: Process) => Promise<void>;
}

// Lazy, so that a process loads only what it runs: upload never loads sharp.
const loaders = {
  upload: async () => ({ ...(await import('./upload/config.ts')), ...(await import('./upload/main.ts')) }),
  api: async () => ({ ...(await import('./api/config.ts')), ...(await import('./api/main.ts')) }),
  live: async () => ({ ...(await import('./live/config.ts')), ...(await import('./live/main.ts')) }),
  media: async () => ({ ...(await import('./media/config.ts')), ...(await import('./media/main.ts')) }),
  relay: async () => ({ ...(await import('./relay/config.ts')), ...(await import('./relay/main.ts')) }),
  thumbnail: async () => ({ ...(await import('./thumbnail/config.ts')), ...(await import('./thumbnail/main.ts')) }),
  backup: async () => ({ ...(await import('./backup/config.ts')), ...(await import('./backup/main.ts')) }),
  notify: async () => ({ ...(await import('./notify/config.ts')), ...(await import('./notify/main.ts')) }),
} satisfies Record<string, () => Promise<Target>>;

/** Names a target. */
export type TargetName = keyof typeof loaders;

/** Lists the names that `--target` takes. */
export const targetNames = Object.keys(loaders) as TargetName[];

// Without these settings there is nothing for a target to do: `all` leaves it out.
const needs: Partial<Record<TargetName, string>> = { backup: 'BACKUP_PROVIDERS' };

/**
 * Reads `--target`: one name, several with commas, or `all`, which in an environment are those with work to do; undefined
 * when one is unknown.
 */
export function parseTargets(text: string, env?: Environment): TargetName[] | undefined {
  if (text === 'all') return targetNames.filter((name) => !env || needs[name] === undefined || env[needs[name]]);
  const names = text.split(',');
  return names.every((name) => name in loaders) ? (names as TargetName[]) : undefined;
}

/** Loads one target's code. */
export function loadTarget(name: TargetName): Promise<Target> {
  return loaders[name]();
}
