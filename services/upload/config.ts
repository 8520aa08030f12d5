import { batchSettings } from '#internal/admission/batch.ts';
import { admissionSettings, diskSettings, troubleSettings } from '#internal/admission/settings.ts';
import { waySettings } from '#internal/admission/way.ts';
import { authSettings, proxySettings } from '#internal/auth/settings.ts';
import { busSettings } from '#internal/bus/settings.ts';
import { databaseSettings } from '#internal/database/settings.ts';
import { type Environment, readSettings } from '#internal/env/env.ts';
import { listenAddress, text, wholeNumber } from '#internal/env/types.ts';
import { fileTypeSettings } from '#internal/filetype/settings.ts';
import { limitSettings } from '#internal/limit/settings.ts';
import { objectSettings, publicObjectSettings } from '#internal/objects/settings.ts';

/** Lists the settings of target upload. */
export const settings = {
  UPLOAD_LISTEN: listenAddress('where /files is served', '127.0.0.1:8081'),
  UPLOAD_PRESIGNED_PUT_BYTES: wholeNumber('largest photo that goes to the bucket in one presigned PUT, in bytes', {
    default: 5 * 1_048_576,
    min: 1_048_576,
    max: 5_368_709_120,
  }),
  UPLOAD_IDLE_SECONDS: wholeNumber('silence after which a connection counts as cut', { default: 60, min: 5, max: 600 }),
  UPLOAD_DRAIN_SECONDS: wholeNumber(
    'how long running tus requests may go on after SIGTERM; a batch form may take its time',
    {
      default: 10,
      min: 0,
      max: 600,
    },
  ),
  UPLOAD_SWEEP_SECONDS: wholeNumber('how often the sweeper looks', { default: 30, min: 1, max: 3_600 }),
  RECONCILE_SECONDS: wholeNumber('how often the bucket is compared with the database', {
    default: 3_600,
    min: 10,
    max: 604_800,
  }),
  RECONCILE_ORPHAN_HOURS: wholeNumber('age at which an original without a photo is put on the quarantine list', {
    default: 48,
    min: 1,
    max: 8_760,
  }),
  SPOOL_DIR: text('directory of the spool files', '/tmp/kilat-spool'),
  ...batchSettings,
  ...admissionSettings,
  ...troubleSettings,
  ...diskSettings,
  ...waySettings,
  ...limitSettings,
  ...authSettings,
  ...proxySettings,
  ...databaseSettings,
  ...busSettings,
  ...fileTypeSettings,
  ...objectSettings,
  ...publicObjectSettings,
};

/** Reads the settings of target upload. */
export function loadConfig(env: Environment) {
  return readSettings(settings, env);
}
export type Config = ReturnType<typeof loadConfig>;
