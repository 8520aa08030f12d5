import * as z from 'zod';
import { busSettings } from '#internal/bus/settings.ts';
import { databaseSettings } from '#internal/database/settings.ts';
import { type Environment, readSettings, SettingsError } from '#internal/env/env.ts';
import { list, wholeNumber } from '#internal/env/types.ts';
import { objectSettings } from '#internal/objects/settings.ts';
import { placeOfBucket, providerSettings, readProviders } from './providers/settings.ts';

const names = list('names of the places for second copies, such as r2,drive; each has settings BACKUP_<NAME>_…').refine(
  (given) => given.every((name) => /^[a-z][a-z0-9-]{0,30}$/.test(name)) && new Set(given).size === given.length,
);

/** Lists the settings that say where second copies go. */
export const placeSettings = {
  BACKUP_PROVIDERS: names,
};

const ownSettings = {
  ...placeSettings,
  BACKUP_DEFAULT: z
    .string()
    .optional()
    .describe('those of them that copies of events without a setting of their own go to; all unless told'),
  BACKUP_KEEP_DAYS: wholeNumber('days that copies of closed events stay, where the event does not say; 0 for ever', {
    default: 0,
    min: 0,
    max: 36_500,
  }),
  BACKUP_CONCURRENCY: wholeNumber('photos copied at once', { default: 4, min: 1, max: 64 }),
  BACKUP_TIMEOUT_SECONDS: wholeNumber('how long one attempt at a photo may take', {
    default: 900,
    min: 10,
    max: 86_400,
  }),
  BACKUP_IDLE_SECONDS: wholeNumber('silence after which a copy counts as stuck', { default: 180, min: 1, max: 3_600 }),
  BACKUP_ROUND_SECONDS: wholeNumber('how often deletions, heads and samples are looked at', {
    default: 30,
    min: 1,
    max: 3_600,
  }),
  BACKUP_SAMPLE_DAILY: wholeNumber('copies per provider that are read again and hashed each day', {
    default: 200,
    min: 0,
    max: 1_000_000,
  }),
  ...databaseSettings,
  ...busSettings,
  ...objectSettings,
};

/** Lists the settings of target backup; those of each provider carry its name. */
export const settings = { ...ownSettings, ...providerSettings };

/** Reads the settings of target backup and of its providers. Throws SettingsError. */
export function loadConfig(env: Environment) {
  const own = readSettings(ownSettings, env);
  const providers = readProviders(own.BACKUP_PROVIDERS, env);
  const defaults = own.BACKUP_DEFAULT?.split(',').map((name) => name.trim()) ?? own.BACKUP_PROVIDERS;
  if (own.BACKUP_PROVIDERS.length === 0) throw new SettingsError(['BACKUP_PROVIDERS: is required']);
  if (!defaults.every((name) => own.BACKUP_PROVIDERS.includes(name)))
    throw new SettingsError(['BACKUP_DEFAULT: names a provider that BACKUP_PROVIDERS does not']);
  const originals = placeOfBucket({ ENDPOINT: own.S3_ENDPOINT, BUCKET: own.S3_BUCKET });
  const same = [...providers].find(([, { place }]) => place === originals);
  // A copy there would be the original itself, and be removed as one.
  if (same !== undefined) throw new SettingsError([`BACKUP_PROVIDERS: ${same[0]} is the bucket of the originals`]);
  return { ...own, providers, defaults };
}
