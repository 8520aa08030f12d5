import { defineEnvVars } from '@sveltejs/kit/env';

/** Lists what this server is told: where the api is, and no secret. */
export const variables = defineEnvVars({
  API_URL: {
    description: 'internal URL of target api',
    schema: (value) => value ?? 'http://127.0.0.1:8082',
  },
  BUCKET_ORIGIN: {
    description: 'origin of the bucket, where photos go straight to it',
    schema: (value) => value ?? '',
  },
});
