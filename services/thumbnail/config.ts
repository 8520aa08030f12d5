import { busSettings } from '#internal/bus/settings.ts';
import { databaseSettings } from '#internal/database/settings.ts';
import { type Environment, readSettings } from '#internal/env/env.ts';
import { wholeNumber } from '#internal/env/types.ts';
import { objectSettings } from '#internal/objects/settings.ts';

/** Lists the settings of target thumbnail. */
export const settings = {
  THUMBNAIL_CONCURRENCY: wholeNumber('photos rendered at once; one per core is best', { default: 2, min: 1, max: 64 }),
  ...databaseSettings,
  ...busSettings,
  ...objectSettings,
};

/** Reads the settings of target thumbnail. */
export function loadConfig(env: Environment) {
  return readSettings(settings, env);
}
