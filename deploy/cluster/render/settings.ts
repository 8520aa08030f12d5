import { serveSettings } from '../../../services/serve.ts';
import { loadTarget, type TargetName, targetNames } from '../../../services/targets.ts';

/** Is a setting as people read of it: its default, if it has one, and what it means. */
export interface ReadableSetting {
  default: string;
  meaning: string;
}

/** Lists the settings of each target by name, as `kilat env` prints them; those of a provider under a placeholder. */
export async function settingsOfTargets(): Promise<Record<TargetName, Record<string, ReadableSetting>>> {
  const listed = await Promise.all(targetNames.map(async (name) => [name, await settingsOf(name)] as const));
  return Object.fromEntries(listed) as Record<TargetName, Record<string, ReadableSetting>>;
}

async function settingsOf(name: TargetName): Promise<Record<string, ReadableSetting>> {
  const { settings } = await loadTarget(name);
  const all = Object.entries({ ...serveSettings, ...settings }).map(([setting, schema]) => {
    const { success, data } = schema.safeParse(undefined);
    const readable = { default: success && data !== undefined ? String(data) : '', meaning: schema.description ?? '' };
    return [setting, readable] as const;
  });
  return Object.fromEntries(all);
}
