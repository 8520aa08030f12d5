import { authSettings, proxySettings } from '#internal/auth/settings.ts';
import { busSettings } from '#internal/bus/settings.ts';
import { databaseSettings } from '#internal/database/settings.ts';
import { type Environment, readSettings } from '#internal/env/env.ts';
import { listenAddress, wholeNumber } from '#internal/env/types.ts';

/** Lists the settings of target live. */
export const settings = {
  LIVE_LISTEN: listenAddress('where /live is served', '127.0.0.1:8083'),
  LIVE_MAX_STREAMS: wholeNumber('streams that one replica carries', { default: 10_000, min: 1, max: 100_000 }),
  LIVE_STREAMS_PER_SESSION: wholeNumber('streams of one session; a newer one ends the oldest', {
    default: 6,
    min: 1,
    max: 10_000,
  }),
  LIVE_ROTATE_SECONDS: wholeNumber('age at which a stream is ended, and up to half of it more', {
    default: 600,
    min: 1,
    max: 86_400,
  }),
  LIVE_GRACE_SECONDS: wholeNumber('time over which streams are closed after SIGTERM', { default: 3, min: 0, max: 600 }),
  ...authSettings,
  ...proxySettings,
  ...databaseSettings,
  ...busSettings,
};

/** Reads the settings of target live. */
export function loadConfig(env: Environment) {
  return readSettings(settings, env);
}
