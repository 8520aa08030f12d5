import { busSettings } from '#internal/bus/settings.ts';
import { databaseSettings } from '#internal/database/settings.ts';
import { type Environment, readSettings } from '#internal/env/env.ts';
import { flag, text, wholeNumber } from '#internal/env/types.ts';
import { fileTypeSettings } from '#internal/filetype/settings.ts';
import { objectSettings } from '#internal/objects/settings.ts';

/** Lists the settings of target thumbnail. */
export const settings = {
  THUMBNAIL_CONCURRENCY: wholeNumber('photos rendered at once; 0 is one per core, at most 4', {
    default: 0,
    min: 0,
    max: 64,
  }),
  THUMBNAIL_TIMEOUT_SECONDS: wholeNumber('how long one photo may take', { default: 120, min: 10, max: 900 }),
  THUMBNAIL_FOLDER: text('folder that originals and renditions pass through', '/tmp/kilat-thumbnail'),
  THUMBNAIL_DECODE_SECONDS: wholeNumber('how long decoding one photo may take', { default: 30, min: 1, max: 600 }),
  THUMBNAIL_DECODE_MIB: wholeNumber('memory that a decoder may use, in MiB', { default: 1_024, min: 128, max: 16_384 }),
  THUMBNAIL_XLARGE: flag('also make the rendition of 2,560 pixels', true),
  ...fileTypeSettings,
  ...databaseSettings,
  ...busSettings,
  ...objectSettings,
};

/** Reads the settings of target thumbnail. */
export function loadConfig(env: Environment) {
  return readSettings(settings, env);
}
