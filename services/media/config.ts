import { authSettings, proxySettings } from '#internal/auth/settings.ts';
import { busSettings } from '#internal/bus/settings.ts';
import { databaseSettings } from '#internal/database/settings.ts';
import { type Environment, readSettings } from '#internal/env/env.ts';
import { listenAddress, wholeNumber } from '#internal/env/types.ts';
import { objectSettings } from '#internal/objects/settings.ts';

/** Lists the settings of target media. */
export const settings = {
  MEDIA_LISTEN: listenAddress('where /media is served', '127.0.0.1:8084'),
  MEDIA_DRAIN_SECONDS: wholeNumber('how long running downloads may go on after SIGTERM', {
    default: 45,
    min: 0,
    max: 600,
  }),
  ...authSettings,
  ...proxySettings,
  ...databaseSettings,
  ...busSettings,
  ...objectSettings,
};

/** Reads the settings of target media. */
export function loadConfig(env: Environment) {
  return readSettings(settings, env);
}
