import * as z from 'zod';

/** Lists the setting of the limits' store. */
export const limitSettings = {
  REDIS_URL: z.url().optional().describe('URL of Redis 6.2 or Valkey; without it limits hold within one process'),
};
