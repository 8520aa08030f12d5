import * as z from 'zod';
import { busSettings } from '#internal/bus/settings.ts';
import { databaseSettings } from '#internal/database/settings.ts';
import { type Environment, readSettings } from '#internal/env/env.ts';
import { wholeNumber } from '#internal/env/types.ts';

/** Lists the settings of target relay. */
export const settings = {
  RELAY_POLL_MS: wholeNumber('how often the relay looks without being woken, in milliseconds', {
    default: 200,
    min: 10,
    max: 10_000,
  }),
  RELAY_LOST_CHECK_SECONDS: wholeNumber('how often lost work is looked for', { default: 5, min: 1, max: 600 }),
  RELAY_MEASURE_SECONDS: wholeNumber('how often what waits and what failed is counted', {
    default: 5,
    min: 1,
    max: 30,
  }),
  NATS_STREAM_REPLICAS: z.coerce
    .number()
    .refine((count) => [1, 3, 5].includes(count))
    .default(1)
    .describe('servers of a NATS cluster that each keep the streams: 1, 3 or 5'),
  ...databaseSettings,
  ...busSettings,
};

/** Reads the settings of target relay. */
export function loadConfig(env: Environment) {
  return readSettings(settings, env);
}
