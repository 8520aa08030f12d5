import { busSettings } from '#internal/bus/settings.ts';
import { databaseSettings } from '#internal/database/settings.ts';
import { type Environment, readSettings } from '#internal/env/env.ts';
import { wholeNumber } from '#internal/env/types.ts';
import { objectSettings } from '#internal/objects/settings.ts';

/** Lists the settings of target thumbnail. */
export const settings = {
  THUMBNAIL_CONCURRENCY: wholeNumber('photos rendered at once; 0 is one per core, at most 4', {
    default: 0,
    min: 0,
    max: 64,
  }),
  THUMBNAIL_TIMEOUT_SECONDS: wholeNumber('how long one photo may take', { default: 120, min: 10, max: 900 }),
  ...databaseSettings,
  ...busSettings,
  ...objectSettings,
};

/** Reads the settings of target thumbnail. */
export function loadConfig(env: Environment) {
  return readSettings(settings, env);
}
