import { admissionSettings } from '#internal/admission/settings.ts';
import { waySettings } from '#internal/admission/way.ts';
import { authSettings, proxySettings } from '#internal/auth/settings.ts';
import { busSettings } from '#internal/bus/settings.ts';
import { databaseSettings } from '#internal/database/settings.ts';
import { type Environment, readSettings } from '#internal/env/env.ts';
import { listenAddress, text, wholeNumber } from '#internal/env/types.ts';
import { limitSettings } from '#internal/limit/settings.ts';
import { objectSettings } from '#internal/objects/settings.ts';

/** Lists the settings of target upload. */
export const settings = {
  UPLOAD_LISTEN: listenAddress('where /files is served', '127.0.0.1:8081'),
  UPLOAD_IDLE_SECONDS: wholeNumber('silence after which a connection counts as cut', { default: 60, min: 5, max: 600 }),
  UPLOAD_DRAIN_SECONDS: wholeNumber('how long running requests may go on after SIGTERM', {
    default: 10,
    min: 0,
    max: 600,
  }),
  UPLOAD_SWEEP_SECONDS: wholeNumber('how often the sweeper looks', { default: 30, min: 1, max: 3_600 }),
  SPOOL_DIR: text('directory of the spool files', '/tmp/kilat-spool'),
  ...admissionSettings,
  ...waySettings,
  ...limitSettings,
  ...authSettings,
  ...proxySettings,
  ...databaseSettings,
  ...busSettings,
  ...objectSettings,
};

/** Reads the settings of target upload. */
export function loadConfig(env: Environment) {
  return readSettings(settings, env);
}
export type Config = ReturnType<typeof loadConfig>;
