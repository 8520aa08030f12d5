import * as z from 'zod';
import { batchSettings } from '#internal/admission/batch.ts';
import { admissionSettings, troubleSettings } from '#internal/admission/settings.ts';
import { waySettings } from '#internal/admission/way.ts';
import { authSettings, proxySettings } from '#internal/auth/settings.ts';
import { busSettings } from '#internal/bus/settings.ts';
import { databaseSettings } from '#internal/database/settings.ts';
import { type Environment, readSettings } from '#internal/env/env.ts';
import { listenAddress } from '#internal/env/types.ts';
import { limitSettings } from '#internal/limit/settings.ts';

/** Lists the settings of target api. */
export const settings = {
  API_LISTEN: listenAddress('where /api is served', '127.0.0.1:8082'),
  UPLOAD_URL: z
    .url()
    .default('http://127.0.0.1:8081')
    .describe('URL of target upload, to which batch forms are streamed on'),
  ...batchSettings,
  ...admissionSettings,
  ...troubleSettings,
  ...waySettings,
  ...authSettings,
  ...proxySettings,
  ...limitSettings,
  ...databaseSettings,
  ...busSettings,
};

/** Reads the settings of target api. */
export function loadConfig(env: Environment) {
  return readSettings(settings, env);
}
